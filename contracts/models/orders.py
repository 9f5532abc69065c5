"""What customers order, what was delivered of it, and where each order stands.

    draft -> held | released -> delivered -> invoiced -> closed / cancelled

What a draft says stays once it is released; only how far it is filled changes.
"""

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contracts.models.contracts import Contract, differs
from contracts.models.products import PercentField, Product, line_adds_up
from contracts.rules import orders as rules
from credit.instruments import Instrument
from credit.models import CreditCheck, Payment
from crm.core.addresses import record_url
from crm.core.display import Badge
from crm.core.models import LegalEntity, user_field
from crm.core.money import ZERO, CurrencyCodeField, MoneyField, RateField
from customers.models import Customer
from customers.visibility import VisibleQuerySet


class OrderState(models.TextChoices):
    DRAFT = rules.DRAFT, _("Draft")
    HELD = rules.HELD, _("On hold")
    RELEASED = rules.RELEASED, _("Released")
    DELIVERED = rules.DELIVERED, _("Delivered")
    INVOICED = rules.INVOICED, _("Invoiced")
    CLOSED = rules.CLOSED, _("Closed")
    CANCELLED = rules.CANCELLED, _("Cancelled")


class Channel(models.TextChoices):
    """How an order came: what is in writing (letter, e-mail, portal) says itself what the customer wants."""

    WRITTEN = "written", _("In writing")
    PHONE = "phone", _("By telephone")


STATE_TONES = {
    rules.DRAFT: "",
    rules.HELD: "danger",
    rules.RELEASED: "info",
    rules.DELIVERED: "warning",
    rules.INVOICED: "success",
    rules.CLOSED: "",
    rules.CANCELLED: "",
}


