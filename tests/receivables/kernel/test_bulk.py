"""Bulk services: the same rows as one at a time, all or nothing, in a number of statements that does not grow."""

from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from credit.models import CreditEntry, OpenByDueDate
from crm.core import setbased
from crm.core.errors import NotAllowed, RateMissing
from customers.models import TimelineEvent
from receivables import services
from receivables.errors.documents import NotOpen, NumberTaken
from receivables.models import Allocation, Invoice, Receipt
from receivables.services import InvoiceRow, Line, PaidInvoiceRow, ReceiptRow
from tests.factories import Company, account_of, day, make_account, make_customer, make_entity, make_rate
from tests.receivables.kernel.checks import differences, everything

OWN = {"id", "customer_id", "number", "recorded_at", "corrects_id", "invoice_id", "receipt_id", "credit_note_id"}


def figures(queryset: Any) -> list[dict[str, Any]]:
    """The rows without what must differ between two customers."""
    return [{key: value for key, value in row.items() if key not in OWN} for row in queryset.order_by("pk").values()]


def picture(customer: Any) -> dict[str, Any]:
    """All that was written for one customer."""
    entries = CreditEntry.objects.filter(account__customer=customer)
    account = account_of(customer)
    return {
        "invoices": figures(Invoice.objects.filter(customer=customer)),
        "receipts": figures(Receipt.objects.filter(customer=customer)),
        "allocations": figures(Allocation.objects.filter(invoice__customer=customer)),
        "entries": sorted(
            entries.values_list("balance", "verb", "on", "due_on", "currency", "amount", "base_amount", "source_kind"),
            key=str,
        ),
        "sums": (account.reserved, account.receivable, account.unallocated, account.uncleared),
        "due": sorted(
            OpenByDueDate.objects.filter(account=account, open_amount__gt=0).values_list("due_on", "open_amount")
        ),
    }


def rows_for(customer_id: int, entity_id: int, mark: str) -> list[InvoiceRow]:
    base = InvoiceRow(
        legal_entity_id=entity_id,
        customer_id=customer_id,
        number=f"{mark}1",
        on=day("2026-01-10"),
        currency="CNY",
        amount=Decimal("100.00"),
        reference="order 7",
        note="first",
        cost=Decimal("60.00"),
    )
    return [
        base,
        replace(base, number=f"{mark}2", currency="USD", amount=Decimal("33.33"), on=day("2026-02-28")),
        replace(base, number=f"{mark}3", kind="debit_note", due_on=day("2026-01-01"), on_estimated=True),
        replace(base, number=f"{mark}4", term_days=90, settlement="quarterly"),
        replace(base, number=f"{mark}5", kind="credit_note", amount=Decimal("10.00"), rate=Decimal(1)),
    ]


@pytest.fixture
def two(company: Company) -> tuple[Any, Any]:
    make_rate("USD", "7.1", "2026-01-01")
    make_rate("USD", "7.3333", "2026-02-15")
    customers = make_customer(owner=company.alice), make_customer(owner=company.alice)
    for customer in customers:
        make_account(customer, term_days=15, settlement="monthly")
    return customers


def test_invoices_posted_in_bulk_equal_those_posted_one_by_one(company: Company, two: tuple[Any, Any]) -> None:
    one, other = two
    for row in rows_for(one.pk, company.entity.pk, "S"):
        services.post_invoice(actor=company.anna, **asdict(row))
    made = services.post_invoices(actor=company.anna, rows=rows_for(other.pk, company.entity.pk, "B"))
    assert list(Invoice.objects.filter(pk__in=made.invoice_ids).values_list("number", flat=True).order_by("pk")) == [
        "B1", "B2", "B3", "B4", "B5"
    ]  # fmt: skip
    assert picture(one) == picture(other)
    # A credit note that corrects, too.
    for customer, mark, post in (
        (one, "S", lambda row: services.post_invoice(actor=company.anna, **asdict(row))),
        (other, "B", lambda row: services.post_invoices(actor=company.anna, rows=[row])),
    ):
        target = Invoice.objects.get(number=f"{mark}1")
        post(
            replace(
                rows_for(customer.pk, company.entity.pk, mark)[4],
                number=f"{mark}6",
                amount=Decimal("120.00"),
                corrects_id=target.pk,
            )
        )
    assert picture(one) == picture(other)
    assert differences() == []


def test_receipts_posted_in_bulk_equal_those_posted_one_by_one(company: Company, two: tuple[Any, Any]) -> None:
    for customer, mark in zip(two, "SB", strict=True):
        services.post_invoices(actor=None, rows=rows_for(customer.pk, company.entity.pk, mark))
    one, other = two

    def receipts(customer: Any, mark: str) -> list[ReceiptRow]:
        numbered = {item.number: item.pk for item in Invoice.objects.filter(customer=customer)}
        base = ReceiptRow(
            legal_entity_id=company.entity.pk,
            customer_id=customer.pk,
            on=day("2026-02-01"),
            currency="CNY",
            amount=Decimal("150.00"),
            lines=[
                Line(numbered[f"{mark}1"], Decimal("99.99"), "manual"),
                Line(numbered[f"{mark}4"], Decimal("50.00"), "manual"),
            ],
        )
        dollars = [Line(numbered[f"{mark}2"], Decimal("11.11"), "manual")]
        return [
            base,
            replace(base, currency="USD", amount=Decimal("20.00"), lines=dollars),
            replace(base, instrument="cheque", lines=[Line(numbered[f"{mark}3"], Decimal("70.00"), "manual")]),
        ]

    for row in receipts(one, "S"):
        services.post_receipt(actor=None, **{name: getattr(row, name) for name in row.__dataclass_fields__})
    made = services.post_receipts(actor=None, rows=receipts(other, "B"))
    assert len(made.receipt_ids) == 3
    assert len(made.allocation_ids) == 4
    assert picture(one) == picture(other)
    assert differences() == []


