"""The way of a request: asked, decided step by step, returned, answered, withdrawn, expired; by whom, by whom not."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, transaction
from django.utils import translation

from crm.accounts import roles
from crm.approvals.errors import (
    AmountNotLess,
    MayNotDecrease,
    NobodyToDecide,
    NoChain,
    NotApplicant,
    NotReturned,
    NotWaiting,
    NotYours,
    OwnRequest,
    RequestExpired,
    StepOver,
)
from crm.approvals.models import (
    ChainStep,
    ChainVersion,
    Decision,
    Request,
    RequestState,
    RequestStep,
    StepState,
    Verb,
)
from crm.approvals.selectors.inbox import waiting, way_of
from crm.approvals.services import answer, decide, look_after_requests, withdraw
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.money import ZERO
from crm.notices.models import Notice
from tests.credit_requests.making import TODAY, approve_all, say, step_of, submitted
from tests.factories import Company, account_of, make_company, make_user

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def company() -> Company:
    return make_company()


def asked_now(request: Any) -> list[str]:
    """Who the request waits for."""
    return sorted(row.user.username for row in step_of(request).assignments.filter(is_done=False))


def everything(request: Any) -> list[Any]:
    """All that a refused decision must leave as it is."""
    return [
        *Request.objects.filter(pk=request.approval_id).values(),
        *RequestStep.objects.filter(request=request.approval_id).order_by("pk").values(),
        *Decision.objects.filter(request=request.approval_id).order_by("pk").values("pk", "verb"),
        account_of(request.account.customer).limit,
    ]


def test_each_level_is_asked_in_turn_and_none_is_skipped(company: Company) -> None:
    request = submitted(company)
    assert asked_now(request) == ["mona"]
    for early in (company.anna, company.fiona, company.greg):
        before = everything(request)
        with pytest.raises(NotYours):
            say(request, early)
        assert everything(request) == before
    say(request, company.mona)
    assert asked_now(request) == ["anna"]
    say(request, company.anna)
    assert asked_now(request) == ["fiona"]
    assert account_of(company.customer).limit == 100_000
    say(request, company.fiona)
    assert account_of(company.customer).limit == 300_000
    assert Request.objects.get().state == RequestState.APPROVED


def test_more_needs_more(company: Company) -> None:
    request = submitted(company, wanted_limit=Decimal(800000))
    approve_all(request, company.mona, company.anna, company.fiona)
    assert asked_now(request) == ["greg"]
    helen = make_user("helen", roles.CHAIRMAN)
    above = submitted(make_company_of("South", company), wanted_limit=Decimal("3000000.01"))
    names = [[str(person) for person in step.people] for step in way_of(above.approval)]
    assert names == [["Mona"], ["Anna"], ["Fiona"], ["Greg"], [str(helen)]]


def make_company_of(name: str, company: Company) -> Company:
    """The same people with another customer of alice's."""
    from dataclasses import replace

    from tests.factories import make_customer

    return replace(company, customer=make_customer(name, owner=company.alice))


def test_nobody_approves_what_they_asked_for(company: Company) -> None:
    request = submitted(company, actor=company.mona)
    # The own step goes to the fall-back, where somebody is.
    with pytest.raises(OwnRequest):
        say(request, company.mona)
    assert request.approval_id not in waiting(company.mona, TODAY).values_list("pk", flat=True)


def test_a_step_that_has_nobody_but_the_applicant_goes_to_its_fall_back(company: Company) -> None:
    request = submitted(company, actor=company.mona)
    assert asked_now(request) == ["greg"]
    assert step_of(request).by_fallback


def test_a_superior_in_the_team_above_comes_before_the_fall_back(company: Company) -> None:
    make_user("diana", roles.SALES_DIRECTOR, company.sales)
    request = submitted(company, actor=company.mona)
    assert asked_now(request) == ["diana"]
    assert not step_of(request).by_fallback


