"""Pages of rating: why a grade is what it is, what would change it, ratings compared, reviews."""

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.errors import TooLittleKnown
from credit.forms.ratings import OverrideForm
from credit.models import Rating, RatingReview, RatingState, Trigger
from credit.models.scorecards import GRADE_CHOICES
from credit.panels.ratings import SEE
from credit.rules import ratings as rules
from credit.selectors.evidence import investigation_with_answers, statement_with_people, statements_of
from credit.services import (
    exclude_from_review,
    override_in_review,
    rate_customer,
    submit_confirmation,
    submit_lift,
    submit_review,
)
from credit.services.downgrades import liftable, unconfirmed
from credit.services.evidence import MAY_ENTER, MAY_INVESTIGATE
from credit.services.ratings import MAY_RATE
from credit.services.reviews import MAY_EXCLUDE, changes_of, figures_of_review
from credit.services.scorecards import scorecard_in_force
from credit.views.evidence import OfCustomer, evidence_url
from credit.words.ratings import caps_of, cause_words, compared, lacking_words, lines_of, prospects_of, ways_up
from crm.approvals.rules import GRADES
from crm.core.columns import Column
from crm.core.dates import business_today
from crm.core.display import Text
from crm.core.errors import DomainError
from crm.core.filters import DateFilter, ListFilterSet, SearchFilter, YesNoFilter
from crm.core.lists import Action, Empty, ListView, Preset
from crm.core.pages import FormView, ReasonForm, RecordView
from crm.core.permissions import requires, visible_or_404
from customers.choice_filters import CustomerChoiceFilter
from customers.columns import customer_column
from customers.models import Customer

SEE_REVIEWS = "credit.view_ratingreview"
OTHERS = 10
SHOWN = 50  # ratings taken off a list


def visible_reviews(request: Any) -> Any:
    return RatingReview.objects.visible_to(request.user)


