"""The page of a case and its dialogs: what is shown, what is refused, what is sent twice, and to whom."""

from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from receivables.models import (
    Case,
    CauseCode,
    CollectionContact,
    Dispute,
    DunningOptOut,
    OverdueCause,
    PaymentPromise,
)
from receivables.services.collection import DisputeTerms, log_contact, open_dispute
from tests.collection.nights import nights, the_case
from tests.collection_pages.conftest import TODAY
from tests.factories import Company, day, make_customer, make_invoice, make_receipt, money

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def read(answer: Any) -> str:
    """A page as its reader sees its words."""
    return unescape(answer.content.decode())


def url(case: Case, *rest: str) -> str:
    return "/".join([f"/receivables/cases/{case.pk}", *rest, ""])


def fields(outcome: str, **values: Any) -> dict[str, Any]:
    """A form of the page as a browser sends it."""
    given = {"channel": "call", "idempotency_key": "k1", **values}
    return {f"{outcome}-{name}": value for name, value in given.items()}


def test_it_says_who_owes_what_since_when_and_why_to_call(company: Company, case: Case, sign_in: SignIn) -> None:
    html = read(sign_in(company.alice).get(url(case)))
    assert company.customer.name in html
    assert "2026-01-31 · 4 days overdue" in html
    assert "1,000.00 CNY" in html
    assert "Nobody has spoken with this customer about this yet." in html
    assert "1 to 30 days" in html


@pytest.mark.thorough
def test_it_asks_the_database_no_more_often_when_more_is_overdue(company: Company, case: Case, sign_in: SignIn) -> None:
    client = sign_in(company.alice)

    def queries() -> int:
        client.get(url(case))
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url(case)).status_code == 200
        return len(seen)

    before = queries()
    for number in range(5):
        invoice = make_invoice(company.customer, "100.00", on="2026-01-01", due_on="2026-01-30")
        open_dispute(actor=None, terms=DisputeTerms(invoice.pk, money("10.00"), "price"), on=TODAY)
        company.customer.contacts.create(name=f"Person {number}", phone="1")
        log_contact(actor=company.alice, case_id=case.pk, outcome="reached", on=TODAY, note="spoken")
    assert queries() <= before + 1
    assert before <= 34


def test_strangers_get_404_and_whoever_may_not_403(company: Company, case: Case, sign_in: SignIn) -> None:
    for user, wanted in ((company.alice, 200), (company.bob, 404), (company.charlie, 404), (company.greg, 200)):
        assert sign_in(user).get(url(case)).status_code == wanted
    assert sign_in(company.bob).post(url(case, "contact", "reached"), fields("reached")).status_code == 404
    assert sign_in(company.greg).post(url(case, "contact", "reached"), fields("reached")).status_code == 403
    assert not CollectionContact.objects.exists()


class TestContact:
    def test_reached_is_two_clicks_and_logged_once_however_often_it_is_sent(
        self, company: Company, case: Case, sign_in: SignIn
    ) -> None:
        client = sign_in(company.alice)
        for _each in range(2):
            answer = client.post(url(case, "contact", "reached"), fields("reached", note="They pay on Friday"))
            assert answer.status_code == 302
            assert answer.headers["Location"] == url(case)
        contact = CollectionContact.objects.get()
        assert (contact.outcome, contact.note, contact.on, contact.created_by) == (
            "reached", "They pay on Friday", TODAY, company.alice,
        )  # fmt: skip
        assert "They pay on Friday" in read(client.get(url(case)))

    def test_a_promise_pauses_the_case(self, company: Company, case: Case, sign_in: SignIn) -> None:
        answer = sign_in(company.alice).post(
            url(case, "contact", "promised"),
            fields("promised", amount="1,000.00", currency="CNY", promised_on="2026-02-10"),
        )
        assert answer.status_code == 302
        promise = PaymentPromise.objects.get()
        assert (promise.amount, promise.promised_on) == (Decimal("1000.00"), day("2026-02-10"))
        case.refresh_from_db()
        assert case.paused_by == "promise"

    @pytest.mark.repeats
    @pytest.mark.parametrize(
        ("outcome", "values", "message"),
        [
            ("promised", {"amount": "x", "currency": "CNY", "promised_on": "2026-02-10"}, "Enter an amount such as"),
            ("promised", {"amount": "10", "currency": "USD", "promised_on": "2026-02-10"}, "Select a valid choice"),
            ("promised", {"amount": "10", "currency": "CNY", "promised_on": "2026-02-01"}, "before 2026-02-04"),
            ("promised", {"amount": "10", "currency": "CNY", "promised_on": "2027-02-01"}, "at the latest"),
            ("promised", {"amount": "-1", "currency": "CNY", "promised_on": "2026-02-10"}, "greater than zero"),
            ("reached", {"next_on": "2026-02-01"}, "This day is past."),
            ("disputed", {"invoice": "999999", "reason": "price"}, "Select a valid choice"),
        ],
    )
    def test_what_is_refused_says_why_and_keeps_what_was_typed(
        self, company: Company, case: Case, sign_in: SignIn, outcome: str, values: dict[str, Any], message: str
    ) -> None:
        answer = sign_in(company.alice).post(
            url(case, "contact", outcome), fields(outcome, note="Do not lose this", **values)
        )
        html = read(answer)
        assert answer.status_code == 422
        assert message in html
        assert "Do not lose this" in html
        assert not CollectionContact.objects.exists()
        assert not PaymentPromise.objects.exists()

    @pytest.mark.thorough
    def test_a_second_promise_asks_whether_it_takes_the_place_of_the_first(
        self, company: Company, case: Case, sign_in: SignIn
    ) -> None:
        client = sign_in(company.alice)
        terms = {"amount": "500", "currency": "CNY", "promised_on": "2026-02-10"}
        client.post(url(case, "contact", "promised"), fields("promised", **terms))
        again = {**terms, "idempotency_key": "k2"}
        answer = client.post(url(case, "contact", "promised"), fields("promised", **again))
        assert answer.status_code == 422
        assert "are promised for" in read(answer)
        replaced = client.post(url(case, "contact", "promised"), fields("promised", replace="on", **again))
        assert replaced.status_code == 302
        assert sorted(PaymentPromise.objects.values_list("state", flat=True)) == ["open", "replaced"]

    def test_an_empty_amount_disputes_all_that_is_open(
        self, company: Company, case: Case, overdue: Any, sign_in: SignIn
    ) -> None:
        answer = sign_in(company.alice).post(
            url(case, "contact", "disputed"), fields("disputed", invoice=str(overdue.pk), reason="quality")
        )
        assert answer.status_code == 302
        assert Dispute.objects.get().amount == Decimal("1000.00")

    def test_an_outcome_nobody_knows_does_not_exist(self, company: Company, case: Case, sign_in: SignIn) -> None:
        assert sign_in(company.alice).post(url(case, "contact", "bribed"), {}).status_code == 404


