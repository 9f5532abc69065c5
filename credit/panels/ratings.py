"""What rating shows elsewhere: the grade in the customer list, the panel of the customer page, a card of 'My day'."""

from typing import Any

import django_filters
from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.models import AccountGrade, Rating, RatingState
from credit.models.ratings import Trigger
from credit.models.scorecards import GRADE_CHOICES
from credit.selectors.evidence import statements_for, statements_to_confirm
from credit.services.evidence import MAY_CONFIRM, MAY_ENTER, MAY_INVESTIGATE
from credit.services.ratings import CONFIRM, MAY_RATE
from credit.words.ratings import caps_of, missing_words
from crm.approvals.models import RequestState
from crm.core.dates import business_today
from crm.core.day_cards import card
from crm.core.registry import DayCard, DayCardContent, DayCardRow, ListColumn, MenuItem, Panel
from customers.models import Customer

SEE = "credit.view_rating"
LAST = 5
UNRATED = "unrated"


def annotate_grade(user: Any) -> dict[str, Any]:
    return {"grade": F("credit_account__grade_now__grade"), "grade_rank": F("credit_account__grade_now__rank")}


class GradeFilter(django_filters.MultipleChoiceFilter):
    """Grades now; 'unrated' for customers that have none."""

    def __init__(self) -> None:
        super().__init__(
            field_name="credit_account__grade_now__grade",
            choices=[*GRADE_CHOICES, (UNRATED, gettext_lazy("unrated"))],
            label=gettext_lazy("Grade"),
        )

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        grades = [grade for grade in value if grade != UNRATED]
        rated = AccountGrade.objects.filter(grade__in=grades).values("account__customer_id")
        if UNRATED not in value:
            return qs.filter(pk__in=rated)
        unrated = qs.filter(credit_account__grade_now__isnull=True)
        return qs.filter(pk__in=rated) | unrated if grades else unrated


LIST_COLUMNS = (
    ListColumn(
        "grade",
        gettext_lazy("Grade"),
        annotate_grade,
        order_by="grade_rank",
        permission=SEE,
        filters=lambda: {"grade": GradeFilter()},
    ),
)


def rating_panel(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """The grade now, what it rests on, and the last ratings."""
    user: Any = request.user
    rows = list(
        Rating.objects.filter(account__customer=customer).select_related("scorecard").order_by("-pk")[: LAST + 1]
    )
    now = AccountGrade.objects.filter(account__customer=customer).select_related("rating__scorecard").first()
    return {
        "customer": customer,
        "now": now,
        "caps": [cap for cap in caps_of(now.rating) if cap.presses] if now else [],
        "missing": missing_words(now.rating) if now else "",
        "rows": rows[:LAST],
        "has_more": len(rows) > LAST,
        "may_rate": user.has_perm(MAY_RATE) and not any(row.state == RatingState.PROPOSED for row in rows),
        "may_enter": user.has_perm(MAY_ENTER),
        "may_investigate": user.has_perm(MAY_INVESTIGATE),
        "to_confirm": statements_to_confirm(business_today()).filter(account__customer=customer).exists(),
    }


PANELS = (Panel("credit_rating", gettext_lazy("Rating"), "credit/panels/rating.html", rating_panel, SEE, order=11),)


def way_of(rating: Rating) -> str:
    """Where the decision about a provisional rating stands."""
    if rating.approval is not None and not rating.approval.is_decided:
        return _("in approval as %(number)s") % {"number": rating.approval.label}
    if rating.approval is not None and rating.approval.state == RequestState.REJECTED:
        number = {"number": rating.approval.label}
        if rating.approval.variant == CONFIRM:
            return _("%(number)s was rejected: the grade stays until somebody asks to lift or confirm it") % number
        if rating.scorecard.routes_itself:
            return _("%(number)s, the lift, was rejected: the next night asks to confirm the grade") % number
    if rating.scorecard.routes_itself:
        return _("nobody can be asked yet: each step of the chain needs somebody")
    return _("to be submitted by a person")


def provisional_card(user: Any) -> DayCardContent:
    """Grades that a signal lowered and nobody has confirmed yet, the newest first."""
    found = AccountGrade.objects.visible_to(user).filter(provisional=True)
    causes = dict(Trigger.choices)
    return card(
        found.select_related("account__customer", "rating__approval", "rating__scorecard").order_by("-since", "pk"),
        lambda row: DayCardRow(
            label=row.account.customer.name,
            url=row.rating.get_absolute_url(),
            detail=_("%(cause)s: %(before)s → %(grade)s · %(way)s")
            % {
                "way": way_of(row.rating),
                "cause": causes.get(row.rating.trigger, ""),
                "before": row.rating.previous or _("unrated"),
                "grade": row.grade,
            },
            tone="danger",
        ),
        url=f"{reverse('credit:ratings')}?state=provisional",
        empty=_("No grade is provisional."),
    )


def statements_card(user: Any) -> DayCardContent:
    """Statements that count once this reader, or another who may, compared them with the paper; the oldest first."""
    found = statements_for(user, business_today())
    return card(
        found.select_related("account__customer", "created_by").order_by("pk"),
        lambda row: DayCardRow(
            label=row.account.customer.name,
            url=reverse("credit:evidence", args=[row.account.customer_id]),
            detail=_("%(year)s, entered by %(who)s") % {"year": row.year, "who": row.created_by},
        ),
        url=reverse("credit:statements_to_confirm"),
        empty=_("No statement waits for its confirmation."),
    )


DAY_CARDS = (
    DayCard("provisional_grades", gettext_lazy("Grades lowered provisionally"), SEE, provisional_card, 35),
    DayCard("statements_to_confirm", gettext_lazy("Financial statements to confirm"), MAY_CONFIRM, statements_card, 36),
)
MENU = (MenuItem("ratings", gettext_lazy("Ratings"), "credit:ratings", "scale", SEE, order=58),)
