"""Posting a receipt and allocating it: suggestions and their reasons, bad input, the same form sent twice."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.core.locks import atomic_or_busy
from receivables.models import Allocation, Invoice, Receipt
from receivables.services import close_period
from tests.factories import (
    Company,
    account_of,
    allocate_receipt,
    day,
    make_account,
    make_credit_note,
    make_customer,
    make_entity,
    make_invoice,
    make_receipt,
    money,
)
from tests.receivables.pages.conftest import SignIn

pytestmark = pytest.mark.django_db


def filled(company: Company, **changes: Any) -> dict[str, Any]:
    return {
        "customer": company.customer.pk,
        "legal_entity": company.entity.pk,
        "currency": "CNY",
        "amount": "1,000.00",
        "on": "2026-03-31",
        "instrument": "transfer",
        "reference": "",
        "number": "",
        "note": "",
        "idempotency_key": "one-form",
        **changes,
    }


def post(client: Client, data: dict[str, Any]) -> Any:
    return client.post(reverse("receivables:post_receipt"), data)


def matches(client: Client, data: dict[str, Any]) -> str:
    text: str = client.get(reverse("receivables:matches"), data).content.decode()
    return text


def amount_beside(page: str, invoice: Invoice) -> str:
    """What stands in the amount field of an invoice."""
    found = re.search(rf'name="line-{invoice.pk}" value="([^"]*)"', page)
    assert found, f"{invoice} is not in the table"
    return found.group(1)


def why(page: str, invoice: Invoice) -> str:
    """The reason shown beside an invoice; empty where none is shown."""
    row = page[page.index(f'name="line-{invoice.pk}"') :].split("</tr>", maxsplit=1)[0]
    found = re.search(r'<span data-why( hidden)?>(.*?)</span><span class="quiet"', row, re.DOTALL)
    assert found
    return "" if found.group(1) else re.sub(r"<[^>]+>", "", found.group(2)).strip()


def test_suggestions_name_their_reason(company: Company, sign_in: SignIn) -> None:
    client, customer = sign_in(company.anna), company.customer
    oldest = make_invoice(customer, "300", on="2026-01-01", due_on="2026-01-31", number="OLD-1")
    exact = make_invoice(customer, "700", on="2026-02-01", due_on="2026-03-03", number="EXA-1")
    named = make_invoice(customer, "500", on="2026-03-01", due_on="2026-04-01", number="NAM-1")
    page = matches(client, filled(company, amount="700"))
    assert (amount_beside(page, exact), why(page, exact)) == ("700.00", "same amount")
    assert amount_beside(page, oldest) == ""
    page = matches(client, filled(company, amount="500", reference="pays NAM-1, thanks"))
    assert (amount_beside(page, named), why(page, named)) == ("500.00", "named in the reference")
    page = matches(client, filled(company, amount="400"))
    assert (amount_beside(page, oldest), why(page, oldest)) == ("300.00", "oldest due first")
    assert (amount_beside(page, exact), why(page, exact)) == ("100.00", "oldest due first")
    assert "30 days late" not in page
    assert "59 days late" in page


def test_accepted_suggestions_keep_their_reason_and_edited_ones_are_by_hand(company: Company, sign_in: SignIn) -> None:
    first = make_invoice(company.customer, "300", due_on="2026-02-01")
    second = make_invoice(company.customer, "900", due_on="2026-02-02")
    data = filled(company, **{
        f"line-{first.pk}": "300.00", f"why-{first.pk}": "oldest:300.00",
        f"line-{second.pk}": "250.00", f"why-{second.pk}": "oldest:700.00",
    })  # fmt: skip
    assert post(sign_in(company.anna), data).status_code == 302
    receipt = Receipt.objects.get()
    assert dict(receipt.allocations.values_list("invoice_id", "method")) == {first.pk: "oldest", second.pk: "manual"}
    assert receipt.open_amount == money(450)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.open_amount, second.open_amount) == (money(0), money(650))


def test_overpayment_stays_as_credit_and_is_said(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "600")
    client = sign_in(company.anna)
    answer = client.post(
        reverse("receivables:post_receipt"), filled(company, **{f"line-{invoice.pk}": "600"}), follow=True
    )
    page = answer.content.decode()
    assert "600.00 CNY allocated, 400.00 CNY stay as unallocated credit of the customer." in page
    assert "Post another receipt" in page
    assert f"?customer={company.customer.pk}" in page
    account = account_of(company.customer)
    assert (account.receivable, account.unallocated) == (money(0), money(400))


def test_the_same_form_sent_twice_is_posted_once(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "1000")
    client = sign_in(company.anna)
    data = filled(company, **{f"line-{invoice.pk}": "1000.00", f"why-{invoice.pk}": "exact:1000.00"})
    first, second = post(client, data), post(client, data)
    assert first.status_code == second.status_code == 302
    assert first.headers["Location"] == second.headers["Location"]
    assert Receipt.objects.count() == Allocation.objects.count() == 1


def test_a_form_posted_before_with_other_figures_says_so_and_may_then_be_posted(
    company: Company, sign_in: SignIn
) -> None:
    client = sign_in(company.anna)
    post(client, filled(company, amount="1000"))
    again = post(client, filled(company, amount="2000"))
    page = again.content.decode()
    assert again.status_code == 422
    assert "already carried out with other figures" in page
    assert 'value="2000"' in page
    key = re.search(r'name="idempotency_key" value="([^"]+)"', page)
    assert key
    assert key.group(1) != "one-form"
    assert Receipt.objects.count() == 1
    post(client, filled(company, amount="2000", idempotency_key=key.group(1)))
    assert sorted(Receipt.objects.values_list("amount", flat=True)) == [money(1000), money(2000)]


def test_every_opened_form_has_a_key_of_its_own(company: Company, sign_in: SignIn) -> None:
    client = sign_in(company.anna)
    pages = [client.get(reverse("receivables:post_receipt")) for _tab in range(2)]
    keys = {re.search(r'name="idempotency_key" value="(\w+)"', page.content.decode()).group(1) for page in pages}  # type: ignore[union-attr]
    assert len(keys) == 2
    assert all("no-store" in page.headers["Cache-Control"] for page in pages)


@pytest.mark.repeats
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amount": "12,x4"}, "Enter an amount such as 1,234.50."),
        ({"amount": ""}, "This field is required."),
        ({"amount": "0"}, "The amount must be greater than zero"),
        ({"amount": "-5"}, "The amount must be greater than zero"),
        ({"amount": "1.005"}, "At most 2 decimal places are taken."),
        ({"amount": "NaN"}, "Enter an amount such as 1,234.50."),
        ({"amount": "1e5"}, "Enter an amount such as 1,234.50."),
        ({"amount": "1,23"}, "Enter an amount such as 1,234.50."),
        ({"amount": "12345678901234567890"}, "This figure is too large."),
        ({"on": "2199-11-29"}, "This day has not come yet"),
        ({"on": "0206-03-31"}, "is the year right?"),
        ({"on": "31.02.2026"}, "Enter a valid date."),
        ({"on": ""}, "This field is required."),
        ({"customer": "999999"}, "Select a valid choice."),
        ({"customer": "drop table"}, "Select a valid choice."),
        ({"instrument": "gold"}, "Select a valid choice."),
        ({"currency": "XXX"}, "Select a valid choice."),
        ({"legal_entity": "0"}, "Select a valid choice."),
        ({"number": "n" * 61}, "at most 60 characters"),
    ],
)
def test_bad_input_is_named_and_nothing_typed_is_lost(
    company: Company, sign_in: SignIn, changes: dict[str, str], message: str
) -> None:
    invoice = make_invoice(company.customer, "1000")
    data = filled(company, reference="kept words", **{f"line-{invoice.pk}": "77.70", **changes})
    answer = post(sign_in(company.anna), data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page
    assert 'value="kept words"' in page
    if not {"customer", "currency", "legal_entity"} & changes.keys():
        assert amount_beside(page, invoice) == "77.70"
    assert not Receipt.objects.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [("abc", "Enter an amount such as 1,234.50."), ("-1", "An allocation cannot be negative.")],
)
def test_a_bad_line_is_marked_where_it_stands(company: Company, sign_in: SignIn, text: str, message: str) -> None:
    invoice = make_invoice(company.customer, "1000")
    answer = post(sign_in(company.anna), filled(company, **{f"line-{invoice.pk}": text}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page
    assert "Correct the amounts marked below." in page
    assert amount_beside(page, invoice) == text
    assert not Receipt.objects.exists()


@pytest.mark.parametrize("line", ["1000.01", "1500"])
def test_more_than_is_open_or_received_is_refused(company: Company, sign_in: SignIn, line: str) -> None:
    invoice = make_invoice(company.customer, "1000")
    answer = post(sign_in(company.anna), filled(company, amount="1200", **{f"line-{invoice.pk}": line}))
    assert answer.status_code == 422
    assert f"{invoice.number} has 1,000.00 open" in answer.content.decode()
    assert amount_beside(answer.content.decode(), invoice) == line
    assert not Receipt.objects.exists()


def test_another_tab_was_faster(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "1000")
    client = sign_in(company.anna)
    post(client, filled(company, idempotency_key="first tab", **{f"line-{invoice.pk}": "1000"}))
    late = post(client, filled(company, idempotency_key="second tab", **{f"line-{invoice.pk}": "1000"}))
    assert late.status_code == 422
    assert "0.00 open" in late.content.decode()
    assert Receipt.objects.count() == 1


def test_a_closed_period_is_refused_beside_the_date(company: Company, sign_in: SignIn) -> None:
    close_period(actor=None, legal_entity_id=company.entity.pk, closed_through=day("2026-03-15"))
    answer = post(sign_in(company.anna), filled(company, on="2026-03-15"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "is closed up to 2026-03-15" in page
    assert not Receipt.objects.exists()


def test_a_locked_customer_answers_busy_and_keeps_the_form(
    company: Company, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crm.core.errors import Busy
    from receivables.views import receipts

    def busy(**kwargs: Any) -> None:
        raise Busy

    monkeypatch.setattr(receipts, "post_receipt", busy)
    answer = post(sign_in(company.anna), filled(company, reference="kept words"))
    assert answer.status_code == 503
    assert "Somebody else is working on the same record." in answer.content.decode()
    assert 'value="kept words"' in answer.content.decode()


def test_invoices_of_strangers_cannot_be_paid(company: Company, sign_in: SignIn) -> None:
    foreign = make_invoice(make_customer("Someone else"), "1000")
    answer = post(sign_in(company.anna), filled(company, **{f"line-{foreign.pk}": "1000"}))
    assert answer.status_code == 422
    assert "belong to different customers" in answer.content.decode()
    assert not Receipt.objects.exists()


def test_money_goes_where_the_open_invoices_are(company: Company, sign_in: SignIn) -> None:
    other = make_entity("HK")
    abroad = make_invoice(company.customer, "50", currency="USD", entity=other, due_on="2026-01-11")
    make_invoice(company.customer, "90", due_on="2026-03-11")
    page = matches(sign_in(company.anna), filled(company, amount="50"))
    assert f'data-entity="{other.pk}" data-currency="USD"' in page
    assert amount_beside(page, abroad) == "50.00"
    assert "1 more invoice is open in CNY" in page
    # What the reader chose for this payer afterwards stays.
    page = matches(sign_in(company.anna), filled(company, amount="50", seen_customer=company.customer.pk))
    assert "data-entity" not in page.split("data-matches")[1].split(">")[0]
    assert "1 more invoice is open in USD" in page


def test_typed_amounts_survive_a_change_of_the_amount_but_not_of_the_payer(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "500")
    client = sign_in(company.anna)
    mine = f"{company.customer.pk}-{company.entity.pk}-CNY"
    typed = filled(
        company, touched="1", lines_of=mine, seen_customer=company.customer.pk, **{f"line-{invoice.pk}": "1.23"}
    )
    assert amount_beside(matches(client, {**typed, "amount": "900"}), invoice) == "1.23"
    assert amount_beside(matches(client, {**typed, "lines_of": "7-7-CNY"}), invoice) == "500.00"


def test_an_instrument_that_must_clear_says_what_that_means(company: Company, sign_in: SignIn) -> None:
    make_invoice(company.customer, "500")
    client = sign_in(company.anna)
    assert "This instrument must clear" in matches(client, filled(company, instrument="cheque"))
    assert "This instrument must clear" not in matches(client, filled(company, instrument="cash"))


def test_an_instrument_that_is_not_agreed_is_warned_of_and_posted_all_the_same(
    company: Company, sign_in: SignIn
) -> None:
    make_invoice(company.customer, "500")
    client, warning = sign_in(company.anna), "Payment by cash is not agreed with this customer"
    assert warning not in matches(client, filled(company, instrument="cash"))
    make_account(company.customer, instruments=["transfer", "cheque"])
    shown = matches(client, filled(company, instrument="cash"))
    assert warning in shown
    assert "its account accepts bank transfer or cheque" in shown
    assert "not agreed" not in matches(client, filled(company, instrument="cheque"))
    assert "not agreed" not in matches(client, filled(company, instrument="gold"))
    answer = client.post(reverse("receivables:post_receipt"), filled(company, instrument="cash"), follow=True)
    assert warning in answer.content.decode()
    assert Receipt.objects.get().instrument == "cash"
    answer = client.post(
        reverse("receivables:post_receipt"), filled(company, number="R-2", idempotency_key="another"), follow=True
    )
    assert "not agreed" not in answer.content.decode()
    assert Receipt.objects.count() == 2


def test_an_unallocated_receipt_is_allocated_later(company: Company, sign_in: SignIn) -> None:
    receipt = make_receipt(company.customer, "400", on="2026-03-01")
    invoice = make_invoice(company.customer, "300", on="2026-03-02")
    client = sign_in(company.anna)
    address = reverse("receivables:allocate_receipt", args=[receipt.pk])
    assert amount_beside(client.get(address).content.decode(), invoice) == "300.00"
    nothing = client.post(address, {"on": "2026-03-31"})
    assert nothing.status_code == 422
    assert "Tick at least one invoice" in nothing.content.decode()
    data = {
        "on": "2026-03-31",
        "idempotency_key": "k",
        f"line-{invoice.pk}": "300.00",
        f"why-{invoice.pk}": "oldest:300.00",
    }
    for _twice in range(2):
        assert client.post(address, data).status_code == 302
    assert Allocation.objects.get().method == "oldest"
    receipt.refresh_from_db()
    assert receipt.open_amount == money(100)


def test_a_credit_note_is_allocated_like_a_receipt(company: Company, sign_in: SignIn) -> None:
    note = make_credit_note(company.customer, "100", on="2026-03-01")
    invoice = make_invoice(company.customer, "300", on="2026-03-02")
    client = sign_in(company.anna)
    address = reverse("receivables:allocate_credit_note", args=[note.pk])
    assert client.post(address, {"on": "2026-03-31", f"line-{invoice.pk}": "60"}).status_code == 302
    note.refresh_from_db()
    assert note.open_amount == money(40)
    # An invoice is no source of money.
    assert client.get(reverse("receivables:allocate_credit_note", args=[invoice.pk])).status_code == 404


def test_an_allocation_is_taken_back_by_its_page(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "300")
    receipt = make_receipt(company.customer, "300", lines=[(invoice, "300")])
    allocation = Allocation.objects.get()
    client = sign_in(company.anna)
    address = reverse("receivables:take_back", args=[allocation.pk])
    assert "no longer settle" in client.get(address).content.decode()
    early = client.post(address, {"on": "2026-01-01"})
    assert early.status_code == 422
    assert "too early" in early.content.decode()
    assert client.post(address, {"on": "2026-03-31"}).headers["Location"] == receipt.get_absolute_url()
    again = client.post(address, {"on": "2026-03-31"})
    assert again.status_code == 422
    assert "taken back already" in again.content.decode()
    invoice.refresh_from_db()
    assert invoice.open_amount == money(300)


def test_the_table_stays_small_and_finds_by_number(company: Company, sign_in: SignIn) -> None:
    from receivables.selectors import matching

    for place in range(12):
        make_invoice(company.customer, "10", number=f"ROW-{place:02}", due_on=f"2026-03-{place + 1:02}")
    client = sign_in(company.anna)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(matching, "ROWS_SHOWN", 5)
        page = matches(client, filled(company, amount="10", seen_customer=company.customer.pk))
        assert "6 more open invoices. Find them by number:" in page
        assert "ROW-11" not in page
        found = matches(client, filled(company, amount="10", find="row-11", seen_customer=company.customer.pk))
        assert "ROW-11" in found


def test_a_receipt_of_a_foreign_currency_settles_in_base_to_the_cent(company: Company, sign_in: SignIn) -> None:
    invoice = make_invoice(company.customer, "100.00", currency="USD")
    with atomic_or_busy():
        answer = post(
            sign_in(company.anna), filled(company, currency="USD", amount="33.33", **{f"line-{invoice.pk}": "33.33"})
        )
    assert answer.status_code == 302
    receipt = Receipt.objects.get()
    assert (receipt.base_amount, receipt.open_amount) == (money("236.64"), money(0))
    allocate_receipt(make_receipt(company.customer, "66.67", currency="USD"), (invoice, "66.67"))
    assert account_of(company.customer).receivable == money(0)
