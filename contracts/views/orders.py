"""Pages of orders: drafted in lines, checked and released, cancelled; and of discounts."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from contracts.errors import OrderChanged, OrderDayNotTaken, OrderNotOpen, WantedTooEarly
from contracts.filters import SIGNED_NOTE, products_sold, search_products
from contracts.forms.orders import CORRECT_LINES, ChooseCustomerForm, DiscountForm, OrderForm
from contracts.models import Channel, Contract, Order, OrderState
from contracts.selectors.editing import edits_since
from contracts.selectors.holds import held_before, will_go
from contracts.selectors.performance import beyond_contract, left_of
from contracts.selectors.quotes import quote_order, room_for
from contracts.services.deliveries import MAY_DELIVER
from contracts.services.order_reviews import may_review
from contracts.services.orders import MAY_DRAFT, cancel_order, change_order, close_order, copy_order, draft_order
from contracts.services.pricing import agree_discount, agreed_discount, floor_of, plain_quantity
from contracts.services.releasing import preview_order, refusals_of, release_order
from contracts.views.conflicts import Conflict, conflict_after, keeping, of_fields, of_rows, order_line_words
from contracts.views.deliveries import is_stopped
from contracts.views.holds import foreign_of
from contracts.views.order_lists import SEE
from contracts.views.order_papers import OF_EDITION, papers_context
from credit.models import Payment
from credit.rules.checks import may_be_lifted
from credit.selectors.groups import heads_seen
from credit.selectors.prepaid import money_gone
from credit.selectors.releases import releases_of
from credit.words.checks import in_words, moves_in_words
from crm.approvals.models import APPROVING
from crm.audit.registry import audit_url
from crm.core.currencies import places_of
from crm.core.dates import business_today
from crm.core.display import Text, isotime, money
from crm.core.errors import DomainError
from crm.core.pages import ConfirmView, FormView, RecordView, RowsView, options, parts_of, refusals_told, search_text
from crm.core.permissions import requires, visible_or_404
from crm.core.rates import rate_on
from crm.core.registry import registry
from customers.models import Customer


@requires("contracts.view_product")
def product_options(request: HttpRequest) -> HttpResponse:
    """Answers of the search box over products that are sold."""
    found = search_products(products_sold(), search_text(request))
    return options(
        found.order_by("code")[:20], detail=lambda product: f"{product.code} · {product.price} / {product.unit}"
    )


class ChooseCustomer(FormView):
    """A new order begins with whom it is for."""

    form_class, permission = ChooseCustomerForm, MAY_DRAFT
    title, submit = gettext_lazy("New order"), pgettext_lazy("step", "Next")

    def form_kwargs(self) -> dict[str, Any]:
        return {"user": self.request.user}

    def perform(self, form: ChooseCustomerForm) -> str:
        return reverse("contracts:new_order", args=[form.cleaned_data["customer"].pk])

    def cancel_url(self) -> str:
        return reverse("contracts:orders")


# Where the form tells what the service refuses; elsewhere it stands above it.
FIELD_OF: dict[type[DomainError], str] = {OrderDayNotTaken: "on", WantedTooEarly: "wanted_on"}


class OrderFormView(RowsView):
    """The form of an order: its head and its lines."""

    form_class, permission, wide = OrderForm, MAY_DRAFT, True
    template_name = "contracts/orders/form.html"
    submit = gettext_lazy("Save the draft")
    customer: Customer
    record: Order | None = None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """While the form is filled in, `quote` asks what it comes to so far: it is priced, nothing is kept."""
        if not request.POST.get("quote"):
            return super().post(request, *args, **kwargs)
        self.prepare(request, **kwargs)
        form = self.build(data=request.POST)
        moved = form.is_other_contract
        if moved:
            form = self.build(data=form.following())
        return render(request, "contracts/orders/quote.html", {"form": form, "moved": moved, **self.priced(form)})

    def refused(self, form: OrderForm, error: DomainError) -> None:
        """A day that is refused says so below its field; of lines each says by itself all that is wrong with it."""
        of_line = any(str(error) in row.refusals for _row, row in self.priced(form)["rows"])
        form.add_error(FIELD_OF.get(type(error)), CORRECT_LINES if of_line else str(error))

    def show(self, request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
        self.quoted = self.priced(form)
        return super().show(request, form, status)

    def priced(self, form: OrderForm) -> dict[str, Any]:
        """What the form comes to as far as it is typed, and what the order has to fit into for those who may see it."""
        today, user = business_today(), self.request.user
        quote = quote_order(
            actor=user,
            customer_id=self.customer.pk,
            currency=form.typed_currency(),
            contract=form.chosen,
            lines=form.lines.typed(),
            on=form.typed("on") or today,
            today=today,
        )
        room = None
        if user.has_perm("credit.view_creditaccount"):
            payment = form.typed("payment") or Payment.CREDIT
            room = room_for(customer_id=self.customer.pk, payment=payment, amount=quote.base_total, today=today)
        rows = list(zip(form.lines, quote.lines, strict=True))
        needs_contract = form.chosen is None and form.typed("payment") == Payment.CREDIT
        made = any(each.line is not None and each.line.product.is_custom for each in quote.lines)
        return {
            "quote": quote,
            "rows": rows,
            "room": room,
            "needs_contract": needs_contract,
            "needs_confirmation": form.typed("channel") == Channel.PHONE,  # of the edition that is being written
            "needs_review": made,
        }

    def form_kwargs(self) -> dict[str, Any]:
        discount = agreed_discount(customer_id=self.customer.pk, on=business_today())
        kwargs: dict[str, Any] = {"customer": self.customer, "record": self.record, "discount": discount}
        record = self.record
        if record is not None:
            names = ("contract", "payment", "instrument", "channel", "on", "wanted_on", "reference", "note")
            kwargs["initial"] = {"edition": record.version, **{name: getattr(record, name) for name in names}}
        return kwargs

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **self.quoted,
            "customer": self.customer,
            "record": self.record,
            "agreed": agreed_discount(customer_id=self.customer.pk, on=business_today()),
            "floor": floor_of(request.user),
            "voids": self.record is not None
            and self.record.papers.filter(kind__in=OF_EDITION, edition=self.record.version).exists(),
        }

    def values(self, form: OrderForm) -> dict[str, Any]:
        names = ("payment", "instrument", "channel", "on", "wanted_on", "reference", "note")
        values = {name: form.cleaned_data[name] for name in names}
        contract = form.cleaned_data["contract"]
        return {
            **values,
            "today": business_today(),
            "contract_id": contract.pk if contract else None,
            "lines": form.lines.lines(),
        }


def rows_of(contract: Contract) -> list[dict[str, Any]]:
    """What an order under a contract begins with: of each product the contract names what is not ordered yet."""
    left = [row for row in left_of(contract) if row.left and row.product.is_active]
    return [{"product": row.product.pk, "quantity": plain_quantity(row.left)} for row in left]


class NewOrder(OrderFormView):
    """An order begins as a draft."""

    contract: Contract | None
    asked_contract: Contract | None

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        """`?contract=` names the contract it is placed under, where that is in force."""
        self.customer = visible_or_404(Customer, request.user, **kwargs)
        usable = list(Contract.objects.filter(customer=self.customer).in_force(business_today()).order_by("-pk"))
        asked = request.GET.get("contract", "")
        self.asked_contract = next((contract for contract in usable if str(contract.pk) == asked), None)
        self.contract = self.asked_contract or next(iter(usable), None)

    def form_kwargs(self) -> dict[str, Any]:
        """It begins with that contract, or the newest in force: the order must share its legal entity and currency."""
        kwargs, contract = super().form_kwargs(), self.contract
        key = uuid4().hex
        if contract is None:
            return {**kwargs, "initial": {"payment": Payment.PREPAID, "idempotency_key": key}}
        kwargs["rows"] = rows_of(contract)
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
    conflict: Conflict | None = None

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.record = visible_or_404(Order.objects.select_related("customer"), request.user, **kwargs)
        if not self.record.is_open:
            raise OrderNotOpen(number=self.record.number)
        self.customer = self.record.customer

    def page_title(self) -> Text:
        return _("Change order %(number)s") % {"number": self.record.number}

    def perform(self, form: OrderForm) -> str:
        edition = form.cleaned_data["edition"] or 0
        try:
            change_order(actor=self.request.user, order_id=self.record.pk, version=edition, **self.values(form))
        except OrderChanged:
            self.show_conflict(form, edition)
            raise
        return self.record.get_absolute_url()

    def show_conflict(self, form: OrderForm, edition: int) -> None:
        """Lines are compared at what they cost: one left without a discount has the one agreed."""
        self.record.refresh_from_db()
        order, typed = self.record, (quoted.line for _row, quoted in self.priced(form)["rows"] if quoted.is_whole)
        found = of_fields(form, self.form_kwargs()["initial"])
        saved = order.lines.select_related("product").order_by("position")
        found.append(of_rows(_("Lines"), map(order_line_words, saved), map(order_line_words, typed)))
        edits = edits_since(order, "version", edition)
        self.conflict = conflict_after(edits, order.version, form, self.request.user, found, url=self.request.path)

    def refused(self, form: OrderForm, error: DomainError) -> None:
        """What somebody saved meanwhile stands above the form, beside what was typed."""
        if self.conflict is None:
            super().refused(form, error)

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().context(request), **keeping(self.conflict)}

    def cancel_url(self) -> str:
        return self.record.get_absolute_url()


class OrderPage(RecordView[Order]):
    """One order: where it stands and why, its lines, what was delivered, and what can be done next."""

    model, permission = Order, SEE
    template_name = "contracts/orders/page.html"
    select_related = (
        "customer__credit_account",
        "contract",
        "purchase_contract",
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
            "refusals": refusals_of(order, business_today()) if order.state == OrderState.DRAFT else [],
            "may_draft_contract": user.has_perm("contracts.add_contract"),
            "customer": order.customer,
            "places": places_of(order.currency),
            "lines": order.lines.select_related("product").order_by("position"),
            "deliveries": order.deliveries.annotate(is_signed=SIGNED_NOTE)
            .select_related("delivered_by", "reversal")
            .prefetch_related("lines__line__product"),
            **papers_context(order, user),
            "parts": parts_of(registry.order_parts, request, order),
            "reviews": order.reviews.select_related("reviewed_by") if order.is_custom else [],
            "may_review": order.is_custom and order.state == OrderState.DRAFT and may_review(user, order),
            "may_edit": order.is_open and user.has_perm(MAY_DRAFT),
            "may_release": order.is_open and user.has_perm("contracts.release_order"),
            "may_cancel": may_cancel and user.has_perm("contracts.cancel_order"),
            "may_copy": user.has_perm(MAY_DRAFT),
            "copy_key": uuid4().hex,
            "stopped": stopped,
            "lacks_money": stopped and order.payment == Payment.PREPAID and money_gone(order.customer.credit_account),
            "may_deliver": order.state == OrderState.RELEASED and not stopped and user.has_perm(MAY_DELIVER),
            "may_close": order.state == OrderState.INVOICED and user.has_perm("contracts.release_order"),
            "prepaid": order.payment == Payment.PREPAID,
            "beyond": beyond_contract(order) if order.state != OrderState.CANCELLED else None,
            "changes_url": audit_url(order),
        }


def check_context(order: Order, user: Any) -> dict[str, Any]:
    """What the last check of an order said, or what one of a draft would say now; its figures to those who see them."""
    if not user.has_perm("credit.view_creditaccount"):
        return {}
    if order.state == OrderState.DRAFT:
        try:
            found = preview_order(order=order, on=business_today())
        except DomainError:
            return {}
        if found is None:
            return {}
        own = foreign_of(order, rate_on(currency=order.currency, on=business_today()))
        return {"verdict": found.decision, "reasons": in_words(found.reasons, heads_seen(found.reasons, user), own)}
    check = order.last_check
    if check is None or order.state == OrderState.CANCELLED:
        return {}
    may_ask = order.state == OrderState.HELD and may_be_lifted(check.findings)
    asked, approved_by = asked_release(order, user)
    goes = asked is not None and not asked.is_open and will_go(asked, order, business_today())
    waits = goes or (asked is not None and asked.is_open)
    may_ask = may_ask and user.has_perm("credit.add_creditrequest") and not waits
    reasons = in_words(check.findings, heads_seen(check.findings, user), foreign_of(order))
    return {
        "verdict": check.decision,
        "reasons": reasons,
        "check": check,
        "may_ask": may_ask,
        "asked_release": asked,
        "goes_by_itself": goes,
        "held_before": went_by_itself(order),
        "approved_by": approved_by,
    }


def went_by_itself(order: Order) -> dict[str, str] | None:
    """Until when an order that went by itself was on hold, and what had changed then."""
    held = held_before(order)
    if held is None or order.last_check is None:
        return None
    return {"until": isotime(order.last_check.recorded_at), "moved": moves_in_words(order.last_check.moved_since(held))}


def asked_release(order: Order, user: Any) -> tuple[Any, list[Any]]:
    """The request to both directors that matters for an order: the one its last check was let pass by, or will be when
    it is looked at again, or that waits.

    With who approved it; nothing where there is none, or the user may not see it.
    """
    if not user.has_perm("credit.view_creditrequest"):
        return None, []
    asked = releases_of(source_kind="order", source_ids=[order.pk], user=user).get(order.pk)
    used = order.last_check.lift_id if order.last_check else None
    passed_by = asked is not None and hasattr(asked, "lift") and asked.lift.pk == used
    if asked is None or not (asked.is_open or passed_by or will_go(asked, order, business_today())):
        return None, []
    if asked.is_open or asked.approval is None:
        return asked, []
    given = asked.approval.decisions.filter(verb__in=APPROVING).select_related("principal").order_by("pk")
    return asked, [decision.principal for decision in given]


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
        if beyond_contract(order):
            messages.warning(request, _("%(number)s goes beyond its contract: see below.") % {"number": order.number})
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
        self.record = visible_or_404(Order.objects.select_related("customer"), request.user, **kwargs)

    def what_happens(self) -> list[Text]:
        """Which order it is, and what becomes of it."""
        order = self.record
        which = (
            f"{order.number} · {order.customer.name} · {money(order.total, places_of(order.currency))} {order.currency}"
        )
        if order.delivered_total:
            return [which, _("What was delivered stays. The rest is never delivered, and its headroom is free again.")]
        if order.is_open:
            return [which, _("The order is cancelled. It was not released, so it holds no headroom.")]
        return [which, _("The order is cancelled, and the headroom it holds is free again.")]

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
