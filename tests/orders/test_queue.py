"""The queue of orders on hold: what it comes to, and what its reader can do there."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.models import Order, OrderState
from contracts.services.orders import LineInput, change_order
from contracts.services.releasing import check_orders
from contracts.views import holds
from credit.models import CreditAccount
from crm.accounts.models import User
from crm.core.errors import NotAllowed
from crm.exchange.export import exported_columns
from tests.factories import make_user
from tests.orders.making import TODAY, Shop

CHECK, HOLDS = "contracts:check_again", "contracts:holds"


@pytest.fixture
def shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr("contracts.views.holds.business_today", lambda: TODAY)
    return shop


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def states() -> list[str]:
    return list(Order.objects.order_by("pk").values_list("state", flat=True))


def test_its_foot_adds_up_what_is_filtered(shop: Shop) -> None:
    shop.released("1001")
    other = shop.released("1002")
    client, address = signed_in(shop.alice), reverse(HOLDS)
    foot = client.get(address, {"part": "totals"}).content.decode()
    assert ("Total CNY" in foot, "200,300.00" in foot) == (True, True)
    assert "100,200.00" in client.get(address, {"part": "totals", "q": other.number}).content.decode()


def test_each_reader_finds_what_he_or_she_may_do(shop: Shop) -> None:
    order = shop.released("1001")
    ask = reverse("credit:ask_release", args=[order.last_check_id])
    check = f'hx-post="{reverse(CHECK)}"'
    page = signed_in(shop.alice).get(reverse(HOLDS)).content.decode()
    assert (ask in page, check in page) == (True, True)
    assert "steps" not in [column.key for column in exported_columns(holds.HoldQueue.selection(shop.alice, ""))]
    for reader, asks in ((shop.company.anna, True), (shop.company.greg, False)):
        page = signed_in(reader).get(reverse(HOLDS)).content.decode()
        assert (order.number in page, ask in page, check in page) == (True, asks, False)
    assert signed_in(shop.company.anna).post(reverse(CHECK), {"ids": order.pk}).status_code == 403
    with pytest.raises(NotAllowed):
        check_orders(actor=shop.company.anna, orders=[order], on=TODAY)
    CreditAccount.objects.filter(customer=shop.customer).update(limit=200_000)
    other = make_user("another_rep", "sales_rep")
    signed_in(other).post(reverse(CHECK), {"ids": order.pk})
    assert states() == ["held"]


def test_what_no_two_signatures_lift_is_not_asked_for(shop: Shop) -> None:
    order = shop.released("10", contract_id=None, payment="prepaid")
    page = signed_in(shop.alice).get(reverse(HOLDS)).content.decode()
    assert order.number in page
    assert reverse("credit:ask_release", args=[order.last_check_id]) not in page


def test_ticked_orders_are_checked_each_on_its_own(shop: Shop) -> None:
    large, small = shop.released("1500"), shop.released("1200")
    third = shop.released("1001")
    CreditAccount.objects.filter(customer=shop.customer).update(limit=130_000)
    Order.objects.filter(pk=third.pk).update(contract=None)  # refused, which keeps back no other
    client = signed_in(shop.alice)
    ids = [large.pk, small.pk, third.pk]
    answer = client.post(reverse(CHECK), {"ids": ids, "query": "mine=true"}, follow=True)
    assert answer.redirect_chain == [(f"{reverse(HOLDS)}?mine=true", 302)]
    assert states() == [OrderState.HELD, OrderState.RELEASED, OrderState.HELD]
    told = [str(message) for message in answer.context["messages"]]
    assert told[:2] == ["1 order is released.", "1 order stays on hold."]
    assert "needs a signed contract" in told[2]


def test_the_button_of_a_row_leads_back_to_the_queue(shop: Shop) -> None:
    order = shop.released("1001")
    CreditAccount.objects.filter(customer=shop.customer).update(limit=200_000)
    answer = signed_in(shop.alice).post(reverse(CHECK), {"ids": order.pk}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, reverse(HOLDS))
    assert states() == ["released"]


class TestEditions:
    """What a page showed is checked, and nothing that was written since."""

    def change(self, shop: Shop, order: Order, quantity: str) -> Order:
        changed = change_order(
            actor=shop.alice, order_id=order.pk, version=order.version, on=TODAY, contract_id=shop.contract.pk,
            payment=order.payment, lines=[LineInput(shop.product.pk, Decimal(quantity))],
        )  # fmt: skip
        return Order.objects.get(pk=changed.pk)

    def test_rows_and_their_buttons_name_the_edition_that_is_shown(self, shop: Shop) -> None:
        order = shop.released("1001")
        page = signed_in(shop.alice).get(reverse(HOLDS)).content.decode()
        assert f'name="ids" value="{order.pk}.1"' in page
        assert f'hx-vals="{{&quot;ids&quot;: &quot;{order.pk}.1&quot;}}"' in page

    def test_one_that_was_changed_and_held_again_is_refused_by_its_number(self, shop: Shop) -> None:
        order, other = shop.released("1001"), shop.released("1002")
        again = shop.release(self.change(shop, order, "1100"))
        assert (again.state, again.version) == (OrderState.HELD, 2)
        CreditAccount.objects.filter(customer=shop.customer).update(limit=500_000)
        shown = [f"{order.pk}.1", f"{other.pk}.1"]
        answer = signed_in(shop.alice).post(reverse(CHECK), {"ids": shown}, follow=True)
        assert states() == ["held", "released"]
        told = [str(message) for message in answer.context["messages"]]
        assert told[0] == "1 order is released."
        assert told[1].startswith(f"{order.number} was changed in the meantime")
        signed_in(shop.alice).post(reverse(CHECK), {"ids": f"{order.pk}.2"})
        assert states() == ["released", "released"]

    def test_one_that_is_a_draft_again_or_was_released_at_another_amount_is_told_once(self, shop: Shop) -> None:
        draft, released, same = shop.released("1001"), shop.released("1002"), shop.released("1003")
        self.change(shop, draft, "5")
        assert shop.release(self.change(shop, released, "5")).state == OrderState.RELEASED
        CreditAccount.objects.filter(customer=shop.customer).update(limit=500_000)
        shop.release(same)
        shown = [f"{order.pk}.1" for order in (draft, released, same)]
        answer = signed_in(shop.alice).post(reverse(CHECK), {"ids": shown}, follow=True)
        told = [str(message).split()[0] for message in answer.context["messages"]]
        assert (told, states()) == ([draft.number, released.number], ["draft", "released", "released"])

    def test_of_a_stranger_nothing_is_told(self, shop: Shop) -> None:
        order = shop.released("1001")
        self.change(shop, order, "5")
        stranger = signed_in(make_user("another_rep", "sales_rep"))
        answer = stranger.post(reverse(CHECK), {"ids": f"{order.pk}.1"}, follow=True)
        assert not list(answer.context["messages"])


@pytest.mark.thorough
def test_as_many_queries_for_many_orders_as_for_one(shop: Shop) -> None:
    client = signed_in(shop.alice)
    counts = []
    for more in (1, 4):
        for _ in range(more):
            shop.released("1001")
        client.get(reverse(HOLDS))
        with CaptureQueriesContext(connection) as caught:
            client.get(reverse(HOLDS))
        counts.append(len(caught))
    assert counts[0] == counts[1]


def test_only_so_many_are_checked_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds, "MOST_AT_ONCE", 1)
    ids = [shop.released(quantity).pk for quantity in ("1001", "1002")]
    CreditAccount.objects.filter(customer=shop.customer).update(limit=Decimal(500_000))
    signed_in(shop.alice).post(reverse(CHECK), {"ids": ids})
    assert states() == ["released", "held"]