class QuantityField(models.DecimalField):
    """A quantity with three decimals."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("max_digits", 14)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]


IDENTITY = ("number", "customer_id", "legal_entity_id", "currency", "created_by_id", "created_at", "copied_from_id")
SAID = (
    "contract_id", "payment", "instrument", "channel", "on", "wanted_on", "reference", "note", "total", "base_total",
    "rate", "is_custom", "author_ids", "version", "purchase_contract_id",
)  # fmt: skip


@pghistory.track(pghistory.UpdateEvent(row="OLD"), pghistory.DeleteEvent())
class Order(models.Model):
    """An order of a customer. `total` is in `currency`; `base_total`, at the `rate` of its release, is reserved.

    How it is paid says its contract; one paid in advance may name its `instrument`. One on credit without a contract
    of ours goes under `purchase_contract`, the customer's own, once it was checked. By its `channel` telephone it is
    released only with the customer's written confirmation of this edition. `last_check` is the last credit check, with
    the figures it saw and its reasons. `version` counts its editions: who saves an older one is told.
    `is_custom`: a product of it was made to order when it was saved; `author_ids` wrote any of it (OrderReview).
    Without `copied_from` it was drafted by hand. When its rest was cancelled it is as delivered as it will ever be.
    """

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_index=False, related_name="orders", verbose_name=_("customer")
    )
    legal_entity = models.ForeignKey(
        LegalEntity, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("legal entity")
    )
    contract = models.ForeignKey(
        Contract,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="orders",
        verbose_name=_("contract"),
    )
    purchase_contract = models.ForeignKey(
        "contracts.OrderPaper",
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("customer's own contract"),
    )
    payment = models.CharField(_("payment"), max_length=7, choices=Payment, default=Payment.CREDIT)
    instrument = models.CharField(_("payment form"), max_length=16, choices=Instrument, blank=True, default="")
    state = models.CharField(_("state"), max_length=9, choices=OrderState, default=OrderState.DRAFT, editable=False)
    channel = models.CharField(
        _("how it came"), max_length=7, choices=Channel, default=Channel.WRITTEN, db_default=Channel.WRITTEN
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders", verbose_name=_("owner")
    )
    on = models.DateField(_("date"))
    wanted_on = models.DateField(_("wanted on"), null=True, blank=True)
    reference = models.CharField(_("customer's reference"), max_length=80, blank=True)
    note = models.CharField(_("note"), max_length=255, blank=True)
    currency = CurrencyCodeField()
    total = MoneyField(pgettext_lazy("money", "total"), default=ZERO)
    rate = RateField(_("exchange rate"), null=True, editable=False)
    base_total = MoneyField(_("base total"), null=True, editable=False)
    delivered_total = MoneyField(_("delivered"), default=ZERO, editable=False)
    invoiced_total = MoneyField(_("invoiced"), default=ZERO, editable=False)
    last_check = models.ForeignKey(
        CreditCheck,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("credit check"),
    )
    held_on = models.DateField(_("on hold since"), null=True, editable=False)
    released_on = models.DateField(_("released on"), null=True, editable=False)
    cancelled_on = models.DateField(_("cancelled on"), null=True, editable=False)
    cancel_reason = models.CharField(_("why it was cancelled"), max_length=255, blank=True, editable=False)
    copied_from = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.PROTECT, related_name="+", verbose_name=_("copied from")
    )
    version = models.PositiveIntegerField(_("edition"), default=1, editable=False)
    is_custom = models.BooleanField(_("made to order"), default=False, db_default=False, editable=False)
    author_ids = ArrayField(models.BigIntegerField(), verbose_name=_("authors"), default=list, editable=False)
    created_by = user_field(_("created by"), editable=False)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-pk"]
        permissions = [
            ("release_order", _("Can have orders checked and released")),
            ("cancel_order", _("Can cancel orders")),
            ("deliver_order", _("Can deliver released orders")),
            ("see_holds", _("Can see the queue of orders on hold")),
            ("review_order", _("Can review orders for what is made to order")),
        ]
        constraints = [
            models.CheckConstraint(
                name="order_money_fits",
                condition=Q(
                    total__gte=0,
                    delivered_total__gte=0,
                    delivered_total__lte=F("total"),
                    invoiced_total__gte=0,
                    invoiced_total__lte=F("delivered_total"),
                ),
            ),
            models.CheckConstraint(
                name="order_released_has_figures",
                condition=Q(state__in=(*rules.OPEN, rules.CANCELLED))
                | Q(released_on__isnull=False, rate__gt=0, base_total__gte=0, last_check__isnull=False),
            ),
            models.CheckConstraint(
                name="order_on_credit_has_contract",
                condition=Q(state__in=(*rules.OPEN, rules.CANCELLED))
                | Q(payment=Payment.PREPAID)
                | Q(contract__isnull=False)
                | Q(purchase_contract__isnull=False),
            ),
            models.CheckConstraint(
                name="order_instrument_of_prepaid", condition=Q(instrument="") | Q(payment=Payment.PREPAID)
            ),
            models.CheckConstraint(name="order_held_since", condition=~Q(state=rules.HELD) | Q(held_on__isnull=False)),
            models.CheckConstraint(
                name="order_cancelled_has_date", condition=~Q(state=rules.CANCELLED) | Q(cancelled_on__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="order_by_customer"),
            models.Index(fields=["state", "-id"], name="order_by_state"),
            models.Index(fields=["customer", "held_on", "id"], name="order_held", condition=Q(state="held")),
            models.Index(fields=["number"], name="order_by_number", opclasses=["varchar_pattern_ops"]),
            models.Index(
                fields=["purchase_contract"], name="order_by_paper", condition=Q(purchase_contract__isnull=False)
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="way", field="state", transitions=list(rules.TRANSITIONS)),
            pgtrigger.Protect(
                name="identity_stays", operation=pgtrigger.Update, condition=pgtrigger.Condition(differs(IDENTITY))
            ),
            pgtrigger.Protect(
                name="released_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(f"OLD.state NOT IN ('draft', 'held') AND {differs(SAID)}"),
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return record_url("contracts:order", self.pk)

    @property
    def payment_forms(self) -> list[str]:
        """How the customer may pay it: as its contract says on credit, in advance as it says itself; none: not said."""
        if self.payment == Payment.PREPAID:
            return [self.instrument] if self.instrument else []
        return self.contract.instruments if self.contract else []

    @property
    def is_open(self) -> bool:
        """A draft, or held: it may still be changed."""
        return self.state in rules.OPEN

    @property
    def is_unchecked(self) -> bool:
        """A draft that no check has seen yet: nobody can have relied on its papers."""
        return self.state == OrderState.DRAFT and self.last_check_id is None

    @property
    def state_badge(self) -> Badge:
        """Where it stands; a released order also says that part of it has left."""
        if self.state == OrderState.RELEASED and self.delivered_total:
            return Badge(_("Partly delivered"), "info")
        return Badge(OrderState(self.state).label, STATE_TONES[self.state])


class OrderRowQuerySet(VisibleQuerySet):
    """Rows that hang on an order."""

    customer_path = "order__customer"


# Lines are written while an order is open; afterwards only how far they are filled.
OPEN_ORDER_ONLY = """
    IF TG_OP = 'UPDATE' AND ROW(OLD.order_id, OLD.product_id, OLD.position, OLD.quantity, OLD.list_price, OLD.discount,
        OLD.price, OLD.amount, OLD.cost) IS NOT DISTINCT FROM ROW(NEW.order_id, NEW.product_id, NEW.position,
        NEW.quantity, NEW.list_price, NEW.discount, NEW.price, NEW.amount, NEW.cost) THEN
        RETURN NEW;
    END IF;
    SELECT state INTO found FROM contracts_order
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.order_id ELSE NEW.order_id END;
    IF found NOT IN ('draft', 'held') THEN
        RAISE EXCEPTION 'pgtrigger: what an order says stays once it is released (state %)', found;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
