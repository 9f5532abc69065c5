"""Pages of orders: drafted in lines, checked and released, delivered, cancelled; and of discounts."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from contracts import contract_rules
from contracts.models import Contract, Order, OrderState
from contracts.order_errors import ContractMissing, ContractNotInForce, OrderNotOpen, SupplyStopped
from contracts.order_filters import products_sold, released_orders, search_products
from contracts.order_forms import ChooseCustomerForm, DeliveryForm, DiscountForm, OrderForm
from contracts.order_lists import SEE
from contracts.services.deliveries import MAY_DELIVER, deliver, supply_stopped
from contracts.services.orders import (
    MAY_DRAFT,
    cancel_order,
    change_order,
    close_order,
    copy_order,
    draft_order,
    preview_order,
    release_order,
)
from contracts.services.pricing import agree_discount, agreed_discount, floor_of
from credit.check_rules import may_be_lifted
from credit.check_words import in_words
from credit.group_selectors import heads_seen
from credit.models import Payment
from crm.audit.registry import audit_url
from crm.core.dates import business_today
from crm.core.display import Text
from crm.core.errors import DomainError
from crm.core.pages import ConfirmView, FormView, RecordView, RowsView, options, parts_of, refusals_told
from crm.core.permissions import requires, visible_or_404
from crm.core.registry import registry
from customers.models import Customer


@requires("contracts.view_product")
def product_options(request: HttpRequest) -> HttpResponse:
    """Answers of the search box over products that are sold."""
    found = search_products(products_sold(), request.GET.get("q", ""))
    return options(
        found.order_by("code")[:20], detail=lambda product: f"{product.code} · {product.price} / {product.unit}"
    )


class ChooseCustomer(FormView):
    """A new order begins with whom it is for."""

    form_class, permission = ChooseCustomerForm, MAY_DRAFT
    title, submit = gettext_lazy("New order"), gettext_lazy("Next")

    def form_kwargs(self) -> dict[str, Any]:
        return {"user": self.request.user}

    def perform(self, form: ChooseCustomerForm) -> str:
        return reverse("contracts:new_order", args=[form.cleaned_data["customer"].pk])

    def cancel_url(self) -> str:
        return reverse("contracts:orders")


class OrderFormView(RowsView):
    """The form of an order: its head and its lines."""

    form_class, permission, wide = OrderForm, MAY_DRAFT, True
    template_name = "contracts/orders/form.html"
    submit = gettext_lazy("Save the draft")
    customer: Customer
    record: Order | None = None

    def form_kwargs(self) -> dict[str, Any]:
        discount = agreed_discount(customer_id=self.customer.pk, on=business_today())
        kwargs: dict[str, Any] = {"customer": self.customer, "record": self.record, "discount": discount}
        record = self.record
        if record is not None:
            names = ("contract", "payment", "instrument", "on", "wanted_on", "reference", "note", "version")
            kwargs["initial"] = {name: getattr(record, name) for name in names}
        return kwargs

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "customer": self.customer,
            "record": self.record,
            "agreed": agreed_discount(customer_id=self.customer.pk, on=business_today()),
            "floor": floor_of(request.user),
        }

    def values(self, form: OrderForm) -> dict[str, Any]:
        names = ("payment", "instrument", "on", "wanted_on", "reference", "note")
        values = {name: form.cleaned_data[name] for name in names}
        contract = form.cleaned_data["contract"]
        return {
            **values,
            "today": business_today(),
            "contract_id": contract.pk if contract else None,
            "lines": form.lines.lines(),
        }


class NewOrder(OrderFormView):
    """An order begins as a draft."""

    contract: Contract | None
    asked_contract: Contract | None

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        """`?contract=` names the contract it is placed under, where that is in force."""
        self.customer = visible_or_404(Customer, request.user, **kwargs)
        signed = Contract.objects.filter(customer=self.customer, state__in=contract_rules.IN_FORCE)
        asked, today = request.GET.get("contract", ""), business_today()
        usable = [contract for contract in signed.order_by("-pk") if contract.is_in_force_on(today)]
        self.asked_contract = next((contract for contract in usable if str(contract.pk) == asked), None)
        self.contract = self.asked_contract or next(iter(usable), None)

    def form_kwargs(self) -> dict[str, Any]:
        """It begins with that contract, or the newest in force: the order must share its legal entity and currency."""
        kwargs, contract = super().form_kwargs(), self.contract
        key = uuid4().hex
        if contract is None:
            return {**kwargs, "initial": {"payment": Payment.PREPAID, "idempotency_key": key}}
        initial = {
            "idempotency_key": key,
            "contract": contract.pk,
            "legal_entity": contract.legal_entity_id,
            "currency": contract.currency,
        }
        return {**kwargs, "initial": initial}

    def page_title(self) -> Text:
        return _("New order: %(customer)s") % {"customer": self.customer.name}

    def perform(self, form: OrderForm) -> str:
        made = draft_order(
            actor=self.request.user,
            customer_id=self.customer.pk,
            legal_entity_id=form.cleaned_data["legal_entity"].pk,
            currency=form.cleaned_data["currency"].code,
            idempotency_key=form.cleaned_data["idempotency_key"],
            **self.values(form),
        )
        return made.get_absolute_url()

    def cancel_url(self) -> str:
        return (self.asked_contract or self.customer).get_absolute_url()


class EditOrder(OrderFormView):
    """A draft, or an order on hold, is changed."""

    record: Order

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.record = visible_or_404(Order.objects.select_related("customer"), request.user, **kwargs)
        if not self.record.is_open:
            raise OrderNotOpen(number=self.record.number)
        self.customer = self.record.customer

    def page_title(self) -> Text:
        return _("Change order %(number)s") % {"number": self.record.number}

    def perform(self, form: OrderForm) -> str:
        change_order(
            actor=self.request.user,
            order_id=self.record.pk,
            version=form.cleaned_data["version"] or 0,
            **self.values(form),
        )
        return self.record.get_absolute_url()

    def cancel_url(self) -> str:
        return self.record.get_absolute_url()


class OrderPage(RecordView[Order]):
    """One order: where it stands and why, its lines, what was delivered, and what can be done next."""

    model, permission = Order, SEE
    template_name = "contracts/orders/page.html"
    select_related = (
        "customer__credit_account",
        "contract",
        "legal_entity",
        "owner",
        "copied_from",
        "created_by",
        "last_check",
    )

    def context(self, request: HttpRequest) -> dict[str, Any]:
        order, user = self.record, request.user
        stopped = is_stopped(order)
        may_cancel = order.is_open or order.state == OrderState.RELEASED
        return {
            **check_context(order, user),
            "customer": order.customer,
            "lines": order.lines.select_related("product").order_by("position"),
            "deliveries": order.deliveries.select_related("delivered_by").prefetch_related("lines__line__product"),
            "parts": parts_of(registry.order_parts, request, order),
            "may_edit": order.is_open and user.has_perm(MAY_DRAFT),
            "may_release": order.is_open and user.has_perm("contracts.release_order"),
            "may_cancel": may_cancel and user.has_perm("contracts.cancel_order"),
            "may_copy": user.has_perm(MAY_DRAFT),
            "copy_key": uuid4().hex,
            "stopped": stopped,
            "may_deliver": order.state == OrderState.RELEASED and not stopped and user.has_perm(MAY_DELIVER),
            "may_close": order.state == OrderState.INVOICED and user.has_perm("contracts.release_order"),
            "prepaid": order.payment == Payment.PREPAID,
            "changes_url": audit_url(order),
        }


def is_stopped(order: Order) -> bool:
    """Whether a released order may not leave now; read with its customer, the account and the last check."""
    if order.state != OrderState.RELEASED:
        return False
    return supply_stopped(order, status=order.customer.credit_account.status)


def check_context(order: Order, user: Any) -> dict[str, Any]:
    """What the last check of an order said, or what one of a draft would say now; its figures to those who see them."""
    if not user.has_perm("credit.view_creditaccount"):
        return {}
    if order.state == OrderState.DRAFT:
        try:
            found = preview_order(order=order, on=business_today())
        except (ContractMissing, ContractNotInForce) as error:
            return {"refusal": str(error), "may_draft_contract": user.has_perm("contracts.add_contract")}
        except DomainError:
            return {}
        return (
            {"verdict": found.decision, "reasons": in_words(found.reasons, heads_seen(found.reasons, user))}
            if found
            else {}
        )
    check = order.last_check
    if check is None or order.state == OrderState.CANCELLED:
        return {}
    may_ask = order.state == OrderState.HELD and may_be_lifted(check.findings)
    may_ask = may_ask and user.has_perm("credit.add_creditrequest")
    reasons = in_words(check.findings, heads_seen(check.findings, user))
    return {"verdict": check.decision, "reasons": reasons, "check": check, "may_ask": may_ask}


@requires("contracts.release_order")
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Have an order checked; what stands in its way is said above its page."""
    found = visible_or_404(Order, request.user, pk=pk)
    version = request.POST.get("version", "")
    with refusals_told(request):
        order = release_order(
            actor=request.user,
            order_id=found.pk,
            version=int(version) if version.isdecimal() and len(version) < 9 else 0,
            on=business_today(),
        )
        if order.state == OrderState.HELD:
            messages.warning(request, _("%(number)s is on hold: see why below.") % {"number": order.number})
        else:
            messages.success(request, _("%(number)s is released.") % {"number": order.number})
    return HttpResponseRedirect(found.get_absolute_url())


