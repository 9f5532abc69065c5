"""Stand-ins: who decides for whom, for which days, and what they are told."""

import datetime as dt

import pytest
from django.utils import translation

from crm.accounts import roles
from crm.approvals.errors import (
    DelegationInvalid,
    NotYours,
    OneWord,
    OwnRequest,
)
from crm.approvals.models import (
    Decision,
    Delegation,
    Verb,
)
from crm.approvals.selectors.inbox import waiting
from crm.approvals.services import delegate_to, end_delegation, look_after_requests
from crm.approvals.services.deciding import claim_assignment
from crm.notices.models import Notice
from tests.approvals.test_requests import asked_now, everything
from tests.credit_requests.making import TODAY, approve_all, say, step_of, submitted
from tests.factories import Company, account_of, make_company, make_user

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def company() -> Company:
    return make_company()


class TestStandIns:
    def test_a_stand_in_decides_on_the_days_named(self, company: Company) -> None:
        request = submitted(company)
        delegate_to(actor=company.mona, delegate=company.greg, starts_on=TODAY, ends_on=TODAY + 2 * DAY, today=TODAY)
        for day, found in ((TODAY - DAY, 0), (TODAY, 1), (TODAY + 2 * DAY, 1), (TODAY + 3 * DAY, 0)):
            assert waiting(company.greg, day).count() == found, day
        with pytest.raises(NotYours):
            say(request, company.greg, on=TODAY + 3 * DAY)
        say(request, company.greg, on=TODAY + 2 * DAY)
        decision = Decision.objects.get(verb=Verb.APPROVE)
        assert (decision.actor, decision.principal, decision.by_stand_in) == (company.greg, company.mona, True)

    def test_a_stand_in_never_decides_the_own_request(self, company: Company) -> None:
        make_user("frank", roles.FINANCE_MANAGER)
        request = submitted(company, actor=company.anna)
        delegate_to(actor=company.mona, delegate=company.anna, starts_on=TODAY, ends_on=TODAY, today=TODAY)
        assert not waiting(company.anna, TODAY).exists()
        with pytest.raises(OwnRequest):
            say(request, company.anna)

    def test_one_person_gives_one_word_for_others(self, company: Company) -> None:
        """Anna decided her own step: as a stand-in of the director she may not decide the next one too."""
        request = submitted(company)
        delegate_to(actor=company.fiona, delegate=company.anna, starts_on=TODAY, ends_on=TODAY, today=TODAY)
        approve_all(request, company.mona, company.anna)
        assert not waiting(company.anna, TODAY).exists()
        with pytest.raises(NotYours):
            say(request, company.anna)
        say(request, company.fiona)

    def test_who_approved_for_another_does_not_approve_the_own_step(self, company: Company) -> None:
        """Anna stands in for the manager: her own step goes to the fall-back, who has not spoken yet."""
        make_user("frank", roles.FINANCE_MANAGER)
        request = submitted(company)
        delegate_to(actor=company.mona, delegate=company.anna, starts_on=TODAY, ends_on=TODAY, today=TODAY)
        say(request, company.anna)
        assert asked_now(request) == ["frank"]
        assert step_of(request).by_fallback
        before = everything(request)
        assert not waiting(company.anna, TODAY).exists()
        with pytest.raises(NotYours):
            say(request, company.anna)
        assert everything(request) == before

    def test_where_nobody_else_is_left_the_own_stand_in_decides(self, company: Company) -> None:
        """Nobody stands behind fiona but greg, and greg has left: she is asked, may not, and names a stand-in."""
        request = submitted(company)
        say(request, company.mona)
        delegate_to(actor=company.anna, delegate=company.fiona, starts_on=TODAY, ends_on=TODAY, today=TODAY)
        type(company.greg).objects.filter(pk=company.greg.pk).update(is_active=False)
        say(request, company.fiona)
        assert asked_now(request) == ["fiona"]
        before = everything(request)
        assert not waiting(company.fiona, TODAY).exists()
        with pytest.raises(OneWord):
            say(request, company.fiona)
        assert everything(request) == before
        delegate_to(actor=company.fiona, delegate=company.anna, starts_on=TODAY, ends_on=TODAY, today=TODAY)
        assert waiting(company.anna, TODAY).count() == 1
        say(request, company.anna)
        assert account_of(company.customer).limit == 300_000

    def test_what_was_given_is_not_passed_on(self, company: Company) -> None:
        request = submitted(company)
        delegate_to(actor=company.mona, delegate=company.fiona, starts_on=TODAY, ends_on=TODAY, today=TODAY)
        delegate_to(actor=company.fiona, delegate=company.greg, starts_on=TODAY, ends_on=TODAY, today=TODAY)
        with pytest.raises(NotYours):
            say(request, company.greg)
        mine = claim_assignment(request.approval, step_of(request), company.fiona, TODAY)
        assert mine.user == company.mona


def test_nobody_stands_in_for_days_that_are_gone(company: Company) -> None:
    with pytest.raises(DelegationInvalid):
        delegate_to(actor=company.mona, delegate=company.greg, starts_on=TODAY - DAY, ends_on=TODAY, today=TODAY)
    assert not Delegation.objects.exists()


def test_stand_ins_are_told_what_waits_and_when_it_ends(company: Company) -> None:
    """Mona is away and greg stands in: he hears of what comes, of what still waits, of what expired, and of the end."""
    given = delegate_to(
        actor=company.mona, delegate=company.greg, starts_on=TODAY, ends_on=TODAY + 60 * DAY, today=TODAY
    )
    request = submitted(company)
    look_after_requests(on=TODAY + 3 * DAY)
    assert request.approval is not None
    look_after_requests(on=request.approval.expires_on + DAY)
    end_delegation(actor=company.mona, delegation_id=given.pk)
    with translation.override("en"):
        told = [row.sentence for row in Notice.objects.filter(user=company.greg).order_by("pk")]
    lead, what = "You stand in for Mona: ", f"{request.number} (Alice's customer)"
    assert told[1:] == [
        f"{lead}Increase of the limit {request.number} for Alice's customer waits for a decision",
        f"{lead}{what} has waited for 3 days and expires on {request.approval.expires_on}",
        f"{lead}Increase of the limit {request.number} for Alice's customer has expired",
        f"Mona has ended that you stand in, which was to last until {TODAY + 60 * DAY}",
    ]


def test_who_has_spoken_is_not_told_as_a_stand_in(company: Company) -> None:
    delegate_to(actor=company.anna, delegate=company.mona, starts_on=TODAY, ends_on=TODAY, today=TODAY)
    say(submitted(company), company.mona)
    assert Notice.objects.filter(kind="approval_wanted", user=company.mona).count() == 1
