"""What the night tells people: once each, also when its step is repeated; letters that nobody knows about are found."""

import datetime as dt
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from crm.accounts import roles
from crm.notices.models import Notice
from customers.models import TimelineEvent
from receivables.models import CaseStep, Letter
from receivables.nightly.collection import escalate_piece, tell_people
from receivables.services.collection import PromiseTerms, prepare_letters, record_promise
from receivables.services.collection.sending import SendingInterrupted
from tests.collection.nights import CLOCK, night, nights, the_case
from tests.factories import Company, day, make_invoice, make_user, money

pytestmark = pytest.mark.django_db


class Night:
    """The work of a run, as the steps of a night see it."""

    piece: Any = None

    def __init__(self, on: str) -> None:
        self.today = day(on)
        self.counts: dict[str, int] = {}

    def final(self) -> Any:
        from django.db import transaction

        return transaction.atomic()


@pytest.fixture
def overdue(company: Company) -> Any:
    return make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31", term_days=30)


def told(on: str) -> int:
    work: Any = Night(on)
    tell_people(work)
    return work.counts["notices"]


@pytest.mark.thorough
def test_a_night_told_again_tells_nobody_twice(company: Company, overdue: Any) -> None:
    night("2026-02-01")
    record_promise(
        actor=None,
        case_id=the_case(company.customer).pk,
        terms=PromiseTerms(money("1000.00"), day("2026-02-12")),
        on=day("2026-02-02"),
    )
    nights("2026-02-03", "2026-03-04")
    escalated = CaseStep.objects.filter(policy_step__actor__in=("supervisor", "manager")).values_list("on", flat=True)
    for on in ("2026-02-14", *map(str, escalated)):
        before = Notice.objects.count()
        first = told(on)
        assert Notice.objects.count() == before + first
        assert told(on) == 0
        assert Notice.objects.count() == before + first
    assert set(Notice.objects.values_list("kind", flat=True)) >= {"promises_broken", "cases_escalated"}


def test_a_letter_whose_sender_died_is_found_told_of_and_gives_way_in_the_end(company: Company, overdue: Any) -> None:
    carol = make_user("carol", roles.CREDIT_CONTROLLER)
    nights("2026-02-01", "2026-02-04")
    prepare_letters(on=day("2026-02-04"))
    claimed = dt.datetime(2026, 2, 4, 9, 0, tzinfo=CLOCK)
    Letter.objects.update(state="sending", claimed_at=claimed, checksum="abc")
    with patch.object(timezone, "now", return_value=claimed + dt.timedelta(hours=17)):
        escalate_piece(Night("2026-02-05"))  # type: ignore[arg-type]
    letter = Letter.objects.get()
    assert (letter.state, letter.error_code) == ("error", SendingInterrupted.code)
    assert told("2026-02-05") > 0
    notice = Notice.objects.get(user=carol, kind="letters_failed")
    assert "1 letter could not be sent" in str(notice)
    assert told("2026-02-05") == 0
    assert not Notice.objects.filter(user=company.alice, kind="letters_failed").exists()
    night("2026-02-10")
    assert prepare_letters(on=day("2026-02-10")).replaced == 0  # within the interval between letters
    night("2026-02-11")
    prepared = prepare_letters(on=day("2026-02-11"))
    assert (prepared.replaced, prepared.letters) == (1, 1)
    assert Letter.objects.get().on == day("2026-02-11")
    event = TimelineEvent.objects.get(kind="letter_unclear")
    assert (event.data["letter"], event.data["checksum"]) == (letter.pk, "abc")