@requires(MAY_DRAFT)
@require_POST
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """A new draft like this order."""
    shown = found = visible_or_404(Order, request.user, pk=pk)
    with refusals_told(request):
        shown = copy_order(
            actor=request.user,
            order_id=found.pk,
            on=business_today(),
            idempotency_key=request.POST.get("idempotency_key", "")[:64],
        )
        messages.success(request, _("Copied at today's prices. It is checked like any new order."))
    return HttpResponseRedirect(shown.get_absolute_url())


@requires("contracts.release_order")
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """An order that is invoiced is done with."""
    found = visible_or_404(Order, request.user, pk=pk)
    with refusals_told(request):
        close_order(actor=request.user, order_id=found.pk, on=business_today())
    return HttpResponseRedirect(found.get_absolute_url())


class Cancel(ConfirmView):
    """What is not delivered yet is cancelled."""

    permission = "contracts.cancel_order"
    title, submit = gettext_lazy("Cancel the order"), gettext_lazy("Cancel the order")
    record: Order

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.record = visible_or_404(Order, request.user, **kwargs)

    def what_happens(self) -> list[Text]:
        if self.record.delivered_total:
            return [_("What was delivered stays. The rest is never delivered, and its headroom is free again.")]
        return [_("The order is cancelled, and the headroom it holds is free again.")]

    def perform(self, form: Any) -> str:
        cancel_order(
            actor=self.request.user,
            order_id=self.record.pk,
            reason=form.cleaned_data["reason"],
            on=business_today(),
        )
        return self.record.get_absolute_url()

    def cancel_url(self) -> str:
        return self.record.get_absolute_url()


