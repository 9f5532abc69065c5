"""Pages of approvals: what a row says, what a refusal leaves, stand-ins."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.html import strip_tags

from crm.accounts import roles
from crm.approvals.models import Decision, Delegation, Request, RequestState, Verb
from crm.approvals.panels import questions_card, waiting_card
from crm.core.dates import business_today
from crm.notices.models import Notice
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


def elsewhere(company: Company) -> Company:
    """The same people with another customer of alice's."""
    return replace(company, customer=make_customer("Elsewhere", owner=company.alice))


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def more_requests(company: Company, count: int) -> None:
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


def test_plan_references_and_papers_stand_where_it_is_decided(company: Company) -> None:
    new = submitted(company, "new")
    lift = making.submitted(elsewhere(company), "unfreeze", on=business_today())
    paper = new.attachments.get(kind="statements")
    client = as_user(company.mona)
    inbox = client.get(reverse("approvals:inbox")).content.decode()
    for request, parts in (
        (new, ("Bank of China, Shanghai", "Two suppliers, both content", "Financial statements")),
        (lift, ("How it will be paid down", "Paid by Friday")),
    ):
        page = client.get(reverse("approvals:request", args=[request.approval_id])).content.decode()
        for part in parts:
            assert part in page, part
            assert part in inbox, part
        own = client.get(request.get_absolute_url()).content.decode()
        assert own.count(parts[0]) == 1
    address = reverse("credit:attachment", args=[new.pk, paper.pk])
    assert address in inbox
    assert client.get(address).status_code == 200


@pytest.mark.repeats
@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"verb": "reject", "reason": ""}, "Say why"),
        ({"verb": "ask", "reason": " "}, "Write the question"),
        ({"verb": "less", "reason": "too much"}, "Enter the amount"),
        ({"verb": "less", "reason": "too much", "amount": "lots"}, "Enter an amount"),
        ({"verb": "less", "reason": "too much", "amount": "300000"}, "below 300,000.00"),
        ({"verb": "less", "reason": "too much", "amount": "0"}, "above 0 and below 300,000.00"),
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


def test_a_refusal_names_the_request_once(company: Company) -> None:
    request = submitted(company)
    step = step_of(request)
    say(request, company.mona)
    address = reverse("approvals:decide", args=[request.approval_id])
    answer = as_user(company.mona).post(address, {"step": step.pk, "verb": "reject", "reason": "no"}, headers=HTMX)
    text = strip_tags(answer.content.decode())
    assert (answer.status_code, text.count(request.number)) == (422, 1)
    assert "customer: This step of" in text
    unnamed = render_to_string("approvals/gone.html", {"request_": Request.objects.get(), "error": ""})
    assert strip_tags(unnamed).count(request.number) == 1


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


def figures_shown(user: Any, request: Any) -> str:
    """The words of the figures of a request, as its page shows them."""
    page = as_user(user).get(reverse("approvals:request", args=[request.approval_id])).content.decode()
    table = page.partition('<table class="ask-change">')[2].partition("</table>")[0]
    return " ".join(strip_tags(table.replace("<", " <")).split())


def test_a_draft_that_says_nothing_yet_shows_dashes(company: Company) -> None:
    prepare(company, "new")
    made = draft(company, "new", wanted_limit=None, wanted_term_days=None, wanted_settlement="")
    page = as_user(company.alice).get(made.get_absolute_url()).content.decode()
    words = " ".join(strip_tags(page.partition('<table class="ask-change">')[2].replace("<", " <")).split())
    assert words.startswith("Credit limit never set → – Term in days – Settlement –")


def test_only_what_changes_is_shown_as_a_change(company: Company) -> None:
    """A new limit has nothing it changes: before it the customer paid in cash, whatever the account begins with."""
    request = submitted(company, "new", wanted_settlement="rolling")
    words = figures_shown(company.mona, request)
    assert "Term in days 45" in words
    assert "Credit limit never set → 200,000.00" in words
    assert "Settlement Rolling" in words
    assert "Rolling →" not in words


def test_after_less_was_approved_the_figures_say_what_was_granted(company: Company) -> None:
    request = submitted(company)
    for actor in (company.mona, company.anna):
        say(request, actor, on=business_today())
    sent = {"step": step_of(request).pk, "verb": "less", "reason": "less", "amount": "200,000"}
    address = reverse("approvals:decide", args=[request.approval_id])
    done = as_user(company.fiona).post(address, sent, headers=HTMX).content.decode()
    assert "</a>: Approved for less, 200,000.00 (300,000.00 asked). " in done
    told = Notice.objects.get(user=company.alice, kind="approval_decided").sentence
    assert told.endswith(f"{request.number} for Alice's customer: approved for less, 200,000.00 (300,000.00 asked)")
    limit = "Credit limit 100,000.00 → 300,000.00 → 200,000.00"
    assert limit in figures_shown(company.mona, request)
    own = as_user(company.alice).get(request.get_absolute_url()).content.decode()
    assert limit in " ".join(strip_tags(own.replace("<", " <")).split())


@pytest.mark.parametrize(
    ("days", "said"), [(-4, "Paid early by 4 days"), (0, "Paid late by 0 days"), (1, "Paid late by 1 day")]
)
def test_who_pays_before_the_day_paid_early(days: int, said: str) -> None:
    shares = {"collection_rate": None, "overdue_share": None}
    behaviour = {"months": 12, "amount_due": "1.00", "days_late": days, "promises_made": 0, **shares}
    sums = dict.fromkeys(("exposure", "headroom", "overdue"), "0.00")
    figures = {"now": {"limit": None}, "wanted": {}, "behaviour": behaviour, **sums}
    with translation.override("en"):
        text = render_to_string("credit/requests/figures.html", {"figures": figures})
    assert said in " ".join(strip_tags(text.replace("<", " <")).split())


