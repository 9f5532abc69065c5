"""Credit requests: numbered without gaps, complete or not submitted, carried out when approved and never else."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, transaction
from django.test import Client

from credit.approval.requests import TEMPORARY_LIMITS
from credit.errors import (
    AttachmentRefused,
    GrantedTooLittle,
    LiftIncomplete,
    NotIdentified,
    NotLower,
    RequestIncomplete,
    RequestOpen,
    RequestSubmitted,
    TemporaryOver,
)
from credit.models import Attachment, CreditAccount, CreditRequest
from credit.selectors.limits import policy_in_force
from credit.services import (
    add_attachment,
    change_request,
    discard_request,
    draft_request,
    end_temporary_limits,
    make_cash_only,
    remove_attachment,
    requests,
    submit_request,
)
from credit.services.requests import facts_of
from credit.verification import verify_credit
from crm.accounts import roles
from crm.approvals.errors import NobodyToDecide
from crm.approvals.models import ChainVersion, Request, RequestState, Verb
from crm.approvals.rules import Facts
from crm.approvals.services import answer, withdraw
from crm.core.dates import business_today
from crm.core.errors import Busy, NotAllowed
from crm.jobs.models import Run, RunState
from crm.jobs.nightly import start_night
from crm.jobs.worker import work_off
from customers.models import TimelineEvent
from tests.credit_requests.making import PDF, TODAY, approve_all, asked, draft, prepare, say, submitted
from tests.factories import Company, account_of, give_grade, make_account, make_customer, make_user, money

DAY = dt.timedelta(days=1)
TERMS = {"limit": money(100_000), "term_days": 30, "settlement": "rolling", "status": "normal"}
TERMS["instruments"] = ["transfer", "cash", "cheque", "bank_draft", "acceptance_bill"]
REVIEW = TODAY + dt.timedelta(days=180)  # as the policy says of class C: who is not rated counts as CCC


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
    reviewed = kind in ("new", "increase", "decrease")
    assert account_of(company.customer).next_review_on == (REVIEW if reviewed else None)
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


def test_a_cheque_that_bounces_on_the_way_is_not_lifted_without_proof_of_solvency(company: Company) -> None:
    prepare(company, "unfreeze")
    made = draft(company, "unfreeze")
    request = submit_request(actor=company.alice, request_id=made.pk, on=TODAY)
    for actor in (company.mona, company.anna):
        say(request, actor)
    make_cash_only(customer_id=company.customer.pk, reason="Bounced", on=TODAY)
    with pytest.raises(LiftIncomplete) as refusal:
        say(request, company.fiona)
    assert refusal.value.params["codes"] == ["solvency"]
    assert account_of(company.customer).status == "cash_only"
    assert Request.objects.get().state == RequestState.SUBMITTED
    Attachment.objects.create(
        request=request, kind="solvency", file="s.pdf", name="s.pdf", size=1, uploaded_by=company.alice
    )
    say(request, company.fiona)
    assert account_of(company.customer).status == "normal"


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


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("increase", Facts(money(300_000), 30, "A", False, "increase")),
        ("term", Facts(money(100_000), 60, "A", False, "term")),
        ("settlement", Facts(money(100_000), 30, "A", True, "settlement")),
    ],
)
def test_the_draft_names_those_who_get_it(company: Company, kind: str, facts: Facts) -> None:
    prepare(company, kind)
    give_grade(company.customer, "A", TODAY)
    made = draft(company, kind, **({"wanted_settlement": "consignment"} if kind == "settlement" else {}))
    assert facts_of(made, account_of(company.customer), on=TODAY) == facts
    client = Client()
    client.force_login(company.alice)
    way = client.get(made.get_absolute_url()).context["way"]
    approval = submit_request(actor=company.alice, request_id=made.pk, on=TODAY).approval
    assert approval is not None
    told = Facts(approval.amount, approval.days, approval.grade, approval.deviation, approval.variant)
    assert told == facts
    assert [step.step.role for step in way] == [step.role for step in approval.steps.order_by("position")]


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

    def test_at_night_each_account_is_for_itself(self, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        customers = [company.customer, make_customer(owner=company.alice)]
        last = TODAY + 10 * DAY
        for customer in customers:
            make_account(customer, "150000", regular_limit=money(100_000), temporary_until=last)
        change_terms, held = requests.change_terms, {account_of(customers[1]).pk}

        def unless_held(*, account: CreditAccount, **change: Any) -> None:
            if account.pk in held:
                raise Busy
            change_terms(account=account, **change)

        monkeypatch.setattr(requests, "change_terms", unless_held)
        start_night(on=last + DAY, steps=[TEMPORARY_LIMITS.key])
        work_off(worker="one")
        run = Run.objects.get(nightly_step=TEMPORARY_LIMITS.key)
        assert run.state == RunState.WAITING
        assert [account_of(customer).limit for customer in customers] == [100_000, 150_000]
        held.clear()
        Run.objects.filter(pk=run.pk).update(not_before=None)
        work_off(worker="one")
        run.refresh_from_db()
        assert (run.state, run.counts["temporary_ended"]) == (RunState.DONE, 1)
        assert [account_of(customer).limit for customer in customers] == [100_000, 100_000]

    @pytest.mark.thorough
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

    def test_a_decrease_does_not_raise_the_limit_that_stays(self, company: Company) -> None:
        until = business_today() + 10 * DAY
        make_account(company.customer, "90000", regular_limit=money(70_000), temporary_until=until)
        refused = draft(company, "decrease", wanted_limit=money(80_000))
        with pytest.raises(RequestIncomplete) as refusal:
            submit_request(actor=company.alice, request_id=refused.pk, on=TODAY)
        assert refusal.value.params["codes"] == ["limit_below"]
        made = draft(company, "decrease", wanted_limit=money(60_000))
        request = submit_request(actor=company.alice, request_id=made.pk, on=TODAY)
        assert request.approval is not None
        now = request.approval.decisions.get(verb=Verb.SUBMIT).figures["now"]
        assert (now["limit"], now["temporary_limit"], now["temporary_until"]) == (
            "70000.00",
            "90000.00",
            until.isoformat(),
        )
        CreditAccount.objects.update(limit=money(60_000), regular_limit=None, temporary_until=None)
        for actor in (company.mona, company.anna):
            say(request, actor)
        with pytest.raises(NotLower):
            say(request, company.fiona)
        assert Request.objects.get().state == RequestState.SUBMITTED

    def test_it_does_not_last_longer_than_the_policy_lets_it(self, company: Company) -> None:
        prepare(company, "temporary")
        longest = policy_in_force()
        assert longest is not None
        last = TODAY + longest.temporary_days * DAY
        made = draft(company, "temporary", until=last + DAY)
        with pytest.raises(RequestIncomplete) as refusal:
            submit_request(actor=company.alice, request_id=made.pk, on=TODAY)
        assert refusal.value.params["codes"] == ["until_within"]
        change_request(actor=company.alice, request_id=made.pk, until=last)
        assert submit_request(actor=company.alice, request_id=made.pk, on=TODAY).is_open

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


def test_a_question_is_answered_with_a_paper(company: Company) -> None:
    """While a question is open its applicant adds papers, and takes none away; nobody else adds any."""

    def add(actor: Any) -> Attachment:
        file = ContentFile(PDF, name="x")
        return add_attachment(actor=actor, request_id=request.pk, kind="statements", file=file, name="a.pdf")

    request = submitted(company)
    say(request, company.mona, Verb.ASK, reason="And the statements?")
    for other, refusal in ((company.mona, RequestSubmitted), (company.charlie, NotAllowed)):
        with pytest.raises(refusal):
            add(other)
    assert not Attachment.objects.exists()
    paper = add(company.alice)
    with pytest.raises(RequestSubmitted):
        remove_attachment(actor=company.alice, request_id=request.pk, attachment_id=paper.pk)
    assert request.approval is not None
    answer(request_id=request.approval.pk, actor=company.alice, text="Here they are", on=TODAY)
    with pytest.raises(RequestSubmitted):
        add(company.alice)
    assert Attachment.objects.get() == paper


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
