"""The company abroad and the person of the demo company: on credit, under contracts, and true by the books."""

from decimal import Decimal

import pytest
from django.core.management import call_command

from contracts.contract_text import text_of
from contracts.models import Contract, Order
from contracts.rules.contracts import missing
from contracts.services.products import ProductRow, upsert_products
from crm.accounts.services import create_demo_users
from crm.core.dates import business_today
from crm.core.demo import DemoCompany
from customers.models import Customer
from receivables.demo.abroad import build_abroad
from receivables.models import Invoice
from tests.factories import make_entity, make_rate

pytestmark = pytest.mark.django_db


def test_customers_abroad_and_persons_of_the_demo_buy_on_credit() -> None:
    make_entity()
    make_rate("USD", "7.10", on="2026-01-01")
    upsert_products(
        actor=None,
        rows=[
            ProductRow(code, code, code, "件", Decimal(price))
            for code, price in (("BRG-NU214", 268), ("CPL-L3", 185), ("BELT-B90", 32), ("LUB-EP2", 460))
        ],
    )
    company = DemoCompany(seed=7, end_on=business_today(), shared={"users": create_demo_users()})
    build_abroad(company)
    abroad, person = Customer.objects.order_by("code")
    assert [(each.form, bool(each.document), each.credit_account.limit > 0) for each in (abroad, person)] == [
        ("abroad", True, True),
        ("person", True, True),
    ]
    assert [missing(text_of(contract).drafted()) for contract in Contract.objects.all()] == [[], []]
    assert [order.state for order in Order.objects.order_by("pk")] == ["invoiced", "released"]
    assert (Invoice.objects.get().customer, Invoice.objects.get().currency) == (abroad, "USD")
    call_command("verify")
