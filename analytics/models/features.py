"""How a customer buys, in figures, as at one morning."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.core.money import ZERO, MoneyField
from customers.models import Customer
from customers.visibility import VisibleQuerySet


class CustomerFeatures(models.Model):
    """A customer's purchases as known on the morning of `on` (movements before that day), in base currency.

    A purchase is a posted invoice less its credit notes; what was credited in full or reversed is none. Purchases of
    one day count as one. Windows end the day before `on`; '12m' is 365 days, '6m' 182, '3m' 91.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", verbose_name=_("customer"))
    on = models.DateField(_("date"))
    first_on = models.DateField(_("first purchase"))
    last_on = models.DateField(_("last purchase"))
    recency_days = models.PositiveIntegerField(_("days since the last purchase"))
    tenure_days = models.PositiveIntegerField(_("days since the first purchase"))
    days_bought = models.PositiveIntegerField(_("purchase days"))
    days_bought_12m = models.PositiveIntegerField(_("purchase days in 12 months"))
    days_bought_3m = models.PositiveIntegerField(_("purchase days in 3 months"))
    days_bought_3m_before = models.PositiveIntegerField(_("purchase days in the 3 months before"))
    revenue = MoneyField(_("revenue"), default=ZERO)
    revenue_12m = MoneyField(_("revenue in 12 months"), default=ZERO)
    revenue_12m_before = MoneyField(_("revenue in the 12 months before"), default=ZERO)
    revenue_6m = MoneyField(_("revenue in 6 months"), default=ZERO)
    revenue_6m_before = MoneyField(_("revenue in the 6 months before"), default=ZERO)
    revenue_3m = MoneyField(_("revenue in 3 months"), default=ZERO)
    revenue_3m_before = MoneyField(_("revenue in the 3 months before"), default=ZERO)
    costed_12m = MoneyField(
        _("revenue with known cost"), default=ZERO, help_text=_("Revenue of 12 months whose cost is known.")
    )
    margin_12m = MoneyField(
        _("margin in 12 months"), null=True, help_text=_("Of the revenue whose cost is known; empty when none is.")
    )
    gap_mean = models.FloatField(_("mean days between purchases"), null=True)
    gap_median = models.FloatField(_("usual days between purchases"), null=True)
    gap_spread = models.FloatField(_("spread of the days between purchases"), null=True)
    gap_last = models.PositiveIntegerField(_("days between the last two purchases"), null=True)
    trend = models.FloatField(
        _("trend"), null=True, help_text=_("Revenue of 6 months against the 6 months before: .2 is a fifth more.")
    )
    credited_share = models.FloatField(_("share credited"), default=0.0)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer figures")
        verbose_name_plural = _("customer figures")
        constraints = [models.UniqueConstraint(fields=["customer", "on"], name="features_once_a_day")]
        indexes = [models.Index(fields=["on"], name="features_by_date")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.on}"
