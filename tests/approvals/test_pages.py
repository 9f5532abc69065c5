"""Pages of approvals: what a row says, what a refusal leaves, stand-ins, chains in the administration."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.accounts import roles
from crm.approvals.models import ChainRule, ChainVersion, Decision, Delegation, Request, RequestState, Verb
from crm.approvals.panels import questions_card, waiting_card
from crm.core.dates import business_today
from tests.credit_requests import making
from tests.credit_requests.making import draft, prepare, say, step_of
from tests.factories import Company, account_of, make_account, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def company() -> Company:
    return make_company()


def submitted(company: Company, kind: str = "increase", **changes: Any) -> Any:
    """Asked for today, as pages decide today."""
    return making.submitted(company, kind, on=business_today(), **changes)


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def more_requests(company: Company, count: int) -> None:
    from dataclasses import replace

    from credit.services import submit_request

    for index in range(count):
        other = replace(company, customer=make_customer(f"Other {index}", owner=company.alice))
        make_account(other.customer, "100000")
        submit_request(actor=company.alice, request_id=draft(other).pk)


def test_a_row_holds_what_is_needed_to_decide(company: Company) -> None:
    request = submitted(company)
    text = as_user(company.mona).get(reverse("approvals:inbox")).content.decode()
    for part in (
        "Alice&#x27;s customer", "Increase of the limit", str(request.number), "100,000.00", "300,000.00",
        "Exposure", "Overdue", "They buy more", "Alice", "Sales manager reviews",
    ):  # fmt: skip
        assert part in text, part
    assert "Approve for less" not in text
    assert "style=" not in text
    for other in (company.anna, company.fiona, company.greg):
        assert str(request.number) not in as_user(other).get(reverse("approvals:inbox")).content.decode()


@pytest.mark.thorough
def test_the_inbox_costs_the_same_for_any_number(company: Company, django_assert_max_num_queries: Any) -> None:
    client, address = as_user(company.mona), reverse("approvals:inbox")
    submitted(company)
    client.get(address)
    with django_assert_max_num_queries(20) as few:
        client.get(address)
    more_requests(company, 12)
    with django_assert_max_num_queries(len(few)):
        assert client.get(address).content.decode().count("data-decide") == 13


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["approvals:requests", "credit:requests"])
def test_lists_cost_the_same_for_any_number(company: Company, name: str, django_assert_max_num_queries: Any) -> None:
    client, address = as_user(company.mona), reverse(name)
    submitted(company)
    client.get(address)
    with django_assert_max_num_queries(20) as few:
        client.get(address)
    more_requests(company, 8)
    with django_assert_max_num_queries(len(few)):
        client.get(address)


@pytest.mark.thorough
def test_cards_of_the_day_cost_few_queries(company: Company, django_assert_max_num_queries: Any) -> None:
    more_requests(company, 7)
    assert company.mona.has_perm("approvals.decide_request")
    with django_assert_max_num_queries(3):
        card = waiting_card(company.mona)
    assert (card.count, len(card.rows)) == (7, 5)
    assert questions_card(company.alice).count == 0


def test_a_decision_from_the_row(company: Company) -> None:
    request = submitted(company)
    client, address = as_user(company.mona), reverse("approvals:decide", args=[request.approval_id])
    sent = {"step": step_of(request).pk, "verb": "approve", "reason": "fine"}
    answer = client.post(address, sent, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (200, "refresh-approvals")
    assert Decision.objects.get(verb=Verb.APPROVE).reason == "fine"
    # Sent again it is the same decision; without htmx it leads to the page of the request.
    assert client.post(address, sent).status_code == 302
    assert Decision.objects.filter(verb=Verb.APPROVE).count() == 1


@pytest.mark.repeats
@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"verb": "reject", "reason": ""}, "Say why"),
        ({"verb": "ask", "reason": " "}, "Write the question"),
        ({"verb": "less", "reason": "too much"}, "Enter the amount"),
        ({"verb": "less", "reason": "too much", "amount": "lots"}, "Enter an amount"),
        ({"verb": "less", "reason": "too much", "amount": "300000"}, "below 300,000.00"),
        ({"verb": "less", "reason": "too much", "amount": "99000"}, "an increase must be above it"),
    ],
)
def test_a_refusal_keeps_what_was_typed_and_changes_nothing(company: Company, sent: dict[str, str], said: str) -> None:
    request = submitted(company)
    for actor in (company.mona, company.anna):
        say(request, actor)
    address = reverse("approvals:decide", args=[request.approval_id])
    answer = as_user(company.fiona).post(address, {"step": step_of(request).pk, **sent}, headers=HTMX)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert said in text
    assert sent["reason"] in text
    assert Request.objects.get().state == RequestState.SUBMITTED
    assert account_of(company.customer).limit == 100_000


def test_a_step_that_is_over_says_so(company: Company) -> None:
    request = submitted(company)
    step = step_of(request)
    say(request, company.mona)
    address = reverse("approvals:decide", args=[request.approval_id])
    answer = as_user(company.anna).post(address, {"step": step.pk, "verb": "approve"}, headers=HTMX)
    assert answer.status_code == 422
    assert "decided meanwhile" in answer.content.decode()


def test_strangers_find_no_request(company: Company) -> None:
    request = submitted(company)
    for user in (company.bob, company.charlie, make_user(role=roles.LEGAL)):
        client = as_user(user)
        assert client.get(reverse("approvals:request", args=[request.approval_id])).status_code == 404
        assert client.get(reverse("credit:request", args=[request.pk])).status_code in (403, 404)
    assert as_user(make_user(role=roles.WAREHOUSE)).get(reverse("approvals:inbox")).status_code == 403


@pytest.mark.repeats
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_of_a_request_show_its_way(company: Company, language: str) -> None:
    company.alice.language = language
    company.alice.save()
    request = submitted(company)
    say(request, company.mona, reason="fine")
    client = as_user(company.alice)
    for address in (
        reverse("approvals:request", args=[request.approval_id]), reverse("credit:request", args=[request.pk]),
    ):  # fmt: skip
        text = client.get(address).content.decode()
        assert [text.count(f"way-{state}") for state in ("approved", "open", "waiting")] == [1, 1, 1]
        for name in ("Mona", "Anna", "Fiona"):
            assert name in text


def test_a_draft_says_what_is_missing_and_whom_it_reaches(company: Company) -> None:
    prepare(company, "new")
    made = draft(company, "new", bank_reference="")
    client, address = as_user(company.alice), reverse("credit:request", args=[made.pk])
    text = client.get(address).content.decode()
    assert text.count("is-missing") == 1
    assert "Fiona" in text
    answer = client.post(reverse("credit:submit_request", args=[made.pk]), follow=True)
    assert "not complete yet: Bank reference" in answer.content.decode()
    assert not Request.objects.exists()


def test_files_are_saved_not_shown(company: Company) -> None:
    prepare(company, "new")
    made = draft(company, "new")
    paper = made.attachments.first()
    assert paper is not None
    address = reverse("credit:attachment", args=[made.pk, paper.pk])
    answer = as_user(company.mona).get(address)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert as_user(company.charlie).get(address).status_code == 404


class TestStandIns:
    def test_named_shown_and_ended(self, company: Company) -> None:
        client, address = as_user(company.mona), reverse("approvals:stand_ins")
        today = business_today()
        sent = {"delegate": company.greg.pk, "starts_on": today, "ends_on": today + dt.timedelta(days=3)}
        assert client.post(address, sent).status_code == 302
        assert "Greg stands in for you" in client.get(address).content.decode()
        assert "You stand in for Mona" in as_user(company.greg).get(address).content.decode()
        # The database holds one at a time.
        answer = client.post(address, {**sent, "delegate": company.fiona.pk})
        assert answer.status_code == 422
        assert "there is a stand-in already" in answer.content.decode()
        given = Delegation.objects.get()
        assert as_user(company.greg).post(reverse("approvals:end_stand_in", args=[given.pk])).status_code == 404
        assert client.post(reverse("approvals:end_stand_in", args=[given.pk])).status_code == 302
        assert client.post(address, {**sent, "delegate": company.fiona.pk}).status_code == 302

    @pytest.mark.parametrize("who", ["mona", "alice"])
    def test_a_stand_in_is_another_who_may_decide(self, company: Company, who: str) -> None:
        today = business_today()
        sent = {"delegate": getattr(company, who).pk, "starts_on": today, "ends_on": today}
        assert as_user(company.mona).post(reverse("approvals:stand_ins"), sent).status_code == 422
        assert not Delegation.objects.exists()


class TestChains:
    def chain(self) -> ChainVersion:
        return ChainVersion.objects.get(kind="credit_request", state="active")

    @pytest.mark.parametrize(
        ("amount", "days", "grade", "names"),
        [
            ("500000", "60", "BBB", ["Mona", "Anna", "Fiona"]),
            ("800000", "60", "BBB", ["Mona", "Anna", "Fiona", "Greg"]),
            ("500000", "60", "CCC", ["Mona", "Anna", "Fiona", "Greg"]),
        ],
    )
    def test_who_would_approve(self, company: Company, amount: str, days: str, grade: str, names: list[str]) -> None:
        address = reverse("admin:approvals_chainversion_dry_run", args=[self.chain().pk])
        asked = {"amount": amount, "days": days, "grade": grade, "applicant": company.alice.pk}
        answer = as_user(company.fiona).get(address, asked)
        assert [[str(person) for person in step.people] for step in answer.context["way"]] == [[n] for n in names]
        assert not Request.objects.exists()

    def test_a_version_in_force_is_not_edited(self, company: Company) -> None:
        chain = self.chain()
        client = as_user(company.fiona)
        for address in (
            reverse("admin:approvals_chainversion_change", args=[chain.pk]),
            reverse("admin:approvals_chainrule_change", args=[chain.rules.first().pk]),
        ):
            assert client.get(address).status_code == 200
            assert client.post(address, {"name_en": "Mine"}).status_code == 403
        assert not ChainRule.objects.filter(name_en="Mine").exists()

    def test_a_new_version_is_put_into_force_by_another_than_its_author(self, company: Company) -> None:
        old = self.chain()
        address = reverse("admin:approvals_chainversion_changelist")
        author, other = as_user(company.fiona), as_user(make_user("frank", roles.FINANCE_MANAGER))
        picked = {"action": "make_version", "_selected_action": [old.pk]}
        assert author.post(address, picked).status_code == 302
        draft_ = ChainVersion.objects.get(state="draft")
        assert (draft_.version, draft_.author_ids) == (2, [company.fiona.pk])
        assert draft_.rules.count() == old.rules.count()
        rule = draft_.rules.first()
        change = reverse("admin:approvals_chainrule_change", args=[rule.pk])
        assert author.get(change).status_code == 200
        activate = {"action": "activate", "_selected_action": [draft_.pk]}
        answer = author.post(address, activate, follow=True)
        assert "You wrote in this version" in answer.content.decode()
        assert self.chain() == old
        # A gap is refused whoever asks.
        draft_.rules.order_by("-position").first().delete()
        assert "No rule fits amount" in other.post(address, activate, follow=True).content.decode()
        ChainRule.objects.filter(chain=draft_, name_en="Up to 3,000,000 and 90 days").update(
            amount_up_to=None, days_up_to=None
        )
        request = submitted(company)
        assert "is in force" in other.post(address, activate, follow=True).content.decode()
        old.refresh_from_db()
        assert (self.chain(), old.state) == (draft_, "retired")
        # What was under way keeps its chain.
        assert Request.objects.get(pk=request.approval_id).chain == old
        say(request, company.mona)
