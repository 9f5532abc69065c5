"""Rating: scorecards in versions, what is entered about a customer, and ratings, which are never changed once made."""

from decimal import Decimal
from typing import Any, ClassVar, Self

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from credit import rating_rules as rules
from credit.models import AccountRowQuerySet, CreditAccount
from crm.accounts.roles import Scope
from crm.approvals.models import Request
from crm.approvals.rules import GRADES
from crm.core.models import BilingualName, track_changes, user_field
from crm.core.money import MoneyField
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


FIGURES = (
    "total_assets", "liabilities", "current_assets", "current_liabilities", "inventory", "receivables", "revenue",
    "profit",
)  # fmt: skip


class FinancialStatement(models.Model):
    """The statement of a customer for one year, as entered; in base currency. The last one of a year counts."""

    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, related_name="statements", verbose_name=_("account")
    )
    year = models.PositiveSmallIntegerField(_("year"))
    total_assets = MoneyField(_("total assets"), null=True, blank=True)
    liabilities = MoneyField(_("total liabilities"), null=True, blank=True)
    current_assets = MoneyField(_("current assets"), null=True, blank=True)
    current_liabilities = MoneyField(_("current liabilities"), null=True, blank=True)
    inventory = MoneyField(_("inventory"), null=True, blank=True)
    receivables = MoneyField(_("trade receivables"), null=True, blank=True)
    revenue = MoneyField(_("revenue"), null=True, blank=True)
    profit = MoneyField(_("net profit"), null=True, blank=True)
    audited = models.BooleanField(_("audited"), default=False)
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_by = user_field(_("entered by"), null=True)
    created_at = models.DateTimeField(_("entered at"), db_default=Now())

    objects = AccountRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("financial statement")
        verbose_name_plural = _("financial statements")
        ordering = ["-year", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="statement_not_negative",
                condition=Q(
                    *(Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 0}) for name in FIGURES if name != "profit")
                ),
            ),
            models.CheckConstraint(name="statement_year", condition=Q(year__gte=1950, year__lte=2200)),
        ]
        indexes = [models.Index(fields=["account", "-year", "-id"], name="statement_by_account")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.year)

    @property
    def figures(self) -> dict[str, Decimal | None]:
        return {name: getattr(self, name) for name in FIGURES}


class Investigation(models.Model):
    """What somebody found out about a customer on a day: scores from 1 to 5 with their evidence. The last counts."""

    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, related_name="investigations", verbose_name=_("account")
    )
    on = models.DateField(_("date"))
    created_by = user_field(_("entered by"), null=True)
    created_at = models.DateTimeField(_("entered at"), db_default=Now())

    objects = AccountRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("investigation")
        verbose_name_plural = _("investigations")
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["account", "-on", "-id"], name="investigation_by_account")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.on)


class InvestigationAnswer(models.Model):
    """One scored item of an investigation and what it rests on."""

    investigation = models.ForeignKey(
        Investigation, on_delete=models.PROTECT, related_name="answers", verbose_name=_("investigation")
    )
    topic = models.CharField(_("item"), max_length=20, choices=TOPIC_CHOICES)
    score = models.PositiveSmallIntegerField(_("score"))
    evidence = models.CharField(_("evidence"), max_length=500)

    class Meta:
        verbose_name = _("answer of an investigation")
        verbose_name_plural = _("answers of investigations")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["investigation", "topic"], name="investigation_topic_once"),
            models.CheckConstraint(
                name="investigation_score",
                condition=Q(score__gte=rules.LEAST_SCORE, score__lte=rules.MOST_SCORE) & ~Q(evidence=""),
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.topic} {self.score}"


class ReviewQuerySet(models.QuerySet[Any]):
    """Reviews speak of every customer: only those who see all of them see reviews."""

    def visible_to(self, user: Any) -> Self:
        if user.is_authenticated and user.is_active and user.scope is Scope.ALL:
            return self
        return self.none()


