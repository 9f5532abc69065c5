"""What is sold, at which price, and how far a price may be lowered."""

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from crm.core.addresses import record_url
from crm.core.language import in_chinese
from crm.core.models import BilingualName, track_changes, user_field
from crm.core.money import MoneyField
from customers.models import Customer
from customers.visibility import VisibleQuerySet


class PercentField(models.DecimalField):
    """Percent with two decimals, from 0 to 100."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("max_digits", 5)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]


def line_adds_up() -> Q:
    """The amount of a line is quantity by price, rounded to a number of places that a currency may have."""
    product = F("quantity") * F("price")
    whole, tenths, cents = (Func(product, places, function="ROUND") for places in (0, 1, 2))
    return Q(amount=cents) | Q(amount=tenths) | Q(amount=whole)


PERCENT = (MinValueValidator(0), MaxValueValidator(100))


@track_changes
class Product(BilingualName):
    """An article or service. `price` (list price) and `cost` are for one `unit`, in base currency.

    One that `is_custom` is made to order: an order for it is reviewed before it is released.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    unit_zh = models.CharField(_("Chinese unit"), max_length=20)
    unit_en = models.CharField(_("English unit"), max_length=20)
    price = MoneyField(_("list price"))
    cost = MoneyField(_("cost"), null=True, blank=True)
    is_custom = models.BooleanField(_("made to order"), default=False, db_default=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="product_money_not_negative", condition=Q(price__gte=0) & (Q(cost__isnull=True) | Q(cost__gte=0))
            )
        ]

    @property
    def unit(self) -> str:
        """The unit in the reader's language."""
        return self.unit_zh if in_chinese() else self.unit_en

    def get_absolute_url(self) -> str:
        return record_url("contracts:product", self.pk)


class CustomerDiscount(models.Model):
    """A discount in percent on list prices that was agreed with a customer, from a day on; the newest counts."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="discounts", verbose_name=_("customer")
    )
    percent = PercentField(_("discount in percent"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=255)
    agreed_by = user_field(_("agreed by"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("discount of a customer")
        verbose_name_plural = _("discounts of customers")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="customer_discount_is_percent", condition=Q(percent__gte=0, percent__lte=100)),
            models.CheckConstraint(
                name="customer_discount_days_in_order",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.percent} %"


@track_changes
class DiscountFloor(models.Model):
    """Policy: the highest discount in percent that holders of a role may give without further agreement."""

    role = models.CharField(_("role"), max_length=40, unique=True)
    percent = PercentField(_("highest discount in percent"), validators=PERCENT)

    class Meta:
        verbose_name = _("discount floor")
        verbose_name_plural = _("discount floors")
        ordering = ["percent", "role"]
        constraints = [
            models.CheckConstraint(name="discount_floor_is_percent", condition=Q(percent__gte=0, percent__lte=100))
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.percent} %"