def test_paid_invoices_equal_an_invoice_and_its_receipt(company: Company, two: tuple[Any, Any]) -> None:
    one, other = two
    row = rows_for(one.pk, company.entity.pk, "S")[1]
    invoice = services.post_invoice(actor=None, **asdict(row))
    services.post_receipt(
        actor=None,
        legal_entity_id=company.entity.pk,
        customer_id=one.pk,
        on=day("2026-02-10"),
        currency="USD",
        amount=row.amount,
        instrument="transfer",
        reference="S2",
        lines=[Line(invoice.pk, row.amount, "import")],
    )
    paid = PaidInvoiceRow(**{**asdict(row), "customer_id": other.pk, "number": "B2", "paid_on": day("2026-02-10")})
    services.post_paid_invoices(actor=None, rows=[paid])
    expected, found = picture(one), picture(other)
    assert expected["receipts"][0].pop("reference") == "S2"
    assert found["receipts"][0].pop("reference") == "B2"
    # The invoice is dated after its payment: matched on the invoice's date, at the rates of each.
    assert found["allocations"][0]["on"] == day("2026-02-28")
    assert expected == found
    assert differences() == []


def test_all_or_nothing(company: Company, two: tuple[Any, Any]) -> None:
    rows = rows_for(two[0].pk, company.entity.pk, "A")
    services.post_invoices(actor=None, rows=rows[:1])
    before = everything()
    with pytest.raises(NumberTaken) as refusal:
        services.post_invoices(actor=None, rows=[*rows[1:], replace(rows[0], amount=Decimal(5))])
    assert refusal.value.params == {"number": "A1"}
    with pytest.raises(RateMissing):
        services.post_invoices(actor=None, rows=[rows[1], replace(rows[2], currency="EUR")])
    invoice_id = Invoice.objects.get(number="A1").pk
    receipt = ReceiptRow(
        legal_entity_id=company.entity.pk,
        customer_id=two[0].pk,
        on=day("2026-02-01"),
        currency="CNY",
        amount=Decimal("60.00"),
        lines=[Line(invoice_id, Decimal("60.00"))],
    )
    with pytest.raises(NotOpen):
        services.post_receipts(actor=None, rows=[receipt, receipt])
    with pytest.raises(NotAllowed):
        services.post_invoices(actor=company.alice, rows=rows[1:])
    assert everything() == before


@pytest.mark.thorough
def test_the_number_of_statements_does_not_grow_with_the_rows(company: Company) -> None:
    customers = [make_customer() for _each in range(30)]

    def count(mark: str, many: int) -> int:
        rows = [
            replace(rows_for(customer.pk, company.entity.pk, f"{mark}{customer.pk}-")[0])
            for customer in customers[:many]
        ]
        with CaptureQueriesContext(connection) as captured:
            services.post_invoices(actor=None, rows=rows)
        return len([query for query in captured.captured_queries if not query["sql"].startswith("PREPARE")])

    count("w", 30)
    assert count("x", 30) <= count("y", 2)


def test_one_event_for_each_customer_and_run(company: Company, two: tuple[Any, Any]) -> None:
    rows = [row for customer in two for row in rows_for(customer.pk, company.entity.pk, f"E{customer.pk}-")]
    services.post_invoices(actor=company.anna, rows=rows)
    events = TimelineEvent.objects.filter(kind="invoices_imported")
    assert events.count() == 2
    event = events.first()
    assert event is not None
    assert event.data == {"count": 5, "amounts": {"CNY": "310.00", "USD": "33.33"}}


def test_more_rows_than_one_statement_takes(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """With tiny chunks the result is the same: nothing depends on where a file is cut."""
    from credit.services import entries

    for module in (setbased, entries):
        monkeypatch.setattr(module, "CHUNK", 3)
    make_rate("USD", "7.1", "2026-01-01")
    customers = [make_customer(), make_customer()]
    rows = [
        PaidInvoiceRow(**asdict(row), paid_on=day("2026-03-01"))
        for customer in customers
        for row in rows_for(customer.pk, make_entity("TWO").pk, f"C{customer.pk}-")
        if row.kind != "credit_note"
    ]
    made = services.post_paid_invoices(actor=None, rows=rows)
    assert (len(made.invoice_ids), len(made.receipt_ids), len(made.allocation_ids)) == (8, 8, 8)
    assert [item.invoice_id for item in Allocation.objects.filter(pk__in=made.allocation_ids).order_by("pk")] == (
        made.invoice_ids
    )
    assert not Invoice.objects.filter(open_amount__gt=0).exists()
    assert differences() == []
