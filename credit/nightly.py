"""The quarterly review at night: in the first night of a quarter, or the first one that comes after it; then it sets
out for its approval. Grades lowered by a signal whose way is not begun set out too.
"""

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.models import RatingReview
from credit.services.downgrades import route_confirmations
from credit.services.reviews import quarter_of, review_ratings, route_review
from crm.accounts import roles
from crm.core.registry import NightlyStep, NoticeKind
from crm.jobs.worker import Work
from crm.notices.services import notify


def review_at_night(work: Work) -> None:
    """Rate all accounts once a quarter; what is done stays done when the step is begun again."""
    year, quarter = quarter_of(work.today)
    done = RatingReview.objects.filter(year=year, quarter=quarter, finished_at__isnull=False).first()
    review = done or review_ratings(on=work.today, transaction=work.fenced)
    with work.final():
        # In the transaction that marks the step done; where nobody could decide, the next night tries again.
        went = route_review(review_id=review.pk, on=work.today)
        work.counts = {"rated": 0, "reviews_submitted": int(went is not None)}
        if done is None:
            work.counts |= {"rated": review.rated, "changed": review.changed, "not_rated": review.not_rated}
        if done is None or went is not None:
            tell_controllers(review, went.label if went else "")


def tell_controllers(review: RatingReview, number: str) -> None:
    """Credit controllers learn that a review is on its way, or waits for them to submit it (no number)."""
    people = get_user_model().objects.filter(is_active=True, groups__name=roles.CREDIT_CONTROLLER).distinct()
    notify(
        users=list(people),
        kind="review_ready",
        params={"review": str(review), "changed": review.changed, "rated": review.rated, "number": number},
        url=reverse("credit:review", args=[review.pk]),
    )


def review_sentence(params: dict[str, str | int]) -> str:
    if params.get("number"):
        return _(
            "Rating review %(review)s: %(changed)s of %(rated)s grades would change, in approval as %(number)s"
        ) % (params)
    return _("Rating review %(review)s: %(changed)s of %(rated)s grades would change") % params


def confirm_at_night(work: Work) -> None:
    """Provisional grades whose way to a decision is not begun, or ended without one, set out again."""
    went = route_confirmations(on=work.today, transaction=work.fenced)
    with work.final():
        work.counts = {"confirmations": went}


REVIEW_STEP = NightlyStep(
    "rating_review",
    gettext_lazy("Quarterly review of ratings"),
    review_at_night,
    after=("behaviour",),
    count_labels=lambda: {
        "rated": _("customers rated"),
        "changed": _("grades that would change"),
        "not_rated": _("not rated"),
        "reviews_submitted": _("reviews submitted for approval"),
    },
)
CONFIRM_STEP = NightlyStep(
    "rating_confirm",
    gettext_lazy("Lowered grades to confirm"),
    confirm_at_night,
    after=("rating_review",),
    count_labels=lambda: {"confirmations": _("submitted for approval")},
)
REVIEW_READY = NoticeKind(
    "review_ready",
    gettext_lazy("A rating review is ready"),
    review_sentence,
    icon="scale",
    permission="credit.view_ratingreview",
)
