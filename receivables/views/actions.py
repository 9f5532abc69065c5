"""What can be done with a posted document: reverse it, clear or bounce an instrument, take an allocation back."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.core.display import Text, isodate, money
from crm.core.permissions import visible_or_404
from receivables.forms.documents import DatedForm, ReasonForm, ResponsibleForm
from receivables.models import Allocation, Invoice, InvoiceKind, Receipt
from receivables.selectors.life import source_of
from receivables.services import (
    assign_responsible,
    bounce_receipt,
    clear_receipt,
    reverse_invoice,
    reverse_receipt,
    take_back,
)
from receivables.services.invoices import MOST_AT_ONCE
from receivables.views.base import PostingView
from receivables.views.lists import InvoiceList


class ActionView(PostingView):
    """A dialog that names what will happen before it does."""

    danger = True

    def what_happens(self) -> list[Text]:
        return []

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"what_happens": self.what_happens()}


def settled_sentence(amount: Any, currency: str, count: int) -> str:
    values = {"amount": money(amount), "currency": currency, "count": count}
    return (
        ngettext(
            "%(count)s allocation over %(amount)s %(currency)s is taken back first.",
            "%(count)s allocations over %(amount)s %(currency)s are taken back first.",
            count,
        )
        % values
    )


class ReverseInvoice(ActionView):
    permission = "receivables.reverse_invoice"
    form_class = ReasonForm
    submit = gettext_lazy("Reverse")

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.invoice: Invoice = visible_or_404(Invoice.objects.select_related("customer"), request.user, **kwargs)

    def page_title(self) -> Text:
        return _("Reverse %(kind)s %(number)s") % {
            "kind": self.invoice.get_kind_display(),
            "number": self.invoice.number,
        }

    def what_happens(self) -> list[Text]:
        invoice = self.invoice
        sentences: list[Text] = [
            _(
                "%(amount)s %(currency)s of %(customer)s are taken out of the receivables. "
                "The document stays, marked as reversed."
            )
            % {"amount": money(invoice.amount), "currency": invoice.currency, "customer": invoice.customer}
        ]
        settled = invoice.amount - invoice.open_amount
        if settled and not invoice.reversed_on:
            sentences.append(settled_sentence(settled, invoice.currency, live_allocations(**{self.side(): invoice})))
            sentences.append(_("What was matched with it is unallocated again."))
        return sentences

    def side(self) -> str:
        """On which side of its allocations the document stands."""
        return "credit_note" if self.invoice.kind == InvoiceKind.CREDIT_NOTE else "invoice"

    def cancel_url(self) -> str:
        return self.invoice.get_absolute_url()

    def perform(self, form: Any) -> str:
        values = form.cleaned_data
        reverse_invoice(
            actor=self.user,
            invoice_id=self.invoice.pk,
            on=values["on"],
            reason=values["reason"],
            idempotency_key=values["idempotency_key"],
        )
        return self.invoice.get_absolute_url()

    def done_message(self) -> Text:
        return _("%(number)s is reversed.") % {"number": self.invoice.number}


def live_allocations(**sides: Any) -> int:
    """How many allocations of a document stand, not counting those taken back."""
    return Allocation.objects.filter(amount__gt=0, taken_back_by__isnull=True, **sides).count()


class ReceiptAction(ActionView):
    """An action on one receipt."""

    permission = "receivables.reverse_receipt"
    form_class: ClassVar[type[forms.BaseForm]] = ReasonForm
    # What carries it out; it takes all that its form asks for, by name, with the key of the form that is sent once.
    service: ClassVar[Callable[..., Receipt]]

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.receipt: Receipt = visible_or_404(Receipt.objects.select_related("customer"), request.user, **kwargs)

    def cancel_url(self) -> str:
        return self.receipt.get_absolute_url()

    def perform(self, form: Any) -> str:
        self.service(actor=self.user, receipt_id=self.receipt.pk, **form.cleaned_data)
        return self.receipt.get_absolute_url()

    def values(self) -> dict[str, Any]:
        receipt = self.receipt
        return {
            "number": receipt.number,
            "amount": money(receipt.amount),
            "currency": receipt.currency,
            "customer": receipt.customer,
            "instrument": receipt.get_instrument_display(),
        }

    def allocations_sentence(self) -> list[Text]:
        allocated = self.receipt.amount - self.receipt.open_amount
        if not allocated or self.receipt.reversed_on:
            return []
        count = live_allocations(receipt=self.receipt)
        return [
            settled_sentence(allocated, self.receipt.currency, count),
            _("The invoices it had settled are open again, with their old due dates."),
        ]


class ReverseReceipt(ReceiptAction):
    service = staticmethod(reverse_receipt)
    submit = gettext_lazy("Reverse")

    def page_title(self) -> Text:
        return _("Reverse receipt %(number)s") % self.values()

    def what_happens(self) -> list[Text]:
        first = _(
            "%(amount)s %(currency)s of %(customer)s no longer count as received. "
            "The receipt stays, marked as reversed."
        )
        return [first % self.values(), *self.allocations_sentence()]

    def done_message(self) -> Text:
        return _("%(number)s is reversed.") % self.values()


class BounceReceipt(ReceiptAction):
    service = staticmethod(bounce_receipt)
    submit = gettext_lazy("Record as bounced")

    def page_title(self) -> Text:
        return _("%(instrument)s %(number)s has bounced") % self.values()

    def what_happens(self) -> list[Text]:
        first = _("%(amount)s %(currency)s of %(customer)s were not paid. The receipt is closed as bounced.")
        return [first % self.values(), *self.allocations_sentence()]

    def done_message(self) -> Text:
        return _("%(number)s is recorded as bounced.") % self.values()


class ClearReceipt(ReceiptAction):
    service = staticmethod(clear_receipt)
    permission = "receivables.post_receipt"
    form_class = DatedForm
    danger = False
    submit = gettext_lazy("Record as cleared")

    def page_title(self) -> Text:
        return _("%(instrument)s %(number)s has cleared") % self.values()

    def what_happens(self) -> list[Text]:
        return [
            _("%(amount)s %(currency)s of %(customer)s have arrived and no longer count as credit given.")
            % self.values()
        ]

    def done_message(self) -> Text:
        return _("%(number)s is recorded as cleared.") % self.values()


class TakeBack(ActionView):
    """Undo one allocation: both documents are as open as before; the history keeps both movements."""

    permission = "receivables.post_receipt"
    form_class = DatedForm
    submit = gettext_lazy("Take back")

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        rows = Allocation.objects.filter(amount__gt=0).select_related("invoice", "receipt", "credit_note")
        self.allocation: Allocation = visible_or_404(rows, request.user, **kwargs)
        self.source = source_of(self.allocation)

    def page_title(self) -> Text:
        return _("Take back an allocation")

    def what_happens(self) -> list[Text]:
        row = self.allocation
        return [
            _("%(amount)s %(currency)s of %(source)s no longer settle %(number)s (since %(on)s).")
            % {
                "amount": money(row.amount),
                "currency": row.invoice.currency,
                "source": self.source.number,
                "number": row.invoice.number,
                "on": isodate(row.on),
            },
            _("The invoice is open by that amount again, and the amount is unallocated again."),
        ]

    def cancel_url(self) -> str:
        return self.back_to()

    def back_to(self) -> str:
        """The document the reader came from."""
        if self.request.GET.get("from") == "invoice":
            return self.allocation.invoice.get_absolute_url()
        return self.source.get_absolute_url()

    def perform(self, form: Any) -> str:
        values = form.cleaned_data
        take_back(
            actor=self.user,
            allocation_id=self.allocation.pk,
            on=values["on"],
            idempotency_key=values["idempotency_key"],
        )
        return self.back_to()

    def done_message(self) -> Text:
        return _("The allocation is taken back.")


class AssignResponsible(ActionView):
    """Hand one invoice, or the ticked invoices of the list, to another person."""

    permission = "receivables.assign_responsible"
    form_class = ResponsibleForm
    template_name = "receivables/assign_form.html"
    danger = False
    submit = gettext_lazy("Assign")

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        if "pk" in kwargs:
            self.invoices = [visible_or_404(Invoice, request.user, **kwargs)]
            return
        picked = InvoiceList.picked(request.user, request.POST)
        self.invoices = list(picked[: MOST_AT_ONCE + 1])

    def asks_first(self, request: HttpRequest) -> bool:
        return "responsible" not in request.POST

    def page_title(self) -> Text:
        if len(self.invoices) == 1:
            return _("Responsible for %(number)s") % {"number": self.invoices[0].number}
        return _("Assign responsible")

    def what_happens(self) -> list[Text]:
        count = len(self.invoices)
        if count > MOST_AT_ONCE:
            return [_("At most %(count)s invoices at once; narrow the filter.") % {"count": MOST_AT_ONCE}]
        if not count:
            return [_("No invoice is selected.")]
        return [
            ngettext(
                "%(count)s invoice gets a new responsible person.",
                "%(count)s invoices get a new responsible person.",
                count,
            )
            % {"count": count}
        ]

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().context(request), "ids": [invoice.pk for invoice in self.invoices[:MOST_AT_ONCE]]}

    def cancel_url(self) -> str:
        single = len(self.invoices) == 1
        return self.invoices[0].get_absolute_url() if single else reverse("receivables:invoices")

    def perform(self, form: Any) -> str:
        values = form.cleaned_data
        assign_responsible(
            actor=self.user,
            invoice_ids=[invoice.pk for invoice in self.invoices],
            responsible_id=values["responsible"].pk,
            reason=values["reason"],
        )
        return self.cancel_url()

    def done_message(self) -> Text:
        count = len(self.invoices)
        return ngettext("%(count)s invoice is assigned.", "%(count)s invoices are assigned.", count) % {"count": count}
