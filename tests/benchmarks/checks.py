"""Credit checks through the service, at 8 connections, against the floor of the database itself.

check_and_reserve decides, and stores the decision with its figures, the reservation, its entry and the running sum:
over distinct accounts, and on one hot account that all connections want. The floor is that of the receipts, over as
many rows. Then one check alone, at a customer with 10 due dates and at one with 3,000: released and held.

    python -m tests.benchmarks.checks [seconds]
"""

import datetime as dt
import itertools
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from tests.benchmarks.connections import CONNECTIONS, CUSTOMERS, SECONDS, beside_floor, per_second, set_up
from tests.benchmarks.receipts import ON, settings_currency
from tests.benchmarks.result import Result, WrongFigures

LIMIT = Decimal("100000000000.00")
FEW, MANY, LOOKS = 10, 3_000, 400


def prepare() -> tuple[list[int], list[int]]:
    """A clerk for each connection, and customers with a limit that no run uses up."""
    from crm.accounts.models import User
    from customers.models import Customer

    mark = uuid.uuid4().hex[:8]
    clerks = User.objects.bulk_create(
        [User(username=f"check-{mark}-{number}", name="Bench") for number in range(CONNECTIONS)]
    )
    customers = Customer.objects.bulk_create(
        [Customer(code=f"B{mark}{number}", name=f"Bench {number}", state="active") for number in range(CUSTOMERS)]
    )
    give_limit([customer.pk for customer in customers])
    return [clerk.pk for clerk in clerks], [customer.pk for customer in customers]


def give_limit(customer_ids: Sequence[int]) -> None:
    from django.db import transaction

    from credit.models import CreditAccount
    from credit.services import lock_accounts

    with transaction.atomic():
        lock_accounts(customer_ids=customer_ids)
    CreditAccount.objects.filter(customer_id__in=customer_ids).update(limit=LIMIT)


def checking(number: int, seed: int, clerk_id: int, customers: list[int]) -> Callable[[], None]:
    """What one connection does: check and reserve for a customer by chance."""
    from credit.services import check_and_reserve

    rng = random.Random(seed)
    sources = itertools.count((seed * CONNECTIONS + number) * 10**6)

    def check() -> None:
        result = check_and_reserve(
            customer_id=rng.choice(customers),
            source_kind="bench",
            source_id=next(sources),
            amount=Decimal("20.00"),
            on=ON,
            actor_id=clerk_id,
            settlement="rolling",
            term_days=30,
        )
        if not result.is_released:
            raise WrongFigures(f"held: {result.reasons}")

    return check


def checks_per_second(seconds: float, clerks: list[int], customers: list[int]) -> float:
    seed = random.randrange(10**9)
    given = [(number, seed, clerks[number], customers) for number in range(CONNECTIONS)]
    return per_second(checking, given, seconds)


def customer_with(due_dates: int, first: dt.date, step: dt.timedelta) -> int:
    """A customer with a limit and an open invoice for each of as many due dates."""
    from crm.core.models import LegalEntity
    from customers.models import Customer
    from receivables.services import InvoiceRow, post_invoices

    mark = uuid.uuid4().hex[:12]
    entity = LegalEntity.objects.create(code=f"B{mark}", name_zh="基准", name_en="Bench")
    customer = Customer.objects.create(code=f"B{mark}", name="Bench", state="active")
    give_limit([customer.pk])
    dates = [first + number * step for number in range(due_dates)]
    rows = [
        InvoiceRow(
            legal_entity_id=entity.pk,
            customer_id=customer.pk,
            number=f"B{mark}-{number}",
            on=min(due_on, ON),
            due_on=due_on,
            currency=settings_currency(),
            amount=Decimal("1000.00"),
        )
        for number, due_on in enumerate(dates)
    ]
    post_invoices(actor=None, rows=rows)
    return customer.pk


def milliseconds(customers: Sequence[int], decision: str) -> list[float]:
    """The median time of one check at each of the customers, taken in turn, so that both see the same machine."""
    from credit.services import check_and_reserve

    taken: dict[int, list[float]] = {customer: [] for customer in customers}
    sources = itertools.count(random.randrange(10**9) * 10**6)
    for look in range(LOOKS + 20):
        for customer in customers:
            began = time.perf_counter()
            result = check_and_reserve(
                customer_id=customer, source_kind="bench", source_id=next(sources), amount=Decimal("20.00"), on=ON
            )
            if look >= 20:
                taken[customer].append(1000 * (time.perf_counter() - began))
            if result.decision != decision:
                raise WrongFigures(f"{result.decision}, not {decision}: {result.reasons}")
    return [statistics.median(times) for times in taken.values()]


def growth(decision: str, first: dt.date, step: dt.timedelta) -> Result:
    few, many = milliseconds([customer_with(count, first, step) for count in (FEW, MANY)], decision)
    return Result(
        f"one check, {decision}, with {MANY:,} open due dates",
        many,
        "ms",
        floor=f"with {FEW}: {few:.2f} ms",
        ratio=many / few,
        target="<= 1.2",
        met=many / few <= 1.2,
    )


def run(size: Any = None, *, seconds: float = SECONDS) -> list[Result]:
    """Measure; each check touches one account, so that the size of the other benchmarks matters little here."""
    clerks, customers = prepare()
    results = []
    for name, wanted in (("distinct accounts", customers), ("one hot account", customers[:1])):
        results += beside_floor(
            "check_and_reserve",
            partial(checks_per_second, seconds, clerks, wanted),
            seconds=seconds,
            target=0.5,
            over=f", {name}",
            customers=len(wanted),
        )
    day = dt.timedelta(days=1)
    return [*results, growth("released", ON, day), growth("held", ON - MANY * day, day)]


if __name__ == "__main__":
    set_up()
    for result in run(seconds=float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS):
        print(result)
