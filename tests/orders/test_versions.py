"""Orders under a contract that is amended or renewed: which version they are checked by, and where they count."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contracts.errors import ContractNotInForce
from contracts.models import Contract
from contracts.selectors.performance import performance_of
from contracts.services import versions
from contracts.services.orders import change_order
from contracts.services.versions import begin_versions, open_version
from credit.models import CreditCheck
from credit.services import recheck_holds
from receivables.panels.contracts import received_under
from receivables.services.order_invoices import invoice_delivery
from tests.orders.making import TODAY, LineInput, Shop, make_contract

D = Decimal
DAY = dt.timedelta(days=1)


def follow(
    contract: Contract,
    actor: Any,
    starts_on: dt.date,
    change: str = "amendment",
    ends_on: dt.date | None = None,
    **fields: Any,
) -> Contract:
    """A further version, signed on TODAY as history is taken over: its way is tested elsewhere."""
    made = open_version(
        actor=actor, contract_id=contract.pk, change=change, starts_on=starts_on, ends_on=ends_on, on=TODAY
    )
    Contract.objects.filter(pk=made.pk).update(**fields)
    for state in ("in_approval", "approved"):
        Contract.objects.filter(pk=made.pk).update(state=state)
    Contract.objects.filter(pk=made.pk).update(state="signed", signed_on=TODAY)
    made = Contract.objects.get(pk=made.pk)
    versions.follow(made, on=TODAY)
    return Contract.objects.get(pk=made.pk)


@pytest.fixture
def shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    for module in ("contracts.views.contracts", "contracts.views.orders", "receivables.panels.contracts"):
        monkeypatch.setattr(f"{module}.business_today", lambda: TODAY)
    shop.contract = make_contract(shop.customer, shop.alice, shop.company.entity, kind="sales", amount=D(5000))
    return shop


def test_a_draft_is_released_by_the_terms_of_the_version_in_force(shop: Shop) -> None:
    before, waiting = shop.released("10"), shop.draft("10")
    second = follow(shop.contract, shop.alice, TODAY, term_days=14)
    after = shop.release(waiting)
    before.refresh_from_db()
    after.refresh_from_db()
    assert (before.contract_id, after.contract_id) == (shop.contract.pk, second.pk)
    assert (before.state, after.state) == ("released", "released")
    assert Contract.objects.get(pk=second.pk).state == "in_performance"
    assert CreditCheck.objects.count() == 2


def test_terms_that_a_later_version_shortens_do_not_hold_an_order_before_its_first_day(shop: Shop) -> None:
    second = follow(shop.contract, shop.alice, TODAY + 5 * DAY, term_days=14)
    now = shop.released("10")
    assert now.contract_id == shop.contract.pk
    later = shop.release(shop.draft("10", on=TODAY + 5 * DAY), on=TODAY + 5 * DAY)  # before the night
    assert (later.state, later.contract_id) == ("released", second.pk)


def test_longer_terms_of_a_new_version_hold_what_the_account_does_not_grant(shop: Shop) -> None:
    follow(shop.contract, shop.alice, TODAY, term_days=90)
    order = shop.release(shop.draft("10"))
    assert order.state == "held"


def test_an_order_is_refused_between_the_last_day_and_the_first_of_the_renewal(shop: Shop) -> None:
    last = shop.contract.ends_on
    assert last is not None
    second = follow(shop.contract, shop.alice, last + 10 * DAY, "renewal", ends_on=last + 300 * DAY)
    order = shop.draft("10")
    with pytest.raises(ContractNotInForce):
        shop.release(order, on=last + 5 * DAY)
    assert shop.release(order, on=last + 10 * DAY).contract_id == second.pk


def test_a_draft_that_is_changed_moves_to_the_version_in_force(shop: Shop) -> None:
    order = shop.draft("10")
    second = follow(shop.contract, shop.alice, TODAY)
    changed = change_order(
        actor=shop.alice,
        order_id=order.pk,
        version=order.version,
        lines=[LineInput(shop.product.pk, D(5), D(0))],
        on=TODAY,
        contract_id=shop.contract.pk,
        payment="credit",
    )
    assert changed.contract_id == second.pk


def test_performance_and_receipts_count_under_all_versions_against_the_total_in_force(shop: Shop) -> None:
    order = shop.released("10")
    invoice_delivery(actor=None, delivery_id=shop.deliver(order, "10").pk, on=TODAY)
    second = follow(shop.contract, shop.alice, TODAY, amount=D(4000))
    shop.released("10")
    found = performance_of(second, shop.alice)
    assert (found.ordered.amount, found.whole, found.ordered.share) == (D(2000), D(4000), D("0.5"))
    assert received_under(second, shop.company.fiona).invoiced == D(1000)


def test_a_renewal_counts_anew_and_the_list_shows_the_orders_of_all_versions(shop: Shop) -> None:
    old = shop.released("10")
    last = shop.contract.ends_on
    assert last is not None
    second = follow(shop.contract, shop.alice, last + DAY, "renewal", ends_on=last + 300 * DAY)
    begin_versions(on=last + DAY)
    second.refresh_from_db()
    new = shop.release(shop.draft("5", on=last + DAY), on=last + DAY)
    assert performance_of(second, shop.alice).ordered.amount == D(500)
    assert performance_of(shop.contract, shop.alice).ordered.amount == D(1000)
    client = Client()
    client.force_login(shop.alice)
    page = client.get(reverse("contracts:orders"), {"contract": second.pk}).content.decode()
    assert old.number in page
    assert new.number in page


def test_what_waits_for_money_is_released_under_the_version_in_force(shop: Shop) -> None:
    held = shop.release(shop.draft("2000"))
    assert held.state == "held"
    second = follow(shop.contract, shop.alice, TODAY)
    shop.pay("150000")
    recheck_holds(customer_id=shop.customer.pk, on=TODAY)
    held.refresh_from_db()
    assert (held.state, held.contract_id) == ("released", second.pk)
