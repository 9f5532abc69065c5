"""Whatever people try in whatever order: an end is an end, no level is skipped, money moves by approval alone."""

import datetime as dt
import os
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from credit.models import CreditRequest
from credit.services import end_temporary_limits
from credit.verification import verify_credit
from crm.accounts import roles
from crm.approvals.models import (
    APPROVING,
    DECIDED,
    Decision,
    Request,
    RequestState,
    RequestStep,
    StepState,
    Verb,
)
from crm.approvals.services import answer, decide, delegate_to, look_after_requests, withdraw
from crm.core.errors import DomainError
from tests.credit_requests.making import TODAY, submitted
from tests.factories import account_of, make_company, make_user

PEOPLE = ("alice", "bob", "mona", "anna", "amy", "fiona", "greg")
DAY = dt.timedelta(days=1)


class Life(RuleBasedStateMachine):
    """One request of alice's (800,000: manager, accountants, finance director, general manager)."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize(kind=st.sampled_from(["increase", "temporary"]))
    def begin(self, kind: str) -> None:
        company = make_company()
        self.people: dict[str, Any] = {name: getattr(company, name) for name in PEOPLE if name != "amy"}
        self.people["amy"] = make_user("amy", roles.ACCOUNTANT)
        self.customer, self.today = company.customer, TODAY
        until = {"until": TODAY + 80 * DAY} if kind == "temporary" else {}
        self.request = submitted(company, kind, wanted_limit=Decimal(800000), **until)
        self.key = self.request.approval_id
        self.ended: str | None = None
        self.said = 0

    def attempt(self, call: Any) -> None:
        try:
            with transaction.atomic():
                call()
        except DomainError:
            assert Decision.objects.count() == self.said  # a refusal leaves no trace

    @rule(
        who=st.sampled_from(PEOPLE),
        verb=st.sampled_from([Verb.APPROVE, Verb.APPROVE, Verb.APPROVE, Verb.APPROVE_LESS, Verb.REJECT, Verb.ASK]),
        amount=st.sampled_from([None, Decimal(-1), Decimal(90_000), Decimal(400_000), Decimal(799_999)]),
        stale=st.booleans(),
    )
    def decide(self, who: str, verb: Verb, amount: Decimal | None, stale: bool) -> None:
        steps = RequestStep.objects.filter(request=self.key)
        step = steps.first() if stale else (steps.filter(state=StepState.OPEN).first() or steps.first())
        assert step is not None
        self.attempt(
            lambda: decide(
                request_id=self.key,
                step_id=step.pk,
                actor=self.people[who],
                verb=verb,
                amount=amount if verb is Verb.APPROVE_LESS else None,
                reason="because",
                on=self.today,
            )
        )

    @rule(who=st.sampled_from(PEOPLE))
    def answer(self, who: str) -> None:
        self.attempt(lambda: answer(request_id=self.key, actor=self.people[who], text="so", on=self.today))

    @rule(who=st.sampled_from(("alice", "mona")), really=st.sampled_from([False, False, False, True]))
    def withdraw(self, who: str, really: bool) -> None:
        if really or who != "alice":
            self.attempt(lambda: withdraw(request_id=self.key, actor=self.people[who], on=self.today))

    @rule(giver=st.sampled_from(PEOPLE), taker=st.sampled_from(PEOPLE), days=st.integers(0, 3))
    def stand_in(self, giver: str, taker: str, days: int) -> None:
        self.attempt(
            lambda: delegate_to(
                actor=self.people[giver],
                delegate=self.people[taker],
                starts_on=self.today,
                ends_on=self.today + days * DAY,
                today=self.today,
            )
        )

    @rule(days=st.sampled_from([1, 1, 4, 20]))
    def nights(self, days: int) -> None:
        self.today += days * DAY
        look_after_requests(on=self.today)
        end_temporary_limits(on=self.today)

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "key"):
            return
        approval = Request.objects.get(pk=self.key)
        decisions = list(Decision.objects.filter(request=self.key).order_by("pk"))
        self.said = Decision.objects.count()
        # An end is an end.
        if self.ended:
            assert approval.state == self.ended
        self.ended = approval.state if approval.state in DECIDED else None
        open_steps = RequestStep.objects.filter(request=self.key, state=StepState.OPEN).count()
        assert open_steps == (0 if self.ended else 1)
        # Nobody decides for themselves, and nobody twice in two names.
        words = [row for row in decisions if row.verb in APPROVING]
        assert all(row.actor_id != approval.applicant_id != row.principal_id for row in words)
        for row in words:
            if row.by_stand_in:
                assert not [other for other in words if other.pk != row.pk and other.actor_id == row.actor_id]
        # Money moves when every step has spoken, by the amount of the last word, and never else.
        account = account_of(self.customer)
        if approval.state == RequestState.APPROVED:
            states = set(RequestStep.objects.filter(request=self.key).values_list("state", flat=True))
            assert states <= {StepState.APPROVED, StepState.PASSED}
            over = account.temporary_until is None and self.request.kind == "temporary"
            assert account.limit == (100_000 if over else approval.granted)
        else:
            assert account.limit == 100_000
        positions = [row.step.position for row in words if row.step]
        assert positions == sorted(positions)
        assert CreditRequest.objects.get(approval=self.key).is_open is (self.ended is None)
        assert list(verify_credit()) == []


@pytest.mark.django_db
@pytest.mark.thorough
def test_nothing_but_the_rules_moves_a_request() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=int(os.environ.get("APPROVAL_EXAMPLES", "12")),
            stateful_step_count=int(os.environ.get("APPROVAL_STEPS", "18")),
            deadline=None,
            database=None,
            derandomize="APPROVAL_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )
