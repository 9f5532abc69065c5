"""Posting receipts, and allocating receipts and credit notes in the table of open invoices."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.instruments import in_sentence
from credit.selectors.accounts import accepted_instead
from crm.core.dates import business_today
from crm.core.display import Text, figure, money
from crm.core.errors import DomainError
from crm.core.models import Currency, LegalEntity
from crm.core.permissions import requires, visible_or_404
from customers.models import Customer
from receivables.forms.documents import AllocateForm, ReceiptForm, TypedLines, typed_lines
from receivables.models import Allocation, Invoice, InvoiceKind, Receipt
from receivables.rules.documents import CLEARING_INSTRUMENTS
from receivables.selectors.matching import MatchTable, likely_place, match_table
from receivables.services import Line, allocate, post_receipt
from receivables.views.base import PostingView


class MatchingView(PostingView):
    """A form with the table of open invoices under it; the amounts typed there are read and shown again as typed."""

    wide = True
    lines: TypedLines

    def build(self, **kwargs: Any) -> Any:
        form = super().build(**kwargs)
        self.lines = typed_lines(kwargs["data"]) if "data" in kwargs else TypedLines()
        if self.lines.errors and not self.request.headers.get("X-Validate") and form.is_valid():
            form.add_error(None, _("Correct the amounts marked below."))
        return form

    def lines_given(self) -> list[Line]:
        """What was typed or taken as suggested; an amount of one's own is matched by hand."""
        manual = Allocation.Method.MANUAL
        return [Line(key, amount, self.lines.reasons.get(key, manual)) for key, amount in self.lines.amounts.items()]


