"""Posting invoices, debit notes and credit notes; what they will mean is shown while they are typed."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.models import CreditAccount
from crm.core.dates import business_today
from crm.core.display import Text
from crm.core.models import Currency, LegalEntity
from crm.core.permissions import requires
from customers.models import Customer
from receivables.forms.documents import InvoiceForm
from receivables.models import Invoice, InvoiceKind
from receivables.selectors.matching import likely_place
from receivables.selectors.preview import headroom_after, number_is_taken, terms_for, worth_of, year_refusal
from receivables.services import post_invoice
from receivables.views.base import PostingView

TITLES = {
    InvoiceKind.INVOICE: gettext_lazy("Post invoice"),
    InvoiceKind.DEBIT_NOTE: gettext_lazy("Post debit note"),
    InvoiceKind.CREDIT_NOTE: gettext_lazy("Post credit note"),
}


class PostInvoice(PostingView):
    """The form of an invoice; `?customer=`, `?kind=` and `?corrects=` fill it in beforehand."""

    permission = "receivables.post_invoice"
    form_class = InvoiceForm
    template_name = "receivables/invoice_form.html"
    submit = gettext_lazy("Post")
    wide = True
    posted: Invoice

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.corrected = self.find_corrected(request)

    def find_corrected(self, request: HttpRequest) -> Invoice | None:
        key = request.GET.get("corrects", "")
        if not key.isdecimal() or len(key) > 18:
            return None
        found: Invoice | None = Invoice.objects.visible_to(request.user).filter(pk=int(key)).first()
        return found

    def form_kwargs(self) -> dict[str, Any]:
        initial: dict[str, Any] = {
            name: self.request.GET[name] for name in ("customer", "kind") if self.request.GET.get(name)
        }
        if self.corrected is not None:
            initial |= {
                "kind": InvoiceKind.CREDIT_NOTE,
                "customer": self.corrected.customer_id,
                "legal_entity": self.corrected.legal_entity_id,
                "currency": self.corrected.currency,
                "amount": self.corrected.open_amount or self.corrected.amount,
                "corrects": self.corrected.pk,
            }
        customer = str(initial.get("customer", ""))
        if self.corrected is None and customer.isdecimal() and len(customer) < 18:
            place = likely_place(self.request.user, int(customer))
            if place is not None:
                initial |= {"legal_entity": place.legal_entity_id, "currency": place.currency}
        return {"user": self.request.user, "initial": initial}

    def page_title(self) -> Text:
        kind = self.request.POST.get("kind") or self.request.GET.get("kind", "")
        if self.corrected is not None and not self.request.POST:
            kind = InvoiceKind.CREDIT_NOTE
        return TITLES[InvoiceKind(kind) if kind in InvoiceKind.values else InvoiceKind.INVOICE]

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"preview_url": reverse("receivables:preview_invoice")}

    def cancel_url(self) -> str:
        return reverse("receivables:invoices")

    def perform(self, form: Any) -> str:
        values = form.cleaned_data
        self.posted = post_invoice(
            actor=self.user,
            legal_entity_id=values["legal_entity"].pk,
            customer_id=values["customer"].pk,
            kind=values["kind"],
            number=values["number"].strip(),
            on=values["on"],
            currency=values["currency"].code,
            amount=values["amount"],
            due_on=values["due_on"],
            term_days=values["term_days"],
            settlement=values["settlement"] or None,
            reference=values["reference"],
            note=values["note"],
            cost=values["cost"],
            responsible_id=values["responsible"].pk if values["responsible"] else None,
            corrects_id=values["corrects"].pk if values["corrects"] else None,
            idempotency_key=values["idempotency_key"],
        )
        return self.posted.get_absolute_url()

    def done_message(self) -> Text:
        return _("%(kind)s %(number)s is posted.") % {
            "kind": self.posted.get_kind_display(),
            "number": self.posted.number,
        }


@requires("receivables.post_invoice")
def preview_invoice(request: HttpRequest) -> HttpResponse:
    """The box beside the form: due date, rate, base amount, headroom, and what would be refused."""
    form = InvoiceForm(request.GET, user=request.user)
    customer: Customer | None = form.value_of("customer", Customer)
    entity: LegalEntity | None = form.value_of("legal_entity", LegalEntity)
    currency: Currency | None = form.value_of("currency", Currency)
    on: dt.date | None = form.value_of("on", dt.date)
    amount: Decimal | None = form.value_of("amount", Decimal)
    number: str = form.value_of("number", str) or ""
    kind: str = form.value_of("kind", str) or InvoiceKind.INVOICE
    account = CreditAccount.objects.filter(customer=customer).first() if customer else None
    worth = worth_of(amount=amount, currency=currency.code, on=on) if currency and on else None
    context = {
        "customer": customer,
        "kind": kind,
        "is_credit_note": kind == InvoiceKind.CREDIT_NOTE,
        "currency": currency,
        "amount": amount,
        "on": on,
        "due_typed": form.value_of("due_on", dt.date),
        "terms": terms_for(
            account=account,
            on=on,
            term_days=form.value_of("term_days", int),
            settlement=form.value_of("settlement", str) or "",
        )
        if customer and on
        else None,
        "worth": worth,
        "headroom": headroom_after(
            account=account,
            kind=kind,
            base_amount=worth.base_amount if worth else None,
            today=business_today(),
        ),
        "closed": entity if entity and on and entity.closed_through and on <= entity.closed_through else None,
        "year_refusal": year_refusal(on),
        "taken": bool(entity and number and number_is_taken(legal_entity=entity, kind=kind, number=number)),
        "number": number,
    }
    return render(request, "receivables/partials/invoice_preview.html", context)