class RatingFilter(ListFilterSet):
    q = SearchFilter(method="search", placeholder=gettext_lazy("Customer"))
    grade = django_filters.MultipleChoiceFilter(choices=GRADE_CHOICES, label=gettext_lazy("Grade"))
    previous = django_filters.MultipleChoiceFilter(choices=GRADE_CHOICES, label=gettext_lazy("Grade before"))
    first = YesNoFilter(method="first_rating", label=gettext_lazy("First rating"))
    changed = YesNoFilter(method="grade_changed", label=gettext_lazy("Grade changed"))
    state = django_filters.MultipleChoiceFilter(choices=RatingState.choices, label=gettext_lazy("State"))
    trigger = django_filters.MultipleChoiceFilter(choices=Trigger.choices, label=gettext_lazy("Cause"))
    review = django_filters.ModelChoiceFilter(queryset=visible_reviews, label=gettext_lazy("Review"))
    on_from = DateFilter(field_name="on", lookup_expr="gte", label=gettext_lazy("Date from"))
    on_to = DateFilter(field_name="on", lookup_expr="lte", label=gettext_lazy("Date to"))
    customer = CustomerChoiceFilter(field_name="account__customer")

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(account__customer__in=Customer.objects.search(value).order_by().values("pk"))

    def first_rating(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.filter(previous="") if value else queryset.exclude(previous="")

    def grade_changed(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.exclude(previous=F("grade")) if value else queryset.filter(previous=F("grade"))


class RatingList(ListView):
    """Every rating, newest first."""

    key = "ratings"
    title = gettext_lazy("Ratings")
    permission = SEE
    model = Rating
    filterset_class = RatingFilter
    default_order = ("-pk",)
    columns = (
        Column("on", gettext_lazy("Date"), "date", order_by="pk", url=lambda row: row.get_absolute_url()),
        customer_column("account.customer", url=lambda row: row.get_absolute_url()),
        Column("previous", gettext_lazy("Before"), order_by="previous", value=lambda row: row.previous or "–"),
        Column("grade", gettext_lazy("Grade"), order_by="grade"),
        Column("score", gettext_lazy("Score"), "number", order_by="score"),
        Column("raw_grade", gettext_lazy("Grade by score"), default=False),
        Column("known", gettext_lazy("Known, %"), "number", order_by="known", default=False),
        Column("trigger", gettext_lazy("Cause"), value=Rating.get_trigger_display, order_by="trigger"),
        Column(
            "proposed_by",
            gettext_lazy("Proposed by"),
            value=lambda row: row.proposed_by or "",
            related=("proposed_by",),
            default=False,
        ),
        Column("state", gettext_lazy("State"), "badge", value="state", order_by="state"),
        Column("decided_on", gettext_lazy("Decided on"), "date", order_by="decided_on", default=False),
    )
    presets = (
        Preset("all", gettext_lazy("All")),
        Preset("proposed", gettext_lazy("Proposed"), "state=proposed"),
        Preset("provisional", gettext_lazy("Provisional"), "state=provisional"),
        Preset("changed", gettext_lazy("Changed"), "changed=true"),
    )
    actions = (Action("reviews", gettext_lazy("Quarterly reviews"), "credit:reviews", SEE_REVIEWS),)
    empty = Empty(
        gettext_lazy("No ratings"), gettext_lazy("Customers are rated on their page, under Rating, and every quarter.")
    )

    @classmethod
    def base_queryset(cls, user: Any) -> Any:
        return Rating.objects.visible_to(user)


def may_ask(user: Any, rating: Rating, allowed: Any) -> bool:
    """Whether the page offers to ask about a lowered grade: to confirm it, or to lift it."""
    return (
        rating.state == RatingState.PROVISIONAL
        and user.has_perm(MAY_RATE)
        and allowed.filter(rating=rating.pk).exists()
    )


def may_exclude(user: Any, rating: Rating) -> bool:
    """Whether the page offers to take the rating off the list of its review."""
    return (
        rating.state == RatingState.PROPOSED
        and rating.review_id is not None
        and user.has_perm(MAY_EXCLUDE)
        and RatingReview.objects.visible_to(user).filter(pk=rating.review_id).exists()
    )


class RatingPage(RecordView[Rating]):
    """Why this grade: items, points, caps, what is missing; what would change it; ratings to compare with."""

    model = Rating
    permission = SEE
    template_name = "credit/ratings/page.html"
    select_related = (
        "account__customer", "account__grade_now", "scorecard", "proposed_by", "approval", "review", "excluded_by",
    )  # fmt: skip

    def context(self, request: HttpRequest) -> dict[str, Any]:
        user: Any = request.user
        found = self.record
        others = found.account.ratings.exclude(pk=found.pk).order_by("-pk")[:OTHERS]
        sees_approval = found.approval is not None and user.has_perm("approvals.view_request")
        return {
            "customer": found.account.customer,
            "lines": lines_of(found),
            "caps": caps_of(found),
            "cause": cause_words(found),
            "ways": ways_up(found),
            "prospects": prospects_of(found, business_today()),
            "others": others,
            "approval": found.approval if sees_approval else None,
            "statement": statement_with_people(found.statement_id),
            "investigation": investigation_with_answers(found.investigation_id),
            "may_confirm": may_ask(user, found, unconfirmed()),
            "may_lift": may_ask(user, found, liftable()),
            "may_exclude": may_exclude(user, found),
        }


@requires(SEE)
def compare(request: HttpRequest, pk: int, other_pk: int) -> HttpResponse:
    """Two ratings of one customer line by line, the older one first."""
    one, other = (
        visible_or_404(Rating.objects.select_related("account__customer", "scorecard"), request.user, pk=key)
        for key in sorted((pk, other_pk))
    )
    if one.account_id != other.account_id:
        raise Http404
    context = {
        "customer": one.account.customer,
        "older": one,
        "newer": other,
        "lines": compared(one, other),
        "older_caps": caps_of(one),
        "newer_caps": caps_of(other),
        "score_moved": None if None in (one.score, other.score) else other.score - one.score,
        "same_day": one.on == other.on,
        "record": other,
    }
    return render(request, "credit/ratings/compare.html", context)


# Where what a rating looks at is entered, and who may; payment behaviour comes by itself.
ENTERED = {
    rules.STATEMENT: ("credit:new_statement", MAY_ENTER, gettext_lazy("Enter a financial statement")),
    rules.INVESTIGATION: ("credit:new_investigation", MAY_INVESTIGATE, gettext_lazy("Enter an investigation")),
    rules.STANDING: ("customers:edit", "customers.change_customer", gettext_lazy("Complete the profile")),
}


class Rate(OfCustomer):
    """A rating is proposed."""

    form_class, permission = ReasonForm, MAY_RATE
    submit = gettext_lazy("Rate")
    done = gettext_lazy("The rating is proposed and on its way to those who decide.")
    lacking: Sequence[Text] = ()

    def page_title(self) -> str:
        return _("Rate %(customer)s") % {"customer": self.customer.name}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "what_happens": self.lacking or [_("The scorecard in force gives the grade; others accept or reject it.")]
        }

    def refused(self, form: ReasonForm, error: DomainError) -> None:
        """Where too little is known it is said what, and where it is entered."""
        super().refused(form, error)
        if isinstance(error, TooLittleKnown):
            words = lacking_words(error.params["codes"], scorecard_in_force().scorecard())
            self.lacking = [self.with_link(source, sentence) for source, sentence in words.items()]
            waiting: Any = statements_of(self.customer.pk, business_today())
            if any(statement.standing == "to_confirm" for statement in waiting):
                text = _("A financial statement does not count yet: somebody else has to confirm it.")
                self.lacking.append(linked(text, evidence_url(self.customer), _("Look at it")))

    def with_link(self, source: str, sentence: str) -> str:
        """What lacks, and for who may enter it where."""
        name, permission, label = ENTERED.get(source, ("", "", ""))
        if not name or not self.request.user.has_perm(permission):
            return sentence
        return linked(sentence, reverse(name, args=[self.customer.pk]), label)

    def perform(self, form: ReasonForm) -> str:
        made = rate_customer(actor=self.request.user, customer_id=self.customer.pk, reason=form.cleaned_data["reason"])
        return made.get_absolute_url()


def linked(sentence: str, url: str, label: Text) -> str:
    return format_html('{} <a href="{}">{}</a>', sentence, url, label)


class OfRating(FormView):
    """A form about one rating."""

    record: Rating

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.record = visible_or_404(Rating, request.user, **kwargs)

    def cancel_url(self) -> str:
        return self.record.get_absolute_url()


class ConfirmRating(OfRating):
    """A grade lowered by a signal is sent to those who confirm it."""

    form_class, permission = ReasonForm, MAY_RATE
    title, submit = gettext_lazy("Submit for confirmation"), gettext_lazy("Submit")
    done = gettext_lazy("The grade is on its way to those who confirm it.")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"what_happens": [_("The lower grade holds until it is decided.")]}

    def perform(self, form: ReasonForm) -> str:
        made = submit_confirmation(
            actor=self.request.user, rating_id=self.record.pk, reason=form.cleaned_data["reason"]
        )
        return made.get_absolute_url()


