"""Who is leaving: a customer silent far longer than its own rhythm."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from analytics.models.register import ModelVersion
from crm.core.models import Numbered
from crm.core.money import ZERO, MoneyField
from customers.models import Customer
from customers.visibility import VisibleQuerySet


class Standing(models.TextChoices):
    """What can be said about a customer's staying."""

    SCORED = "scored", _("Scored")
    NEW = "new", _("Too new to tell")
    GONE = "gone", _("Gone")
    GAP = "gap", _("History gap")


class RiskBand(models.TextChoices):
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Moderate")
    HIGH = "high", _("High")


class ChurnScore(Numbered):
    """How likely a customer is to buy nothing within the model's horizon, and the three strongest reasons.

    `reasons`: [{"code": "silence", "value": 95, "usual": 30}, ...] (codes in analytics.learning.reasons). No
    probability where the data say nothing: a history gap of the company's books, or a newcomer. Who is `gone` has been
    silent longer than any customer that came back.
    """

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, primary_key=True, related_name="churn_score", verbose_name=_("customer")
    )
    on = models.DateField(_("date"))
    standing = models.CharField(_("standing"), max_length=8, choices=Standing)
    probability = models.FloatField(_("probability of leaving"), null=True)
    before = models.FloatField(_("probability a month ago"), null=True)
    band = models.CharField(_("risk"), max_length=8, choices=RiskBand, blank=True)
    days_silent = models.PositiveIntegerField(_("days silent"))
    usual_gap = models.FloatField(_("usual days between purchases"), null=True)
    value_at_risk = MoneyField(_("revenue at risk"), default=ZERO)
    reasons = models.JSONField(_("reasons"), default=list)
    model_version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("model")
    )

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("risk of leaving")
        verbose_name_plural = _("risks of leaving")
        constraints = [
            models.CheckConstraint(
                name="churn_probability_is_one",
                condition=Q(probability__isnull=True) | Q(probability__gte=0, probability__lte=1),
            ),
            models.CheckConstraint(
                name="churn_scored_has_probability", condition=~Q(standing="scored") | Q(probability__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["-probability"], name="churn_by_probability")]
