"""Tiers of customers: the policy that says who is in which and what each is given, and the tier of each customer."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.approvals.rules import GRADES
from crm.core.models import Numbered, track_changes, user_field
from crm.core.versions import PolicyVersion, only_drafts_change
from customers.models.customer import Customer
from customers.tier_rules import LOWEST, TIERS, Demand
from customers.visibility import VisibleQuerySet


class Tier(models.TextChoices):
    """How much a customer means to the company, the best first."""

    VIP = "vip", _("VIP customer")
    MAJOR = "major", _("Major customer")
    ORDINARY = "ordinary", _("Ordinary customer")
    SMALL = "small", _("Small customer")


class TierSource(models.TextChoices):
    COMPUTED = "computed", _("Worked out at night")
    BY_HAND = "by_hand", _("Set by hand")


TIER_TONES: Mapping[str, str] = {"vip": "warning", "major": "info", "ordinary": "neutral", "small": "neutral"}


@track_changes
class TierPolicy(PolicyVersion):
    """A version of the policy on tiers. A version in force is followed by the next one, never changed.

    A customer keeps its tier as long as it misses nothing by more than `margin_percent`, and for `stay_days` in any
    case, so that nobody near a bound changes its tier every night (docs/adr/0024).
    """

    version = models.PositiveSmallIntegerField(_("version"), unique=True, editable=False)
    margin_percent = models.DecimalField(
        _("margin in percent"),
        max_digits=4,
        decimal_places=1,
        default=Decimal(10),
        validators=[MinValueValidator(0), MaxValueValidator(50)],
        help_text=_("A tier is lost only when a bound is missed by more than this."),
    )
    stay_days = models.PositiveSmallIntegerField(
        _("least stay in days"), default=30, help_text=_("So many days the night leaves a new tier alone.")
    )

    class Meta:
        verbose_name = _("tier policy")
        verbose_name_plural = _("tier policies")
        ordering = ["-version"]
        permissions = [("activate_tierpolicy", _("Can put tier policies into force"))]
        constraints = [
            models.UniqueConstraint(fields=["state"], name="tier_policy_one_active", condition=Q(state="active")),
            models.CheckConstraint(
                name="tier_policy_margin", condition=Q(margin_percent__gte=0, margin_percent__lte=50)
            ),
        ]
        triggers = only_drafts_change()

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class TierRule(models.Model):
    """What one tier asks for, and what its customers are given. The lowest asks for nothing: the rest are in it."""

    policy = models.ForeignKey(TierPolicy, on_delete=models.CASCADE, related_name="rules", verbose_name=_("policy"))
    tier = models.CharField(_("tier"), max_length=8, choices=Tier)
    rank = models.PositiveSmallIntegerField(_("rank"), editable=False)
    top_percent = models.DecimalField(
        _("brings the first percent of the contribution"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(100)],
        help_text=_("Those before it, the best first, bring less than this share of all."),
    )
    days_bought = models.PositiveSmallIntegerField(_("least purchase days in 12 months"), null=True, blank=True)
    days_silent = models.PositiveSmallIntegerField(_("most days since the last purchase"), null=True, blank=True)
    worst_grade = models.CharField(
        _("worst credit grade"),
        max_length=3,
        choices=[(grade, grade) for grade in GRADES],
        blank=True,
        help_text=_("Empty: any. Who is not rated is not held back."),
    )
    visit_days = models.PositiveSmallIntegerField(_("visit every so many days"), null=True, blank=True)
    response_hours = models.PositiveSmallIntegerField(_("answer within so many hours"), null=True, blank=True)

    class Meta:
        verbose_name = _("rule of a tier")
        verbose_name_plural = _("rules of the tiers")
        ordering = ["policy", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "tier"], name="tier_rule_once"),
            models.CheckConstraint(
                name="tier_rule_bounds",
                condition=Q(
                    tier=TIERS[LOWEST],
                    top_percent__isnull=True,
                    days_bought__isnull=True,
                    days_silent__isnull=True,
                    worst_grade="",
                )
                | Q(
                    ~Q(tier=TIERS[LOWEST]),
                    top_percent__isnull=False,
                    top_percent__gt=0,
                    top_percent__lte=100,
                    days_bought__isnull=False,
                    days_silent__isnull=False,
                ),
                violation_error_message=_("The lowest tier asks for nothing; each other has its three bounds."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_tier_display())

    @property
    def demand(self) -> Demand | None:
        """What the tier asks for, for the rules; None for the lowest."""
        if self.top_percent is None or self.days_bought is None or self.days_silent is None:
            return None
        worst = GRADES.index(self.worst_grade) if self.worst_grade else None
        return Demand(self.rank, self.top_percent, self.days_bought, self.days_silent, worst)


class TierChange(Numbered):
    """A tier a customer came into, worked out or set by a person; never changed.

    `figures` is what the night saw: {value, basis, ahead, days_bought, days_silent, grade, state}: contribution of 12
    months in base currency, the share brought by those before it, purchase days, days since the last purchase.
    """

    state_tones: ClassVar[Mapping[str, str]] = TIER_TONES

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="tier_changes", verbose_name=_("customer")
    )
    on = models.DateField(_("date"))
    from_tier = models.CharField(_("from"), max_length=8, choices=Tier, blank=True)
    to_tier = models.CharField(_("to"), max_length=8, choices=Tier)
    source = models.CharField(_("source"), max_length=8, choices=TierSource)
    until = models.DateField(_("up to"), null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    figures = models.JSONField(_("figures"), default=dict)
    policy = models.ForeignKey(
        TierPolicy, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("tier policy")
    )
    created_by = user_field(_("created by"), null=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of tier")
        verbose_name_plural = _("changes of tier")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["customer", "-id"], name="tierchange_by_customer")]
        constraints = [
            models.CheckConstraint(
                name="tier_change_source",
                condition=Q(source="computed", until=None, policy__isnull=False)
                | Q(~Q(reason=""), source="by_hand", policy=None),
            ),
            models.CheckConstraint(name="tier_change_until", condition=Q(until__isnull=True) | Q(until__gte=F("on"))),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class CustomerTier(models.Model):
    """The tier a customer has now: that of its newest change. `rank` is 0 for the best; `policy` judged it last."""

    state_tones: ClassVar[Mapping[str, str]] = TIER_TONES

    customer = models.OneToOneField(
        Customer,
        primary_key=True,
        on_delete=models.PROTECT,
        related_name="customer_tier",
        verbose_name=_("customer"),
    )
    tier = models.CharField(_("tier"), max_length=8, choices=Tier)
    rank = models.PositiveSmallIntegerField(_("rank"))
    since = models.DateField(_("since"))
    source = models.CharField(_("source"), max_length=8, choices=TierSource)
    until = models.DateField(_("up to"), null=True)
    policy = models.ForeignKey(
        TierPolicy, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("tier policy")
    )
    change = models.ForeignKey(
        TierChange, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("change of tier")
    )

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("tier of a customer")
        verbose_name_plural = _("tiers of customers")
        indexes = [models.Index(fields=["rank"], name="customer_tier_by_rank")]
        permissions = [("set_tier", _("Can set the tier of customers by hand"))]
        constraints = [
            models.CheckConstraint(
                name="customer_tier_rank",
                condition=Q(tier="vip", rank=0)
                | Q(tier="major", rank=1)
                | Q(tier="ordinary", rank=2)
                | Q(tier="small", rank=3),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_tier_display())
