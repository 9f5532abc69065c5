"""Ratings proposed by one and decided by others, statements and investigations, grades lowered by a signal."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from credit.errors import (
    Inconsistent,
    InvestigationEmpty,
    RatingOpen,
    RatingOutdated,
    ScorecardIncomplete,
    StatementUnusable,
    TooLittleKnown,
)
from credit.models import (
    AccountGrade,
    FinancialStatement,
    Investigation,
    Rating,
    RatingState,
    ScorecardItem,
    ScorecardVersion,
    Trigger,
)
from credit.selectors.accounts import grade_of, grades_of
from credit.selectors.limits import statement_of
from credit.selectors.rating_inputs import gather
from credit.services import (
    activate_scorecard,
    downgrade_provisionally,
    new_scorecard_version,
    rate_customer,
    record_investigation,
    record_statement,
    submit_request,
    weigh_by_judgements,
)
from credit.services.scorecards import scorecard_in_force
from credit.verification import verify_credit
from crm.accounts import roles
from crm.approvals.errors import OwnRequest
from crm.approvals.models import Request, RequestState, Verb
from crm.approvals.services import withdraw
from crm.core.errors import NotAllowed
from crm.core.versions import OwnVersion, PolicyState, VersionNotDraft
from customers.models import Customer, TimelineEvent
from receivables.services import bounce_receipt
from tests.credit_requests.making import draft, prepare
from tests.factories import (
    Company,
    account_of,
    make_account,
    make_customer,
    make_invoice,
    make_receipt,
    make_user,
    money,
)
from tests.rating.making import DAY, TODAY, accept, account_for, pays, proposed, say

pytestmark = pytest.mark.django_db


def kinds(customer: Customer) -> list[str]:
    found = TimelineEvent.objects.filter(customer=customer, kind__contains="rat").order_by("pk")
    return list(found.values_list("kind", flat=True))


def unchanged(customer: Customer) -> tuple[str, int, int]:
    return grade_of(customer.pk), Rating.objects.count(), Request.objects.count()


def test_a_rating_is_proposed_by_one_and_counts_when_others_accepted_it(company: Company) -> None:
    pays(company.customer)
    rating = proposed(company)
    assert (rating.state, rating.grade, rating.previous) == (RatingState.PROPOSED, rating.grade, "")
    assert grade_of(company.customer.pk) == ""
    accepted = accept(company, rating, on=TODAY + DAY)
    assert (accepted.state, accepted.decided_on) == (RatingState.ACCEPTED, TODAY + DAY)
    assert grade_of(company.customer.pk) == rating.grade != ""
    now = AccountGrade.objects.get()
    assert (now.rating, now.since, now.provisional) == (accepted, TODAY + DAY, False)
    assert kinds(company.customer) == ["rating_proposed", "rating_decided"]
    assert list(verify_credit()) == []


def test_all_a_rating_was_made_of_is_kept(company: Company) -> None:
    pays(company.customer, rate=0.85, late=12)
    rating = proposed(company)
    rating.refresh_from_db()
    assert rating.inputs["collection_rate"] == "0.8500"
    assert rating.inputs["size"] == "large"
    assert rating.points["collection_rate"] == 68
    assert "debt_ratio" in rating.missing
    assert {cap["code"] for cap in rating.caps} == {"collection"}
    assert (rating.scorecard, rating.proposed_by) == (scorecard_in_force(), company.alice)


def test_nobody_accepts_what_they_proposed(company: Company) -> None:
    pays(company.customer)
    rating = proposed(company, actor=company.mona)
    assert rating.approval is not None
    before = unchanged(company.customer)
    with pytest.raises((OwnRequest, NotAllowed)):
        say(rating.approval, company.mona)
    rating.refresh_from_db()
    assert rating.state == RatingState.PROPOSED
    assert unchanged(company.customer) == before


def test_a_rejected_rating_changes_nothing(company: Company) -> None:
    pays(company.customer)
    accept(company, proposed(company))
    before = grade_of(company.customer.pk)
    pays(company.customer, rate=0.3, late=90)
    rating = proposed(company, on=TODAY + DAY)
    assert rating.approval is not None
    say(rating.approval, company.mona, Verb.REJECT, reason="They pay again", on=TODAY + DAY)
    rating.refresh_from_db()
    assert (rating.state, rating.previous) == (RatingState.REJECTED, before)
    assert grade_of(company.customer.pk) == before


def test_one_proposal_at_a_time(company: Company) -> None:
    pays(company.customer)
    proposed(company)
    before = unchanged(company.customer)
    with pytest.raises(RatingOpen):
        proposed(company)
    assert unchanged(company.customer) == before


def test_who_is_hardly_known_is_not_rated(company: Company) -> None:
    account_for(company.customer)
    with pytest.raises(TooLittleKnown):
        proposed(company)
    assert unchanged(company.customer) == ("", 0, 0)


def test_a_strangers_customer_is_not_rated(company: Company) -> None:
    pays(company.customer)
    for actor in (company.charlie, make_user("leo", role=roles.LEGAL)):
        with pytest.raises(NotAllowed):
            rate_customer(actor=actor, customer_id=company.customer.pk, reason="Due", on=TODAY)
        with pytest.raises(NotAllowed):
            record_statement(actor=actor, customer_id=company.customer.pk, year=2025, revenue=money(1))
        with pytest.raises(NotAllowed):
            record_investigation(
                actor=actor, customer_id=company.customer.pk, on=TODAY, answers={"conduct": (3, "Seen")}
            )
    assert unchanged(company.customer) == ("", 0, 0)
    assert not FinancialStatement.objects.exists()
    assert not Investigation.objects.exists()


@pytest.mark.repeats
@pytest.mark.parametrize(
    "change", [{"grade": "AAA"}, {"score": Decimal("99.0")}, {"inputs": {}}, {"reason": "x"}, {"state": "proposed"}]
)
def test_a_rating_once_made_is_never_changed(company: Company, change: dict[str, Any]) -> None:
    pays(company.customer, rate=0.8)
    rating = accept(company, proposed(company))
    with pytest.raises(DatabaseError), transaction.atomic():
        Rating.objects.filter(pk=rating.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Rating.objects.filter(pk=rating.pk).delete()


def test_the_last_statement_of_the_newest_year_counts(company: Company) -> None:
    enter: dict[str, Any] = {"actor": company.fiona, "customer_id": company.customer.pk}
    record_statement(**enter, year=2025, total_assets=money(100), liabilities=money(90))
    record_statement(**enter, year=2025, total_assets=money(100), liabilities=money(40), profit=money(-5))
    record_statement(**enter, year=2024, total_assets=money(100), liabilities=money(10))
    account, version = account_for(company.customer), scorecard_in_force()
    assert gather([account.pk], on=TODAY, version=version)[account.pk].inputs["debt_ratio"] == Decimal("0.4000")
    kept = gather([account.pk], on=dt.date(2027, 12, 31), version=version)[account.pk].inputs
    assert "debt_ratio" in kept
    too_old = gather([account.pk], on=dt.date(2028, 1, 1), version=version)[account.pk].inputs
    assert "debt_ratio" not in too_old
    with pytest.raises(DatabaseError), transaction.atomic():
        FinancialStatement.objects.update(liabilities=money(1))


@pytest.mark.parametrize(
    "figures",
    [
        {},
        {"revenue": money(-1)},
        {"total_assets": money(10), "current_assets": money(11)},
        {"liabilities": money(10), "current_liabilities": money(11)},
        {"revenue": money(1), "year": TODAY.year},
        {"revenue": money(1), "year": 1949},
    ],
)
def test_a_statement_that_does_not_fit_together_is_refused(company: Company, figures: dict[str, Any]) -> None:
    with pytest.raises(StatementUnusable):
        record_statement(actor=company.alice, customer_id=company.customer.pk, on=TODAY, **{"year": 2025, **figures})
    assert not FinancialStatement.objects.exists()


def test_a_year_is_entered_from_its_end_on_and_no_unfinished_one_counts(company: Company) -> None:
    make_account(company.customer, "1000")
    account = account_of(company.customer)
    enter: dict[str, Any] = {"actor": company.fiona, "customer_id": company.customer.pk, "total_assets": money(100)}
    last_day = dt.date(2026, 12, 31)
    record_statement(**enter, year=2025, liabilities=money(40), on=last_day)
    with pytest.raises(StatementUnusable):
        record_statement(**enter, year=2026, liabilities=money(90), on=last_day)
    record_statement(**enter, year=2026, liabilities=money(90), on=last_day + DAY)
    card = scorecard_in_force()
    for on, ratio, year in ((last_day, "0.4", 2025), (last_day + DAY, "0.9", 2026)):
        assert gather([account.pk], on=on, version=card)[account.pk].inputs["debt_ratio"] == Decimal(ratio)
        newest = statement_of(account, on)
        assert newest is not None
        assert newest.year == year


def test_an_investigation_counts_for_its_months_and_needs_evidence(company: Company) -> None:
    enter: dict[str, Any] = {"actor": company.alice, "customer_id": company.customer.pk, "on": TODAY}
    for answers in ({}, {"conduct": (3, " ")}, {"conduct": (6, "Seen")}, {"conduct": (0, "Seen")}, {"x": (3, "Seen")}):
        with pytest.raises(InvestigationEmpty):
            record_investigation(**enter, answers=answers)
    assert not Investigation.objects.exists()
    record_investigation(**enter, answers={"conduct": (3, "Visited"), "competitors": (5, "Buys from us alone")})
    account, version = account_for(company.customer), scorecard_in_force()
    inputs = gather([account.pk], on=dt.date(2027, 3, 30), version=version)[account.pk].inputs
    assert (inputs["conduct"], inputs["competitors"]) == (Decimal(3), Decimal(5))
    assert gather([account.pk], on=dt.date(2027, 3, 31), version=version)[account.pk].inputs == {}


def test_a_bounced_cheque_lowers_the_grade_at_once(company: Company) -> None:
    pays(company.customer)
    accept(company, proposed(company))
    invoice = make_invoice(company.customer, "100.00", on="2026-01-10")
    cheque = make_receipt(company.customer, "100.00", on="2026-02-01", lines=[(invoice, "100.00")], instrument="cheque")
    bounce_receipt(actor=company.fiona, receipt_id=cheque.pk, on=TODAY, reason="No funds")
    assert grade_of(company.customer.pk) == "C"
    rating = Rating.objects.get(trigger=Trigger.BOUNCED)
    assert (rating.state, rating.proposed_by, rating.bounced_on) == (RatingState.PROVISIONAL, company.fiona, TODAY)
    assert AccountGrade.objects.get().provisional
    assert kinds(company.customer)[-1:] == ["rating_decided"]
    assert TimelineEvent.objects.filter(kind="grade_lowered").count() == 1
    assert list(verify_credit()) == []


def test_without_a_scorecard_a_cheque_bounces_all_the_same(company: Company) -> None:
    ScorecardVersion.objects.update(state=PolicyState.RETIRED)
    invoice = make_invoice(company.customer, "100.00", on="2026-01-10")
    cheque = make_receipt(company.customer, "100.00", on="2026-02-01", lines=[(invoice, "100.00")], instrument="cheque")
    bounce_receipt(actor=company.fiona, receipt_id=cheque.pk, on=TODAY, reason="No funds")
    assert unchanged(company.customer) == ("", 0, 0)


def test_a_bounced_cheque_still_caps_the_next_rating(company: Company) -> None:
    pays(company.customer)
    downgrade_provisionally(customer_ids=[company.customer.pk], trigger=Trigger.BOUNCED, on=TODAY)
    assert grade_of(company.customer.pk) == "C"
    confirmed = accept(company, proposed(company, on=TODAY + DAY), on=TODAY + DAY)
    assert (confirmed.grade, confirmed.state) == ("C", RatingState.ACCEPTED)
    assert confirmed.raw_grade == "AAA"
    assert not AccountGrade.objects.get().provisional


def test_a_broken_promise_takes_one_grade_once(company: Company) -> None:
    pays(company.customer)
    assert downgrade_provisionally(customer_ids=[company.customer.pk], trigger=Trigger.PROMISE, on=TODAY) == {}
    accept(company, proposed(company))
    assert grade_of(company.customer.pk) == "AAA"
    lower: dict[str, Any] = {"customer_ids": [company.customer.pk], "on": TODAY}
    assert downgrade_provisionally(**lower, trigger=Trigger.PROMISE) == {company.customer.pk: "AA"}
    assert downgrade_provisionally(**lower, trigger=Trigger.PLAN) == {}
    assert grade_of(company.customer.pk) == "AA"


@pytest.mark.thorough
def test_a_proposal_a_signal_has_overtaken_cannot_be_accepted(company: Company) -> None:
    pays(company.customer)
    rating = proposed(company)
    downgrade_provisionally(customer_ids=[company.customer.pk], trigger=Trigger.BOUNCED, on=TODAY)
    with pytest.raises(RatingOutdated):
        accept(company, rating)
    rating.refresh_from_db()
    assert rating.state == RatingState.PROPOSED
    assert grade_of(company.customer.pk) == "C"
    assert rating.approval is not None
    say(rating.approval, company.greg, Verb.REJECT, reason="A cheque bounced")
    rating.refresh_from_db()
    assert rating.state == RatingState.REJECTED


def test_the_database_keeps_one_proposal_an_account(company: Company) -> None:
    pays(company.customer)
    rating = proposed(company)
    twin = Rating.objects.get(pk=rating.pk)
    twin.pk, twin.approval = None, None
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def test_a_credit_request_is_routed_by_the_grade(company: Company) -> None:
    prepare(company, "increase")
    pays(company.customer, rate=0.1, late=120, promises_kept=0)
    accept(company, proposed(company))
    assert grade_of(company.customer.pk) == "D"
    request = submit_request(actor=company.alice, request_id=draft(company).pk, on=TODAY)
    assert request.approval is not None
    assert request.approval.grade == "D"
    assert request.approval.rule.name_en == "Up to 3,000,000 and 90 days"  # the line before it takes no D
    other = make_customer(owner=company.alice)
    assert grades_of([company.customer.pk, other.pk]) == {company.customer.pk: "D", other.pk: ""}


def test_a_withdrawn_proposal_is_rejected(company: Company) -> None:
    pays(company.customer)
    rating = proposed(company)
    assert rating.approval is not None
    withdraw(request_id=rating.approval.pk, actor=company.alice, on=TODAY)
    rating.refresh_from_db()
    assert (rating.state, rating.approval.state) == (RatingState.REJECTED, RequestState.WITHDRAWN)


# Scorecards
def test_a_scorecard_is_put_into_force_by_another_than_its_authors(company: Company) -> None:
    carol = make_user("carol", role=roles.CREDIT_CONTROLLER)
    flora = make_user("flora", role=roles.FINANCE_DIRECTOR)
    first = scorecard_in_force()
    draft_ = new_scorecard_version(actor=flora, scorecard_id=first.pk)
    assert (draft_.version, draft_.items.count()) == (2, first.items.count())
    with pytest.raises(OwnVersion):
        activate_scorecard(actor=flora, scorecard_id=draft_.pk)
    with pytest.raises(NotAllowed):
        activate_scorecard(actor=carol, scorecard_id=draft_.pk)
    assert scorecard_in_force() == first
    frank = make_user("frank", role=roles.FINANCE_MANAGER)
    activate_scorecard(actor=frank, scorecard_id=draft_.pk)
    first.refresh_from_db()
    assert (scorecard_in_force().pk, first.state) == (draft_.pk, PolicyState.RETIRED)
    with pytest.raises(VersionNotDraft):
        activate_scorecard(actor=frank, scorecard_id=first.pk)


def test_a_scorecard_without_a_key_indicator_stays_a_draft(company: Company) -> None:
    carol, frank = make_user("carol", role=roles.CREDIT_CONTROLLER), make_user("frank", role=roles.FINANCE_MANAGER)
    draft_ = new_scorecard_version(actor=carol, scorecard_id=scorecard_in_force().pk)
    ScorecardItem.objects.filter(scorecard=draft_, indicator="competitors").delete()
    with pytest.raises(ScorecardIncomplete):
        activate_scorecard(actor=frank, scorecard_id=draft_.pk)
    assert scorecard_in_force().version == 1


def judged(**changes: float) -> dict[tuple[str, str], float]:
    even = {
        ("behaviour", "statement"): 2.0, ("behaviour", "standing"): 4.0, ("behaviour", "investigation"): 4.0,
        ("statement", "standing"): 2.0, ("statement", "investigation"): 2.0, ("standing", "investigation"): 1.0,
    }  # fmt: skip
    return {pair: changes.get("_".join(pair), value) for pair, value in even.items()}


def test_weights_from_judgements_stand_in_the_draft(company: Company) -> None:
    carol = make_user("carol", role=roles.CREDIT_CONTROLLER)
    draft_ = new_scorecard_version(actor=carol, scorecard_id=scorecard_in_force().pk)
    weigh_by_judgements(actor=carol, scorecard_id=draft_.pk, judgements=judged())
    draft_.refresh_from_db()
    assert draft_.consistency_ratio == 0
    behaviour = sum(item.weight for item in draft_.items.all() if item.item().source == "behaviour")
    assert behaviour == pytest.approx(Decimal(50), abs=Decimal("0.1"))
    kept = list(draft_.items.values_list("weight", flat=True))
    with pytest.raises(Inconsistent):
        weigh_by_judgements(actor=carol, scorecard_id=draft_.pk, judgements=judged(standing_investigation=1 / 9))
    assert list(draft_.items.values_list("weight", flat=True)) == kept
    with pytest.raises(VersionNotDraft):
        weigh_by_judgements(actor=carol, scorecard_id=ScorecardVersion.objects.get(version=1).pk, judgements=judged())