def test_nothing_is_submitted_that_nobody_could_decide(company: Company) -> None:
    from credit.models import CreditRequest

    company.greg.is_active = company.fiona.is_active = False
    company.greg.save()
    company.fiona.save()
    with pytest.raises(NobodyToDecide):
        submitted(company)
    assert not Request.objects.exists()
    draft = CreditRequest.objects.get()
    assert (draft.number, draft.approval, draft.is_open) == (None, None, False)
    ChainVersion.objects.update(state="retired")
    with pytest.raises(NoChain):
        submitted(company)


def test_whoever_approved_before_is_passed_over(company: Company) -> None:
    company.anna.groups.add(Group.objects.get(name=roles.FINANCE_DIRECTOR))
    request = submitted(company)
    done = approve_all(request, company.mona, company.anna)
    assert done.approval is not None
    assert done.approval.state == RequestState.APPROVED
    passed = Decision.objects.get(verb=Verb.PASS_OVER)
    assert (passed.principal, passed.actor) == (company.anna, None)


def test_all_of_them_means_all(company: Company) -> None:
    ChainStep.objects.filter(role=roles.ACCOUNTANT).update(mode="all")
    amy = make_user("amy", roles.ACCOUNTANT)
    request = submitted(company)
    say(request, company.mona)
    assert asked_now(request) == ["amy", "anna"]
    say(request, company.anna)
    assert asked_now(request) == ["amy"]
    with pytest.raises(NotYours):
        say(request, company.fiona)
    say(request, amy)
    assert asked_now(request) == ["fiona"]


def test_one_of_them_is_enough(company: Company) -> None:
    amy = make_user("amy", roles.ACCOUNTANT)
    request = submitted(company)
    step = step_of(request)
    say(request, company.mona)
    seen = step_of(request)
    say(request, amy)
    with pytest.raises(StepOver):
        decide(request_id=request.approval_id, step_id=seen.pk, actor=company.anna, verb=Verb.APPROVE, on=TODAY)
    assert step.pk != seen.pk


def test_the_same_decision_sent_twice_counts_once(company: Company) -> None:
    request = submitted(company)
    step = step_of(request)
    for _time in range(3):
        decide(request_id=request.approval_id, step_id=step.pk, actor=company.mona, verb=Verb.APPROVE, on=TODAY)
    assert Decision.objects.filter(verb=Verb.APPROVE).count() == 1
    assert asked_now(request) == ["anna"]
    with pytest.raises(StepOver):
        decide(
            request_id=request.approval_id, step_id=step.pk, actor=company.mona, verb=Verb.REJECT, reason="no", on=TODAY
        )


class TestForLess:
    def test_the_last_word_is_the_amount(self, company: Company) -> None:
        request = submitted(company, wanted_limit=Decimal(900000))
        approve_all(request, company.mona, company.anna)
        say(request, company.fiona, Verb.APPROVE_LESS, amount=Decimal(700000), reason="enough")
        # Less does not shorten the way, and nobody raises it again.
        assert asked_now(request) == ["greg"]
        with pytest.raises(AmountNotLess):
            say(request, company.greg, Verb.APPROVE_LESS, amount=Decimal(700000), reason="more")
        say(request, company.greg, Verb.APPROVE_LESS, amount=Decimal("250000.50"), reason="first half")
        approval = Request.objects.get()
        assert (approval.amount, approval.granted) == (Decimal(900000), Decimal("250000.50"))
        assert account_of(company.customer).limit == Decimal("250000.50")

    @pytest.mark.repeats
    @pytest.mark.parametrize("amount", [None, ZERO, Decimal(300000), Decimal("300000.01"), Decimal(-1)])
    def test_less_is_less(self, company: Company, amount: Decimal | None) -> None:
        request = submitted(company)
        approve_all(request, company.mona, company.anna)
        before = everything(request)
        with pytest.raises(AmountNotLess):
            say(request, company.fiona, Verb.APPROVE_LESS, amount=amount, reason="less")
        assert everything(request) == before

    def test_reviewers_do_not_decrease(self, company: Company) -> None:
        request = submitted(company)
        with pytest.raises(MayNotDecrease):
            say(request, company.mona, Verb.APPROVE_LESS, amount=Decimal(200000), reason="less")


