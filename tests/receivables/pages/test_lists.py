"""The lists of invoices and receipts: what they show, filter and add up, and what they cost."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from receivables.models import Invoice
from receivables.services import InvoiceRow, ReceiptRow, post_invoices, post_receipts, reverse_invoice
from receivables.views.lists import InvoiceList, ReceiptList
from tests.factories import (
    Company,
    day,
    make_credit_note,
    make_customer,
    make_entity,
    make_invoice,
    make_receipt,
    money,
)
from tests.receivables.pages.conftest import SignIn

pytestmark = pytest.mark.django_db


def numbers(user: Any, query: str) -> set[str]:
    return set(InvoiceList.get_queryset_for(user, query).values_list("number", flat=True))


def test_states(company: Company) -> None:
    customer, anna = company.customer, company.anna
    make_invoice(customer, "100", number="LATE", on="2026-01-01", due_on="2026-03-30")
    make_invoice(customer, "100", number="TODAY", on="2026-01-01", due_on="2026-03-31")
    paid = make_invoice(customer, "100", number="PAID", on="2026-01-01", due_on="2026-02-01")
    make_receipt(customer, "100", lines=[(paid, "100")])
    make_credit_note(customer, "40", number="CREDIT", on="2026-01-01")
    undone = make_invoice(customer, "100", number="UNDONE", on="2026-01-01", due_on="2026-02-01")
    reverse_invoice(actor=None, invoice_id=undone.pk, on=day("2026-02-01"), reason="twice")
    assert numbers(anna, "state=open") == {"LATE", "TODAY", "CREDIT"}
    assert numbers(anna, "state=overdue") == {"LATE"}
    assert numbers(anna, "state=not_due") == {"TODAY"}
    assert numbers(anna, "state=settled") == {"PAID"}
    assert numbers(anna, "state=reversed") == {"UNDONE"}
    assert numbers(anna, "kind=credit_note") == {"CREDIT"}


def test_filters_by_number_customer_dates_amounts(company: Company) -> None:
    other = make_customer("Zhejiang Paper", owner=company.bob)
    make_invoice(company.customer, "1234.50", number="A-1", on="2026-01-05", due_on="2026-02-05")
    make_invoice(other, "99", number="B-1", on="2026-02-05", due_on="2026-03-07", currency="USD")
    anna = company.anna
    assert numbers(anna, "q=A-") == {"A-1"}
    assert numbers(anna, "q=a-") == {"A-1"}
    assert numbers(anna, "q=zhejiang") == {"B-1"}
    assert numbers(anna, f"customer={other.pk}") == {"B-1"}
    assert numbers(anna, "currency=USD") == {"B-1"}
    assert numbers(anna, "on_from=2026-02-01") == {"B-1"}
    assert numbers(anna, "due_to=2026-02-05") == {"A-1"}
    assert numbers(anna, "amount_from=1,000") == {"A-1"}
    assert numbers(anna, "amount_to=100") == {"B-1"}
    assert numbers(anna, f"responsible={company.bob.pk}") == {"B-1"}
    assert numbers(anna, f"legal_entity={make_entity('X').pk}") == set()


def test_a_rep_sees_the_own_customers_only(company: Company, sign_in: SignIn) -> None:
    make_invoice(company.customer, number="MINE")
    make_invoice(make_customer("Bob's customer", owner=company.bob), number="BOBS")
    assert numbers(company.alice, "") == {"MINE"}
    assert numbers(company.mona, "") == {"MINE", "BOBS"}
    assert numbers(company.charlie, "") == set()
    page = sign_in(company.alice).get(reverse("receivables:invoices")).content.decode()
    assert "MINE" in page
    assert "BOBS" not in page


def test_a_filter_does_not_name_a_strangers_customer(company: Company, sign_in: SignIn) -> None:
    stranger = make_customer("Secret Works", owner=company.charlie)
    for name in ("invoices", "receipts"):
        page = sign_in(company.alice).get(reverse(f"receivables:{name}"), {"customer": stranger.pk})
        assert "Secret Works" not in page.content.decode()


def test_totals_are_by_currency_and_credit_notes_take_away(company: Company, sign_in: SignIn) -> None:
    make_invoice(company.customer, "1000")
    make_invoice(company.customer, "500", currency="USD")
    make_credit_note(company.customer, "300", on="2026-01-10")
    lines = InvoiceList.selection(company.anna, "").totals()
    assert [(line["currency"], line["total_amount"], line["total_open_amount"]) for line in lines] == [
        ("CNY", money(700), money(700)),
        ("USD", money(500), money(500)),
    ]
    foot = sign_in(company.anna).get(reverse("receivables:invoices"), {"part": "totals"}).content.decode()
    assert "700.00" in foot
    assert "500.00" in foot


def post_many(company: Company, count: int, prefix: str) -> None:
    customers = [make_customer(f"{prefix} {number}", owner=company.alice) for number in range(count)]
    common: dict[str, Any] = {"legal_entity_id": company.entity.pk, "on": day("2026-01-10"), "currency": "CNY"}
    post_invoices(
        actor=None,
        rows=[
            InvoiceRow(customer_id=customer.pk, number=f"{prefix}-{customer.pk}", amount=money(10), **common)
            for customer in customers
        ],
    )
    receipts = [ReceiptRow(customer_id=customer.pk, amount=money(4), **common) for customer in customers]
    post_receipts(actor=None, rows=receipts)


def queries(client: Any, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.thorough
@pytest.mark.parametrize("view", [InvoiceList, ReceiptList])
@pytest.mark.parametrize("person", ["anna", "alice"])
def test_a_list_costs_the_same_however_long(company: Company, sign_in: SignIn, view: Any, person: str) -> None:
    client = sign_in(getattr(company, person))
    address = reverse(f"receivables:{view.key}") + "?state=" + ("open" if view is InvoiceList else "unallocated")
    post_many(company, 10, "FEW")
    few = queries(client, address)
    post_many(company, 290, "MANY")
    assert queries(client, address) - few <= 1  # beyond one page the rows are counted
    assert few <= 8


def test_search_box_over_invoices(company: Company, sign_in: SignIn) -> None:
    make_invoice(company.customer, number="SRCH-1")
    make_invoice(make_customer("Hidden", owner=company.charlie), number="SRCH-2")
    address = reverse("receivables:invoice_options")
    answer = sign_in(company.fiona).get(address, {"q": "SRCH"}).json()["items"]
    assert {item["text"] for item in answer} == {"SRCH-1", "SRCH-2"}
    answer = sign_in(company.alice).get(address, {"q": "SRCH", "customer": str(company.customer.pk)}).json()["items"]
    assert [item["text"] for item in answer] == ["SRCH-1"]
    hidden = Invoice.objects.get(number="SRCH-2")
    answer = sign_in(company.alice).get(address, {"q": "SRCH", "customer": str(hidden.customer_id)}).json()["items"]
    assert answer == []


def test_bulk_assign_asks_first_and_needs_a_reason(company: Company, sign_in: SignIn) -> None:
    ids = [make_invoice(company.customer).pk for _number in range(3)]
    client = sign_in(company.mona)
    address = reverse("receivables:assign")
    asked = client.post(address, {"ids": ids})
    assert asked.status_code == 200
    assert "3 invoices get a new responsible person." in asked.content.decode()
    refused = client.post(address, {"ids": ids, "responsible": company.bob.pk, "reason": ""})
    assert refused.status_code == 422
    assert set(Invoice.objects.values_list("responsible", flat=True)) == {company.alice.pk}
    done = client.post(address, {"ids": ids, "responsible": company.bob.pk, "reason": "Alice left"})
    assert done.status_code == 302
    assert set(Invoice.objects.values_list("responsible", flat=True)) == {company.bob.pk}


def test_bulk_assign_leaves_strangers_alone(company: Company, sign_in: SignIn) -> None:
    foreign = make_invoice(make_customer("Far away", owner=company.charlie))
    data = {"ids": [foreign.pk], "responsible": company.bob.pk, "reason": "mine now"}
    answer = sign_in(company.mona).post(reverse("receivables:assign"), data)
    assert "No invoice is selected." in answer.content.decode()
    foreign.refresh_from_db()
    assert foreign.responsible_id == company.charlie.pk
