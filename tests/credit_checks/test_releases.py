"""Both directors let one held document go: asked for, approved by the two, used by that document and no other."""

import datetime as dt
from typing import Any

import pytest

from credit.errors import NeverLifted, NotHeld, ReleaseOver, RequestOpen
from credit.models import CreditAccount, CreditCheck, CreditRequest, Hold, Lift, Reservation
from credit.services import check_and_reserve, draft_release, submit_request
from credit.services.requests import draft_request
from credit.verification import verify_credit
from crm.accounts import roles
from crm.approvals.errors import NotYours
from crm.core.errors import NotAllowed
from tests.credit_requests.making import TODAY, say
from tests.factories import Company, account_of, make_account, make_user, money

UNTIL = TODAY + dt.timedelta(days=3)


@pytest.fixture
def directors(company: Company) -> tuple[Any, Any]:
    """Of sales and of finance."""
    return make_user(role=roles.SALES_DIRECTOR, team=company.alice.team), company.fiona


def hold(company: Company, source_id: int = 7, on: dt.date = TODAY, amount: str = "600", **terms: Any) -> Any:
    make_account(company.customer, "100", **terms)
    return check(company, source_id, on, amount)


def check(company: Company, source_id: int = 7, on: dt.date = TODAY, amount: str = "600") -> Any:
    return check_and_reserve(
        customer_id=company.customer.pk, source_kind="order", source_id=source_id, amount=money(amount), on=on
    )


def asked(company: Company, source_id: int = 7) -> CreditRequest:
    made = draft_release(
        actor=company.alice, source_kind="order", source_id=source_id, until=UNTIL, reason="They paid for ten years"
    )
    return submit_request(actor=company.alice, request_id=made.pk, on=TODAY)


def approved(company: Company, directors: tuple[Any, Any]) -> CreditRequest:
    request = asked(company)
    for director in directors:
        say(request, director)
    return request


def test_both_directors_in_turn_and_nobody_else(company: Company, directors: tuple[Any, Any]) -> None:
    hold(company)
    request = asked(company)
    assert request.approval is not None
    assert [step.role for step in request.approval.steps.order_by("position")] == [
        roles.SALES_DIRECTOR,
        roles.FINANCE_DIRECTOR,
    ]
    for other in (company.greg, directors[1], company.mona):
        with pytest.raises((NotYours, NotAllowed)):
            say(request, other)
    say(request, directors[0])
    assert not Lift.objects.exists()
    say(request, directors[1])
    lift = Lift.objects.get()
    assert (lift.source_id, lift.amount, lift.until, lift.request_id) == (7, 600, UNTIL, request.pk)


def test_the_lift_releases_its_document_and_the_reason_stays_in_sight(
    company: Company, directors: tuple[Any, Any]
) -> None:
    hold(company)
    hold(company, source_id=8)
    approved(company, directors)
    assert account_of(company.customer).limit == 100
    result = check(company, on=UNTIL)
    assert [(found.code, found.severity) for found in result.reasons] == [("over_limit", "lifted")]
    assert (result.decision, Reservation.objects.get().amount) == ("released", 600)
    assert CreditCheck.objects.get(pk=result.check_id).lift == Lift.objects.get()
    assert check(company, source_id=8).decision == "held"
    assert list(verify_credit()) == []


def test_the_lift_passes_nothing_that_the_directors_did_not_see(company: Company, directors: tuple[Any, Any]) -> None:
    hold(company)
    request = approved(company, directors)
    assert (request.source_codes, Lift.objects.get().codes) == (["over_limit"], ["over_limit"])
    CreditAccount.objects.update(status="frozen")
    result = check(company)
    assert [(found.code, found.severity) for found in result.reasons] == [("frozen", "hold"), ("over_limit", "lifted")]
    assert result.decision == "held"
    assert not Reservation.objects.exists()
    CreditAccount.objects.update(status="normal")
    assert check(company).decision == "released"


def test_the_lift_ends_after_its_last_day_and_covers_no_larger_amount(
    company: Company, directors: tuple[Any, Any]
) -> None:
    hold(company)
    approved(company, directors)
    assert check(company, on=UNTIL + dt.timedelta(days=1)).decision == "held"
    assert check(company, amount="600.01").decision == "held"
    assert not Reservation.objects.exists()


def test_cash_only_is_lifted_by_nobody(company: Company) -> None:
    hold(company, status="cash_only")
    with pytest.raises(NeverLifted):
        asked(company)
    assert not CreditRequest.objects.exists()


def test_only_what_is_held_is_asked_for_and_only_by_who_sees_it(company: Company) -> None:
    with pytest.raises(NotHeld):
        asked(company)
    hold(company)
    with pytest.raises(NotAllowed):
        draft_release(actor=company.charlie, source_kind="order", source_id=7, until=UNTIL, reason="x")
    with pytest.raises(NotAllowed):
        draft_request(actor=company.alice, customer_id=company.customer.pk, kind="release", reason="x")
    assert not CreditRequest.objects.exists()


def test_one_request_for_a_document_at_a_time_beside_others(company: Company, directors: tuple[Any, Any]) -> None:
    hold(company)
    hold(company, source_id=8)
    asked(company)
    asked(company, source_id=8)
    with pytest.raises(RequestOpen):
        asked(company)
    assert Hold.objects.count() == 2


def test_a_release_whose_last_day_is_gone_is_not_approved(company: Company, directors: tuple[Any, Any]) -> None:
    hold(company)
    request = asked(company)
    say(request, directors[0])
    with pytest.raises(ReleaseOver):
        say(request, directors[1], on=UNTIL + dt.timedelta(days=1))
    assert not Lift.objects.exists()