class RatingReview(models.Model):
    """The rating of all accounts in a quarter. Whose grade changes is decided together, in one approval."""

    year = models.PositiveSmallIntegerField(_("year"))
    quarter = models.PositiveSmallIntegerField(_("quarter"))
    on = models.DateField(_("date"))
    scorecard = models.ForeignKey(
        ScorecardVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("scorecard")
    )
    approval = models.OneToOneField(
        Request, null=True, on_delete=models.PROTECT, related_name="rating_review", verbose_name=_("approval")
    )
    rated = models.PositiveIntegerField(_("rated"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    not_rated = models.PositiveIntegerField(
        _("not rated"), default=0, help_text=_("Too little is known, or another proposal waits.")
    )
    reached = models.BigIntegerField(_("last account looked at"), default=0, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("rating review")
        verbose_name_plural = _("rating reviews")
        ordering = ["-year", "-quarter"]
        constraints = [
            models.UniqueConstraint(fields=["year", "quarter"], name="review_once_a_quarter"),
            models.CheckConstraint(name="review_quarter", condition=Q(quarter__gte=1, quarter__lte=4)),
        ]

    def __str__(self) -> str:
        return f"{self.year} Q{self.quarter}"

    def get_absolute_url(self) -> str:
        return reverse("credit:review", args=[self.pk])


class Trigger(models.TextChoices):
    """Why a customer was rated."""

    REQUEST = "request", _("Asked for")
    REVIEW = "review", _("Quarterly review")
    BOUNCED = "bounced_cheque", _("Bounced cheque")
    PROMISE = "broken_promise", _("Broken promise")
    PLAN = "broken_plan", _("Broken instalment plan")
    OVERRIDE = "override", _("Set by hand")


SIGNALS = (Trigger.BOUNCED, Trigger.PROMISE, Trigger.PLAN)


class RatingState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    ACCEPTED = "accepted", _("Accepted")
    PROVISIONAL = "provisional", _("Provisional")
    REJECTED = "rejected", _("Rejected")
    LIFTED = "lifted", _("Lifted")


IN_FORCE = (RatingState.ACCEPTED, RatingState.PROVISIONAL)
KEPT = (
    "account_id", "scorecard_id", "on", "trigger", "inputs", "points", "missing", "caps", "known", "score",
    "raw_grade", "grade", "previous", "reason", "proposed_by_id", "review_id", "founded_on", "bounced_on",
)  # fmt: skip


class Rating(models.Model):
    """How a customer was rated on a day, with all it was made of. Nothing of it is changed; a proposal is decided once.

    A provisional rating holds until it is accepted (confirmed) or lifted; lifted, the rating before it counts again.
    A proposal of a review may be taken off the list of the review, which rejects it alone: `excluded_by`.

    inputs    value by key of the item; numbers as text
    points    points by key, 0 to 100
    missing   keys of the items of which nothing was known
    caps      {code, grade, points or on} of each bound of the grade
    score     weighted points; empty where too little was known (a downgrade by a signal needs no score)
    previous  the grade before; empty if the customer was not rated
    """

    state_tones: ClassVar[dict[str, str]] = {
        "proposed": "info", "accepted": "success", "provisional": "warning", "rejected": "neutral",
        "lifted": "neutral",
    }  # fmt: skip

    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, db_index=False, related_name="ratings", verbose_name=_("account")
    )
    scorecard = models.ForeignKey(
        ScorecardVersion, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("scorecard")
    )
    on = models.DateField(_("date"))
    trigger = models.CharField(_("cause"), max_length=16, choices=Trigger)
    state = models.CharField(_("state"), max_length=12, choices=RatingState, default=RatingState.PROPOSED)
    inputs = models.JSONField(_("inputs"), default=dict)
    points = models.JSONField(_("points"), default=dict)
    missing = models.JSONField(_("missing"), default=list)
    caps = models.JSONField(_("caps"), default=list)
    known = models.DecimalField(_("share known, in percent"), max_digits=4, decimal_places=1)
    score = models.DecimalField(_("score"), max_digits=4, decimal_places=1, null=True)
    raw_grade = models.CharField(_("grade by score"), max_length=3, choices=GRADE_CHOICES, blank=True)
    grade = models.CharField(_("grade"), max_length=3, choices=GRADE_CHOICES)
    previous = models.CharField(_("grade before"), max_length=3, choices=GRADE_CHOICES, blank=True)
    founded_on = models.DateField(_("founded on"), null=True)
    bounced_on = models.DateField(_("cheque bounced on"), null=True)
    reason = models.TextField(_("reason"), max_length=1000, blank=True)
    proposed_by = user_field(_("proposed by"), null=True, db_index=False)
    review = models.ForeignKey(
        RatingReview,
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="ratings",
        verbose_name=_("review"),
    )
    approval = models.OneToOneField(
        Request, null=True, on_delete=models.PROTECT, related_name="rating", verbose_name=_("approval")
    )
    decided_on = models.DateField(_("decided on"), null=True)
    excluded_by = user_field(_("taken off the list by"), null=True, db_index=False)
    excluded_reason = models.TextField(_("reason for taking it off the list"), max_length=1000, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = AccountRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], name="rating_one_proposed", condition=Q(state=RatingState.PROPOSED)
            ),
            models.CheckConstraint(
                name="rating_decided_has_date",
                condition=Q(state=RatingState.PROPOSED, decided_on__isnull=True)
                | Q(~Q(state=RatingState.PROPOSED), decided_on__isnull=False),
            ),
            models.CheckConstraint(name="rating_grade", condition=Q(grade__in=GRADES)),
            models.CheckConstraint(
                name="rating_excluded_says_why",
                condition=Q(excluded_by__isnull=True, excluded_reason="")
                | (Q(excluded_by__isnull=False, state=RatingState.REJECTED) & ~Q(excluded_reason="")),
            ),
        ]
        permissions = [("exclude_rating", _("Can take ratings off the list of a review"))]
        indexes = [
            models.Index(fields=["account", "-id"], name="rating_by_account"),
            models.Index(fields=["review", "account"], name="rating_by_review", condition=Q(review__isnull=False)),
        ]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="made_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((OLD.state <> 'proposed' AND OLD.state IS DISTINCT FROM NEW.state"
                    " AND NOT (OLD.state = 'provisional' AND NEW.state IN ('accepted', 'lifted')))"
                    " OR (OLD.state <> 'proposed' AND ROW(OLD.excluded_by_id, OLD.excluded_reason)"
                    " IS DISTINCT FROM ROW(NEW.excluded_by_id, NEW.excluded_reason)) OR ROW("
                    + ", ".join(f'OLD."{name}"' for name in KEPT)
                    + ") IS DISTINCT FROM ROW("
                    + ", ".join(f'NEW."{name}"' for name in KEPT)
                    + "))"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grade} {self.on}"

    def get_absolute_url(self) -> str:
        return reverse("credit:rating", args=[self.pk])


class AccountGrade(models.Model):
    """The grade an account has now: that of its last rating in force. `rank` is 0 for AAA and 9 for D."""

    account = models.OneToOneField(
        CreditAccount,
        primary_key=True,
        on_delete=models.PROTECT,
        related_name="grade_now",
        verbose_name=_("account"),
    )
    grade = models.CharField(_("grade"), max_length=3, choices=GRADE_CHOICES)
    rank = models.PositiveSmallIntegerField(_("rank"))
    rating = models.ForeignKey(
        Rating, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("rating")
    )
    since = models.DateField(_("since"))
    provisional = models.BooleanField(_("provisional"), default=False)

    objects = AccountRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("grade of an account")
        verbose_name_plural = _("grades of accounts")
        constraints = [models.CheckConstraint(name="grade_now_known", condition=Q(grade__in=GRADES))]
        indexes = [models.Index(fields=["rank"], name="grade_now_by_rank")]

    def __str__(self) -> str:
        return self.grade
