"""Columns credit adds to the customer list, and those of its own list of entries."""

from decimal import Decimal
from typing import Any, Protocol, TypeVar

import django_filters
from django.db.models import Case, DecimalField, Exists, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.models import AccountStatus, CreditEntry, OpenByDueDate
from crm.core.columns import Column
from crm.core.dates import business_today
from crm.core.filters import YesNoFilter
from crm.core.registry import ListColumn, registry
from customers.columns import customer_code_column

MONEY: Any = DecimalField(max_digits=18, decimal_places=2)
NOTHING = Value(Decimal("0.00"), output_field=MONEY)
SEE_ACCOUNTS = "credit.view_creditaccount"


def exposure_of(path: str = "") -> Any:
    """Exposure as the database computes it; the same formula as credit.rules.exposure.exposure."""
    taken = F(f"{path}reserved") + F(f"{path}receivable") + F(f"{path}uncleared")
    free = Greatest(F(f"{path}unallocated") - F(f"{path}prepaid"), NOTHING)
    counts = Case(When(**{f"{path}counts_unallocated": True}, then=free), default=NOTHING, output_field=MONEY)
    return taken - counts


def headroom_of(path: str = "") -> Any:
    """Headroom as the database computes it; a limit that was never set counts as nothing."""
    return Coalesce(F(f"{path}limit"), NOTHING) - exposure_of(path)


def late(today: Any, account: str) -> Any:
    """What is open beyond its due date on the account that `account` leads to: read from one index."""
    return OpenByDueDate.objects.filter(account=OuterRef(account), due_on__lt=today, open_amount__gt=0)


def annotate_limit(user: Any) -> dict[str, Any]:
    return {"limit": F("credit_account__limit")}


def annotate_exposure(user: Any) -> dict[str, Any]:
    return {"exposure": exposure_of("credit_account__")}


def annotate_headroom(user: Any) -> dict[str, Any]:
    return {"headroom": headroom_of("credit_account__")}


def annotate_overdue(user: Any) -> dict[str, Any]:
    open_late = late(business_today(), "credit_account__pk").order_by().values("account")
    return {"overdue": Subquery(open_late.annotate(late=Sum("open_amount")).values("late"), output_field=MONEY)}


def annotate_status(user: Any) -> dict[str, Any]:
    return {"credit_status": F("credit_account__status")}


class OverLimitFilter(YesNoFilter):
    """Whether a limit was set and is exceeded."""

    def filter(self, qs: Any, value: bool | None) -> Any:
        if value is None:
            return qs
        over = Q(credit_account__limit__isnull=False) & Q(credit_account__limit__lt=exposure_of("credit_account__"))
        return qs.filter(over) if value else qs.exclude(pk__in=qs.filter(over).values("pk"))


class OverdueFilter(YesNoFilter):
    """Whether anything is open beyond its due date."""

    def filter(self, qs: Any, value: bool | None) -> Any:
        if value is None:
            return qs
        found = Exists(late(business_today(), "credit_account__pk"))
        return qs.filter(found) if value else qs.filter(~found)


class StatusFilter(django_filters.MultipleChoiceFilter):
    def __init__(self) -> None:
        super().__init__(
            field_name="credit_account__status", choices=AccountStatus.choices, label=gettext_lazy("Credit status")
        )


def status_word(row: Any) -> Any:
    return dict(AccountStatus.choices).get(row.credit_status, "")


LIST_COLUMNS = (
    ListColumn(
        "limit",
        gettext_lazy("Credit limit"),
        annotate_limit,
        kind="money",
        order_by="limit",
        total=True,
        permission=SEE_ACCOUNTS,
        filters=lambda: {"over_limit": OverLimitFilter(label=gettext_lazy("Over limit"))},
    ),
    ListColumn(
        "exposure",
        gettext_lazy("Exposure"),
        annotate_exposure,
        kind="money",
        order_by="exposure",
        total=True,
        permission=SEE_ACCOUNTS,
        default=False,
    ),
    ListColumn(
        "headroom",
        gettext_lazy("Headroom"),
        annotate_headroom,
        kind="money",
        order_by="headroom",
        permission=SEE_ACCOUNTS,
    ),
    ListColumn(
        "overdue",
        gettext_lazy("Overdue"),
        annotate_overdue,
        kind="money",
        order_by="overdue",
        total=True,
        permission=SEE_ACCOUNTS,
        filters=lambda: {"overdue": OverdueFilter(label=gettext_lazy("Overdue"))},
    ),
    ListColumn(
        "credit_status",
        gettext_lazy("Credit status"),
        annotate_status,
        order_by="credit_status",
        permission=SEE_ACCOUNTS,
        filters=lambda: {"credit_status": StatusFilter()},
        default=False,
        value=status_word,
    ),
)


class OfDocument(Protocol):
    """A row about a document of another app: an entry, a check."""

    source_kind: str
    source_id: int
    source_number: str


Row = TypeVar("Row", bound=OfDocument)


def with_numbers(entries: list[Row]) -> list[Row]:
    """The rows with the numbers their documents are known by: one query a kind of document."""
    found: dict[tuple[str, int], str] = {}
    for kind in {entry.source_kind for entry in entries}:
        link = registry.source_links.get(kind)
        if link is not None and link.numbers is not None:
            numbers = link.numbers({entry.source_id for entry in entries if entry.source_kind == kind})
            found |= {(kind, pk): number for pk, number in numbers.items()}
    for entry in entries:
        entry.source_number = found.get((entry.source_kind, entry.source_id), "")
    return entries


def source_words(entry: OfDocument) -> str:
    """The document behind a row, such as 'Invoice INV26110042'."""
    link = registry.source_links.get(entry.source_kind)
    kind = str(link.label) if link and link.label else entry.source_kind
    number = entry.source_number
    return _("%(kind)s %(number)s") % {"kind": kind, "number": number} if number else kind


def source_url(entry: OfDocument, user: Any = None) -> str:
    """Where that document is shown, if its app says so and the user (when given) may open it."""
    link = registry.source_links.get(entry.source_kind)
    if link is None or (user is not None and not user.has_perm(link.permission)):
        return ""
    return link.url(entry.source_id)


ENTRY_COLUMNS = (
    Column("on", gettext_lazy("Date"), "date", order_by=("on", "pk")),
    Column(
        "customer",
        gettext_lazy("Customer"),
        value="account.customer.name",
        related=("account__customer",),
        url=lambda entry: entry.account.customer.get_absolute_url(),
        detail=lambda entry: entry.account.customer.code,
        export_with=(customer_code_column("account.customer"),),
    ),
    Column("balance", gettext_lazy("Balance"), value=CreditEntry.get_balance_display, order_by="balance"),
    Column("verb", gettext_lazy("Movement"), value=CreditEntry.get_verb_display, order_by="verb"),
    Column("source", gettext_lazy("Document"), value=source_words, url=source_url),
    Column("due_on", gettext_lazy("Due date"), "date", order_by="due_on"),
    Column("currency", gettext_lazy("Currency")),
    Column("amount", gettext_lazy("Amount"), "money", default=False),
    Column("base_amount", gettext_lazy("Base amount"), "money", order_by="base_amount", total=True),
    Column(
        "created_by",
        gettext_lazy("By"),
        value=lambda entry: entry.created_by or "",
        related=("created_by",),
        default=False,
    ),
    Column("recorded_at", gettext_lazy("Recorded"), "datetime", order_by="recorded_at", default=False),
)
