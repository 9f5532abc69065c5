"""What is likely to be paid, and when: predicted for each invoice, or known from the past for each bucket."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.core.models import Numbered
from crm.core.money import MoneyField
from customers.visibility import VisibleQuerySet
from receivables.models.documents import Invoice


class PredictionQuerySet(VisibleQuerySet):
    customer_path = "invoice__customer"


class PaymentPrediction(Numbered):
    """When an open invoice is likely to be paid.

    `late_probability` is the probability that it is paid after its due date; of an invoice that is overdue already,
    that it stays unpaid for 30 more days. `made_on` says which: after the due date it was overdue.
    """

    invoice = models.OneToOneField(
        Invoice, primary_key=True, on_delete=models.CASCADE, related_name="prediction", verbose_name=_("invoice")
    )
    expected_on = models.DateField(_("expected on"))
    late_probability = models.FloatField(
        _("probability of being late"), validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    model_version = models.CharField(_("model version"), max_length=40)
    made_on = models.DateField(_("made on"))

    objects = PredictionQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment prediction")
        verbose_name_plural = _("payment predictions")
        constraints = [
            models.CheckConstraint(
                name="prediction_is_a_probability", condition=Q(late_probability__gte=0, late_probability__lte=1)
            )
        ]


class CollectionRate(Numbered):
    """How much of what enters a bucket of days overdue is paid while in it, of the invoices due in the last two years.

    `days_from` to `days_to` days overdue; the last bucket has no end. Worked out anew every night.
    """

    days_from = models.PositiveIntegerField(_("from days overdue"), unique=True)
    days_to = models.PositiveIntegerField(_("to days overdue"), null=True)
    entered = MoneyField(_("entered the bucket"))
    collected = MoneyField(_("collected in the bucket"))
    rate = models.DecimalField(_("collection rate"), max_digits=7, decimal_places=6)
    on = models.DateField(_("as at"))

    class Meta:
        verbose_name = _("collection rate")
        verbose_name_plural = _("collection rates")
        ordering = ["days_from"]
        constraints = [models.CheckConstraint(name="collection_rate_is_a_share", condition=Q(rate__gte=0, rate__lte=1))]
