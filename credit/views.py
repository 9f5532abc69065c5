"""Pages of credit: the history of entries, and limit and terms of a customer."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.columns import ENTRY_COLUMNS, with_numbers
from credit.errors import TermsChanged
from credit.filters import EntryFilter
from credit.forms import TermsForm
from credit.models import CreditAccount, CreditEntry
from credit.selectors import account_summary
from credit.services import lock_account, set_terms
from crm.core.dates import business_today
from crm.core.display import money
from crm.core.lists import Empty, ListView
from crm.core.pages import FormView
from crm.core.permissions import visible_or_404
from customers.models import Customer


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


class SetTerms(FormView):
    """Limit, term, settlement and status, with a reason."""

    form_class, permission = TermsForm, "credit.set_limit"
    title, submit = gettext_lazy("Set limit and terms"), gettext_lazy("Set")
    done = gettext_lazy("Limit and terms are set.")
    customer: Customer
    account: CreditAccount | None

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.customer = visible_or_404(Customer, request.user, **kwargs)
        self.account = CreditAccount.objects.filter(customer=self.customer).first()

    def form_kwargs(self) -> dict[str, Any]:
        return {"account": self.account or CreditAccount(customer=self.customer)}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        if self.account is None:
            return {"intro": _("%(customer)s has no credit account yet.") % {"customer": self.customer}}
        summary = account_summary(self.account, business_today())
        figures = {"exposure": money(summary.exposure), "overdue": money(summary.overdue)}
        return {"intro": _("Exposure is %(exposure)s now, of which %(overdue)s is overdue.") % figures}

    def perform(self, form: TermsForm) -> str:
        with transaction.atomic():
            account = lock_account(customer_id=self.customer.pk)
            try:
                set_terms(account_id=account.pk, actor=self.request.user, **form.cleaned_data)
            except TermsChanged:
                account.refresh_from_db()
                form.data = form.data.copy()
                form.data["seen"] = account.terms_as_text  # whoever has read the refusal may set them
                raise
        return self.customer.get_absolute_url()

    def cancel_url(self) -> str:
        return self.customer.get_absolute_url()
