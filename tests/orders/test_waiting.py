"""Orders on hold go by themselves once a receipt or a limit allows it, the oldest first."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import InternalError, transaction
from django.urls import reverse

from contracts.models import Contract, Order, OrderState
from contracts.services import waiting
from contracts.services.orders import LineInput, cancel_order, change_order
from credit.errors import ReleaseTooLong
from credit.models import CreditAccount, CreditCheck, CreditRequest, Hold, Lift
from credit.services import (
    CheckResult,
    change_request,
    draft_release,
    recheck_changed,
    recheck_holds,
    submit_request,
)
from crm.accounts import roles
from crm.core.dates import business_today
from crm.core.errors import Busy
from crm.notices.models import Notice
from customers.models import TimelineEvent
from tests.credit_requests.making import say
from tests.factories import account_of, make_account, make_invoice, make_receipt, make_user
from tests.orders.making import TODAY, Shop
from tests.orders.test_pages import signed_in

D = Decimal
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
    page = " ".join(signed_in(shop.alice).get(first.get_absolute_url()).content.decode().split())
    assert "then released by itself." in page
    moved = "reserved 0.00 → 10,000.00, receivable 90,000.00 → 60,000.00"
    assert f"What had changed since it was held: {moved}." in page
    notice = Notice.objects.get(user=shop.alice, kind="order_released")
    assert notice.sentence == f"Order {first.number} of {shop.customer.name} is released: {moved}"
    assert moved not in Notice.objects.filter(user=shop.walter).last().sentence
    assert recheck_holds(customer_id=shop.customer.pk, on=TOMORROW) == 0


@pytest.mark.parametrize("answer", [waiting.on_released, waiting.on_held])
def test_what_was_checked_over_another_amount_waits_for_the_next_look(shop: Shop, answer: Any) -> None:
    order = shop.released("1001")
    check = order.last_check
    assert check is not None
    Order.objects.filter(pk=order.pk).update(base_total=D("5.00"))  # changed, and held again, after it was read
    with pytest.raises(Busy):
        answer(order.pk, CheckResult("released", (), check.pk), TODAY)
    order.refresh_from_db()
    assert (order.state, order.base_total, order.last_check) == ("held", D("5.00"), check)


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


def lifted(shop: Shop, order: Order) -> Lift:
    """Both directors let the order go as it is."""
    account = CreditAccount.objects.get(customer=shop.customer)
    request = CreditRequest.objects.create(
        account=account, kind="release", source_kind="order", source_id=order.pk, source_amount=D(200_000),
        created_by=shop.alice,
    )  # fmt: skip
    return Lift.objects.create(
        account=account, source_kind="order", source_id=order.pk, amount=D(200_000), codes=["over_limit"], on=TODAY,
        until=TODAY, request=request,
    )  # fmt: skip


def changed(shop: Shop, order: Order, quantity: str) -> Order:
    return change_order(
        actor=shop.alice,
        order_id=order.pk,
        version=Order.objects.get(pk=order.pk).version,
        lines=[LineInput(shop.product.pk, D(quantity))],
        on=TODAY,
        contract_id=shop.contract.pk,
        payment="credit",
    )


def test_what_both_directors_let_go_is_the_order_as_they_read_it(shop: Shop) -> None:
    order = shop.released("1002")
    lifted(shop, order)
    order = changed(shop, order, "1001")
    assert Lift.objects.get().ended_on == TODAY
    assert shop.release(order).state == OrderState.HELD
    assert recheck_holds(customer_id=shop.customer.pk, on=TODAY) == 0
    lifted(shop, order)
    assert recheck_changed() == 0  # of another day
    assert recheck_holds(customer_id=shop.customer.pk, on=TODAY) == 1


def test_a_lift_ends_with_the_order(shop: Shop) -> None:
    order = shop.released("1002")
    lifted(shop, order)
    cancel_order(actor=shop.alice, order_id=order.pk, reason="not wanted", on=TODAY)
    assert Lift.objects.get().ended_on == TODAY


def test_an_ended_lift_stays_and_its_terms_are_not_changed(shop: Shop) -> None:
    order = shop.released("1002")
    lift = lifted(shop, order)
    for change in ({"until": TOMORROW}, {"amount": 1}, {"ended_on": TODAY, "codes": ["frozen"]}):
        with pytest.raises(InternalError), transaction.atomic():
            Lift.objects.filter(pk=lift.pk).update(**change)
    changed(shop, order, "1001")
    with pytest.raises(InternalError), transaction.atomic():
        Lift.objects.update(ended_on=None)


@pytest.mark.parametrize(("what", "why"), [("change", "changed"), ("cancel", "cancelled"), ("receipt", "released")])
def test_a_request_for_its_release_ends_with_what_became_of_the_order(shop: Shop, what: str, why: str) -> None:
    order = shop.released("1001")
    make_user(role=roles.SALES_DIRECTOR, team=shop.alice.team)
    made = draft_release(
        actor=shop.alice, source_kind="order", source_id=order.pk, until=business_today(), reason="They always pay"
    )
    request = submit_request(actor=shop.alice, request_id=made.pk)
    if what == "change":
        changed(shop, order, "1002")
    elif what == "cancel":
        cancel_order(actor=shop.alice, order_id=order.pk, reason="by mail", on=TODAY)
    else:
        CreditAccount.objects.update(limit=200_000)
        assert recheck_holds(customer_id=shop.customer.pk, on=TODAY) == 1
    request.refresh_from_db()
    assert request.approval is not None
    last = request.approval.decisions.latest("pk")
    assert (request.is_open, request.approval.state) == (False, "withdrawn")
    assert (last.verb, last.figures["ended"]) == ("withdraw", why)
    assert str(last.ended_because) in signed_in(shop.alice).get(request.get_absolute_url()).content.decode()


def test_the_longest_release_is_policy(shop: Shop) -> None:
    order = shop.released("1001")
    last = business_today() + dt.timedelta(days=30)
    asked = {"actor": shop.alice, "source_kind": "order", "source_id": order.pk, "reason": "They always pay"}
    with pytest.raises(ReleaseTooLong):
        draft_release(**asked, until=last + dt.timedelta(days=1))
    made = draft_release(**asked, until=last)
    change_request(actor=shop.alice, request_id=made.pk, until=last + dt.timedelta(days=1))
    with pytest.raises(ReleaseTooLong):
        submit_request(actor=shop.alice, request_id=made.pk)
    assert CreditRequest.objects.get().is_draft


def test_who_decides_about_a_release_sees_the_order_and_the_order_says_who_decides(shop: Shop) -> None:
    order = shop.released("1001")
    director = make_user(role=roles.SALES_DIRECTOR, team=shop.alice.team)
    made = draft_release(
        actor=shop.alice, source_kind="order", source_id=order.pk, until=business_today(), reason="They always pay"
    )
    page = signed_in(shop.alice).get(order.get_absolute_url()).content.decode()
    assert "Ask for the release" in page
    request = submit_request(actor=shop.alice, request_id=made.pk)
    assert request.approval is not None
    link = f'<a href="{order.get_absolute_url()}">Order {order.number}</a>'
    for address in (reverse("approvals:inbox"), request.approval.get_absolute_url(), request.get_absolute_url()):
        shown = signed_in(director).get(address).content.decode()
        assert link in shown, address
        assert "100.00 CNY over the limit of 100,000.00 CNY" in shown
    page = signed_in(shop.alice).get(order.get_absolute_url()).content.decode()
    assert request.get_absolute_url() in page
    assert "Ask for the release" not in page
    assert request.get_absolute_url() in signed_in(shop.alice).get(reverse("contracts:holds")).content.decode()
    for decider in (director, shop.company.fiona):
        say(request, decider, on=business_today())
    page = signed_in(shop.alice).get(order.get_absolute_url()).content.decode()
    assert "Approved by both directors, and released by itself within a minute:" in page
    assert "Ask for the release" not in page
    assert recheck_holds(customer_id=shop.customer.pk, on=business_today()) == 1
    page = signed_in(shop.alice).get(order.get_absolute_url()).content.decode()
    assert "Released by both directors:" in page
    notice = Notice.objects.get(user=shop.alice, kind="order_released")
    assert notice.sentence.endswith("is released: both directors approved it")
    assert str(shop.company.fiona) in page
    assert "A receipt of" not in page
