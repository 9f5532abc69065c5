"""A group of three companies of the demo company, with a group limit that holds an order of one of them."""

import datetime as dt
from decimal import Decimal
from typing import Any

from crm.core.demo import DemoCompany, DemoStep

MEMBERS = 3
LEAST = Decimal(30_000)  # headroom of the member that orders
ROOM = Decimal(10_000)  # headroom of the group, at least


def build_group(company: DemoCompany) -> None:
    """Two customers of Alice belong to a third; management caps the three a little above what they owe."""
    from credit.demo.requests import People, Teller, ten_thousands
    from credit.selectors.groups import sums_of_groups
    from customers.services import update_customer

    contracts = good_contracts(company)
    if len(contracts) < MEMBERS:
        return
    head, *below = contracts
    on = company.end_on
    for contract in below:
        update_customer(
            actor=contract.customer.owner,
            customer_id=contract.customer_id,
            version=None,
            today=on - dt.timedelta(days=20),
            parent_id=head.customer_id,
        )
    account = head.customer.credit_account
    teller = Teller(company, People(), account, "三家公司由同一股东控制，统一核定集团授信额度")
    limit = ten_thousands(sums_of_groups([account.pk])[account.pk].exposure + ROOM)
    teller.ask("group", 10, wanted_limit=limit)
    teller.says("manager", reason="同意按集团控制")
    teller.says("fiona", reason="三家付款历史已核对")
    teller.says("flora")
    teller.until_the_end()
    place_order(company, below[0])


def good_contracts(company: DemoCompany) -> list[Any]:
    """Signed contracts of different customers of Alice, in force today and for some time, whose orders would pass."""
    from contracts.models import Contract, ContractState
    from credit.services import preview_check

    found: dict[int, Any] = {}
    for contract in (
        Contract.objects.filter(
            state__in=(ContractState.SIGNED, ContractState.IN_PERFORMANCE),
            customer__owner__username="alice",
            customer__parent=None,
            customer__credit_account__status="normal",
            customer__credit_account__limit__lt=1_000_000,
        )
        .exclude(customer__credit_account__requests__is_open=True)
        .select_related("customer__owner__team", "customer__team", "customer__credit_account__customer__owner")
        .order_by("pk")
    ):
        if len(found) == MEMBERS:
            break
        today = company.end_on
        passes = contract.is_in_force_on(today) and preview_check(
            customer_id=contract.customer_id, amount=LEAST, on=today, term_days=contract.term_days
        )
        if passes and passes.is_released:
            found.setdefault(contract.customer_id, contract)
    return list(found.values())


def place_order(company: DemoCompany, contract: Any) -> None:
    """An order that its own limit would let go, and that the group limit holds."""
    from contracts.models import Product
    from contracts.services.orders import LineInput, draft_order
    from contracts.services.releasing import release_order

    owner, on = contract.customer.owner, company.end_on
    product = Product.objects.get(code="INV-75")
    order = draft_order(
        actor=owner,
        customer_id=contract.customer_id,
        legal_entity_id=contract.legal_entity_id,
        currency=contract.currency,
        contract_id=contract.pk,
        lines=[LineInput(product.pk, (LEAST / product.price).quantize(Decimal(1), rounding="ROUND_FLOOR"))],
        on=on,
        wanted_on=on + dt.timedelta(days=7),
        reference=f"PO-{on:%m%d}-G1",
    )
    release_order(actor=owner, order_id=order.pk, version=order.version, on=on)


def no_group() -> bool:
    from credit.models import GroupAccount

    return not GroupAccount.objects.exists()


DEMO_GROUP = DemoStep(key="group_limits", order=114, build=build_group, is_empty=no_group)
