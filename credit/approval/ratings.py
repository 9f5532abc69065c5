"""Ratings as a kind of approval: one customer's, a grade a signal lowered, or all changed grades of a quarter."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from credit.models import Rating, RatingReview
from credit.selectors.accounts import grades_before
from credit.services.downgrades import decide_lowered
from credit.services.ratings import (
    CONFIRM,
    DOWN,
    FIRST,
    KIND,
    LIFT,
    REVIEW,
    SAME,
    UP,
    decide_rating,
    figures_of_rating,
)
from credit.services.reviews import decide_review, figures_of_review
from crm.approvals.kinds import ApprovalKind
from crm.approvals.models import Request, Verb
from customers.models import Customer


def on_decided(approval: Request) -> None:
    if approval.variant == REVIEW:
        decide_review(approval)
    elif approval.variant in (CONFIRM, LIFT):
        decide_lowered(approval)
    else:
        decide_rating(approval)


def figures_for(approvals: Sequence[Request]) -> dict[int, dict[str, Any]]:
    """Figures of many approvals; ratings in one query, what lifts give back in another, reviews (one a quarter) in one
    each.
    """
    ratings = list(Rating.objects.filter(approval__in=approvals).select_related("account"))
    lifts = {approval.pk for approval in approvals if approval.variant == LIFT}
    lifted = [rating.pk for rating in ratings if rating.approval_id in lifts]
    given_back = grades_before(lifted) if lifted else {}
    found: dict[int, dict[str, Any]] = {
        rating.approval_id: figures_of_rating(rating, rating.account, gives_back=given_back.get(rating.pk))
        for rating in ratings
        if rating.approval_id
    }
    if any(approval.variant == REVIEW for approval in approvals):
        for review in RatingReview.objects.filter(approval__in=approvals):
            if review.approval_id:
                found[review.approval_id] = figures_of_review(review)
    return found


def subject_url(approval: Request) -> str:
    if approval.variant == REVIEW:
        key = RatingReview.objects.filter(approval=approval).values_list("pk", flat=True).first()
        return reverse("credit:review", args=[key]) if key else ""
    key = Rating.objects.filter(approval=approval).values_list("pk", flat=True).first()
    if key is None:  # another question about the rating took its place
        asked = approval.decisions.filter(verb=Verb.SUBMIT, figures__has_key="rating")
        key = asked.values_list("figures__rating", flat=True).first()
    return reverse("credit:rating", args=[key]) if key else ""


def of_visible(user: Any) -> Any:
    """Keys of the approvals whose customer, or whose review, the user sees.

    Of a lowered grade also the questions before the last one, which its rating no longer holds.
    """
    ratings = Rating.objects.filter(approval__isnull=False).visible_to(user).order_by().values("approval_id")
    reviews = RatingReview.objects.filter(approval__isnull=False).visible_to(user).order_by().values("approval_id")
    customers = Customer.objects.visible_to(user).order_by().values("pk")
    lowered = Request.objects.filter(kind=KIND, variant__in=(CONFIRM, LIFT), customer_key__in=customers).order_by()
    return ratings.union(reviews, lowered.values("pk"))


def never_less(approval: Request) -> bool:
    """A grade is accepted or not; there is no less of it."""
    return False


def no_amount(approval: Request) -> bool:
    """A grade is asked for, at the limit that stands."""
    return False


APPROVAL = ApprovalKind(
    key=KIND,
    label=_("Rating"),
    permission="credit.view_rating",
    on_decided=on_decided,
    figures=figures_for,
    template="credit/ratings/figures.html",
    url=subject_url,
    visible=of_visible,
    may_decrease=never_less,
    asks_amount=no_amount,
    variants={
        FIRST: _("First rating"),
        UP: _("Better grade"),
        DOWN: _("Worse grade"),
        SAME: _("Same grade again"),
        REVIEW: _("Quarterly review"),
        CONFIRM: _("Lowered by a signal"),
        LIFT: _("Lift of a lowered grade"),
    },
)
