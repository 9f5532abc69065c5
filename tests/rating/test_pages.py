"""Pages of rating: the grade in the list, the panel, why this grade, comparison, forms, the change list, the admin."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from credit.admin.ratings import ItemForm
from credit.models import FinancialStatement, InvestigationAnswer, Rating, RatingState, ScorecardVersion, Trigger
from credit.services import downgrade_provisionally, new_scorecard_version, record_statement, review_ratings
from credit.services.scorecards import scorecard_in_force
from crm.accounts import roles
from crm.approvals.models import Request
from crm.core.display import isotime
from customers.models import Customer
from tests.factories import Company, make_customer, make_user, money
from tests.rating.making import DAY, TODAY, accept, account_for, deciders, pays, proposed

pytestmark = pytest.mark.django_db


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, name: str, *args: Any, query: str = "") -> str:
    answer = client.get(reverse(name, args=args) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_of_customers_filters_and_sorts_by_grade(company: Company) -> None:
    best, worst, unrated = company.customer, make_customer("Bad", owner=company.alice), make_customer("New")
    Customer.objects.filter(pk=unrated.pk).update(owner=company.alice)
    for customer, rate in ((best, 0.99), (worst, 0.2)):
        pays(customer, rate=rate)
        accept(company, proposed(company, customer=customer))
    client = as_user(company.alice)

    def found(query: str) -> list[str]:
        html = text(client, "customers:customers", query=f"?cols=name,grade&{query}")
        places = {name: html.find(f">{name}<") for name in (best.name.replace("'", "&#x27;"), "Bad", "New")}
        return [name for name, place in sorted(places.items(), key=lambda pair: pair[1]) if place > 0]

    assert found("grade=D") == ["Bad"]
    assert found("grade=unrated") == ["New"]
    assert found("grade=D&grade=unrated") in (["Bad", "New"], ["New", "Bad"])
    assert found("sort=grade") == [best.name.replace("'", "&#x27;"), "Bad", "New"]
    assert found("sort=-grade") == ["Bad", best.name.replace("'", "&#x27;"), "New"]


def test_the_page_says_why_this_grade_and_what_would_change_it(company: Company) -> None:
    pays(company.customer, rate=0.85, late=12)
    Customer.objects.filter(pk=company.customer.pk).update(founded_on=dt.date(2025, 6, 1))
    rating = accept(company, proposed(company))
    html = text(as_user(company.alice), "credit:rating", rating.pk)
    for words in (
        "Why this grade", "85.0%", "12 days", "not known", "Key indicator Collection rate: 68 points",
        "Young company, founded on 2025-06-01", "presses the grade down", "What would change it",
        "88.0% to below 94.0%",
    ):  # fmt: skip
        assert words in html, words
    assert as_user(company.charlie).get(rating.get_absolute_url()).status_code == 404


def test_the_page_of_a_signal_says_what_pressed_the_grade_and_until_when_and_asks_to_lift_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("credit.views.ratings.business_today", lambda: TODAY)
    pays(company.customer)
    accept(company, proposed(company))
    controller = make_user("carol", role=roles.CREDIT_CONTROLLER)
    downgrade_provisionally(customer_ids=[company.customer.pk], trigger=Trigger.BOUNCED, on=TODAY)
    rating = Rating.objects.get(trigger=Trigger.BOUNCED)
    client, lift = as_user(controller), reverse("credit:lift_rating", args=[rating.pk])
    html = text(client, "credit:rating", rating.pk)
    for words in (
        "A cheque bounced: the grade is at most C, whatever the points are.", "presses the grade down",
        "From 2027-03-31 on this bound is gone: A cheque bounced on 2026-03-31.", "It is provisional",
        "Not known, and may change it: ", '<span class="quiet">(', lift,
    ):  # fmt: skip
        assert words in html, words
    assert client.post(lift, {"reason": "The bank erred"}).status_code == 302
    rating.refresh_from_db()
    assert rating.approval is not None
    assert (rating.approval.variant, rating.approval.applicant) == ("lift", controller)
    assert lift not in text(client, "credit:rating", rating.pk)
    asked = text(as_user(company.mona), "approvals:request", rating.approval.pk)
    assert "only when all approve, the grade before counts again" in asked
    before = Request.objects.get(variant="confirm")
    ended = text(as_user(company.mona), "approvals:request", before.pk)
    assert "Another question took its place." in ended
    assert rating.get_absolute_url() in ended


def test_only_a_rating_that_holds_or_is_proposed_says_what_may_still_change_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bound that has ended changes it no more either; what a rating was made of stays on its page."""
    gone = dt.date(2027, 6, 1)
    pays(company.customer)
    Customer.objects.filter(pk=company.customer.pk).update(founded_on=dt.date(2025, 6, 1))
    client = as_user(company.alice)

    def prospects(rating: Rating, on: dt.date = TODAY) -> tuple[bool, bool]:
        monkeypatch.setattr("credit.views.ratings.business_today", lambda: on)
        html = text(client, "credit:rating", rating.pk)
        assert "Young company, founded on 2025-06-01" in html
        return f"From {gone} on this bound is gone" in html, "Not known, and may change it" in html

    first = proposed(company)
    assert prospects(first) == (True, True)
    accept(company, first)
    assert prospects(first, gone - DAY) == (True, True)
    assert prospects(first, gone) == (False, True)
    accept(company, proposed(company))
    assert prospects(first) == (False, False)


