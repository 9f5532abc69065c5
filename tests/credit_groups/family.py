"""A group of companies for tests, and orders of them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from credit.services import CheckResult, check_and_reserve, preview_check
from customers.models import Customer
from tests.factories import Company, make_account, make_customer, make_group_limit, money

ON = dt.date(2026, 3, 31)


@dataclass
class Family:
    """`root` heads a group: `east` and `west` stand below it, `deep` below `west`; `lone` belongs to nobody.

    Alice looks after root and east, charlie after west and deep. Each has a limit of its own of 1,000, the group has
    1,000 together.
    """

    company: Company
    root: Customer
    east: Customer
    west: Customer
    deep: Customer
    lone: Customer


def make_family(company: Company, limit: str | None = "1000") -> Family:
    root = make_customer("Root", owner=company.alice)
    east = make_customer("East", owner=company.alice, parent=root)
    west = make_customer("West", owner=company.charlie, parent=root)
    deep = make_customer("Deep", owner=company.charlie, parent=west)
    lone = make_customer("Lone", owner=company.alice)
    for customer in (root, east, west, deep, lone):
        make_account(customer, "1000")
    if limit is not None:
        make_group_limit(root, limit)
    return Family(company, root, east, west, deep, lone)


def order(customer: Customer, amount: str, source_id: int = 1, **more: Any) -> CheckResult:
    return check_and_reserve(
        customer_id=customer.pk, source_kind="order", source_id=source_id, amount=money(amount), **{"on": ON, **more}
    )


def look(customer: Customer, amount: str, **more: Any) -> CheckResult:
    return preview_check(customer_id=customer.pk, amount=money(amount), **{"on": ON, **more})


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.reasons]
