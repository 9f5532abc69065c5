"""Orders released through the service, at 8 connections, against the floor of the database itself.

release_order checks and reserves, puts the contract in performance, and tells it all: the check with its figures, the
entry of the account, the history of the order and of the contract, the timeline of the customer. Each of 1,000
customers has a signed contract and drafts with two lines; no two connections work for the same customer.

    python -m tests.benchmarks.orders [seconds]
"""

import random
import sys
from collections.abc import Callable
from copy import copy
from decimal import Decimal
from typing import Any

from tests.benchmarks.connections import CONNECTIONS, SECONDS, WARM_UP, beside_floor, per_second, set_up
from tests.benchmarks.receipts import ON
from tests.benchmarks.result import Result, WrongFigures

ROUNDS, OF_EACH = 2, 2  # runs of the clock, and drafts of each customer for one of them


def prepare() -> tuple[list[int], list[list[int]]]:
    """Who releases, and the drafts of each run, customer by customer."""
    from django.contrib.auth.models import Group
    from django.db import transaction

    from contracts.models import Order, OrderLine, Product
    from contracts.services.orders import LineInput, price_lines
    from contracts.services.products import ProductRow, upsert_products
    from crm.accounts import roles
    from crm.accounts.models import User
    from crm.core.models import LegalEntity
    from crm.core.money import base_currency
    from crm.core.setbased import new_ids
    from customers.models import Customer
    from tests.benchmarks import checks
    from tests.benchmarks.contract_rows import signed_sales

    clerks, keys = checks.prepare()
    Group.objects.get(name=roles.SALES_DIRECTOR).user_set.add(*clerks)
    owner = User.objects.get(pk=clerks[0])
    mark = owner.username[-10:-2]
    entity = LegalEntity.objects.create(code=f"B{mark}", name_zh="基准", name_en="Bench")
    upsert_products(
        actor=None, rows=[ProductRow(f"B{mark}-{n}", "轴承", "Bearing", "件", Decimal(20 + n), None) for n in range(12)]
    )
    products = list(Product.objects.filter(code__startswith=f"B{mark}-").order_by("pk"))
    customers = Customer.objects.in_bulk(keys)
    contracts = signed_sales([customers[key] for key in keys], owner, entity, ON)
    rng = random.Random(23)
    priced = [
        price_lines(
            actor=None,
            customer_id=keys[0],
            currency=base_currency(),
            lines=[LineInput(product.pk, Decimal(rng.randrange(1, 9))) for product in rng.sample(products, 2)],
            contract=None,
            on=ON,
            today=ON,
        )
        for _each in range(50)
    ]
    ids = iter(new_ids(Order, len(contracts) * OF_EACH * ROUNDS))
    orders, lines, drafts = [], [], []
    for _round in range(ROUNDS):
        of_round = []
        for _again in range(OF_EACH):
            for contract in contracts:
                made = [copy(line) for line in rng.choice(priced)]
                pk = next(ids)
                order = Order(
                    pk=pk,
                    number=f"SO{pk:07d}",
                    customer_id=contract.customer_id,
                    legal_entity=entity,
                    contract=contract,
                    owner=owner,
                    on=ON,
                    currency=base_currency(),
                    total=sum((line.amount for line in made), Decimal(0)),
                    created_by=owner,
                )
                for line in made:
                    line.order = order
                orders.append(order)
                lines += made
                of_round.append(pk)
        drafts.append(of_round)
    with transaction.atomic():
        Order.objects.bulk_create(orders)
        OrderLine.objects.bulk_create(lines)
    return clerks, drafts


def releasing(clerk_id: int, drafts: list[int]) -> Callable[[], None]:
    """What one connection does: release its drafts one after the other."""
    from contracts.services.releasing import release_order
    from crm.accounts.models import User

    clerk, waiting = User.objects.get(pk=clerk_id), iter(drafts)

    def release() -> None:
        order = release_order(actor=clerk, order_id=next(waiting), version=1, on=ON)
        if order.state != "released":
            raise WrongFigures(f"{order.number} is {order.state}")

    return release


def run(size: Any = None, *, seconds: float = SECONDS) -> list[Result]:
    """Measure; each release touches one customer, so that the size of the other benchmarks matters little here."""
    clerks, drafts = prepare()
    rounds = iter(drafts)

    def rate() -> float:
        waiting = next(rounds)
        shares = [(clerks[place], waiting[place::CONNECTIONS]) for place in range(CONNECTIONS)]
        return per_second(releasing, shares, seconds)

    found = beside_floor("order with 2 lines released", rate, seconds=seconds, target=0.1)
    check_audit([pk for of_round in drafts for pk in of_round])
    return found


def check_audit(drafts: list[int]) -> None:
    """Whatever was released has its check, its place in the timeline and its history."""
    from django.apps import apps

    from contracts.models import Order
    from customers.models import TimelineEvent

    released = set(
        Order.objects.filter(pk__in=drafts, state="released", last_check__isnull=False).values_list(flat=True)
    )
    told = set(
        TimelineEvent.objects.filter(kind="order_released", data__id__in=drafts).values_list("data__id", flat=True)
    )
    history = apps.get_model("contracts", "OrderEvent").objects
    kept = set(history.filter(pgh_obj_id__in=drafts).values_list("pgh_obj_id", flat=True))
    if len(released) < CONNECTIONS * WARM_UP or not released == told == kept:
        raise WrongFigures(f"{len(released)} orders released, {len(told)} told, {len(kept)} in the history")


if __name__ == "__main__":
    set_up()
    for result in run(seconds=float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS):
        print(result)