def test_a_rejection_needs_a_reason_and_ends_it(company: Company) -> None:
    request = submitted(company)
    for verb in (Verb.REJECT, Verb.ASK, Verb.APPROVE_LESS):
        with pytest.raises(ReasonMissing):
            say(request, company.mona, verb, reason="  ")
    say(request, company.mona, Verb.REJECT, reason="too risky")
    approval = Request.objects.get()
    assert (approval.state, approval.decided_on) == (RequestState.REJECTED, TODAY)
    assert account_of(company.customer).limit == 100_000
    assert not waiting(company.mona, TODAY).exists()
    for call in (
        lambda: decide(
            request_id=approval.pk, step_id=approval.steps.first().pk, actor=company.mona, verb=Verb.APPROVE, on=TODAY
        ),
        lambda: withdraw(request_id=approval.pk, actor=company.alice),
    ):
        with pytest.raises(NotWaiting):
            call()
    with pytest.raises(NotReturned):
        answer(request_id=approval.pk, actor=company.alice, text="but")


def test_a_question_is_answered_and_the_way_goes_on_where_it_stood(company: Company) -> None:
    request = submitted(company)
    say(request, company.mona)
    say(request, company.anna, Verb.ASK, reason="Why so much?")
    assert Request.objects.get().state == RequestState.RETURNED
    assert not waiting(company.anna, TODAY).exists()
    with pytest.raises(NotWaiting):
        say(request, company.anna)
    with pytest.raises(ReasonMissing):
        answer(request_id=request.approval_id, actor=company.alice, text=" ")
    for other in (company.bob, company.mona):
        with pytest.raises(NotApplicant):
            answer(request_id=request.approval_id, actor=other, text="because")
    for _time in range(2):
        answer(request_id=request.approval_id, actor=company.alice, text="A new line", on=TODAY)
    assert Decision.objects.filter(verb=Verb.ANSWER).count() == 1
    assert asked_now(request) == ["anna"]
    assert waiting(company.anna, TODAY).exists()
    # The same question again is a new question.
    say(request, company.anna, Verb.ASK, reason="Why so much?")
    assert Decision.objects.filter(verb=Verb.ASK).count() == 2


def test_only_the_applicant_withdraws(company: Company) -> None:
    request = submitted(company)
    with pytest.raises(NotApplicant):
        withdraw(request_id=request.approval_id, actor=company.mona)
    for _time in range(2):
        withdraw(request_id=request.approval_id, actor=company.alice, on=TODAY)
    assert Request.objects.get().state == RequestState.WITHDRAWN
    assert Decision.objects.filter(verb=Verb.WITHDRAW).count() == 1


def test_who_may_not_decide_at_all_is_refused(company: Company) -> None:
    request = submitted(company)
    adam = make_user("adam", roles.ADMINISTRATOR)
    for actor in (company.bob, adam):
        with pytest.raises(NotAllowed):
            say(request, actor)


