"""What receivables puts on other pages: panels of the customer page, cards of 'My day', search, the timeline."""

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from crm.accounts.models import User
from crm.core.registry import registry
from customers.models import TimelineEvent
from receivables.models import Allocation
from receivables.panels.documents import (
    cheques_card,
    due_card,
    open_invoices_panel,
    receivables_panel,
    unallocated_card,
)
from receivables.search import search_invoices, search_receipts
from receivables.services import bounce_receipt, clear_receipt, reverse_invoice, take_back
from receivables.timeline.documents import KINDS
from tests.factories import (
    Company,
    allocate_receipt,
    day,
    make_credit_note,
    make_customer,
    make_invoice,
    make_receipt,
    money,
)

pytestmark = pytest.mark.django_db


def test_the_panel_tells_open_overdue_unallocated_and_what_is_next(company: Company) -> None:
    late = make_invoice(company.customer, "1000", due_on="2026-03-01")
    make_receipt(company.customer, "400", lines=[(late, "300")])
    soon = make_invoice(company.customer, "50", due_on="2026-04-02")
    make_invoice(company.customer, "70", due_on="2026-05-02", currency="USD")
    make_credit_note(company.customer, "20", on="2026-02-01")
    request = RequestFactory().get("/")
    request.user = User.objects.get(pk=company.anna.pk)
    position = receivables_panel(request, company.customer)["position"]
    told = {line.currency: (line.open_amount, line.overdue, line.unallocated) for line in position.currencies}
    assert told == {"CNY": (money(750), money(700), money(120)), "USD": (money(70), money(0), money(0))}
    assert (position.days_late, position.oldest_due_on, position.next_due) == (30, day("2026-03-01"), soon)
    rows = open_invoices_panel(request, company.customer)["invoices"]
    first, _state, days = rows[0]
    assert (first, days) == (late, 30)


def test_a_customer_without_money_has_an_empty_panel(company: Company) -> None:
    request = RequestFactory().get("/")
    request.user = User.objects.get(pk=company.anna.pk)
    assert receivables_panel(request, make_customer())["position"].is_empty


def test_cards_of_my_day(company: Company) -> None:
    foreign = make_customer("Not mine", owner=company.charlie)
    for customer in (company.customer, foreign):
        make_receipt(customer, "10")
        make_receipt(customer, "20", instrument="cheque")
        make_invoice(customer, "30", due_on="2026-03-31")
        make_invoice(customer, "40", due_on="2026-04-07")
        make_invoice(customer, "50", due_on="2026-04-08")
    alice, anna = User.objects.get(pk=company.alice.pk), User.objects.get(pk=company.anna.pk)
    assert (unallocated_card(alice).count, unallocated_card(anna).count) == (2, 4)
    assert (cheques_card(alice).count, cheques_card(anna).count) == (1, 2)
    assert (due_card(alice).count, due_card(anna).count) == (2, 4)
    assert [row.amount for row in due_card(alice).rows] == [money(40), money(30)]
    assert {row.tone for row in due_card(alice).rows} == {"info", "warning"}
    # An accountant's click leads to the allocation itself, a rep's to the receipt.
    assert unallocated_card(anna).rows[0].url.endswith("/allocate/")
    assert not unallocated_card(alice).rows[0].url.endswith("/allocate/")
    for card in (unallocated_card, cheques_card, due_card):
        with CaptureQueriesContext(connection) as captured:
            card(anna)
        assert len(captured) == 2


def test_search_by_the_beginning_of_a_number_or_reference(company: Company) -> None:
    invoice = make_invoice(company.customer, number="FIND-77")
    make_invoice(make_customer("Not mine", owner=company.charlie), number="FIND-78")
    receipt = make_receipt(company.customer, "5", reference="BANK 4711", number="RC-9")
    alice = User.objects.get(pk=company.alice.pk)
    assert [hit.url for hit in search_invoices(alice, "find-")] == [invoice.get_absolute_url()]
    assert [hit.url for hit in search_receipts(alice, "bank 47")] == [receipt.get_absolute_url()]
    assert [hit.url for hit in search_receipts(alice, "rc-9")] == [receipt.get_absolute_url()]
    assert not list(search_invoices(alice, "F"))
    assert not list(search_invoices(alice, "IND-77"))
    assert not list(search_invoices(alice, "%"))


def test_every_event_of_the_services_has_a_sentence_in_both_languages(company: Company) -> None:
    customer = company.customer
    invoice = make_invoice(customer, "1000")
    make_credit_note(customer, "1", on="2026-01-10")
    receipt = make_receipt(customer, "900")
    allocate_receipt(receipt, (invoice, "500"))
    take_back(actor=None, allocation_id=Allocation.objects.get().pk, on=day("2026-03-01"))
    cheque = make_receipt(customer, "8", instrument="cheque")
    clear_receipt(actor=None, receipt_id=cheque.pk, on=day("2026-03-01"))
    bad = make_receipt(customer, "9", instrument="cheque")
    bounce_receipt(actor=None, receipt_id=bad.pk, on=day("2026-03-01"), reason="No funds")
    reverse_invoice(actor=None, invoice_id=invoice.pk, on=day("2026-03-02"), reason="Twice")
    events = list(TimelineEvent.objects.filter(kind__in=KINDS).order_by("pk"))
    assert {event.kind for event in events} == {
        "invoice_posted", "receipt_posted", "allocated", "taken_back", "cleared", "bounced", "reversed",
    }  # fmt: skip
    for event in events:
        kind = registry.timeline_kinds[event.kind]
        told = {}
        for language in ("en", "zh-hans"):
            with translation.override(language):
                told[language] = kind.sentence(event.data)
        assert told["en"] != told["zh-hans"], event.kind
        assert event.data["number"] in told["en"]
        assert "%(" not in told["en"] + told["zh-hans"]
        assert kind.url is not None
        assert kind.url(event.data).startswith("/receivables/")
    sentences = [registry.timeline_kinds[event.kind].sentence(event.data) for event in events]
    assert f"500.00 CNY of {receipt.number} allocated to {invoice.number}" in sentences
    assert any(sentence.endswith("bounced: No funds") for sentence in sentences)


def test_links_from_credit_entries_to_documents(company: Company) -> None:
    assert registry.source_links["invoice"].url(5) == "/receivables/invoices/5/"
    assert registry.source_links["receipt"].url(6) == "/receivables/receipts/6/"
    assert registry.source_links["allocation"].url(7) == "/receivables/allocations/7/"


def test_imports_are_told_with_their_sums() -> None:
    sentence = KINDS["invoices_imported"].sentence({"count": 2, "amounts": {"CNY": "1200.00", "USD": "80.00"}})
    assert sentence == "2 invoices imported: 1,200.00 CNY, 80.00 USD"
    assert KINDS["receipts_imported"].sentence({"count": 1}) == "1 receipt imported"