class PostReceipt(MatchingView):
    """Post a receipt and allocate it on one page; `?customer=` fills in the payer."""

    permission = "receivables.post_receipt"
    form_class = ReceiptForm
    title = gettext_lazy("Post receipt")
    submit = gettext_lazy("Post")
    template_name = "receivables/receipt_form.html"
    posted: Receipt

    def form_kwargs(self) -> dict[str, Any]:
        names = ("customer", "legal_entity", "currency", "amount", "reference", "instrument")
        initial: dict[str, Any] = {name: self.request.GET[name] for name in names if self.request.GET.get(name)}
        customer = initial.get("customer", "")
        if customer.isdecimal() and len(customer) < 18:
            place = likely_place(self.request.user, int(customer))
            if place is not None:
                initial = {"legal_entity": place.legal_entity_id, "currency": place.currency, **initial}
        return {"user": self.request.user, "initial": initial}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        posted = request.method == "POST"
        customer: Any = self.shown_form["customer"].value()
        return {
            "seen_customer": str(customer or ""),
            "matches_url": reverse("receivables:matches"),
            "table": receipt_table(request.user, request.POST, self.lines) if posted else None,
            "not_agreed": not_agreed(ReceiptForm(request.POST, user=request.user)) if posted else "",
        }

    def show(self, request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
        self.shown_form = form
        return super().show(request, form, status)

    def cancel_url(self) -> str:
        return reverse("receivables:receipts")

    def perform(self, form: Any) -> str:
        values = form.cleaned_data
        self.posted = post_receipt(
            actor=self.user,
            legal_entity_id=values["legal_entity"].pk,
            customer_id=values["customer"].pk,
            on=values["on"],
            currency=values["currency"].code,
            amount=values["amount"],
            instrument=values["instrument"],
            reference=values["reference"],
            note=values["note"],
            number=values["number"].strip(),
            lines=self.lines_given(),
            idempotency_key=values["idempotency_key"],
        )
        if warning := not_agreed(form):
            messages.warning(self.request, warning)
        return f"{self.posted.get_absolute_url()}?posted=1"

    def done_message(self) -> Text:
        receipt = self.posted
        values = {
            "number": receipt.number,
            "given": figure(receipt.amount - receipt.open_amount),
            "rest": figure(receipt.open_amount),
            "currency": receipt.currency,
        }
        if not receipt.open_amount:
            return _("Receipt %(number)s is posted and allocated in full.") % values
        if receipt.open_amount == receipt.amount:
            return _("Receipt %(number)s is posted; %(rest)s %(currency)s stay unallocated.") % values
        return (
            _(
                "Receipt %(number)s is posted: %(given)s %(currency)s allocated, %(rest)s %(currency)s stay as "
                "unallocated credit of the customer."
            )
            % values
        )


class AllocateSource(MatchingView):
    """Allocate what is still open of a receipt or of a credit note; suggestions are ticked when the page opens."""

    permission = "receivables.post_receipt"
    form_class = AllocateForm
    submit = gettext_lazy("Allocate")
    template_name = "receivables/allocate_form.html"
    is_receipt = True
    source: Receipt | Invoice

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        found: Any = Receipt.objects.select_related("customer", "legal_entity")
        if not self.is_receipt:
            found = Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE).select_related("customer", "legal_entity")
        self.source = visible_or_404(found, request.user, **kwargs)

    def page_title(self) -> Text:
        if self.is_receipt:
            return _("Allocate receipt %(number)s") % {"number": self.source.number}
        return _("Allocate credit note %(number)s") % {"number": self.source.number}

    def cancel_url(self) -> str:
        return self.source.get_absolute_url()

    def context(self, request: HttpRequest) -> dict[str, Any]:
        typed = request.method == "POST" or "shown" in request.GET
        page = "allocate_receipt" if self.is_receipt else "allocate_credit_note"
        return {
            "source": self.source,
            "is_receipt": self.is_receipt,
            "matches_url": reverse(f"receivables:{page}", args=[self.source.pk]),
            "table": source_table(request.user, self.source, request, self.lines if typed else None),
        }

    def show(self, request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
        if request.headers.get("HX-Target") == "matches":
            self.lines = typed_lines(request.GET)
            return render(request, "receivables/partials/matches.html", self.context(request))
        return super().show(request, form, status)

    def perform(self, form: Any) -> str:
        lines = self.lines_given()
        if not lines:
            raise NothingTicked
        allocate(
            actor=self.user,
            receipt_id=self.source.pk if self.is_receipt else None,
            credit_note_id=None if self.is_receipt else self.source.pk,
            lines=lines,
            on=form.cleaned_data["on"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return self.source.get_absolute_url()

    def done_message(self) -> Text:
        total, currency = self.lines.total, self.source.currency
        return _("%(amount)s %(currency)s are allocated.") % {"amount": money(total), "currency": currency}


class NothingTicked(DomainError):
    """An allocation without a line says nothing."""

    code = "nothing_ticked"
    message = gettext_lazy("Tick at least one invoice, or go back: the amount may also stay unallocated.")


@requires("receivables.post_receipt")
def matches(request: HttpRequest) -> HttpResponse:
    """The table under the receipt form, asked for again when payer, amount, date or reference change."""
    data = request.GET.copy()
    form = ReceiptForm(data, user=request.user)
    customer = form.value_of("customer", Customer)
    place = None
    if customer is not None and data.get("seen_customer") != str(customer.pk):
        place = likely_place(request.user, customer.pk)
    if place is not None:
        data["legal_entity"], data["currency"] = str(place.legal_entity_id), place.currency
    typed = typed_lines(data)
    context = {
        "table": receipt_table(request.user, data, typed if data.get("touched") else None),
        "matches_url": reverse("receivables:matches"),
        "customer": customer,
        "place": place,
        "must_clear": data.get("instrument") in CLEARING_INSTRUMENTS,
        "not_agreed": not_agreed(form),
    }
    return render(request, "receivables/partials/matches.html", context)


def not_agreed(form: ReceiptForm) -> str:
    """What the person is told where the customer's account does not accept the instrument: money is taken all the same.

    '' where nothing is to be said.
    """
    customer, instrument = form.value_of("customer", Customer), form.value_of("instrument", str)
    accepted = accepted_instead(customer.pk, instrument) if customer is not None and instrument else []
    if not accepted or not instrument:
        return ""
    return _(
        "Payment by %(form)s is not agreed with this customer; its account accepts %(accepted)s. The receipt is posted "
        "all the same."
    ) % {"form": in_sentence([instrument]), "accepted": in_sentence(accepted)}


def receipt_table(user: Any, data: Mapping[str, Any], lines: TypedLines | None) -> MatchTable | None:
    """The table for what stands in the form so far; None until payer, seller and currency are known."""
    form = ReceiptForm(data, user=user)
    customer = form.value_of("customer", Customer)
    entity = form.value_of("legal_entity", LegalEntity)
    currency = form.value_of("currency", Currency)
    if customer is None or entity is None or currency is None:
        return None
    today = business_today()
    if lines is not None and str(data.get("lines_of", "")) not in {"", f"{customer.pk}-{entity.pk}-{currency.code}"}:
        lines = None  # the amounts were typed for another payer
    return match_table(
        user,
        customer_id=customer.pk,
        legal_entity_id=entity.pk,
        currency=currency.code,
        available=form.value_of("amount", Decimal),
        reference=form.value_of("reference", str) or "",
        on=form.value_of("on", dt.date) or today,
        today=today,
        find=sought(data),
        typed=lines.texts if lines is not None else None,
        errors=lines.errors if lines is not None else None,
    )


def sought(data: Mapping[str, Any]) -> str:
    """The number looked for; PostgreSQL has no text with NUL in it."""
    return str(data.get("find", "")).replace("\0", "").strip()


def source_table(user: Any, source: Receipt | Invoice, request: HttpRequest, lines: TypedLines | None) -> MatchTable:
    """The table for what a receipt or credit note still has to give."""
    today = business_today()
    return match_table(
        user,
        customer_id=source.customer_id,
        legal_entity_id=source.legal_entity_id,
        currency=source.currency,
        available=source.open_amount,
        reference=source.reference,
        on=today,
        today=today,
        find=sought(request.GET),
        typed=lines.texts if lines is not None else None,
        errors=lines.errors if lines is not None else None,
    )
