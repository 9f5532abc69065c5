"""The form that bills a delivery."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.models import Delivery
from crm.core.dates import business_today
from crm.core.display import Text, isodate, money
from crm.core.pages import FormView
from crm.core.permissions import visible_or_404
from crm.core.widgets import PastDayField
from receivables.order_lists import POST
from receivables.services.order_invoices import invoice_delivery


class InvoiceDeliveryForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("Number"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Left empty, the number of the delivery; after a reversal with a suffix."),
    )
    on = PastDayField(label=gettext_lazy("Date"), initial=business_today)


class InvoiceDelivery(FormView):
    """Bill one delivery."""

    form_class, permission = InvoiceDeliveryForm, POST
    submit = gettext_lazy("Post invoice")
    done = gettext_lazy("The delivery is billed.")
    delivery: Delivery

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.delivery = visible_or_404(Delivery.objects.select_related("order__customer"), request.user, **kwargs)

    def page_title(self) -> Text:
        return _("Invoice delivery %(number)s") % {"number": self.delivery.number}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        order = self.delivery.order
        figures = {
            "customer": order.customer.name,
            "order": order.number,
            "day": isodate(self.delivery.on),
            "amount": money(self.delivery.amount),
            "currency": order.currency,
        }
        text = _("%(customer)s, order %(order)s, left on %(day)s: %(amount)s %(currency)s.")
        return {"intro": text % figures}

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