class LiftRating(OfRating):
    """Somebody asks to take a lowered grade back."""

    form_class, permission = ReasonForm, MAY_RATE
    title, submit = gettext_lazy("Ask to lift the grade"), gettext_lazy("Ask")
    done = gettext_lazy("The question is on its way to all who decide about grades.")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "what_happens": [
                _("The lower grade holds until everybody of the chain has approved; one no leaves it as it is."),
                _("A confirmation that is on its way ends."),
            ]
        }

    def perform(self, form: ReasonForm) -> str:
        made = submit_lift(actor=self.request.user, rating_id=self.record.pk, reason=form.cleaned_data["reason"])
        return made.get_absolute_url()


class ExcludeRating(OfRating):
    """One account is taken off the list of a review."""

    form_class, permission = ReasonForm, MAY_EXCLUDE
    title, submit = gettext_lazy("Take off the list"), gettext_lazy("Take off the list")
    done = gettext_lazy("The rating is off the list; the customer keeps the grade it has.")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        grade = self.record.previous or _("unrated")
        return {
            "what_happens": [_("The customer stays %(grade)s; the rest of the list is decided.") % {"grade": grade}]
        }

    def perform(self, form: ReasonForm) -> str:
        made = exclude_from_review(
            actor=self.request.user, rating_id=self.record.pk, reason=form.cleaned_data["reason"]
        )
        return made.get_absolute_url()