def test_two_ratings_of_one_day_are_told_apart(company: Company) -> None:
    pays(company.customer)
    first = accept(company, proposed(company))
    second = proposed(company)
    html = text(as_user(company.alice), "credit:compare_ratings", second.pk, first.pk)
    for words in ("Accepted", "Proposed", isotime(first.recorded_at), isotime(second.recorded_at)):
        assert words in html, words


def test_two_ratings_stand_beside_each_other_line_by_line(company: Company) -> None:
    pays(company.customer, rate=0.99, late=1)
    first = accept(company, proposed(company))
    pays(company.customer, rate=0.85, late=12)
    second = accept(company, proposed(company, on=TODAY + DAY))
    client = as_user(company.alice)
    html = text(client, "credit:compare_ratings", second.pk, first.pk)
    assert html.index("99.0%") < html.index("85.0%")  # the older one first
    assert "<strong>Collection rate</strong>" in html
    assert "<strong>Company size</strong>" not in html
    assert "-32" in html
    other = make_customer(owner=company.alice)
    pays(other)
    stranger = proposed(company, customer=other)
    assert client.get(reverse("credit:compare_ratings", args=[first.pk, stranger.pk])).status_code == 404


def test_a_rating_is_proposed_from_the_panel(company: Company) -> None:
    deciders()
    pays(company.customer)
    client = as_user(company.alice)
    assert "Not rated yet." in text(client, "customers:panel", company.customer.pk, "credit_rating")
    answer = client.post(reverse("credit:rate", args=[company.customer.pk]), {"reason": "Due"})
    rating = Rating.objects.get()
    assert answer.headers["Location"] == rating.get_absolute_url()
    assert rating.state == RatingState.PROPOSED
    again = client.post(reverse("credit:rate", args=[company.customer.pk]), {"reason": "Due"})
    assert again.status_code == 422
    assert "waits for a decision" in again.content.decode()


def test_who_is_hardly_known_is_told_what_lacks_and_where_it_is_entered(company: Company) -> None:
    account_for(company.customer)
    key = company.customer.pk
    record_statement(
        actor=company.alice, customer_id=key, year=TODAY.year - 1, total_assets=money(100), liabilities=money(40)
    )
    refused = as_user(company.alice).post(reverse("credit:rate", args=[key]), {"reason": "Due"})
    assert refused.status_code == 422
    statement, investigation, profile, behaviour, waiting = map(str, refused.context["what_happens"])
    assert "Debt ratio (" in statement
    assert reverse("credit:new_statement", args=[key]) in statement
    assert "Reliability (" in investigation
    assert reverse("credit:new_investigation", args=[key]) in investigation
    assert "Company size (" in profile
    assert reverse("customers:edit", args=[key]) in profile
    assert "Days late, by amount (" in behaviour
    assert "href" not in behaviour
    assert reverse("credit:evidence", args=[key]) in waiting
    assert not Rating.objects.exists()


def test_the_panel_shows_a_provisional_grade_and_why(company: Company) -> None:
    pays(company.customer)
    downgrade_provisionally(customer_ids=[company.customer.pk], trigger=Trigger.BOUNCED, on=TODAY)
    client = as_user(company.alice)
    html = text(client, "customers:panel", company.customer.pk, "credit_rating")
    assert "provisional" in html
    assert "A cheque bounced on 2026-03-31" in html
    assert company.customer.name.replace("'", "&#x27;") in text(client, "home:my_day")


@pytest.mark.thorough
def test_the_panel_reads_a_fixed_number_of_times(company: Company, django_assert_max_num_queries: Any) -> None:
    pays(company.customer)
    for number in range(4):
        pays(company.customer, rate=0.99 if number % 2 else 0.6)
        accept(company, proposed(company, on=TODAY + number * DAY), on=TODAY + number * DAY)
    client = as_user(company.alice)
    client.get(reverse("customers:panel", args=[company.customer.pk, "credit_rating"]))
    with django_assert_max_num_queries(8):  # with the bounds of the grade, and the years of which a statement counts
        text(client, "customers:panel", company.customer.pk, "credit_rating")
    with django_assert_max_num_queries(14):
        text(client, "credit:rating", Rating.objects.latest("pk").pk)
    with django_assert_max_num_queries(12):
        text(client, "credit:ratings")