"""


class OrderLine(models.Model):
    """A product in an order: list price and price of one unit in the currency of the order, discount in percent.

    `by_contract` marks a price that a line of the contract fixes: no discount is given on it. `delivered` and
    `invoiced` are quantities. `cost` is what one unit costs in base currency, where it is known.
    """

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, db_index=False, related_name="lines", verbose_name=_("order")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = QuantityField(_("quantity"))
    list_price = MoneyField(_("list price"))
    discount = PercentField(_("discount in percent"), default=ZERO)
    price = MoneyField(_("price"))
    amount = MoneyField(_("amount"))
    cost = MoneyField(_("cost"), null=True)
    by_contract = models.BooleanField(_("price of the contract"), default=False)
    delivered = QuantityField(_("delivered"), default=ZERO)
    invoiced = QuantityField(_("invoiced"), default=ZERO)

    objects = OrderRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of an order")
        verbose_name_plural = _("lines of orders")
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position_once"),
            models.CheckConstraint(
                name="order_line_fits",
                condition=Q(quantity__gt=0, price__gte=0, discount__gte=0, discount__lte=100)
                & Q(delivered__gte=0, delivered__lte=F("quantity"))
                & Q(invoiced__gte=0, invoiced__lte=F("delivered")),
            ),
            models.CheckConstraint(
                name="order_line_adds_up",
                condition=line_adds_up(),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="open_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                declare=[("found", "TEXT")],
                func=OPEN_ORDER_ONLY,
            )
        ]

    def __str__(self) -> str:
        return str(self.product)

    @property
    def filled(self) -> rules.Filled:
        return rules.Filled(self.quantity, self.delivered, self.invoiced)

    @property
    def to_deliver(self) -> object:
        return self.filled.to_deliver


def append_only() -> pgtrigger.Trigger:
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class Delivery(models.Model):
    """Goods of an order that left on a day. `amount` is their worth in the order's currency, `base_amount` in base."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="deliveries", verbose_name=_("order"))
    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    on = models.DateField(_("date"))
    amount = MoneyField(_("amount"))
    base_amount = MoneyField(_("base amount"))
    carrier = models.CharField(_("carrier and waybill"), max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=255, blank=True)
    delivered_by = user_field(_("delivered by"), null=True)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = OrderRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="delivery_not_negative", condition=Q(amount__gte=0, base_amount__gte=0))
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return self.number


class DeliveryLineQuerySet(VisibleQuerySet):
    customer_path = "delivery__order__customer"


class DeliveryLine(models.Model):
    """How much of a line of an order a delivery brought."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.PROTECT, db_index=False, related_name="lines", verbose_name=_("delivery")
    )
    line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, related_name="deliveries", verbose_name=_("line of an order")
    )
    quantity = QuantityField(_("quantity"))
    amount = MoneyField(_("amount"))

    objects = DeliveryLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a delivery")
        verbose_name_plural = _("lines of deliveries")
        ordering = ["delivery", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "line"], name="delivery_line_once"),
            models.CheckConstraint(name="delivery_line_positive", condition=Q(quantity__gt=0, amount__gte=0)),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.quantity}"


class DeliveryReversal(models.Model):
    """A delivery that was recorded wrongly counts as never made; only one that is not billed is taken back."""

    delivery = models.OneToOneField(
        Delivery, on_delete=models.PROTECT, related_name="reversal", verbose_name=_("delivery")
    )
    on = models.DateField(_("date"))
    reason = models.CharField(_("reason"), max_length=255)
    reversed_by = user_field(_("reversed by"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    class Meta:
        verbose_name = _("reversal of a delivery")
        verbose_name_plural = _("reversals of deliveries")
        ordering = ["-pk"]
        triggers = [append_only()]

    def __str__(self) -> str:
        return str(self.delivery)
