"""Orders on hold go by themselves once a receipt or a limit allows it, the oldest first."""

import datetime as dt

from contracts.models import Contract, Order, OrderState
from contracts.services.orders import LineInput, change_order
from credit.models import CreditAccount, CreditCheck, Hold
from credit.services import recheck_changed, recheck_holds
from customers.models import TimelineEvent
from tests.factories import account_of, make_account, make_invoice, make_receipt
from tests.orders.making import TODAY, Shop

TOMORROW = TODAY + dt.timedelta(days=1)


def states() -> list[str]:
    return list(Order.objects.order_by("pk").values_list("state", flat=True))


def test_a_receipt_releases_the_oldest_first(shop: Shop) -> None:
    invoice = make_invoice(shop.customer, "90000.00", on=TODAY)
    for quantity in ("300", "300", "100"):
        shop.released(quantity)
    assert states() == ["held", "held", "released"]
    make_receipt(shop.customer, "30000.00", on=TOMORROW, lines=[(invoice, "30000.00")])
    assert recheck_holds(customer_id=shop.customer.pk, on=TOMORROW) == 1
    assert states() == ["released", "held", "released"]
    first = Order.objects.order_by("pk")[0]
    assert first.released_on == TOMORROW
    assert account_of(shop.customer).reserved == 40000
    assert TimelineEvent.objects.filter(kind="order_released", actor=None).count() == 1
    assert recheck_holds(customer_id=shop.customer.pk, on=TOMORROW) == 0


def test_released_by_itself_its_contract_is_performed(shop: Shop) -> None:
    order = shop.released("1001")
    CreditAccount.objects.filter(customer=shop.customer).update(limit=200_000)
    assert recheck_holds(customer_id=shop.customer.pk, on=TODAY) == 1
    order.refresh_from_db()
    assert order.contract is not None
    assert (order.state, order.contract.state) == ("released", "in_performance")


def test_a_higher_limit_releases_what_fits_now(shop: Shop) -> None:
    shop.released("1001")
    make_account(shop.customer, limit="200000", term_days=60)
    assert recheck_holds(customer_id=shop.customer.pk, on=TODAY) == 1
    assert states() == ["released"]


def test_other_reasons_are_kept_on_the_order(shop: Shop) -> None:
    order = shop.released("1001")
    CreditAccount.objects.update(status="frozen")
    assert recheck_holds(customer_id=shop.customer.pk, on=TODAY) == 0
    fresh = Order.objects.get()
    assert fresh.state == OrderState.HELD
    assert fresh.last_check_id != order.last_check_id
    assert fresh.last_check_id == CreditCheck.objects.latest("pk").pk


def test_without_a_contract_in_force_it_is_a_draft_again_and_reserves_nothing(shop: Shop) -> None:
    shop.released("1001")
    Contract.objects.update(state="expired", ended_on=TODAY)
    make_account(shop.customer, limit="200000", term_days=60)
    recheck_holds(customer_id=shop.customer.pk, on=TODAY)
    assert states() == ["draft"]
    assert account_of(shop.customer).reserved == 0
    assert not Hold.objects.exists()


def test_returned_and_released_again_it_reserves_anew(shop: Shop) -> None:
    test_without_a_contract_in_force_it_is_a_draft_again_and_reserves_nothing(shop)
    order = Order.objects.get()
    change_order(
        actor=shop.alice, order_id=order.pk, version=order.version, on=TODAY, contract_id=None, payment="prepaid",
        lines=[LineInput(shop.product.pk, order.lines.get().quantity)],
    )  # fmt: skip
    shop.pay("100100")
    assert shop.release(Order.objects.get()).state == OrderState.RELEASED


def test_a_prepaid_order_goes_when_its_money_arrives(shop: Shop) -> None:
    shop.pay("400")
    order = shop.released("10", contract_id=None, payment="prepaid")
    assert order.state == OrderState.HELD
    shop.pay("599.99")
    assert recheck_changed() == 0
    shop.pay("0.01")
    assert recheck_changed() == 1
    assert states() == ["released"]
    assert account_of(shop.customer).prepaid == 1000
