"""The pages of one invoice and one receipt, and what can be done there."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import TimelineEvent
from receivables.models import Allocation, Invoice, Receipt
from receivables.services import assign_responsible, clear_receipt
from tests.factories import (
    Company,
    account_of,
    allocate_receipt,
    day,
    make_credit_note,
    make_invoice,
    make_receipt,
    money,
)
from tests.receivables.pages.conftest import SignIn

pytestmark = pytest.mark.django_db


def read(client: Client, document: Any) -> str:
    answer = client.get(document.get_absolute_url())
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def test_an_invoice_tells_what_settled_it_and_why(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "1000", due_on="2026-03-01")
    receipt = make_receipt(company.customer, "400", reference=f"for {invoice.number}", method="auto")
    page = read(sign_in(company.fiona), invoice)
    assert "30 days late" in page
    assert receipt.number in page
    assert "the payment named this invoice" in page
    assert "400.00 of 1,000.00 CNY" in page
    for button in ("Post receipt", "Credit note", "Reverse", "Take back"):
        assert button in page


def test_nobody_is_offered_what_is_not_allowed(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "1000")
    make_receipt(company.customer, "400", lines=[(invoice, "400")])
    page = read(sign_in(company.alice), invoice)
    for button in (">Post receipt", "Take back", "/reverse/", "/responsible/"):
        assert button not in page
    page = read(sign_in(company.anna), invoice)
    assert "Take back" in page
    assert "/reverse/" not in page


def test_credit_movements_of_a_document(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "1000")
    receipt = make_receipt(company.customer, "400", lines=[(invoice, "400")])
    client = sign_in(company.fiona)
    shown = client.get(reverse("receivables:invoice_credit", args=[invoice.pk])).content.decode()
    assert "1,000.00" in shown
    assert "-400.00" in shown
    shown = client.get(reverse("receivables:receipt_credit", args=[receipt.pk])).content.decode()
    assert shown.count("-400.00") == 2  # receivable and unallocated
    cheque = make_receipt(company.customer, "9", instrument="cheque")
    shown = client.get(reverse("receivables:receipt_credit", args=[cheque.pk])).content.decode()
    assert "has not moved the credit account" in shown


def test_a_bounced_cheque_opens_its_invoices_again(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "1000")
    cheque = make_receipt(company.customer, "1000", instrument="cheque", lines=[(invoice, "1000")])
    client = sign_in(company.fiona)
    page = read(client, cheque)
    assert "Not cleared yet" in page
    address = reverse("receivables:bounce_receipt", args=[cheque.pk])
    asked = client.get(address).content.decode()
    assert "1,000.00 CNY of Alice&#x27;s customer were not paid." in asked
    assert "1 allocation over 1,000.00 CNY is taken back first." in asked
    assert client.post(address, {"on": "2026-03-31", "reason": ""}).status_code == 422
    cheque.refresh_from_db()
    assert cheque.bounced_on is None
    assert client.post(address, {"on": "2026-03-31", "reason": "No funds"}).status_code == 302
    page = read(client, cheque)
    assert "Bounced on 2026-03-31, recorded by Fiona: No funds" in page
    assert "taken back because the instrument bounced" in page
    assert "Cleared</a>" not in page
    invoice.refresh_from_db()
    assert invoice.open_amount == money(1000)
    assert account_of(company.customer).uncleared == money(0)
    again = client.post(address, {"on": "2026-03-31", "reason": "No funds"})
    assert again.status_code == 422
    assert "not waiting to be cleared" in again.content.decode()


@pytest.mark.parametrize(
    ("action", "kind", "typed"),
    [
        ("clear_receipt", "cleared", {}),
        ("bounce_receipt", "bounced", {"reason": "No funds"}),
        ("reverse_receipt", "reversed", {"reason": "Typed twice"}),
    ],
)
def test_a_form_about_a_cheque_that_is_sent_twice_is_carried_out_once(
    company: Company, sign_in: SignIn, action: str, kind: str, typed: dict[str, str]
) -> None:
    cheque = make_receipt(company.customer, "1000", instrument="cheque")
    client = sign_in(company.fiona)
    address = reverse(f"receivables:{action}", args=[cheque.pk])
    sent = {"on": "2026-03-31", "idempotency_key": "of one opened form", **typed}
    for _time in range(2):
        assert client.post(address, sent).headers["Location"] == cheque.get_absolute_url()
    assert TimelineEvent.objects.filter(customer=company.customer, kind=kind).count() == 1


def test_a_cheque_clears(company: Company, sign_in: SignIn) -> None:
    cheque = make_receipt(company.customer, "1000", instrument="cheque")
    client = sign_in(company.anna)
    address = reverse("receivables:clear_receipt", args=[cheque.pk])
    assert client.post(address, {"on": "2026-01-01"}).status_code == 422
    assert client.post(address, {"on": "2026-03-30"}).status_code == 302
    page = read(client, cheque)
    assert "Cleared: the money has arrived" in page
    assert account_of(company.customer).unallocated == money(1000)


def test_a_reversed_invoice_says_who_when_and_why(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "1000")
    receipt = make_receipt(company.customer, "400", lines=[(invoice, "400")])
    client = sign_in(company.fiona)
    address = reverse("receivables:reverse_invoice", args=[invoice.pk])
    asked = client.get(address).content.decode()
    assert "1 allocation over 400.00 CNY is taken back first." in asked
    assert client.post(address, {"on": "2026-03-31", "reason": "Billed twice"}).status_code == 302
    page = read(client, invoice)
    assert "Reversed on 2026-03-31 by Fiona: Billed twice" in page
    assert "/reverse/" not in page
    receipt.refresh_from_db()
    assert receipt.open_amount == money(400)
    again = client.post(address, {"on": "2026-03-31", "reason": "Billed twice"})
    assert again.status_code == 422
    assert "was reversed on 2026-03-31" in again.content.decode()


def test_a_reversed_receipt(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "1000")
    receipt = make_receipt(company.customer, "400", lines=[(invoice, "400")])
    client = sign_in(company.fiona)
    address = reverse("receivables:reverse_receipt", args=[receipt.pk])
    assert client.post(address, {"on": "2026-01-31", "reason": "Wrong payer"}).status_code == 422
    assert client.post(address, {"on": "2026-03-31", "reason": "Wrong payer"}).status_code == 302
    assert "Reversed on 2026-03-31 by Fiona: Wrong payer" in read(client, receipt)
    invoice.refresh_from_db()
    assert invoice.open_amount == money(1000)


def test_a_credit_note_tells_what_it_settled(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "1000")
    note = make_credit_note(company.customer, "300", corrects=invoice, on="2026-02-02")
    page = read(sign_in(company.fiona), note)
    assert "What it settled" in page
    assert f"300.00 allocated to {invoice.number}" in page
    assert "Used up" in page
    asked = sign_in(company.fiona).get(reverse("receivables:reverse_invoice", args=[note.pk])).content.decode()
    assert "1 allocation over 300.00 CNY is taken back first." in asked


def test_the_responsible_person_changes_with_a_reason_and_stays_in_the_history(
    company: Company, sign_in: SignIn
) -> None:
    invoice = make_invoice(company.customer, "1000")
    client = sign_in(company.mona)
    address = reverse("receivables:assign_responsible", args=[invoice.pk])
    data = {"responsible": company.bob.pk, "reason": "Alice is on leave"}
    assert client.post(address, data).headers["Location"] == invoice.get_absolute_url()
    page = read(client, invoice)
    assert "Bob became responsible" in page
    assert "Alice is on leave" in page
    assign_responsible(actor=None, invoice_ids=[invoice.pk], responsible_id=company.alice.pk, reason="Back")
    page = read(client, invoice)
    assert page.index("Alice became responsible") < page.index("Bob became responsible")


def test_the_address_of_an_allocation_leads_to_its_source(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "1000")
    receipt = make_receipt(company.customer, "400", lines=[(invoice, "400")])
    allocation = Allocation.objects.get()
    answer = sign_in(company.fiona).get(reverse("receivables:allocation", args=[allocation.pk]))
    assert answer.headers["Location"] == f"{receipt.get_absolute_url()}#allocation-{allocation.pk}"


def count(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.thorough
def test_a_document_page_costs_the_same_however_much_happened(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "1000")
    make_receipt(company.customer, "1", lines=[(invoice, "1")])
    client = sign_in(company.fiona)
    few = count(client, invoice.get_absolute_url())
    for _time in range(20):
        make_receipt(company.customer, "1", lines=[(invoice, "1")], actor=company.fiona)
    assert count(client, invoice.get_absolute_url()) == few <= 20
    receipt = make_receipt(company.customer, "100", lines=[(invoice, "1")])
    few = count(client, receipt.get_absolute_url())
    for _time in range(20):
        other = make_invoice(company.customer, "1")
        allocate_receipt(receipt, (other, "1"), on="2026-03-01", actor=company.fiona)
    assert count(client, receipt.get_absolute_url()) == few <= 20


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_speak_both_languages(company: Company, sign_in: SignIn, language: str) -> None:
    invoice = make_invoice(company.customer, "1000", due_on="2026-03-01")
    cheque = make_receipt(company.customer, "400", instrument="cheque", lines=[(invoice, "400")])
    clear_receipt(actor=None, receipt_id=cheque.pk, on=day("2026-03-02"))
    client = sign_in(company.fiona, language)
    words = {
        "en": ("What settled it", "30 days late", "Overdue"),
        "zh-hans": ("由哪些款项核销", "逾期 30 天", "撤销核销"),
    }
    page = read(client, invoice)
    for word in words[language]:
        assert word in page
    assert Invoice.objects.count() == Receipt.objects.count() == 1