class Deliver(FormView):
    """The warehouse records what leaves of a released order; it sees no prices."""

    form_class, permission = DeliveryForm, MAY_DELIVER
    template_name = "contracts/orders/deliver.html"
    submit = gettext_lazy("Record the delivery")
    done = gettext_lazy("The delivery is recorded.")
    record: Order

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        found = released_orders(request.user).select_related("customer__credit_account", "last_check")
        self.record = get_object_or_404(found, **kwargs)
        if is_stopped(self.record):
            raise SupplyStopped(number=self.record.number)
        lines = self.record.lines.select_related("product").order_by("position")
        self.lines = [line for line in lines if line.filled.to_deliver]

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
            "deliveries": self.record.deliveries.prefetch_related("lines__line__product"),
        }

    def perform(self, form: DeliveryForm) -> str:
        deliver(
            actor=self.request.user,
            order_id=self.record.pk,
            quantities=form.quantities(),
            on=form.cleaned_data["on"],
            carrier=form.cleaned_data["carrier"],
            note=form.cleaned_data["note"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
        return reverse("contracts:warehouse")

    def cancel_url(self) -> str:
        return reverse("contracts:warehouse")


class AgreeDiscount(FormView):
    """A discount is agreed with a customer, as far as the role of who agrees it goes."""

    form_class, permission = DiscountForm, "contracts.add_customerdiscount"
    title, submit = gettext_lazy("Agree a discount"), gettext_lazy("Agree")
    customer: Customer

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.customer = visible_or_404(Customer, request.user, **kwargs)

    def context(self, request: HttpRequest) -> dict[str, Any]:
        figures = {
            "customer": self.customer.name,
            "agreed": agreed_discount(customer_id=self.customer.pk, on=business_today()),
            "floor": floor_of(request.user),
        }
        text = _("%(customer)s has %(agreed)s %% now. You may agree up to %(floor)s %%.")
        return {"intro": text % figures}

    def perform(self, form: DiscountForm) -> str:
        agree_discount(actor=self.request.user, customer_id=self.customer.pk, on=business_today(), **form.cleaned_data)
        return self.customer.get_absolute_url()

    def cancel_url(self) -> str:
        return self.customer.get_absolute_url()