@pytest.mark.thorough
def test_the_round_leads_from_case_to_case_though_the_first_has_left_the_list(
    company: Company, case: Case, sign_in: SignIn
) -> None:
    other = make_customer("Second Ltd", owner=company.alice)
    make_invoice(other, "200.00", on="2026-01-01", due_on="2026-01-31", term_days=30)
    nights("2026-02-05", "2026-02-05")
    second = the_case(other)
    client = sign_in(company.alice)
    client.get("/receivables/cases/?work=calls")
    assert "1 of 2" in read(client.get(url(case)))
    answer = client.post(url(case, "contact", "unreachable"), fields("unreachable", next="1") | {"next": "1"})
    assert answer.headers["Location"] == url(second)
    html = read(client.get(url(second)))
    assert "2 of 2" in html
    assert f'href="{url(case)}" data-key="p k"' in html
    listed = read(client.get("/receivables/cases/?work=calls"))
    assert url(case) not in listed
    assert url(second) in listed


def test_unallocated_money_is_shown_before_anybody_asks_for_more(company: Company, case: Case, sign_in: SignIn) -> None:
    make_receipt(company.customer, "300.00", on="2026-02-03")
    html = read(sign_in(company.alice).get(url(case)))
    assert "<b>300.00 CNY</b>" in html
    assert "Receipts are posted up to 2026-02-03" in html


def test_a_dispute_is_opened_from_the_items_and_resolved_by_who_may(
    company: Company, case: Case, overdue: Any, carol: Any, sign_in: SignIn
) -> None:
    client = sign_in(company.alice)
    answer = client.post(
        url(case, "dispute"),
        {"invoice": str(overdue.pk), "reason": "price", "amount": "250", "note": "Too dear", "idempotency_key": "d1"},
    )
    assert answer.status_code == 302
    dispute = Dispute.objects.get()
    page = f"/receivables/disputes/{dispute.pk}/"
    assert "Too dear" in read(client.get(page))
    assert client.post(f"{page}resolve/", {"outcome": "we_are_right"}).status_code == 422
    resolved = sign_in(carol).post(f"{page}resolve/", {"outcome": "we_are_right", "resolution": "Price as agreed"})
    assert resolved.headers["Location"] == page
    dispute.refresh_from_db()
    assert (dispute.state, dispute.resolved_by) == ("resolved", carol)
    assert "Price as agreed" in read(client.get(page))


def test_our_own_fault_needs_a_name(company: Company, case: Case, sign_in: SignIn) -> None:
    client = sign_in(company.alice)
    cause = CauseCode.objects.create(code="ours", name_zh="我方", name_en="Ours", own_fault=True)
    typed = {"cause": str(cause.pk), "note": "Invoice sent late", "idempotency_key": "c1"}
    refused = client.post(url(case, "cause"), typed)
    assert refused.status_code == 422
    assert "say whose it was" in read(refused)
    assert "Invoice sent late" in read(refused)
    assert client.post(url(case, "cause"), {**typed, "culprit": str(company.bob.pk)}).status_code == 302
    assert OverdueCause.objects.get().culprit == company.bob


def test_out_of_dunning_and_back(company: Company, case: Case, carol: Any, sign_in: SignIn) -> None:
    address = f"/receivables/customers/{company.customer.pk}/opt-out/"
    assert sign_in(company.alice).get(address).status_code == 403
    client = sign_in(carol)
    assert client.post(address, {"until": "2028-01-01", "reason": "Talks"}).status_code == 422
    assert client.post(address, {"until": "2026-03-01", "reason": "Talks"}).status_code == 302
    found = DunningOptOut.objects.get()
    assert "Out of dunning until 2026-03-01" in read(client.get(url(case)))
    assert client.post(f"/receivables/opt-outs/{found.pk}/end/", {"reason": "Over"}).status_code == 302
    found.refresh_from_db()
    assert found.ended_on == TODAY