def test_a_statement_and_an_investigation_are_entered(company: Company) -> None:
    client, pk = as_user(company.alice), company.customer.pk
    figures = {"year": "2025", "total_assets": "1,000.00", "liabilities": "400.00", "profit": "-20.00"}
    assert client.post(reverse("credit:new_statement", args=[pk]), figures).status_code == 302
    assert str(FinancialStatement.objects.get().profit) == "-20.00"
    assert "Entered already: 2025." in text(client, "credit:new_statement", pk)
    wrong = {**figures, "current_assets": "2,000.00"}
    answer = client.post(reverse("credit:new_statement", args=[pk]), wrong)
    assert answer.status_code == 422
    assert "current assets are more than total assets" in answer.content.decode()
    assert FinancialStatement.objects.count() == 1
    found = {"on": "2026-03-31", "score_conduct": "4"}
    address = reverse("credit:new_investigation", args=[pk])
    assert client.post(address, found).status_code == 422
    assert client.post(address, {**found, "evidence_conduct": "Met twice"}).status_code == 302
    assert InvestigationAnswer.objects.get().evidence == "Met twice"


def test_the_change_list_leads_to_the_ratings_behind_each_figure(company: Company) -> None:
    pays(company.customer)
    carol = make_user("carol", role=roles.CREDIT_CONTROLLER, team=company.sales)
    deciders()
    review = review_ratings(on=TODAY)
    client = as_user(carol)
    html = text(client, "credit:review", review.pk)
    assert f"?review={review.pk}&amp;grade=AAA&amp;first=true" in html
    assert company.customer.name.replace("'", "&#x27;") in text(
        client, "credit:ratings", query=f"?review={review.pk}&grade=AAA&first=true"
    )
    answer = client.post(reverse("credit:submit_review", args=[review.pk]), {"reason": "Quarter"})
    assert answer.status_code == 302
    review.refresh_from_db()
    assert review.approval is not None
    assert "2026 Q1" in text(client, "credit:reviews")
    inbox = text(as_user(make_user("diana")), "approvals:inbox")
    assert "2026 Q1" in inbox
    assert as_user(company.mona).get(review.get_absolute_url()).status_code == 403


def test_the_figures_of_a_rating_stand_in_the_inbox(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.approvals.views.business_today", lambda: TODAY)
    pays(company.customer)
    proposed(company)
    html = text(as_user(company.mona), "approvals:inbox")
    assert "AAA" in html
    assert "First rating" in html


# The administration
def test_scorecards_are_drafted_weighed_and_activated_in_the_administration(company: Company) -> None:
    carol = make_user("carol", role=roles.CREDIT_CONTROLLER)
    frank = make_user("frank", role=roles.FINANCE_MANAGER)
    author, other = as_user(carol), as_user(frank)
    listed = reverse("admin:credit_scorecardversion_changelist")
    first = scorecard_in_force()
    author.post(listed, {"action": "make_version", "_selected_action": [first.pk]})
    draft = ScorecardVersion.objects.get(version=2)
    page = author.get(reverse("admin:credit_scorecardversion_change", args=[draft.pk])).content.decode()
    assert 'name="items-0-bins"' in page
    pairs = {
        "behaviour_statement": "3.0000", "behaviour_standing": "5.0000", "behaviour_investigation": "5.0000",
        "statement_standing": "3.0000", "statement_investigation": "3.0000", "standing_investigation": "1.0000",
    }  # fmt: skip
    weigh = reverse("admin:credit_scorecardversion_weigh", args=[draft.pk])
    assert "Consistency ratio" in author.post(weigh, pairs).content.decode()
    assert ScorecardVersion.objects.get(version=2).consistency_ratio is None
    assert author.post(weigh, {**pairs, "keep": "1"}).status_code == 302
    assert ScorecardVersion.objects.get(version=2).consistency_ratio is not None
    assert other.post(weigh, {**pairs, "keep": "1"}).status_code == 403
    author.post(listed, {"action": "activate", "_selected_action": [draft.pk]})
    assert scorecard_in_force() == first
    other.post(listed, {"action": "activate", "_selected_action": [draft.pk]})
    assert scorecard_in_force() == draft
    sealed = author.get(reverse("admin:credit_scorecardversion_change", args=[draft.pk])).content.decode()
    assert 'name="items-0-bins"' not in sealed


@pytest.mark.parametrize(
    ("bins", "taken"),
    [
        ('[{"from": null, "points": 0}, {"from": 0.8, "points": 70}]', True),
        ('[{"from": 0.8, "points": 101}]', False),
        ('[{"from": 0.8, "points": 1}, {"from": 0.8, "points": 2}]', False),
        ('[{"word": "large", "points": 1}]', False),
        ('{"from": 1}', False),
    ],
)
def test_points_that_make_no_sense_are_refused(company: Company, bins: str, taken: bool) -> None:
    carol = make_user("carol", role=roles.CREDIT_CONTROLLER)
    draft = new_scorecard_version(actor=carol, scorecard_id=scorecard_in_force().pk)
    item = draft.items.get(key="collection_rate")
    said = {"position": 1, "key": item.key, "name_zh": "回款率", "name_en": "Rate", "weight": "3", "indicator": ""}
    assert ItemForm({**said, "bins": bins}, instance=item).is_valid() is taken
