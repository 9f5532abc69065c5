"""Posting invoices, debit notes and credit notes by the form, and what is shown while it is filled in."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from receivables.models import Invoice
from receivables.services import close_period
from tests.factories import Company, day, make_account, make_customer, make_invoice, money
from tests.receivables.pages.conftest import SignIn

pytestmark = pytest.mark.django_db


def filled(company: Company, **changes: Any) -> dict[str, Any]:
    return {
        "customer": company.customer.pk,
        "legal_entity": company.entity.pk,
        "kind": "invoice",
        "number": "F-1",
        "on": "2026-03-10",
        "currency": "CNY",
        "amount": "1,234.50",
        "due_on": "",
        "term_days": "",
        "settlement": "",
        "reference": "",
        "note": "",
        "cost": "",
        "responsible": "",
        "corrects": "",
        "idempotency_key": "one-form",
        **changes,
    }


def post(client: Client, data: dict[str, Any]) -> Any:
    return client.post(reverse("receivables:post_invoice"), data)


def preview(client: Client, data: dict[str, Any]) -> str:
    text: str = client.get(reverse("receivables:preview_invoice"), data).content.decode()
    return text


def test_terms_of_the_customer_decide_the_due_date(company: Company, sign_in: SignIn) -> None:
    make_account(company.customer, limit="5000", term_days=15, settlement="monthly")
    client = sign_in(company.anna)
    shown = preview(client, filled(company))
    assert "2026-04-15" in shown
    assert "as agreed with the customer: Monthly, 15 days" in shown
    assert post(client, filled(company)).status_code == 302
    invoice = Invoice.objects.get()
    assert (invoice.due_on, invoice.amount, invoice.responsible_id) == (
        day("2026-04-15"), money("1234.50"), company.alice.pk,
    )  # fmt: skip


def test_typed_terms_and_typed_due_dates_win(company: Company, sign_in: SignIn) -> None:
    make_account(company.customer, term_days=15, settlement="monthly")
    client = sign_in(company.anna)
    assert "2026-03-20" in preview(client, filled(company, term_days="10", settlement="rolling"))
    shown = preview(client, filled(company, due_on="2026-05-05"))
    assert "2026-05-05" in shown
    assert "by the terms it would be 2026-04-15" in shown
    post(client, filled(company, due_on="2026-05-05"))
    assert Invoice.objects.get().due_on == day("2026-05-05")


def test_the_preview_tells_rate_headroom_and_what_would_be_refused(company: Company, sign_in: SignIn) -> None:
    make_account(company.customer, limit="8000")
    make_invoice(company.customer, "10", number="F-1")
    close_period(actor=None, legal_entity_id=company.entity.pk, closed_through=day("2026-03-10"))
    client = sign_in(company.anna)
    shown = preview(client, filled(company, currency="USD", amount="1000"))
    assert "1 USD = 7.1 CNY" in shown
    assert "7,100.00" in shown
    assert "890.00" in shown  # 8,000 - 10 - 7,100
    assert "The number F-1 is taken already." in shown
    assert "is closed up to 2026-03-10" in shown
    assert "Is the year right?" in preview(client, filled(company, on="1990-01-01"))
    assert "over the limit" not in shown
    assert "over the limit" in preview(client, filled(company, currency="USD", amount="2000"))
    assert "There is no rate for EUR on or before 2026-03-10" in preview(client, filled(company, currency="EUR"))
    assert "Choose customer and date" in preview(client, {})


def test_a_temporary_limit_that_is_over_gives_no_headroom_before_the_night_ends_it(
    company: Company, sign_in: SignIn
) -> None:
    make_account(company.customer, limit="8000", regular_limit=money(1000), temporary_until=day("2026-03-09"))
    shown = preview(sign_in(company.anna), filled(company))
    assert "-234.50" in shown
    assert "over the limit" in shown
    assert "8,000.00" not in shown


def test_the_same_form_sent_twice_is_posted_once(company: Company, sign_in: SignIn) -> None:
    client = sign_in(company.anna)
    first, second = post(client, filled(company)), post(client, filled(company))
    assert first.headers["Location"] == second.headers["Location"]
    assert Invoice.objects.count() == 1
    # Another form (another tab) with the same number is another document: refused beside the number.
    third = post(client, filled(company, idempotency_key="other tab"))
    assert third.status_code == 422
    assert "The number F-1 is taken already." in third.content.decode()


@pytest.mark.repeats
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"number": ""}, "This field is required."),
        ({"number": "   "}, "This field is required."),
        ({"amount": "0"}, "The amount must be greater than zero"),
        ({"amount": "twelve"}, "Enter an amount such as 1,234.50."),
        ({"on": "yesterday"}, "Enter a valid date."),
        ({"on": "9999-12-31"}, "This day has not come yet"),
        ({"due_on": "2026-03-09"}, "The due date lies before the date of the invoice."),
        ({"due_on": "9999-12-31"}, "is the year right?"),
        ({"due_on": "2026-13-01"}, "Enter a valid date."),
        ({"term_days": "-1"}, "It cannot be below 0."),
        ({"term_days": "ten"}, "Enter a whole number."),
        ({"kind": "gift"}, "Select a valid choice."),
        ({"settlement": "never"}, "Select a valid choice."),
        ({"currency": "EUR"}, "There is no exchange rate for EUR"),
        ({"cost": "-1"}, "It cannot be below 0."),
        ({"corrects": "12345", "kind": "credit_note"}, "Select a valid choice."),
        ({"customer": ""}, "This field is required."),
        ({"responsible": "0"}, "Select a valid choice."),
    ],
)
def test_bad_input_is_named_and_nothing_typed_is_lost(
    company: Company, sign_in: SignIn, changes: dict[str, str], message: str
) -> None:
    answer = post(sign_in(company.anna), filled(company, reference="kept words", **changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page
    assert 'value="kept words"' in page
    assert not Invoice.objects.exists()


def test_one_field_is_checked_while_filling_in(company: Company, sign_in: SignIn) -> None:
    client = sign_in(company.anna)
    address = reverse("receivables:post_invoice")
    answer = client.post(address, filled(company, amount="x"), headers={"X-Validate": "amount"})
    assert answer.json() == {"errors": ["Enter an amount such as 1,234.50."]}
    answer = client.post(address, filled(company), headers={"X-Validate": "amount"})
    assert answer.json() == {"errors": []}
    assert not Invoice.objects.exists()


def test_a_credit_note_corrects_an_invoice_at_once(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "1000")
    client = sign_in(company.anna)
    page = client.get(reverse("receivables:post_invoice"), {"corrects": invoice.pk}).content.decode()
    assert "Post credit note" in page
    assert 'value="1,000.00"' in page
    post(client, filled(company, kind="credit_note", amount="250", corrects=invoice.pk))
    note = Invoice.objects.get(kind="credit_note")
    invoice.refresh_from_db()
    assert (note.corrects_id, note.open_amount, invoice.open_amount) == (invoice.pk, money(0), money(750))
    assert note.number in client.get(invoice.get_absolute_url()).content.decode()


def test_a_debit_note_does_not_correct_anything(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "1000")
    post(sign_in(company.anna), filled(company, kind="debit_note", corrects=invoice.pk))
    assert Invoice.objects.get(kind="debit_note").corrects_id is None


def test_strangers_customers_cannot_be_billed(company: Company, sign_in: SignIn) -> None:
    foreign = make_customer("Someone else's", owner=company.charlie)
    client = sign_in(company.alice)
    answer = post(client, filled(company, customer=foreign.pk))
    assert answer.status_code == 403  # a rep posts nothing at all
    assert not Invoice.objects.exists()


def test_the_customer_is_filled_in_from_the_address(company: Company, sign_in: SignIn) -> None:
    page = sign_in(company.anna).get(reverse("receivables:post_invoice"), {"customer": company.customer.pk})
    assert f'<option value="{company.customer.pk}" selected>' in page.content.decode()
