"""Lists of collection, the panel and the cards: whose rows they show, in which order, and at which price."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.jobs.worker import work_off
from receivables.models import Case, Letter
from receivables.panels.collection import DAY_CARDS
from receivables.services.collection import DisputeTerms, PromiseTerms, log_contact, open_dispute
from tests.collection.nights import nights
from tests.collection_pages.conftest import TODAY
from tests.factories import Company, day, make_customer, make_invoice, money

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def read(answer: Any) -> str:
    """A page as its reader sees its words."""
    return unescape(answer.content.decode())


LISTS = ("cases/?work=calls", "cases/?state=open", "letters/", "disputes/", "promises/")


@pytest.fixture
def busy(company: Company, case: Case, letter: Letter, overdue: Any) -> Case:
    """A case with a promise and a dispute; its letter waits."""
    log_contact(
        actor=company.alice,
        case_id=case.pk,
        outcome="promised",
        on=day("2026-02-03"),
        promise=PromiseTerms(money("500.00"), TODAY),
    )
    open_dispute(actor=None, terms=DisputeTerms(overdue.pk, money("100.00"), "price"), on=day("2026-01-20"))
    return case


@pytest.mark.repeats
@pytest.mark.parametrize("address", ["cases/?state=open", "letters/", "disputes/", "promises/"])
def test_each_list_shows_the_rows_of_those_customers_the_user_sees(
    company: Company, busy: Case, sign_in: SignIn, address: str
) -> None:
    for user, seen in ((company.alice, True), (company.bob, False), (company.charlie, False), (company.greg, True)):
        html = read(sign_in(user).get(f"/receivables/{address}"))
        assert (company.customer.name in html) is seen


@pytest.mark.thorough
@pytest.mark.parametrize("address", LISTS)
def test_a_list_asks_no_more_often_when_it_is_longer(
    company: Company, busy: Case, sign_in: SignIn, address: str
) -> None:
    client = sign_in(company.greg)

    def queries() -> int:
        client.get(f"/receivables/{address}")
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"/receivables/{address}").status_code == 200
        return len(seen)

    def more(count: int, on: str) -> None:
        for _each in range(count):
            other = make_customer(owner=company.charlie)
            invoice = make_invoice(other, "300.00", on="2026-01-01", due_on="2026-01-31", term_days=30)
            open_dispute(actor=None, terms=DisputeTerms(invoice.pk, money("10.00"), "price"), on=TODAY)
        nights(on, on)

    more(1, "2026-02-05")
    before = queries()
    more(6, "2026-02-06")
    assert queries() <= before
    assert before <= 12


def test_the_work_list_opens_on_the_calls_of_today_dearest_first(company: Company, case: Case, sign_in: SignIn) -> None:
    dear = make_customer("Dear Ltd", owner=company.alice)
    make_invoice(dear, "9000.00", on="2026-01-01", due_on="2026-01-31", term_days=30)
    nights("2026-02-05", "2026-02-05")
    client = sign_in(company.alice)
    opened = client.get("/receivables/cases/")
    assert opened.headers["Location"] == "/receivables/cases/?work=calls"
    html = read(client.get(opened.headers["Location"]))
    assert html.index("Dear Ltd") < html.index(company.customer.name)
    assert "9.0k × 75%" in html
    assert "750.00" in html


def test_who_was_called_today_or_promised_waits(company: Company, busy: Case, sign_in: SignIn) -> None:
    client = sign_in(company.alice)
    assert company.customer.name not in read(client.get("/receivables/cases/?work=calls"))
    assert company.customer.name in read(client.get("/receivables/cases/?work=waiting"))


def test_drill_downs_of_the_dashboards_find_their_rows(company: Company, busy: Case, sign_in: SignIn) -> None:
    client = sign_in(company.greg)
    name = company.customer.name
    step, entity = busy.step_id, busy.legal_entity_id
    for address, found in (
        (f"cases/?state=open&step={step}", True),
        ("cases/?state=open&step=none", False),
        (f"cases/?entity={entity}&owner={company.alice.pk}", True),
        (f"disputes/?state=open&reason=price&legal_entity={entity}", True),
        ("disputes/?late=true", True),
        ("promises/?state=open&promised_to=2026-02-04", True),
        ("promises/?state=broken&judged_from=2026-01-01", False),
        ("cases/?cause_due=true", False),
    ):
        assert (name in read(client.get(f"/receivables/{address}"))) is found, address


@pytest.mark.thorough
def test_cards_of_my_day_show_what_is_mine_in_two_queries(company: Company, busy: Case) -> None:
    wanted = {
        "calls": 0, "promises_due": 1, "promises_broken": 0, "disputes_late": 1, "causes_due": 0, "letters_to_send": 1,
        "instalments_due": 0, "plans_broken": 0,
    }  # fmt: skip
    for card in DAY_CARDS:
        assert card.rows(company.bob).count == 0
        with CaptureQueriesContext(connection) as seen:
            content = card.rows(company.alice)
        assert content.count == wanted[card.key], card.key
        assert len(content.rows) == wanted[card.key]
        assert len(seen) <= 2, card.key


def test_the_panel_of_the_customer_tells_how_collection_stands(company: Company, busy: Case, sign_in: SignIn) -> None:
    html = read(sign_in(company.alice).get(f"/customers/{company.customer.pk}/panels/collection/"))
    assert f"/receivables/cases/{busy.pk}/" in html
    assert "500.00 CNY" in html
    assert "100.00 CNY" in html
    assert sign_in(company.bob).get(f"/customers/{company.customer.pk}/panels/collection/").status_code == 404


def test_letters_are_looked_at_and_sent_from_the_list(
    company: Company, letter: Letter, carol: Any, sign_in: SignIn
) -> None:
    client = sign_in(carol)
    html = read(client.get(f"/receivables/letters/{letter.pk}/"))
    assert "No money of this customer waits to be allocated." in html
    assert "printed: no e-mail address is known" in html
    document = client.get(f"/receivables/letters/{letter.pk}/pdf/")
    assert b"".join(document.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]
    asked = client.post("/receivables/letters/send/", {"ids": [letter.pk]})
    assert asked.status_code == 200
    assert "1 letter about 1,000.00 CNY goes out" in read(asked)
    assert Letter.objects.get().state == "todo"
    done = client.post("/receivables/letters/send/", {"ids": [letter.pk], "idempotency_key": "s1"})
    assert done.status_code == 302
    work_off()
    assert Letter.objects.get().state == "sent"
    assert sign_in(company.bob).get(f"/receivables/letters/{letter.pk}/pdf/").status_code == 404
    assert sign_in(company.alice).post(f"/receivables/letters/{letter.pk}/send/").status_code == 403
