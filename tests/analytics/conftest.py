"""A company whose books speak for 18 months, drawn with little: rhythms, leavers, newcomers."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from customers.models import Customer
from receivables.models import Invoice
from receivables.services import InvoiceRow, Line, ReceiptRow, post_invoices, post_receipts
from tests.factories import Company, make_company

TODAY = dt.date(2026, 3, 31)
DAY = dt.timedelta(days=1)


@dataclass
class Books:
    """The cast and the customers that were drawn: who buys on, who left, who is new."""

    company: Company
    staying: list[Customer] = field(default_factory=list)
    leaving: list[Customer] = field(default_factory=list)

    @property
    def today(self) -> dt.date:
        return TODAY


@pytest.fixture
def company() -> Company:
    return make_company()


def buy(customer: Customer, days: list[dt.date], amount: str = "1000.00", cost: str | None = None) -> list[int]:
    """Invoices of these days, due after 30 days."""
    from tests.factories import counter, make_entity

    entity = make_entity()
    rows = [
        InvoiceRow(
            legal_entity_id=entity.pk,
            customer_id=customer.pk,
            number=f"B-{next(counter)}",
            on=day,
            currency="CNY",
            amount=Decimal(amount),
            due_on=day + 30 * DAY,
            term_days=30,
            cost=Decimal(cost) if cost else None,
        )
        for day in days
    ]
    return list(post_invoices(actor=None, rows=rows).invoice_ids)


def build_books() -> Books:
    """160 customers over 18 months: each with its own rhythm, half of them leaving on the way, all paying."""
    company = make_company()
    rng = random.Random(5)
    found = Books(company)
    customers = [
        Customer(
            code=f"D{place:04d}",
            name=f"Customer {place}",
            core_name=f"customer {place}",
            pinyin=f"customer {place}",
            search_text=f"customer {place}",
            owner=[company.alice, company.bob, company.charlie][place % 3],
            team=[company.alice, company.bob, company.charlie][place % 3].team,
        )
        for place in range(160)
    ]
    Customer.objects.bulk_create(customers)
    invoices: list[InvoiceRow] = []
    late: dict[str, int] = {}
    for place, customer in enumerate(customers):
        gap, size = rng.choice([15, 25, 40]), rng.choice([300, 1500, 9000])
        leaves = TODAY - rng.randrange(40, 420) * DAY if place % 2 else None
        (found.leaving if leaves else found.staying).append(customer)
        lateness = rng.choice([-2, 4, 15])
        on = TODAY - 540 * DAY + rng.randrange(0, 30) * DAY
        while on < (leaves or TODAY):
            amount = Decimal(round(size * rng.uniform(0.7, 1.3), 2)).quantize(Decimal("0.01"))
            number = f"I{len(invoices)}"
            invoices.append(
                InvoiceRow(
                    legal_entity_id=company.entity.pk,
                    customer_id=customer.pk,
                    number=number,
                    on=on,
                    currency="CNY",
                    amount=amount,
                    due_on=on + 30 * DAY,
                    term_days=30,
                    cost=(amount * Decimal("0.8")).quantize(Decimal("0.01")) if place % 4 else None,
                )
            )
            late[number] = lateness + rng.randrange(-3, 4)
            on += max(round(gap * rng.uniform(0.7, 1.3)), 1) * DAY
    ids = post_invoices(actor=None, rows=invoices).invoice_ids
    receipts = []
    for pk, row in zip(ids, invoices, strict=True):
        assert row.due_on is not None
        on = max(row.due_on + late[row.number] * DAY, row.on)
        if on < TODAY:
            receipts.append(
                ReceiptRow(
                    legal_entity_id=company.entity.pk,
                    customer_id=row.customer_id,
                    on=on,
                    currency="CNY",
                    amount=row.amount,
                    lines=[Line(pk, row.amount)],
                )
            )
    post_receipts(actor=None, rows=receipts)
    assert Invoice.objects.count() > 1500
    return found


@pytest.fixture
def purchases() -> Callable[..., list[int]]:
    return buy
