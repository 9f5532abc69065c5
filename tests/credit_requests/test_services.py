"""Credit requests: numbered without gaps, complete or not submitted, carried out when approved and never else."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, transaction

from credit.models import Attachment, CreditRequest
from credit.request_errors import (
    AttachmentRefused,
    GrantedTooLittle,
    NotIdentified,
    RequestIncomplete,
    RequestOpen,
    RequestSubmitted,
    TemporaryOver,
)
from credit.services import (
    add_attachment,
    change_request,
    discard_request,
    draft_request,
    end_temporary_limits,
    remove_attachment,
    submit_request,
)
from credit.verification import verify_credit
from crm.accounts import roles
from crm.approvals.errors import NobodyToDecide
from crm.approvals.models import ChainVersion, Request, RequestState, Verb
from crm.approvals.services import withdraw
from crm.core.errors import NotAllowed
from customers.models import TimelineEvent
from tests.credit_requests.making import PDF, TODAY, approve_all, asked, draft, prepare, say, submitted
from tests.factories import Company, account_of, make_account, make_customer, make_user, money

DAY = dt.timedelta(days=1)
TERMS = {"limit": money(100_000), "term_days": 30, "settlement": "rolling", "status": "normal"}
TERMS["instruments"] = ["transfer", "cash", "cheque", "bank_draft", "acceptance_bill"]


def terms(company: Company) -> dict[str, Any]:
    return {name: getattr(account_of(company.customer), name) for name in TERMS}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("new", {"limit": money(200_000), "term_days": 45, "settlement": "monthly"}),
        ("increase", {"limit": money(300_000)}),
        ("decrease", {"limit": money(50_000)}),
        ("term", {"term_days": 60}),
        ("settlement", {"settlement": "quarterly"}),
        ("instrument", {"instruments": ["transfer", "cheque"]}),
        ("temporary", {"limit": money(150_000)}),
        ("unfreeze", {"status": "normal"}),
    ],
)
def test_an_approved_request_changes_the_account_at_the_last_word(
    company: Company, kind: str, changes: dict[str, Any]
) -> None:
    request = submitted(company, kind)
    before = terms(company)
    for actor in (company.mona, company.anna):
        say(request, actor)
        assert terms(company) == before
    approve_all(request, company.fiona)
    assert terms(company) == {**before, **changes}
    kinds = list(TimelineEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["credit_requested", "terms_changed", "credit_decided"]
    changed = TimelineEvent.objects.get(kind="terms_changed")
    assert (changed.actor, changed.on) == (company.fiona, TODAY)
    assert changed.data["reason"].startswith(str(request.number))
    history = account_of(company.customer).events.order_by("pgh_id").last()
    assert history.pgh_context.metadata["reason"].startswith(str(request.number))
    assert list(verify_credit()) == []


@pytest.mark.parametrize("verb", [Verb.REJECT, Verb.WITHDRAW])
def test_what_is_not_approved_changes_nothing(company: Company, verb: Verb) -> None:
    request = submitted(company)
    before = terms(company)
    if verb is Verb.REJECT:
        say(request, company.mona, Verb.REJECT, reason="no")
    else:
        withdraw(request_id=request.approval_id, actor=company.alice)
    assert terms(company) == before
    request.refresh_from_db()
    assert not request.is_open
    submitted(company)  # and the next one may come


def test_an_incomplete_request_is_not_submitted_and_says_what_is_missing(company: Company) -> None:
    prepare(company, "increase")
    made = draft(company, wanted_limit=None, reason="")
    with pytest.raises(RequestIncomplete) as refusal:
        submit_request(actor=company.alice, request_id=made.pk, on=TODAY)
    assert refusal.value.params["codes"] == ["limit_above", "reason"]
    assert not Request.objects.exists()
    change_request(actor=company.alice, request_id=made.pk, **asked("increase"))
    assert submit_request(actor=company.alice, request_id=made.pk, on=TODAY).number == "CR000001"


@pytest.mark.parametrize("state", ["prospect", "blacklisted"])
def test_no_credit_for_who_is_not_identified_or_refused(company: Company, state: str) -> None:
    customers = type(company.customer).objects.filter(pk=company.customer.pk)
    prepare(company, "increase")
    made = draft(company)
    customers.update(state=state)
    with pytest.raises(RequestIncomplete) as refusal:
        submit_request(actor=company.alice, request_id=made.pk, on=TODAY)
    assert refusal.value.params["codes"] == ["identified"]
    customers.update(state="active")
    request = submit_request(actor=company.alice, request_id=made.pk, on=TODAY)
    say(request, company.mona)
    customers.update(state=state)
    with pytest.raises(NotIdentified):
        approve_all(request, company.anna, company.fiona, company.greg)
    assert account_of(company.customer).limit == 100_000


def test_sent_twice_it_is_submitted_once(company: Company) -> None:
    prepare(company, "increase")
    made = draft(company)
    first = submit_request(actor=company.alice, request_id=made.pk, on=TODAY)
    assert submit_request(actor=company.alice, request_id=made.pk, on=TODAY).approval_id == first.approval_id
    assert Request.objects.count() == 1


def test_numbers_have_no_gaps_though_submissions_fail(company: Company) -> None:
    customers = [make_customer(f"C{index}", owner=company.alice) for index in range(4)]
    numbers = []
    for index, customer in enumerate(customers):
        make_account(customer, "100000")
        made = draft_request(actor=company.alice, customer_id=customer.pk, kind="increase", **asked("increase"))
        if index == 2:
            ChainVersion.objects.update(state="retired")
            with pytest.raises(Exception, match="chain"):
                submit_request(actor=company.alice, request_id=made.pk, on=TODAY)
            ChainVersion.objects.update(state="active")
            continue
        numbers.append(submit_request(actor=company.alice, request_id=made.pk, on=TODAY).number)
    assert numbers == ["CR000001", "CR000002", "CR000003"]


def test_one_request_at_a_time(company: Company) -> None:
    first = submitted(company)
    second = draft(company, "term")
    with pytest.raises(RequestOpen) as refusal:
        submit_request(actor=company.alice, request_id=second.pk, on=TODAY)
    assert refusal.value.params == {"number": first.number}
    approve_all(first, company.mona, company.anna, company.fiona)
    assert submit_request(actor=company.alice, request_id=second.pk, on=TODAY).number == "CR000002"


def test_who_may_ask_and_for_whom(company: Company) -> None:
    prepare(company, "increase")
    for stranger in (company.bob, company.charlie, company.greg, make_user(role=roles.WAREHOUSE)):
        with pytest.raises(NotAllowed):
            draft(company, actor=stranger)
    made = draft(company)
    for call in (
        lambda: change_request(actor=company.charlie, request_id=made.pk, reason="mine"),
        lambda: submit_request(actor=company.charlie, request_id=made.pk, on=TODAY),
        lambda: discard_request(actor=company.charlie, request_id=made.pk),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert CreditRequest.objects.get().reason == "They buy more"


def test_what_was_submitted_is_not_changed_any_more(company: Company) -> None:
    request = submitted(company)
    for call in (
        lambda: change_request(actor=company.alice, request_id=request.pk, reason="other"),
        lambda: discard_request(actor=company.alice, request_id=request.pk),
        lambda: add_attachment(
            actor=company.alice, request_id=request.pk, kind="other", file=ContentFile(PDF), name="a.pdf"
        ),
    ):
        with pytest.raises(RequestSubmitted):
            call()
    for change in (
        lambda: CreditRequest.objects.update(wanted_limit=1),
        lambda: CreditRequest.objects.update(number="CR999999"),
        lambda: CreditRequest.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_an_increase_stays_one(company: Company) -> None:
    request = approve_all(submitted(company), company.mona, company.anna)
    with pytest.raises(GrantedTooLittle):
        say(request, company.fiona, Verb.APPROVE_LESS, amount=money(100_000), reason="less")
    say(request, company.fiona, Verb.APPROVE_LESS, amount=Decimal("100000.01"), reason="less")
    assert account_of(company.customer).limit == Decimal("100000.01")


class TestTemporary:
    def grant(self, company: Company, until: dt.date = TODAY + 10 * DAY, on: dt.date = TODAY) -> CreditRequest:
        request = submitted(company, "temporary", until=until)
        return approve_all(request, company.mona, company.anna, company.fiona, on=on)

    def test_it_ends_by_itself_after_its_last_day(self, company: Company) -> None:
        request = self.grant(company)
        account = account_of(company.customer)
        assert (account.limit, account.regular_limit) == (150_000, 100_000)
        last = TODAY + 10 * DAY
        # What counts changes at midnight, before anything has run.
        assert [account.terms_on(day).limit for day in (last, last + DAY)] == [150_000, 100_000]
        assert end_temporary_limits(on=last) == 0
        assert [end_temporary_limits(on=last + DAY) for _time in range(2)] == [1, 0]
        account = account_of(company.customer)
        assert (account.limit, account.regular_limit, account.temporary_until) == (100_000, None, None)
        request.refresh_from_db()
        assert request.ended_on == last + DAY

    def test_a_later_decision_replaces_it(self, company: Company) -> None:
        temporary = self.grant(company)
        increase = draft(company, "increase")
        submit_request(actor=company.alice, request_id=increase.pk, on=TODAY)
        approve_all(increase_of(increase), company.mona, company.anna, company.fiona)
        account = account_of(company.customer)
        assert (account.limit, account.regular_limit, account.temporary_until) == (300_000, None, None)
        temporary.refresh_from_db()
        assert temporary.ended_on == TODAY
        assert end_temporary_limits(on=TODAY + 99 * DAY) == 0
        assert account_of(company.customer).limit == 300_000

    def test_approved_too_late_it_is_refused(self, company: Company) -> None:
        request = submitted(company, "temporary", until=TODAY)
        for actor in (company.mona, company.anna):
            say(request, actor)
        with pytest.raises(TemporaryOver):
            say(request, company.fiona, on=TODAY + DAY)
        request.refresh_from_db()
        assert request.is_open
        assert Request.objects.get().state == RequestState.SUBMITTED
        assert account_of(company.customer).limit == 100_000


def increase_of(draft_: CreditRequest) -> CreditRequest:
    return CreditRequest.objects.select_related("approval", "account").get(pk=draft_.pk)


@pytest.mark.parametrize(
    ("name", "content", "taken"),
    [
        ("form.pdf", PDF, True),
        ("FORM.PDF", PDF, True),
        ("../../etc/form.pdf", PDF, True),
        ("photo.jpg", b"\xff\xd8\xff\xe0 photo", True),
        ("figures.xlsx", b"PK\x03\x04 sheet", True),
        ("form.pdf", b"<html><script>", False),
        ("form.html", b"<html>", False),
        ("form.exe", b"MZ", False),
        ("form.pdf", b"", False),
        ("form", PDF, False),
        ("large.pdf", PDF + b"0" * (10 * 1024 * 1024), False),
    ],
)
def test_a_paper_is_what_its_name_says(
    company: Company, django_capture_on_commit_callbacks: Any, name: str, content: bytes, taken: bool
) -> None:
    prepare(company, "increase")
    made = draft(company)

    def add() -> Any:
        return add_attachment(
            actor=company.alice, request_id=made.pk, kind="other", file=ContentFile(content, name="x"), name=name
        )

    if not taken:
        with pytest.raises(AttachmentRefused):
            add()
        assert not Attachment.objects.exists()
        return
    paper = add()
    assert "/" not in paper.name
    assert paper.file.name.startswith(f"credit/{made.pk}/")
    storage, kept = paper.file.storage, paper.file.name
    assert storage.exists(kept)
    with django_capture_on_commit_callbacks(execute=True):
        remove_attachment(actor=company.alice, request_id=made.pk, attachment_id=paper.pk)
        assert storage.exists(kept), "what is rolled back keeps its file"
    assert not storage.exists(kept)


def test_who_takes_part_sees_the_request_and_nobody_else(company: Company) -> None:
    frank = make_user("frank", roles.FINANCE_MANAGER)
    request = submitted(company)
    for user, sees in ((company.alice, True), (company.bob, False), (company.charlie, False), (company.mona, True)):
        assert CreditRequest.objects.visible_to(user).filter(pk=request.pk).exists() is sees, user
        assert Request.objects.visible_to(user).filter(pk=request.approval_id).exists() is sees, user
    assert Request.objects.visible_to(frank).exists()
    assert not Request.objects.visible_to(make_user(role=roles.WAREHOUSE)).exists()


def test_a_stand_in_from_another_team_sees_what_to_decide(company: Company) -> None:
    from crm.approvals.services import delegate_to
    from crm.core.dates import business_today

    martin = make_user("martin", roles.SALES_MANAGER, company.west)
    request = submitted(company)
    assert not Request.objects.visible_to(martin).exists()
    today = business_today()
    delegate_to(actor=company.mona, delegate=martin, starts_on=today, ends_on=today, today=today)
    assert Request.objects.visible_to(martin).filter(pk=request.approval_id).exists()
    assert CreditRequest.objects.visible_to(martin).filter(pk=request.pk).exists()


def test_an_applicant_without_superiors_or_fall_back_is_told(company: Company) -> None:
    company.greg.is_active = False
    company.greg.save()
    with pytest.raises(NobodyToDecide):
        submitted(company, actor=company.mona)


def test_a_limit_changed_past_the_requests_is_found(company: Company) -> None:
    """Whoever writes the account in the database itself is told on by the night's verification."""
    approve_all(submitted(company), company.mona, company.anna, company.fiona)
    assert list(verify_credit()) == []
    type(account_of(company.customer)).objects.update(limit=money(999_999))
    (found,) = verify_credit()
    assert (found.code, found.expected, found.found) == ("limit_by_requests", money(300_000), money(999_999))
