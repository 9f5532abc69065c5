"""Pages of deliveries: what leaves of a released order is recorded, taken back, and signed for by the customer."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.delivery_note import LANGUAGES, note_docx, note_pdf
from contracts.errors import SupplyStopped
from contracts.filters import deliveries_made, deliveries_seen, released_orders
from contracts.forms.orders import DeliveryForm, SignedNoteForm
from contracts.models import Delivery, Order, OrderState
from contracts.services.deliveries import MAY_DELIVER, billed_among, deliver, reverse_delivery, supply_stopped
from contracts.services.order_papers import add_signed_note
from contracts.services.orders import MAY_DRAFT
from contracts.views.contracts import WORD, saved
from contracts.views.order_lists import SEE, delivered_url
from crm.core.dates import business_today
from crm.core.display import Text
from crm.core.pages import ConfirmView, FormView
from crm.core.permissions import Guarded, check_one_of, requires

SEE_DELIVERIES = "contracts.view_delivery"
NOTED = ("order__customer", "order__legal_entity", "order__contract", "reversal")
NOTES = {"pdf": (note_pdf, "application/pdf"), "docx": (note_docx, WORD)}


def is_stopped(order: Order) -> bool:
    """Whether a released order may not leave now; read with its customer, the account and the last check."""
    if order.state != OrderState.RELEASED:
        return False
    return supply_stopped(order, order.customer.credit_account)


class Deliver(FormView):
    """The warehouse records what leaves of a released order; it sees no prices."""

    form_class, permission = DeliveryForm, MAY_DELIVER
    template_name = "contracts/orders/deliver.html"
    submit = gettext_lazy("Record the delivery")
    done = gettext_lazy("The delivery is recorded.")
    record: Order

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """By the back button, or a bookmark, an order that has left already leads to its deliveries."""
        left = deliveries_made(request.user).filter(order=kwargs["pk"]).exclude(order__state=OrderState.RELEASED)
        number = left.values_list("order__number", flat=True).first()
        if number is None:
            return super().get(request, *args, **kwargs)
        messages.info(
            request, _("Nothing of %(number)s is left to deliver: this is what has left.") % {"number": number}
        )
        return HttpResponseRedirect(f"{reverse('contracts:deliveries_made')}?q={number}")

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        # Sent again, the service answers with the delivery that was made, also where nothing is left to deliver.
        sent = request.method == "POST"
        found = Order.objects.filter(released_on__isnull=False) if sent else released_orders(request.user)
        self.record = get_object_or_404(found.select_related("customer__credit_account", "last_check"), **kwargs)
        if is_stopped(self.record):
            raise SupplyStopped(number=self.record.number)
        lines = self.record.lines.select_related("product").order_by("position")
        self.lines = [line for line in lines if sent or line.filled.to_deliver]

    def page_title(self) -> Text:
        return _("Deliver order %(number)s") % {"number": self.record.number}

    def form_kwargs(self) -> dict[str, Any]:
        return {"lines": self.lines, "key": uuid4().hex}

    def show(self, request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
        self.rows = [(line, form[form.names[line.pk]]) for line in self.lines]
        return super().show(request, form, status)

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "order": self.record,
            "rows": self.rows,
            "deliveries": self.record.deliveries.select_related("reversal").prefetch_related("lines__line__product"),
        }

    def perform(self, form: DeliveryForm) -> str:
        made = deliver(
            actor=self.request.user,
            order_id=self.record.pk,
            quantities=form.quantities(),
            on=form.cleaned_data["on"],
            carrier=form.cleaned_data["carrier"],
            note=form.cleaned_data["note"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return reverse("contracts:delivery", args=[made.pk])

    def cancel_url(self) -> str:
        return reverse("contracts:warehouse")


class DeliveryPage(Guarded):
    """One delivery, without prices: what left, its note, and the customer's signed copy of it.

    For the warehouse, which learns no more of the order and opens none of its files, and for those who see the order.
    """

    permission = None  # one of two

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        user: Any = request.user
        check_one_of(user, MAY_DELIVER, SEE_DELIVERIES)
        record = get_object_or_404(deliveries_seen(user).select_related(*NOTED, "delivered_by"), pk=pk)
        delivers = user.has_perm(MAY_DELIVER)
        sees_order = user.has_perm(SEE) and Order.objects.visible_to(user).filter(pk=record.order_id).exists()
        context = {
            "record": record,
            "order": record.order,
            "lines": record.lines.select_related("line__product").order_by("line__position"),
            "papers": record.papers.select_related("uploaded_by"),
            "sees_order": sees_order,
            "note": "contracts:warehouse_note" if delivers else "contracts:delivery_note",
            "note_form": SignedNoteForm() if delivers or user.has_perm(MAY_DRAFT) else None,
            "may_take_back": delivers and not hasattr(record, "reversal") and not billed_among([record.pk]),
        }
        return render(request, "contracts/orders/delivery.html", context)


class AddSignedNote(FormView):
    """The customer's signed copy of a delivery note, which has come back."""

    form_class, permission = SignedNoteForm, None  # one of two
    title, submit = gettext_lazy("Add the signed note"), gettext_lazy("Add")
    record: Delivery

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        check_one_of(request.user, MAY_DELIVER, MAY_DRAFT)
        self.record = get_object_or_404(deliveries_seen(request.user), **kwargs)

    def perform(self, form: SignedNoteForm) -> str:
        file = form.cleaned_data["file"]
        add_signed_note(actor=self.request.user, delivery_id=self.record.pk, file=file, name=file.name)
        return delivered_url(self.record)

    def cancel_url(self) -> str:
        return delivered_url(self.record)


@requires(MAY_DELIVER)
def warehouse_note(request: HttpRequest, pk: int, language: str, ending: str) -> HttpResponse:
    """The note of any delivery, to those who deliver."""
    return printed_note(deliveries_made(request.user), pk, language, ending)


@requires(SEE_DELIVERIES)
def note(request: HttpRequest, pk: int, language: str, ending: str) -> HttpResponse:
    """The note of a delivery, to those who see its order."""
    return printed_note(Delivery.objects.visible_to(request.user), pk, language, ending)


def printed_note(deliveries: Any, pk: int, language: str, ending: str) -> HttpResponse:
    """The note of one of these deliveries in a language, as PDF or Word file."""
    if language not in LANGUAGES or ending not in NOTES:
        raise Http404
    write, content_type = NOTES[ending]
    delivery = get_object_or_404(deliveries.select_related(*NOTED), pk=pk)
    return saved(write(delivery, language), f"{delivery.number}_{language}.{ending}", content_type)


class ReverseDelivery(ConfirmView):
    """What was recorded as delivered by mistake is taken back."""

    permission = MAY_DELIVER
    title, submit = gettext_lazy("Take the delivery back"), gettext_lazy("Take the delivery back")
    record: Delivery

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.record = get_object_or_404(deliveries_made(request.user).select_related("order"), **kwargs)

    def what_happens(self) -> list[Text]:
        names = {"number": self.record.number, "order": self.record.order.number}
        return [_("%(number)s counts as never made: what it brought of %(order)s is to be delivered again.") % names]

    def perform(self, form: Any) -> str:
        reverse_delivery(
            actor=self.request.user,
            delivery_id=self.record.pk,
            reason=form.cleaned_data["reason"],
            on=business_today(),
        )
        return self.cancel_url()

    def cancel_url(self) -> str:
        return reverse("contracts:deliveries_made")
