"""Two people take a customer out of dunning at once; without an open case there is no row that both lock."""

import time
from typing import Any

import pytest
from django.db import connection

from crm.accounts.roles import sync_roles
from customers.models import TimelineEvent
from receivables.errors.collection import OptOutStands
from receivables.models import DunningOptOut
from receivables.services.collection import opt_out, opt_outs
from tests.concurrency.races import Rendezvous, at_once
from tests.factories import Company, day, make_company

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


@pytest.fixture
def company() -> Company:
    sync_roles()
    return make_company()


class TestTwoOptOuts:
    def both(self, company: Company, monkeypatch: pytest.MonkeyPatch, patience: float = 0.7) -> tuple[list[Any], bool]:
        meeting = Rendezvous(opt_outs.record_event, patience=patience)  # called when the row is there
        monkeypatch.setattr(opt_outs, "record_event", meeting)

        def out(wait: float, until: str) -> DunningOptOut:
            time.sleep(wait)  # not in the same instant, in which Postgres may break the tie as a deadlock
            return opt_out(
                actor=company.fiona,
                customer_id=company.customer.pk,
                reason="merger",
                on=day("2026-02-02"),
                until=day(until),
            )

        answers = at_once(lambda: out(0, "2026-02-10"), lambda: out(0.2, "2026-02-20"))
        return answers, meeting.met

    def test_without_the_constraint_both_stand(self, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        (guard,) = (found for found in DunningOptOut._meta.constraints if found.name == "opt_out_one_at_a_time")
        with connection.schema_editor() as editor:
            editor.remove_constraint(DunningOptOut, guard)
        try:
            answers, met = self.both(company, monkeypatch, patience=15)
            assert met
            assert not [answer for answer in answers if isinstance(answer, Exception)]
            assert DunningOptOut.objects.filter(ended_on=None).count() == 2
        finally:
            DunningOptOut.objects.all().delete()
            with connection.schema_editor() as editor:
                editor.add_constraint(DunningOptOut, guard)

    def test_with_it_the_second_is_told_of_the_first(self, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, met = self.both(company, monkeypatch)
        assert not met
        (told,) = (answer for answer in answers if isinstance(answer, Exception))
        standing = DunningOptOut.objects.get()
        assert standing in answers
        assert isinstance(told, OptOutStands)
        assert told.params["until"] == standing.until
        assert TimelineEvent.objects.filter(kind="dunning_opt_out").count() == 1