class OverrideRating(OfRating):
    """One account is taken off the list of a review, and another grade is proposed for it alone."""

    form_class, permission = OverrideForm, MAY_EXCLUDE
    title, submit = gettext_lazy("Propose another grade"), gettext_lazy("Propose")
    done = gettext_lazy("The grade is proposed and on its way to those who decide.")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"what_happens": [_("The customer leaves the list; others decide about this grade alone.")]}

    def perform(self, form: OverrideForm) -> str:
        made = override_in_review(actor=self.request.user, rating_id=self.record.pk, **form.cleaned_data)
        return made.get_absolute_url()


class ReviewFilter(ListFilterSet):
    year = django_filters.NumberFilter(label=gettext_lazy("Year"))


class ReviewList(ListView):
    """The reviews, newest first."""

    key = "rating_reviews"
    title = gettext_lazy("Quarterly reviews")
    permission = SEE_REVIEWS
    model = RatingReview
    filterset_class = ReviewFilter
    default_order = ("-pk",)
    select_related = ("approval",)
    columns = (
        Column("quarter", gettext_lazy("Quarter"), value=str, order_by="pk", url=lambda row: row.get_absolute_url()),
        Column("on", gettext_lazy("Date"), "date", order_by="on"),
        Column("rated", gettext_lazy("Rated"), "number"),
        Column("changed", gettext_lazy("Changed"), "number"),
        Column("not_rated", gettext_lazy("Not rated"), "number"),
        Column(
            "state",
            gettext_lazy("Decision"),
            value=lambda row: row.approval.get_state_display() if row.approval else "–",
        ),
    )
    empty = Empty(gettext_lazy("No reviews"), gettext_lazy("Every quarter all customers are rated at night."))

    @classmethod
    def base_queryset(cls, user: Any) -> Any:
        return RatingReview.objects.visible_to(user)


class ReviewPage(RecordView[RatingReview]):
    """The change list of a review: how many grades go from where to where, each figure leading to its ratings."""

    model = RatingReview
    permission = SEE_REVIEWS
    template_name = "credit/ratings/review.html"
    select_related = ("approval", "scorecard")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        user: Any = request.user
        moves = changes_of(self.record)
        ratings = f"{reverse('credit:ratings')}?review={self.record.pk}"
        rows = [
            (
                before,
                [(after, moves.get((before, after), 0)) for after in GRADES],
                sum(count for (was, _to), count in moves.items() if was == before),
            )
            for before in ("", *GRADES)
            if any(was == before for was, _to in moves)
        ]
        figures = figures_of_review(self.record)
        return {
            "figures": figures,
            "sum": sum(moves.values()) + figures["confirmed"],
            "grades": GRADES,
            "rows": rows,
            "ratings_url": ratings,
            "excluded": self.record.ratings.filter(excluded_by__isnull=False)
            .select_related("account__customer", "excluded_by")
            .order_by("pk")[:SHOWN],
            "may_submit": self.record.finished_at is not None
            and self.record.approval is None
            and self.record.ratings.filter(state=RatingState.PROPOSED).exists()
            and user.has_perm(MAY_RATE),
        }


class SubmitReview(FormView):
    """The changed grades of a review set out for approval."""

    form_class, permission = ReasonForm, MAY_RATE
    title, submit = gettext_lazy("Submit the changed grades"), gettext_lazy("Submit")
    done = gettext_lazy("The review is on its way to those who decide.")
    record: RatingReview

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.record = visible_or_404(RatingReview, request.user, **kwargs)

    def context(self, request: HttpRequest) -> dict[str, Any]:
        count = self.record.ratings.filter(state=RatingState.PROPOSED).count()
        return {"what_happens": [_("%(count)s proposed grades are decided together.") % {"count": count}]}

    def perform(self, form: ReasonForm) -> str:
        submit_review(actor=self.request.user, review_id=self.record.pk, reason=form.cleaned_data["reason"])
        return self.record.get_absolute_url()

    def cancel_url(self) -> str:
        return self.record.get_absolute_url()
