"""Scorecards in versions: what they look at, how much it counts, and where each grade begins."""

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from credit.rules import ratings as rules
from crm.approvals.rules import GRADES
from crm.core.models import BilingualName, track_changes
from crm.core.versions import PolicyVersion
from customers.models import CompanySize, Ownership

GRADE_CHOICES = [(grade, grade) for grade in GRADES]
CAP_CHOICES = GRADE_CHOICES[1:]


class MissingRule(models.TextChoices):
    RENORMALISE = rules.RENORMALISE, _("Left out: the others count for more")
    ZERO = rules.ZERO_POINTS, _("No points")


class Indicator(models.TextChoices):
    """The key indicators: a grade is never above the worst of them."""

    COLLECTION = rules.COLLECTION, _("Collection rate")
    ABILITY = rules.ABILITY, _("Ability to pay")
    COMPETITORS = rules.COMPETITORS, _("Dealings with competitors")


class Source(models.TextChoices):
    """Where the value of an item comes from."""

    BEHAVIOUR = rules.BEHAVIOUR, _("Payment behaviour")
    STATEMENT = rules.STATEMENT, _("Financial statement")
    STANDING = rules.STANDING, _("Standing")
    INVESTIGATION = rules.INVESTIGATION, _("Investigation")


class ItemKey(models.TextChoices):
    """What a scorecard can look at."""

    COLLECTION_RATE = "collection_rate", _("Collection rate, 12 months")
    DAYS_LATE = "days_late", _("Days late, by amount")
    OVERDUE_SHARE = "overdue_share", _("Share not paid in time")
    PROMISES_KEPT = "promises_kept", _("Share of promises kept")
    DAYS_TREND = "days_trend", _("Days late against the year before")
    PURCHASES = "purchases", _("Purchases that fell due in 12 months")
    DEBT_RATIO = "debt_ratio", _("Debt ratio")
    CURRENT_RATIO = "current_ratio", _("Current ratio")
    PROFIT_MARGIN = "profit_margin", _("Profit margin")
    AGE_YEARS = "age_years", _("Years since it was founded")
    SIZE = "size", _("Company size")
    OWNERSHIP = "ownership", _("Kind of ownership")
    RELIABILITY = "reliability", _("Reliability")
    CREDIBILITY = "credibility", _("Credibility")
    OPERATIONS = "operations", _("Course of business")
    CONDUCT = "conduct", _("Conduct of the principals")
    MANAGEMENT = "management", _("Quality of management")
    SITE_VISIT = "site_visit", _("Impression of the site visit")
    COMPETITORS = "competitors", _("Loyalty against competitors")
    VENTURES = "ventures", _("Freedom from risky ventures")


WORDS_OF = {"size": CompanySize, "ownership": Ownership}
TOPIC_CHOICES = [(key.value, key.label) for key in ItemKey if key in rules.TOPICS]


@track_changes
class ScorecardVersion(PolicyVersion):
    """A version of the rating policy: items with weights and points, thresholds, caps and what is done about missing
    data. One is in force. A draft is edited, and put into force by another than its authors.

    `judgements` and `consistency_ratio` are kept where weights were derived by comparing the sources in pairs (AHP).
    """

    state_tones: ClassVar[dict[str, str]] = {"draft": "warning", "active": "success", "retired": "neutral"}

    version = models.PositiveSmallIntegerField(_("version"), unique=True, editable=False)
    missing_rule = models.CharField(
        _("missing data"), max_length=12, choices=MissingRule, default=MissingRule.RENORMALISE
    )
    least_known = models.DecimalField(
        _("least share known, in percent"),
        max_digits=4,
        decimal_places=1,
        default=Decimal(50),
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Of the weights. Who is known less is not rated."),
    )
    least = models.JSONField(
        _("points from which each grade begins"), help_text=_("AAA to C, falling. Below C is D."), default=dict
    )
    young_years = models.PositiveSmallIntegerField(_("young below years"), default=2)
    young_cap = models.CharField(_("best grade of the young"), max_length=3, choices=CAP_CHOICES, default="BBB")
    bounced_cap = models.CharField(
        _("best grade after a bounced cheque"), max_length=3, choices=CAP_CHOICES, default="C"
    )
    bounced_months = models.PositiveSmallIntegerField(_("months a bounced cheque counts"), default=12)
    statement_months = models.PositiveSmallIntegerField(
        _("months a statement counts"), default=24, help_text=_("After the end of its year.")
    )
    investigation_months = models.PositiveSmallIntegerField(_("months an investigation counts"), default=12)
    routes_itself = models.BooleanField(
        _("goes to the approvers by itself"),
        default=True,
        help_text=_("The changed grades of a quarter and grades lowered by a signal. Otherwise a person submits them."),
    )
    judgements = models.JSONField(_("judgements in pairs"), default=dict, blank=True, editable=False)
    consistency_ratio = models.DecimalField(
        _("consistency ratio"), max_digits=6, decimal_places=4, null=True, editable=False
    )

    class Meta:
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["state"], name="scorecard_one_in_force", condition=Q(state="active")),
            models.CheckConstraint(name="scorecard_least_known", condition=Q(least_known__gt=0, least_known__lte=100)),
        ]
        permissions = [("activate_scorecard", _("Can put scorecards into force"))]

    def scorecard(self) -> rules.Scorecard:
        """This version for the rules (reads its items)."""
        return rules.Scorecard(
            items=tuple(item.item() for item in self.items.all()),
            least={grade: Decimal(str(points)) for grade, points in self.least.items()},
            missing_rule=self.missing_rule,
            least_known=self.least_known,
            young_years=self.young_years,
            young_cap=self.young_cap,
            bounced_cap=self.bounced_cap,
            bounced_months=self.bounced_months,
        )


@track_changes
class ScorecardItem(BilingualName):
    """What a scorecard looks at, how much it counts, and the points for each value.

    `bins`: a list of {"from": number or null, "points": 0 to 100} for numbers, which begins with null where every
    value has points, or {"word": code, "points": ...} for size and ownership.
    """

    scorecard = models.ForeignKey(
        ScorecardVersion, on_delete=models.CASCADE, related_name="items", verbose_name=_("scorecard")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    key = models.CharField(_("what it looks at"), max_length=20, choices=ItemKey)
    weight = models.DecimalField(
        _("weight"), max_digits=6, decimal_places=2, default=Decimal(1), validators=[MinValueValidator(0)]
    )
    indicator = models.CharField(_("key indicator"), max_length=12, choices=Indicator, blank=True)
    bins = models.JSONField(
        _("points by value"),
        default=list,
        help_text=_('Such as [{"from": null, "points": 0}, {"from": 0.8, "points": 70}].'),
    )

    class Meta:
        verbose_name = _("scorecard item")
        verbose_name_plural = _("scorecard items")
        ordering = ["scorecard", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["scorecard", "key"], name="scorecard_item_once"),
            models.CheckConstraint(name="scorecard_item_weight", condition=Q(weight__gte=0)),
        ]

    @property
    def source(self) -> str:
        """Where its value comes from, in words."""
        return str(Source(rules.SOURCE_OF[self.key]).label)

    def item(self) -> rules.Item:
        bins = [
            rules.Bin(
                Decimal(str(each["points"])),
                None if each.get("from") is None else Decimal(str(each["from"])),
                str(each.get("word", "")),
            )
            for each in self.bins
        ]
        bins.sort(key=lambda each: (each.start is not None, each.start or 0))
        return rules.Item(self.key, self.weight, tuple(bins), self.indicator)
