"""The payment form of an order: its contract's on credit, its own in advance; what is not accepted is held."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from contracts.models import Order, OrderState
from contracts.services.orders import copy_order
from credit.models import CreditAccount, CreditCheck, CreditCheckPolicy
from credit.services import recheck_changed
from credit.verification import verify_credit
from tests.orders.making import TODAY, Shop, make_contract
from tests.orders.test_pages import signed_in, text_of, typed


@pytest.fixture
def shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The account accepts transfers; the contract agrees on cheques as well."""
    for module in ("contracts.views.orders", "contracts.forms.orders", "contracts.services.waiting"):
        monkeypatch.setattr(f"{module}.business_today", lambda: TODAY)
    monkeypatch.setattr("credit.services.holds.business_today", lambda: TODAY)
    agree(shop, "transfer", "cheque")
    accept("transfer")
    return shop


def accept(*codes: str) -> None:
    CreditAccount.objects.update(instruments=list(codes))


def agree(shop: Shop, *codes: str) -> None:
    """The contract of the shop as if it had been signed so."""
    shop.contract = make_contract(shop.customer, shop.alice, shop.company.entity, instruments=list(codes))


def codes_of(order: Order) -> list[str]:
    assert order.last_check is not None
    return [finding.code for finding in order.last_check.findings]


def test_what_the_contract_agrees_beyond_the_account_holds_the_order(shop: Shop) -> None:
    order = shop.released()
    assert (order.state, codes_of(order)) == (OrderState.HELD, ["instrument"])
    check = CreditCheck.objects.get()
    assert (check.asked_instruments, check.instruments) == (["transfer", "cheque"], ["transfer"])
    queue = text_of(signed_in(shop.alice), "contracts:holds")
    assert "Agree on an accepted payment form" in queue
    page = text_of(signed_in(shop.alice), "contracts:order", order.pk)
    assert "It may be paid by cheque, which is not agreed; the account accepts bank transfer." in page
    assert "Bank transfer, Cheque" in page
    shown = signed_in(shop.alice).get(check.get_absolute_url()).content.decode()
    assert "document: Bank transfer, Cheque" in shown


def test_accepted_again_it_goes_by_itself(shop: Shop) -> None:
    order = shop.released()
    assert recheck_changed() == 0
    accept("transfer", "cheque")
    assert recheck_changed() == 1
    order.refresh_from_db()
    assert order.state == OrderState.RELEASED
    assert list(verify_credit()) == []


def test_a_contract_that_names_none_is_not_held(shop: Shop) -> None:
    agree(shop)
    order = shop.released()
    assert (order.state, codes_of(order)) == (OrderState.RELEASED, [])


def test_the_policy_may_only_warn(shop: Shop) -> None:
    CreditCheckPolicy.objects.filter(state="active").update(state="retired")
    CreditCheckPolicy.objects.create(version=2, name_zh="二", name_en="Two", state="active", instrument="warn")
    order = shop.released()
    assert (order.state, codes_of(order)) == (OrderState.RELEASED, ["instrument"])


def test_a_draft_shows_the_hold_to_come(shop: Shop) -> None:
    page = text_of(signed_in(shop.alice), "contracts:order", shop.draft().pk)
    assert "which is not agreed" in page


@pytest.mark.parametrize(("form", "codes"), [("cash", ["instrument"]), ("transfer", []), ("", [])])
def test_paid_in_advance_its_own_form_counts(shop: Shop, form: str, codes: list[str]) -> None:
    shop.pay("1000")
    order = shop.released(contract_id=None, payment="prepaid", instrument=form)
    assert codes_of(order) == codes
    assert copy_order(actor=shop.alice, order_id=order.pk, on=TODAY).instrument == form


def test_on_credit_it_has_none_of_its_own(shop: Shop) -> None:
    order = shop.draft(instrument="cash")
    assert (order.instrument, order.payment_forms) == ("", ["transfer", "cheque"])
    with pytest.raises(DatabaseError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(instrument="cash")


def test_it_is_typed_with_an_order_paid_in_advance(shop: Shop) -> None:
    client = signed_in(shop.alice)
    said: dict[str, Any] = {"contract": "", "payment": "prepaid", "instrument": "cash"}
    client.post(reverse("contracts:new_order", args=[shop.customer.pk]), typed(shop, **said))
    order = Order.objects.get()
    assert order.instrument == "cash"
    edit = reverse("contracts:edit_order", args=[order.pk])
    assert '<option value="cash" selected>' in client.get(edit).content.decode()
    assert client.post(edit, typed(shop, edition="1", **{**said, "instrument": "gold"})).status_code == 422
    client.post(edit, typed(shop, edition="1", **{**said, "instrument": "transfer"}))
    order.refresh_from_db()
    assert order.instrument == "transfer"
    assert "Payment forms" in text_of(client, "contracts:order", order.pk)