class TestNight:
    def test_reminders_come_every_three_days_and_once_a_day(self, company: Company) -> None:
        submitted(company)
        days_twice = [days for days in range(8) for _time in range(2)]
        told = [(days, look_after_requests(on=TODAY + days * DAY).reminded) for days in days_twice]
        assert [days for days, count in told if count] == [3, 6]

    def test_after_its_last_day_it_expires_and_changes_nothing(self, company: Company) -> None:
        request = submitted(company)
        last = request.approval.expires_on
        assert look_after_requests(on=last).expired == 0
        assert look_after_requests(on=last + DAY).expired == 1
        assert look_after_requests(on=last + DAY).expired == 0
        approval = Request.objects.get()
        assert (approval.state, approval.decided_on) == (RequestState.EXPIRED, last + DAY)
        assert account_of(company.customer).limit == 100_000
        kinds = set(Notice.objects.values_list("user__username", "kind"))
        assert {("alice", "approval_decided"), ("mona", "approval_expired")} <= kinds

    def test_after_its_last_day_nobody_decides_before_the_night_has_closed_it(self, company: Company) -> None:
        request = submitted(company)
        late = request.approval.expires_on + DAY
        assert waiting(company.mona, request.approval.expires_on).exists()
        assert not waiting(company.mona, late).exists()
        with pytest.raises(RequestExpired):
            say(request, company.mona, on=late)
        say(request, company.mona, Verb.ASK, reason="Why?", on=request.approval.expires_on)
        before = everything(request)
        with pytest.raises(RequestExpired):
            answer(request_id=request.approval_id, actor=company.alice, text="So", on=late)
        assert everything(request) == before

    def test_a_question_nobody_answers_expires_too(self, company: Company) -> None:
        request = submitted(company)
        say(request, company.mona, Verb.ASK, reason="Why?")
        assert look_after_requests(on=request.approval.expires_on + DAY).expired == 1

    def test_who_came_into_the_role_is_asked_and_who_left_is_not(self, company: Company) -> None:
        request = submitted(company)
        say(request, company.mona)
        amy = make_user("amy", roles.ACCOUNTANT)
        company.anna.is_active = False
        company.anna.save()
        assert look_after_requests(on=TODAY + DAY).reassigned == 1
        assert asked_now(request) == ["amy"]
        say(request, amy)

    def test_when_only_somebody_who_said_yes_before_is_left_the_step_is_passed_over(self, company: Company) -> None:
        request = submitted(company)
        say(request, company.mona)
        company.mona.groups.add(Group.objects.get(name=roles.ACCOUNTANT))
        assert look_after_requests(on=TODAY + DAY).reassigned == 0
        assert asked_now(request) == ["anna"], "who was asked still decides"
        company.anna.is_active = False
        company.anna.save()
        look_after_requests(on=TODAY + DAY)
        assert "mona" not in asked_now(request)
        passed = request.approval.decisions.get(verb=Verb.PASS_OVER)
        assert passed.principal == company.mona
        assert passed.step.state == StepState.PASSED

    def test_when_the_last_of_all_leaves_the_others_words_count(self, company: Company) -> None:
        ChainStep.objects.filter(role=roles.ACCOUNTANT).update(mode="all")
        amy = make_user("amy", roles.ACCOUNTANT)
        request = submitted(company)
        approve_all(request, company.mona, company.anna)
        amy.is_active = False
        amy.save()
        look_after_requests(on=TODAY + DAY)
        assert asked_now(request) == ["fiona"]


def test_a_new_version_never_changes_a_running_request(company: Company) -> None:
    request = submitted(company)
    ChainStep.objects.all().update(role=roles.CHAIRMAN, actor_kind="role")
    say(request, company.mona)
    assert asked_now(request) == ["anna"]


def test_what_was_decided_stays(company: Company) -> None:
    request = approve_all(submitted(company), company.mona, company.anna, company.fiona)
    assert request.approval is not None
    for change in (
        lambda: Request.objects.filter(pk=request.approval_id).update(state="submitted", decided_on=None),
        lambda: Request.objects.filter(pk=request.approval_id).delete(),
        lambda: Decision.objects.filter(verb=Verb.APPROVE).update(reason="other"),
        lambda: Decision.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_figures_are_kept_as_they_were_at_each_decision(company: Company) -> None:
    from tests.factories import make_invoice

    request = submitted(company)
    make_invoice(company.customer, "4000.00", on="2026-01-10", due_on="2026-02-10")
    say(request, company.mona)
    asked, decided = Decision.objects.order_by("pk")
    assert (asked.figures["exposure"], decided.figures["exposure"]) == ("0.00", "4000.00")
    assert asked.figures["now"]["limit"] == "100000.00"
    assert asked.figures["wanted"] == {"limit": "300000.00"}


def test_people_are_told(company: Company) -> None:
    request = submitted(company)
    say(request, company.mona)
    say(request, company.anna, Verb.ASK, reason="Why so much?")
    with translation.override("en"):
        told = [f"{row.user.username}: {row.sentence}" for row in Notice.objects.order_by("pk")]
    assert told == [
        f"mona: Increase of the limit {request.number} for Alice's customer waits for your decision",
        f"anna: Increase of the limit {request.number} for Alice's customer waits for your decision",
        f"alice: Anna asks about {request.number} (Alice's customer): Why so much?",
    ]
