"""What receivables puts on other pages: panels of the customer page, cards of 'My day', menu, links to documents."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.core.addresses import record_url
from crm.core.dates import business_today
from crm.core.day_cards import card
from crm.core.display import isodate
from crm.core.registry import DayCard, DayCardContent, DayCardRow, MenuItem, Panel, SourceLink
from receivables.models import Allocation, Invoice, InvoiceKind, Receipt
from receivables.rules.documents import CLEARING_INSTRUMENTS
from receivables.selectors.position import customer_position
from receivables.states import invoice_state, receipt_state

ROWS = 10
WEEK = dt.timedelta(days=7)


def receivables_panel(request: HttpRequest, customer: Any) -> dict[str, Any]:
    """What is open, overdue and unallocated, what falls due next, and the last receipts."""
    user: Any = request.user
    position = customer_position(customer.pk, business_today())
    return {
        "customer": customer,
        "position": position,
        "receipts": [(receipt, receipt_state(receipt)) for receipt in position.last_receipts],
        "can_post_receipt": user.has_perm("receivables.post_receipt"),
        "can_post_invoice": user.has_perm("receivables.post_invoice"),
        "can_see_receipts": user.has_perm("receivables.view_receipt"),
    }


def open_invoices_panel(request: HttpRequest, customer: Any) -> dict[str, Any]:
    """The open invoices that fall due first."""
    today = business_today()
    found = list(
        Invoice.objects.filter(customer=customer, open_amount__gt=0)
        .exclude(kind=InvoiceKind.CREDIT_NOTE)
        .order_by("due_on", "pk")[: ROWS + 1]
    )
    return {
        "customer": customer,
        "invoices": [
            (invoice, invoice_state(invoice, today), max((today - invoice.due_on).days, 0)) for invoice in found[:ROWS]
        ],
        "has_more": len(found) > ROWS,
    }


PANELS = (
    Panel(
        key="receivables",
        title=gettext_lazy("Receivables"),
        template="receivables/panels/receivables.html",
        context=receivables_panel,
        permission="receivables.view_invoice",
        order=30,
    ),
    Panel(
        key="open_invoices",
        title=gettext_lazy("Open invoices"),
        template="receivables/panels/open_invoices.html",
        context=open_invoices_panel,
        permission="receivables.view_invoice",
        order=40,
    ),
)


def unallocated_card(user: Any) -> DayCardContent:
    """Money that came in and settles nothing yet, oldest first."""
    found = Receipt.objects.visible_to(user).filter(open_amount__gt=0)
    may = user.has_perm("receivables.post_receipt")
    return card(
        found.select_related("customer").order_by("on", "pk"),
        lambda receipt: DayCardRow(
            label=receipt.customer.name,
            url=reverse("receivables:allocate_receipt", args=[receipt.pk]) if may else receipt.get_absolute_url(),
            detail=f"{receipt.number} · {isodate(receipt.on)} · {receipt.currency}",
            amount=receipt.open_amount,
            tone="warning",
        ),
        url=reverse("receivables:receipts") + "?state=unallocated&sort=on",
        empty=_("Every receipt is allocated."),
    )


def cheques_card(user: Any) -> DayCardContent:
    """Cheques, drafts and bills whose money has not arrived yet, oldest first."""
    found = Receipt.objects.visible_to(user).filter(
        instrument__in=sorted(CLEARING_INSTRUMENTS), cleared_on__isnull=True, reversed_on__isnull=True
    )
    return card(
        found.select_related("customer").order_by("on", "pk"),
        lambda receipt: DayCardRow(
            label=receipt.customer.name,
            url=receipt.get_absolute_url(),
            detail=f"{receipt.get_instrument_display()} · {isodate(receipt.on)} · {receipt.currency}",
            amount=receipt.amount,
            tone="info",
        ),
        url=reverse("receivables:receipts") + "?state=uncleared&sort=on",
        empty=_("No cheque or bill is waiting to clear."),
    )


def due_card(user: Any) -> DayCardContent:
    """What falls due from today within a week, the largest first."""
    today = business_today()
    found = (
        Invoice.objects.visible_to(user)
        .filter(open_amount__gt=0, due_on__gte=today, due_on__lte=today + WEEK)
        .exclude(kind=InvoiceKind.CREDIT_NOTE)
    )
    return card(
        found.select_related("customer").order_by("-open_base", "pk"),
        lambda invoice: DayCardRow(
            label=invoice.customer.name,
            url=invoice.get_absolute_url(),
            detail=f"{invoice.number} · {due_word(invoice.due_on, today)} · {invoice.currency}",
            amount=invoice.open_amount,
            tone="warning" if invoice.due_on == today else "info",
        ),
        url=reverse("receivables:invoices") + f"?state=not_due&due_from={today}&due_to={today + WEEK}&sort=due_on",
        empty=_("Nothing falls due this week."),
    )


def due_word(day: dt.date, today: dt.date) -> str:
    days = (day - today).days
    if not days:
        return _("due today")
    if days == 1:
        return _("due tomorrow")
    return ngettext("due in %(days)s day", "due in %(days)s days", days) % {"days": days}


DAY_CARDS = (
    DayCard(
        key="due_this_week",
        title=gettext_lazy("Due this week"),
        permission="receivables.view_invoice",
        rows=due_card,
        order=40,
    ),
    DayCard(
        key="unallocated_receipts",
        title=gettext_lazy("Unallocated receipts"),
        permission="receivables.view_receipt",
        rows=unallocated_card,
        order=50,
    ),
    DayCard(
        key="cheques_to_clear",
        title=gettext_lazy("Cheques to clear"),
        permission="receivables.view_receipt",
        rows=cheques_card,
        order=60,
    ),
)

MENU = (
    MenuItem(
        "invoices", gettext_lazy("Invoices"), "receivables:invoices", "file-invoice", "receivables.view_invoice", 30
    ),
    MenuItem("receipts", gettext_lazy("Receipts"), "receivables:receipts", "coins", "receivables.view_receipt", 40),
    MenuItem("ageing", gettext_lazy("Ageing"), "receivables:ageing", "chart-bar", "receivables.view_invoice", 50),
    MenuItem("closing", gettext_lazy("Closing"), "receivables:closing", "calendar-check", "core.close_period", 70),
)


def invoice_numbers(keys: Iterable[int]) -> dict[int, str]:
    return dict(Invoice.objects.filter(pk__in=keys).values_list("pk", "number"))


def purchases(keys: Iterable[int]) -> set[int]:
    """Invoices, and the credit notes that take back what was bought: debit notes and what corrects them are none."""
    debit = Q(kind=InvoiceKind.DEBIT_NOTE) | Q(corrects__kind=InvoiceKind.DEBIT_NOTE)
    return set(keys) - set(Invoice.objects.filter(debit, pk__in=keys).values_list("pk", flat=True))


def receipt_numbers(keys: Iterable[int]) -> dict[int, str]:
    return dict(Receipt.objects.filter(pk__in=keys).values_list("pk", "number"))


def allocation_numbers(keys: Iterable[int]) -> dict[int, str]:
    """What was given away and what it settled: 'R00003848 → INV26060287'."""
    given = Coalesce("receipt__number", "credit_note__number")
    rows = Allocation.objects.filter(pk__in=keys).values_list("pk", given, "invoice__number")
    return {pk: f"{source} → {invoice}" for pk, source, invoice in rows}


SOURCE_LINKS = tuple(
    SourceLink(kind, lambda pk, name=kind: record_url(f"receivables:{name}", pk), permission, label, numbers, bought)  # type: ignore[misc]
    for kind, permission, label, numbers, bought in (
        ("invoice", "receivables.view_invoice", gettext_lazy("Invoice"), invoice_numbers, purchases),
        ("receipt", "receivables.view_receipt", gettext_lazy("Receipt"), receipt_numbers, None),
        ("allocation", "receivables.view_allocation", gettext_lazy("Allocation"), allocation_numbers, None),
    )
)
