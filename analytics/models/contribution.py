"""What a customer brings: margin where cost is known, else revenue, and it says which."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.core.models import Numbered
from crm.core.money import ZERO, MoneyField
from customers.models import Customer
from customers.visibility import VisibleQuerySet


class Basis(models.TextChoices):
    """What `value` is made of."""

    MARGIN = "margin", _("Margin")
    ESTIMATED = "estimated", _("Margin, estimated from the company's average")
    REVENUE = "revenue", _("Revenue (cost is not known)")


class ValueClass(models.TextChoices):
    KEY = "key", _("Key")
    GROWTH = "growth", _("Growth")
    ORDINARY = "ordinary", _("Ordinary")
    LOSS = "loss", _("Loss-making")


class Contribution(Numbered):
    """What a customer brought in the last 12 months, its rank, and the share of all up to its rank (whale curve)."""

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, primary_key=True, related_name="contribution", verbose_name=_("customer")
    )
    on = models.DateField(_("date"))
    basis = models.CharField(_("basis"), max_length=10, choices=Basis)
    value = MoneyField(_("contribution"), default=ZERO)
    revenue_12m = MoneyField(_("revenue in 12 months"), default=ZERO)
    margin_12m = MoneyField(_("margin in 12 months"), null=True)
    margin_rate = models.FloatField(_("margin rate"), null=True)
    rank = models.PositiveIntegerField(_("rank"))
    share = models.FloatField(_("share"), default=0.0)
    cumulative_share = models.FloatField(_("cumulated share"), default=0.0)
    value_class = models.CharField(_("class"), max_length=8, choices=ValueClass)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        indexes = [models.Index(fields=["rank"], name="contribution_by_rank")]
