"""The quarterly review at night: in the first night of a quarter, or the first one that comes after it."""

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.models import RatingReview
from credit.services.reviews import quarter_of, review_ratings
from crm.accounts import roles
from crm.core.registry import NightlyStep, NoticeKind
from crm.jobs.worker import Work
from crm.notices.services import notify


def review_at_night(work: Work) -> None:
    """Rate all accounts once a quarter; what is done stays done when the step is begun again."""
    year, quarter = quarter_of(work.today)
    if RatingReview.objects.filter(year=year, quarter=quarter, finished_at__isnull=False).exists():
        with work.final():
            work.counts = {"rated": 0}
        return
    review = review_ratings(on=work.today, transaction=work.fenced)
    with work.final():
        work.counts = {"rated": review.rated, "changed": review.changed, "not_rated": review.not_rated}
        tell_controllers(review)


def tell_controllers(review: RatingReview) -> None:
    """Credit controllers learn that a review waits for them to look at it and to submit it."""
    people = get_user_model().objects.filter(is_active=True, groups__name=roles.CREDIT_CONTROLLER).distinct()
    notify(
        users=list(people),
        kind="review_ready",
        params={"review": str(review), "changed": review.changed, "rated": review.rated},
        url=reverse("credit:review", args=[review.pk]),
    )


def review_sentence(params: dict[str, str | int]) -> str:
    return _("Rating review %(review)s: %(changed)s of %(rated)s grades would change") % params


REVIEW_STEP = NightlyStep(
    "rating_review",
    gettext_lazy("Quarterly review of ratings"),
    review_at_night,
    after=("behaviour",),
    count_labels=lambda: {
        "rated": _("customers rated"),
        "changed": _("grades that would change"),
        "not_rated": _("not rated"),
    },
)
REVIEW_READY = NoticeKind(
    "review_ready",
    gettext_lazy("A rating review is ready"),
    review_sentence,
    icon="scale",
    permission="credit.view_ratingreview",
)
