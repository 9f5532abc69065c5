"""Who is who: groups of customers that buy alike, found every night, whose names stay."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.core.models import Numbered
from crm.core.money import ZERO, MoneyField
from customers.models import Customer
from customers.visibility import VisibleQuerySet


class SegmentName(models.TextChoices):
    """What is typical of a segment; given once, when it first appears."""

    CHAMPIONS = "champions", _("Champions")
    LOYAL = "loyal", _("Loyal regulars")
    BIG_TICKETS = "big_tickets", _("Few big orders")
    FREQUENT_SMALL = "frequent_small", _("Frequent small orders")
    GROWING = "growing", _("Growing")
    SHRINKING = "shrinking", _("Shrinking")
    NEW = "new", _("Newcomers")
    OCCASIONAL = "occasional", _("Occasional buyers")
    COOLING = "cooling", _("Cooling off")
    ASLEEP = "asleep", _("Asleep")
    ORDINARY = "ordinary", _("Ordinary")


class Segment(models.Model):
    """A segment that lives from night to night: yesterday's is found again by its centre.

    `centre` holds the standardised values by feature. `number` tells apart segments of one name.
    """

    name = models.CharField(_("name"), max_length=16, choices=SegmentName)
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    centre = models.JSONField(_("centre"), default=dict)
    first_on = models.DateField(_("first seen"))
    last_on = models.DateField(_("last seen"))

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name", "number"]
        constraints = [models.UniqueConstraint(fields=["name", "number"], name="segment_name_once")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        name = str(SegmentName(self.name).label)
        return name if self.number == 1 else f"{name} {self.number}"


class SegmentProfile(Numbered):
    """What a segment was like on one morning: size, share of revenue, and the medians of its customers.

    `medians` by feature in its own unit; `typical` the features by which it differs most from all, as standardised
    differences, largest first: [["recency_days", 1.4], ...].
    """

    segment = models.ForeignKey(
        Segment, on_delete=models.CASCADE, related_name="profiles", db_index=False, verbose_name=_("segment")
    )
    on = models.DateField(_("date"))
    customers = models.PositiveIntegerField(_("customers"))
    revenue_12m = MoneyField(_("revenue in 12 months"), default=ZERO)
    medians = models.JSONField(_("medians"), default=dict)
    typical = models.JSONField(_("typical"), default=list)

    class Meta:
        verbose_name = _("segment profile")
        verbose_name_plural = _("segment profiles")
        ordering = ["-on", "segment"]
        constraints = [models.UniqueConstraint(fields=["segment", "on"], name="segment_profile_once_a_day")]


class CustomerSegment(Numbered):
    """Where a customer stands now: its segment, since when, and its quintiles (5 is best)."""

    customer = models.OneToOneField(
        Customer,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="customer_segment",
        verbose_name=_("customer"),
    )
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="members", verbose_name=_("segment"))
    on = models.DateField(_("date"))
    since = models.DateField(_("since"))
    previous = models.ForeignKey(
        Segment, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, verbose_name=_("before")
    )
    recency_score = models.PositiveSmallIntegerField(_("recency quintile"))
    frequency_score = models.PositiveSmallIntegerField(_("frequency quintile"))
    monetary_score = models.PositiveSmallIntegerField(_("monetary quintile"))
    distance = models.FloatField(_("distance from the centre"), default=0.0)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment of a customer")
        verbose_name_plural = _("segments of customers")

    @property
    def rfm(self) -> str:
        """The three quintiles as people write them, such as 5-4-5."""
        return f"{self.recency_score}-{self.frequency_score}-{self.monetary_score}"


class SegmentMove(Numbered):
    """A customer that changed its segment, and the figures that made it: reasons [{code, before, after, weight}]."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", verbose_name=_("customer"))
    on = models.DateField(_("date"))
    came_from = models.ForeignKey(
        Segment, null=True, on_delete=models.CASCADE, related_name="moves_out", verbose_name=_("from")
    )
    went_to = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="moves_in", verbose_name=_("to"))
    reasons = models.JSONField(_("reasons"), default=list)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("move between segments")
        verbose_name_plural = _("moves between segments")
        ordering = ["-on", "pk"]
        constraints = [models.UniqueConstraint(fields=["customer", "on"], name="segment_move_once_a_day")]
        indexes = [models.Index(fields=["-on"], name="segment_move_by_date")]
