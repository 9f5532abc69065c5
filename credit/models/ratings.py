"""Ratings, which are never changed once made, the reviews they are made in, and the grade of an account now."""

from typing import Any, ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from credit.models.accounts import AccountRowQuerySet, CreditAccount
from credit.models.evidence import FinancialStatement, Investigation
from credit.models.scorecards import GRADE_CHOICES, ScorecardVersion
from crm.accounts.roles import Scope
from crm.approvals.models import Request
from crm.approvals.rules import GRADES
from crm.core.models import user_field


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
    SUPERSEDED = "superseded", _("Superseded")


IN_FORCE = (RatingState.ACCEPTED, RatingState.PROVISIONAL)
KEPT = (
    "account_id", "scorecard_id", "on", "trigger", "inputs", "points", "missing", "caps", "known", "score",
    "raw_grade", "grade", "previous", "reason", "proposed_by_id", "review_id", "founded_on", "bounced_on",
    "statement_id", "investigation_id",
)  # fmt: skip


class Rating(models.Model):
    """How a customer was rated on a day, with all it was made of. Nothing of it is changed; a proposal is decided once.

    A provisional rating holds until it is accepted (confirmed) or lifted; lifted, the rating before it counts again.
    It is superseded when a newer rating is accepted before anybody decided about it.
    A proposal of a review may be taken off the list of the review, which rejects it alone: `excluded_by`.

    inputs    value by key of the item; numbers as text
    points    points by key, 0 to 100
    missing   keys of the items of which nothing was known
    caps      {code, grade, points or on} of each bound of the grade
    score     weighted points; empty where too little was known (a downgrade by a signal needs no score)
    previous  the grade before; empty if the customer was not rated
    statement, investigation  what the inputs of these sources come from; empty where there was none, and of old ratings
    """

    state_tones: ClassVar[dict[str, str]] = {
        "proposed": "info", "accepted": "success", "provisional": "warning", "rejected": "neutral",
        "lifted": "neutral", "superseded": "neutral",
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
    statement = models.ForeignKey(
        FinancialStatement,
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("financial statement"),
    )
    investigation = models.ForeignKey(
        Investigation,
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("investigation"),
    )
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
                    " AND NOT (OLD.state = 'provisional' AND NEW.state IN ('accepted', 'lifted', 'superseded')))"
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

    @property
    def holds_now(self) -> bool:
        """Whether the grade of its account is this rating's (reads account and grade_now)."""
        now: AccountGrade | None = getattr(self.account, "grade_now", None)
        return now is not None and now.rating_id == self.pk


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