@pytest.mark.parametrize(("kind", "limit"), [("term", True), ("unfreeze", True), ("increase", False)])
def test_the_limit_that_stands_is_not_shown_as_if_it_were_asked(company: Company, kind: str, limit: bool) -> None:
    request = submitted(company, kind)
    mona = as_user(company.mona)
    inbox = mona.get(reverse("approvals:inbox")).content.decode()
    head = inbox.partition('<span class="ask-amount')[2].partition("</header>")[0]
    assert ("Limit 100,000.00" in head) is limit
    assert ("300,000.00" in head) is not limit
    page = mona.get(reverse("approvals:request", args=[request.approval_id])).content.decode()
    facts = page.partition("facts-head")[2].partition("</dl>")[0]
    assert (">Limit<" in facts, ">Amount<" in facts) == (limit, not limit)
    rows = mona.get(reverse("approvals:requests")).content.decode()
    assert ("100,000.00" in rows) is False


def test_the_form_says_nothing_owed_in_figures(company: Company) -> None:
    make_account(company.customer, "100000")
    address = reverse("credit:new_request", args=[company.customer.pk, "increase"])
    text = " ".join(strip_tags(as_user(company.alice).get(address).content.decode()).split())
    assert "limit 100,000.00, 30 days" in text
    assert "Exposure is 0.00, of which 0.00 is overdue." in text


def test_a_draft_is_discarded_after_it_was_said_what_goes(company: Company) -> None:
    prepare(company, "new")
    made = draft(company, "new")
    client, address = as_user(company.alice), reverse("credit:discard_request", args=[made.pk])
    page = client.get(made.get_absolute_url()).content.decode()
    assert f'action="{address}"' not in page
    text = client.get(address).content.decode()
    assert "2 files go with it." in text
    assert making.CreditRequest.objects.filter(pk=made.pk).exists()
    answer = client.post(address)
    assert (answer.status_code, answer.headers["Location"]) == (302, company.customer.get_absolute_url())
    assert not making.CreditRequest.objects.filter(pk=made.pk).exists()


def test_while_a_question_is_open_papers_are_added_and_not_removed(company: Company) -> None:
    request = submitted(company, "new")
    say(request, company.mona, Verb.ASK, reason="Signed by whom?", on=business_today())
    client = as_user(company.alice)
    address = reverse("credit:add_attachment", args=[request.pk])
    page = client.get(request.get_absolute_url()).content.decode()
    assert address in page
    assert "Remove" not in page
    paper = SimpleUploadedFile("power.pdf", making.PDF, "application/pdf")
    assert client.post(address, {"kind": "other", "file": paper}).status_code == 302
    assert request.attachments.count() == 3
    assert f'action="{address}"' not in as_user(company.mona).get(request.get_absolute_url()).content.decode()


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

    def test_standing_in_opens_what_waits_and_nothing_else(self, company: Company) -> None:
        """Mona has a request before her, one behind her and one that is closed; leo of legal stands in for a day."""
        leo, today = make_user("leo", roles.LEGAL), business_today()
        asked = [submitted(company)]
        more_requests(company, 2)
        asked += [making.CreditRequest.objects.get(account__customer__name=f"Other {index}") for index in range(2)]
        waits, behind, closed = asked
        say(behind, company.mona, on=today)
        say(closed, company.mona, Verb.REJECT, reason="no", on=today)
        pages = [reverse("approvals:request", args=[request.approval_id]) for request in asked]
        client = as_user(leo)
        assert [client.get(page).status_code for page in pages] == [404, 404, 404]
        sent = {"delegate": leo.pk, "starts_on": today, "ends_on": today}
        as_user(company.mona).post(reverse("approvals:stand_ins"), sent)
        assert [client.get(page).status_code for page in pages] == [200, 404, 404]
        say(waits, leo, on=today)
        # What one decided stays in sight.
        assert [client.get(page).status_code for page in pages] == [200, 404, 404]

    def test_who_approved_for_another_is_not_offered_the_own_step(self, company: Company) -> None:
        """Nobody else is left for anna's step, so it waits for her: neither inbox, page nor a POST lets her decide."""
        request = submitted(company)
        today = business_today()
        sent = {"delegate": company.anna.pk, "starts_on": today, "ends_on": today}
        as_user(company.mona).post(reverse("approvals:stand_ins"), sent)
        anna = as_user(company.anna)
        address = reverse("approvals:decide", args=[request.approval_id])
        anna.post(address, {"step": step_of(request).pk, "verb": "approve"})
        assert step_of(request).assignments.get().user == company.anna
        assert str(request.number) not in anna.get(reverse("approvals:inbox")).content.decode()
        page = anna.get(reverse("approvals:request", args=[request.approval_id])).content.decode()
        assert 'value="approve"' not in page
        assert "somebody else decides this one" in page
        answer = anna.post(address, {"step": step_of(request).pk, "verb": "approve"})
        assert (answer.status_code, "somebody else decides this one" in answer.content.decode()) == (422, True)
        assert Decision.objects.filter(verb=Verb.APPROVE).count() == 1
        assert step_of(request).assignments.get(is_done=False).user == company.anna

    @pytest.mark.parametrize("who", ["mona", "alice"])
    def test_a_stand_in_is_another_who_may_decide(self, company: Company, who: str) -> None:
        today = business_today()
        sent = {"delegate": getattr(company, who).pk, "starts_on": today, "ends_on": today}
        assert as_user(company.mona).post(reverse("approvals:stand_ins"), sent).status_code == 422
        assert not Delegation.objects.exists()
