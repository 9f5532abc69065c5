"""A group limit is set, changed and ended by an approved request alone, through the chain and four eyes."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from credit.errors import GrantedTooLittle, RequestIncomplete, RequestOpen
from credit.models import CreditRequest, GroupAccount
from credit.services import draft_request, submit_request
from credit.verification import verify_credit
from crm.approvals.errors import NotYours, OwnRequest
from crm.approvals.models import Verb
from crm.core.errors import NotAllowed
from customers.models import Customer, TimelineEvent
from tests.credit_groups.family import Family, look, make_family
from tests.credit_requests.making import TODAY, approve_all, say
from tests.factories import Company, account_of, make_group_limit, money


@pytest.fixture
def family(company: Company) -> Family:
    return make_family(company, limit=None)


def draft(actor: Any, head: Customer, kind: str = "group", **asked: Any) -> CreditRequest:
    asked = {"wanted_limit": money(800), "reason": "One cap for all of them", **asked}
    return draft_request(actor=actor, customer_id=head.pk, kind=kind, **asked)


def submitted(family: Family, kind: str = "group", **asked: Any) -> CreditRequest:
    made = draft(family.company.alice, family.root, kind, **asked)
    return submit_request(actor=family.company.alice, request_id=made.pk, on=TODAY)


def limit_of(head: Customer) -> Any:
    return GroupAccount.objects.filter(account__customer=head).values_list("limit", flat=True).first()


def test_it_is_set_at_the_last_word_and_caps_the_group_from_then_on(family: Family) -> None:
    company = family.company
    request = submitted(family)
    for actor in (company.mona, company.anna):
        say(request, actor)
        assert (limit_of(family.root), account_of(family.deep).groups) == (None, None)
    approve_all(request, company.fiona)
    assert limit_of(family.root) == 800
    assert not look(family.deep, "800.01").is_released
    account = account_of(family.root)
    assert (account.limit, account.term_days) == (1000, 30)  # its own terms are what they were
    changed = TimelineEvent.objects.get(kind="terms_changed")
    assert changed.data["changes"] == {"group_limit": [None, "800.00"]}
    assert changed.data["reason"].startswith(str(request.number))
    assert list(verify_credit()) == []


def test_it_goes_to_those_whom_its_amount_asks_for(family: Family) -> None:
    make_group_limit(family.root, "700")
    small = submitted(family)
    assert small.approval is not None
    assert [step.task for step in small.approval.steps.order_by("position")] == ["review", "confirm", "approve"]
    say(small, family.company.mona, Verb.REJECT, reason="no")
    large = submitted(family, wanted_limit=money(2_000_000))
    assert large.approval is not None
    assert (large.approval.amount, large.approval.steps.count()) == (2_000_000, 4)


def test_nobody_approves_what_he_asked_for_and_nobody_else_does(family: Family) -> None:
    company = family.company
    request = submitted(family)
    for other in (company.alice, company.bob, company.anna, company.fiona):
        with pytest.raises((NotYours, NotAllowed, OwnRequest)):
            say(request, other)
    assert limit_of(family.root) is None


def test_less_is_granted_but_not_less_than_there_is(family: Family) -> None:
    make_group_limit(family.root, "700")
    request = submitted(family, wanted_limit=money(900))
    say(request, family.company.mona)
    say(request, family.company.anna)
    with pytest.raises(GrantedTooLittle):
        say(request, family.company.fiona, Verb.APPROVE_LESS, amount=money(700), reason="less")
    say(request, family.company.fiona, Verb.APPROVE_LESS, amount=money(750), reason="less")
    assert limit_of(family.root) == 750
    assert list(verify_credit()) == []


def test_it_ends_by_a_request_of_its_own(family: Family) -> None:
    make_group_limit(family.root, "700")
    request = submitted(family, "group_end", wanted_limit=None)
    assert request.approval is not None
    assert request.approval.amount == 700  # what is given up says who decides
    approve_all(request, family.company.mona, family.company.anna, family.company.fiona)
    assert limit_of(family.root) is None
    assert account_of(family.deep).groups is None
    assert look(family.deep, "1000").is_released
    assert list(verify_credit()) == []


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        ({"wanted_limit": None}, ["group_limit"]),
        ({"wanted_limit": money(0)}, ["group_limit"]),
        ({"wanted_limit": money(700)}, ["group_limit_other"]),
        ({"reason": " "}, ["reason"]),
    ],
)
def test_what_is_incomplete_is_not_submitted(family: Family, asked: dict[str, Any], missing: list[str]) -> None:
    make_group_limit(family.root, "700")
    with pytest.raises(RequestIncomplete) as refused:
        submitted(family, **asked)
    assert refused.value.params["codes"] == missing


def test_a_company_without_any_below_it_heads_no_group(family: Family) -> None:
    alice = family.company.alice
    for kind, missing in (("group", "heads_group"), ("group_end", "has_group_limit")):
        made = draft(alice, family.lone, kind)
        with pytest.raises(RequestIncomplete) as refused:
            submit_request(actor=alice, request_id=made.pk, on=TODAY)
        assert refused.value.params["codes"] == [missing]


def test_only_who_sees_the_head_asks_and_one_request_waits_at_a_time(family: Family) -> None:
    company = family.company
    with pytest.raises(NotAllowed):
        draft(company.charlie, family.root)
    submitted(family)
    with pytest.raises(RequestOpen):
        submitted(family, wanted_limit=money(900))
    assert limit_of(family.root) is None


def test_the_database_keeps_group_accounts_and_their_history(family: Family) -> None:
    make_group_limit(family.root, "700")
    make_group_limit(family.root, "900")
    before = [event.limit for event in GroupAccount.objects.get().events.order_by("pgh_id")]
    assert before == [None, 700]
    with pytest.raises(DatabaseError), transaction.atomic():
        GroupAccount.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        GroupAccount.objects.update(limit=0)
    assert limit_of(family.root) == 900
