"""Receipts with allocation through the service, at 8 connections, against the floor of the database itself.

Every receipt settles parts of three invoices of one customer.

    python -m tests.benchmarks.receipts [seconds]
"""

import datetime as dt
import random
import sys
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.benchmarks.connections import CONNECTIONS, CUSTOMERS, SECONDS, beside_floor, per_second, set_up
from tests.benchmarks.result import Result

ON = dt.date(2026, 6, 30)


def prepare() -> tuple[int, int, dict[int, list[int]]]:
    """An accountant, a legal entity and customers with three large open invoices each, made by the bulk service."""
    from django.contrib.auth.models import Group

    from crm.accounts import roles
    from crm.accounts.models import User
    from crm.core.models import LegalEntity
    from customers.models import Customer
    from receivables.services import InvoiceRow, post_invoices

    mark = uuid.uuid4().hex[:8]
    entity = LegalEntity.objects.create(code=f"B{mark}", name_zh="基准", name_en="Bench")
    clerk = User.objects.create(username=f"bench-{mark}", name="Bench")
    clerk.groups.add(Group.objects.get(name=roles.ACCOUNTANT))
    customers = Customer.objects.bulk_create(
        [Customer(code=f"B{mark}{number}", name=f"Bench {number}") for number in range(CUSTOMERS)]
    )
    rows = [
        InvoiceRow(
            legal_entity_id=entity.pk,
            customer_id=customer.pk,
            number=f"{customer.code}-{part}",
            on=ON - dt.timedelta(days=90 + part),
            currency=settings_currency(),
            amount=Decimal("1000000.00"),
        )
        for customer in customers
        for part in range(3)
    ]
    made = post_invoices(actor=None, rows=rows)
    owed: dict[int, list[int]] = {}
    for row, pk in zip(rows, made.invoice_ids, strict=True):
        owed.setdefault(row.customer_id, []).append(pk)
    return clerk.pk, entity.pk, owed


def settings_currency() -> str:
    from crm.core.money import base_currency

    return base_currency()


def posting(seed: int, clerk_id: int, entity_id: int, owed: dict[int, list[int]]) -> Callable[[], None]:
    """What one connection does: post a receipt of a customer by chance."""
    from crm.accounts.models import User
    from receivables.services import Line, post_receipt

    clerk = User.objects.get(pk=clerk_id)
    rng = random.Random(seed)
    customers = list(owed)
    currency = settings_currency()

    def post() -> None:
        customer_id = rng.choice(customers)
        post_receipt(
            actor=clerk,
            legal_entity_id=entity_id,
            customer_id=customer_id,
            on=ON,
            currency=currency,
            amount=Decimal("60.00"),
            instrument="transfer",
            reference="bench",
            lines=[Line(pk, Decimal("20.00")) for pk in owed[customer_id]],
            idempotency_key=uuid.UUID(int=rng.getrandbits(128)).hex,
        )

    return post


def run(size: Any = None, *, seconds: float = SECONDS) -> list[Result]:
    """Measure; the size of the other benchmarks matters little here, since each receipt touches one customer."""
    made = prepare()

    def rate() -> float:
        seed = random.randrange(10**6)
        return per_second(posting, [(seed + number, *made) for number in range(CONNECTIONS)], seconds)

    return beside_floor("receipt with 3 allocations", rate, seconds=seconds, target=0.1)


if __name__ == "__main__":
    set_up()
    for result in run(seconds=float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS):
        print(result)
