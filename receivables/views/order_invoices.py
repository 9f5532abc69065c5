"""The forms that bill a delivery, or those that are ticked in the list."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contracts.models import Delivery
from crm.core.addresses import page_url
from crm.core.dates import business_today
from crm.core.display import Text, isodate, money
from crm.core.pages import FormView
from crm.core.permissions import visible_or_404
from receivables.forms.fields import PostingDayField
from receivables.selectors.billing import ToBill, sums_by_currency, to_bill
from receivables.services.order_invoices import BilledTogether, invoice_deliveries, invoice_delivery
from receivables.views.deliveries import POST, DeliveriesToInvoice

MOST_AT_ONCE = 100
REFUSALS_TOLD = 20
TO_BILL = ("order__customer", "order__contract", "order__legal_entity")


class DayForm(forms.Form):
    """The day of the invoice; `shown_on` is the day whose due dates the reader was shown."""

    on = PostingDayField(label=gettext_lazy("Date"), initial=business_today)
    shown_on = forms.CharField(widget=forms.HiddenInput, required=False)


class InvoiceDeliveryForm(DayForm):
    number = forms.CharField(
        label=gettext_lazy("Number"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Left empty, the number of the delivery; after a reversal with a suffix."),
    )
    field_order = ("number", "on")


class BillingView(FormView):
    """Shows when invoices fall due before they are posted; with another day, the due dates of that day first."""

    permission = POST

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.on = day_of(request.POST.get("on", ""))

    def day_changed(self, request: HttpRequest) -> bool:
        """Whether another day is asked for than the one whose due dates were shown."""
        shown, asked = request.POST.get("shown_on", ""), request.POST.get("on", "")
        return bool(shown) and shown != asked and asked == isodate(self.on)

    def asks_first(self, request: HttpRequest) -> bool:
        return self.day_changed(request)

    def show(self, request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
        if status == 200 and self.day_changed(request):
            text = _("The date was changed to %(on)s. Nothing is posted yet: look at the due date and post again.")
            messages.warning(request, text % {"on": isodate(self.on)})
        return super().show(request, form, status)

    def form_kwargs(self) -> dict[str, Any]:
        typed = {"number": self.request.POST.get("number", "")}
        return {"initial": {**typed, "on": self.on, "shown_on": isodate(self.on)}}


def day_of(text: str) -> dt.date:
    """A day as it was posted; today where it is none that an invoice may bear, which the form then says."""
    try:
        return PostingDayField(required=False).clean(text) or business_today()
    except forms.ValidationError:
        return business_today()


class InvoiceDelivery(BillingView):
    """Bill one delivery."""

    form_class = InvoiceDeliveryForm
    submit = gettext_lazy("Post invoice")
    done = gettext_lazy("The delivery is billed.")
    delivery: Delivery

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        records = Delivery.objects.select_related(*TO_BILL)
        self.delivery = visible_or_404(records, request.user, **kwargs)
        [self.row] = to_bill([self.delivery], self.on)

    def asks_first(self, request: HttpRequest) -> bool:
        return super().asks_first(request) and self.row.refusal is None

    def page_title(self) -> Text:
        return _("Invoice delivery %(number)s") % {"number": self.delivery.number}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        order, terms = self.delivery.order, self.row.terms
        figures = {
            "customer": order.customer.name,
            "order": order.number,
            "day": isodate(self.delivery.on),
            "amount": money(self.delivery.amount),
            "currency": order.currency,
        }
        text = _("%(customer)s, order %(order)s, left on %(day)s: %(amount)s %(currency)s.") % figures
        if self.row.refusal:
            return {"what_happens": [text]}
        due = _("An invoice of %(on)s falls due on %(due_on)s: %(days)s days, %(settlement)s.") % {
            "on": isodate(self.on),
            "due_on": isodate(terms.due_on),
            "days": terms.term_days,
            "settlement": terms.settlement_label,
        }
        return {"what_happens": [text, due]}

    def perform(self, form: InvoiceDeliveryForm) -> str:
        invoice = invoice_delivery(
            actor=self.request.user,
            delivery_id=self.delivery.pk,
            on=form.cleaned_data["on"],
            number=form.cleaned_data["number"],
        )
        address: str = invoice.get_absolute_url()
        return address

    def cancel_url(self) -> str:
        return reverse("receivables:deliveries_to_invoice")


class InvoiceDeliveries(BillingView):
    """Bill the ticked deliveries of the list, each by an invoice of its own, after a look at their due dates."""

    form_class = DayForm
    template_name = "receivables/bill_form.html"
    submit = gettext_lazy("Post invoices")
    wide = True

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        picked = DeliveriesToInvoice.picked(request.user, request.POST).order_by("on", "pk")
        found = list(picked.select_related(*TO_BILL)[: MOST_AT_ONCE + 1])
        self.rows: list[ToBill] = to_bill(found[:MOST_AT_ONCE], self.on)
        self.too_many = len(found) > MOST_AT_ONCE

    def asks_first(self, request: HttpRequest) -> bool:
        return "on" not in request.POST or super().asks_first(request)

    def page_title(self) -> Text:
        count = len(self.rows)
        return ngettext("Invoice %(count)s delivery", "Invoice %(count)s deliveries", count) % {"count": count}

    def what_happens(self) -> list[Text]:
        if not self.rows:
            return [_("None of these deliveries waits for its invoice.")]
        possible = [row for row in self.rows if row.refusal is None]
        if not possible:
            return [_("Dated %(on)s none of these deliveries can be billed.") % {"on": isodate(self.on)}]
        count, due = len(possible), [row.terms.due_on for row in possible]
        sums = sums_by_currency([row.delivery for row in possible])
        sentences: list[Text] = [
            ngettext("%(count)s invoice is posted: %(sums)s.", "%(count)s invoices are posted: %(sums)s.", count)
            % {"count": count, "sums": " + ".join(f"{money(amount)} {currency}" for currency, amount in sums)},
            _("Each bears the number of its delivery. Dated %(on)s they fall due from %(first)s to %(last)s.")
            % {"on": isodate(self.on), "first": isodate(min(due)), "last": isodate(max(due))},
        ]
        if self.too_many:
            sentences.append(_("Only the first %(count)s are billed at once.") % {"count": MOST_AT_ONCE})
        return sentences

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"what_happens": self.what_happens(), "rows": self.rows}

    def cancel_url(self) -> str:
        return page_url("receivables:deliveries_to_invoice")

    def perform(self, form: DayForm) -> str:
        ids = [row.delivery.pk for row in self.rows]
        self.tell(invoice_deliveries(actor=self.request.user, delivery_ids=ids, on=form.cleaned_data["on"]))
        return self.cancel_url()

    def tell(self, outcome: BilledTogether) -> None:
        """What was billed, and what was refused and why: that stays in the list."""
        count = len(outcome.invoices)
        text = ngettext("%(count)s invoice is posted.", "%(count)s invoices are posted.", count) % {"count": count}
        if not (count or outcome.refused):
            text = _("None of these deliveries waits for its invoice.")
        (messages.success if count else messages.warning)(self.request, text)
        for number, error in outcome.refused[:REFUSALS_TOLD]:
            said = str(error)
            messages.warning(self.request, said if number in said else f"{number}: {said}")
        more = len(outcome.refused) - REFUSALS_TOLD
        if more > 0:
            messages.warning(
                self.request,
                ngettext("%(count)s more was refused.", "%(count)s more were refused.", more) % {"count": more},
            )
