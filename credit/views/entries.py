"""Pages of credit: the history of entries. Those of requests stand in credit.views.requests."""

from typing import Any

from django.utils.translation import gettext_lazy

from credit.columns import ENTRY_COLUMNS, with_numbers
from credit.filters import EntryFilter
from credit.models import CreditEntry
from crm.core.lists import Empty, ListView


class EntryList(ListView):
    """Every movement of every balance, newest first; each leads to its document."""

    key = "credit_entries"
    title = gettext_lazy("Credit entries")
    permission = "credit.view_creditentry"
    model = CreditEntry
    filterset_class = EntryFilter
    columns = ENTRY_COLUMNS
    default_order = ("-on",)
    empty = Empty(
        gettext_lazy("No entries"), gettext_lazy("Invoices, receipts and orders move the balances of credit.")
    )

    @classmethod
    def base_queryset(cls, user: Any) -> Any:
        return CreditEntry.objects.visible_to(user)

    @classmethod
    def prepare(cls, rows: list[Any], user: Any) -> list[Any]:
        return with_numbers(rows)
