"""Pages of orders: what each reader sees of them, and what the buttons do."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contracts.models import Order, OrderState
from contracts.services.pricing import agree_discount
from credit.models import CreditAccount
from crm.accounts.models import User
from receivables.models import Invoice
from receivables.services.order_invoices import invoice_delivery
from tests.orders.making import TODAY, Shop

D = Decimal


@pytest.fixture
def shop(shop: Shop, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The pages of a day on which the contract is in force."""
    for module in ("contracts.order_views", "contracts.order_panels", "contracts.order_forms"):
        monkeypatch.setattr(f"{module}.business_today", lambda: TODAY)
    return shop


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(client: Client, name: str, *args: Any, **query: Any) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return str(response.content.decode())


def typed(shop: Shop, quantity: str = "10", discount: str = "", **fields: Any) -> dict[str, Any]:
    """What a rep types into the form of an order."""
    return {
        "contract": shop.contract.pk,
        "payment": "credit",
        "legal_entity": shop.company.entity.pk,
        "currency": "CNY",
        "on": str(TODAY),
        "lines-TOTAL_FORMS": "2",
        "lines-INITIAL_FORMS": "0",
        "lines-0-product": shop.product.pk,
        "lines-0-quantity": quantity,
        "lines-0-discount": discount,
        "lines-1-product": "",
        "lines-1-quantity": "",
        **fields,
    }


class TestForm:
    def test_a_draft_is_typed_in_lines(self, shop: Shop) -> None:
        client = signed_in(shop.alice)
        response = client.post(reverse("contracts:new_order", args=[shop.customer.pk]), typed(shop, discount="5"))
        order = Order.objects.get()
        assert response.status_code == 302
        assert (response.headers["Location"], order.total) == (order.get_absolute_url(), D(950))

    def test_it_begins_with_the_contract_in_force(self, shop: Shop) -> None:
        client = signed_in(shop.alice)
        assert f'value="{shop.contract.pk}" selected' in text_of(client, "contracts:new_order", shop.customer.pk)

    def test_a_refusal_stands_above_the_form_and_nothing_typed_is_lost(self, shop: Shop) -> None:
        client = signed_in(shop.alice)
        response = client.post(reverse("contracts:new_order", args=[shop.customer.pk]), typed(shop, "7", "50"))
        assert response.status_code == 422
        page = response.content.decode()
        assert "more than the 5 % you may give" in page
        assert 'value="7"' in page
        assert not Order.objects.exists()

    def test_more_rows_keep_what_was_typed(self, shop: Shop) -> None:
        client = signed_in(shop.alice)
        address = reverse("contracts:new_order", args=[shop.customer.pk])
        response = client.post(address, typed(shop, "7", more="1"))
        page = response.content.decode()
        assert (response.status_code, page.count("-quantity")) == (200, 10)  # five rows: a name and an id each
        assert 'value="7"' in page

    def test_an_older_edition_is_not_saved_over_a_newer_one(self, shop: Shop) -> None:
        order = shop.draft()
        client = signed_in(shop.alice)
        address = reverse("contracts:edit_order", args=[order.pk])
        assert client.post(address, typed(shop, "8", version="1")).status_code == 302
        response = client.post(address, typed(shop, "9", version="1"))
        assert "was changed in the meantime" in response.content.decode()
        assert Order.objects.get().total == D(800)


class TestOrderPage:
    def test_a_held_order_says_why_and_what_would_help(self, shop: Shop) -> None:
        order = shop.released("1001")
        page = text_of(signed_in(shop.alice), "contracts:order", order.pk)
        assert "Why it is on hold" in page
        assert "100.00 over the limit of 100,000.00" in page
        queue = text_of(signed_in(shop.alice), "contracts:holds")
        assert "A receipt of 100.00" in queue
        assert order.number in text_of(signed_in(shop.company.greg), "contracts:holds")
        assert order.number not in text_of(signed_in(shop.company.charlie), "contracts:holds")

    def test_a_draft_shows_the_hold_to_come(self, shop: Shop) -> None:
        order = shop.draft("1001")
        assert "Checked now, it would be held" in text_of(signed_in(shop.alice), "contracts:order", order.pk)

    def test_the_button_releases(self, shop: Shop) -> None:
        order = shop.draft()
        signed_in(shop.alice).post(reverse("contracts:release_order", args=[order.pk]), {"version": "1"})
        assert Order.objects.get().state == OrderState.RELEASED

    def test_its_invoices_stand_on_it(self, shop: Shop) -> None:
        order = shop.released()
        first = shop.deliver(order, "4")
        invoice_delivery(actor=None, delivery_id=first.pk, on=TODAY, number="FP-1")
        second = shop.deliver(order, "6")
        page = text_of(signed_in(shop.company.anna), "contracts:order", order.pk)
        assert "FP-1" in page
        assert reverse("receivables:invoice_delivery", args=[second.pk]) in page

    @pytest.mark.thorough
    def test_it_costs_few_queries_whatever_its_length(self, shop: Shop, django_assert_max_num_queries: Any) -> None:
        order = shop.released()
        for _part in range(4):
            shop.deliver(order, "1")
        client = signed_in(shop.alice)
        text_of(client, "contracts:order", order.pk)
        with django_assert_max_num_queries(26):
            text_of(client, "contracts:order", order.pk)

    def test_the_customer_page_and_my_day_lead_to_orders(self, shop: Shop) -> None:
        order = shop.released("1001")
        client = signed_in(shop.alice)
        assert order.number in text_of(client, "customers:panel", shop.customer.pk, "orders")
        assert order.number in text_of(client, "home:my_day")
        assert order.number in text_of(client, "search", q=order.number)
        assert order.number in text_of(client, "contracts:orders", state="held")


def test_quantities_are_typed_with_thousands_separators(shop: Shop) -> None:
    address = reverse("contracts:new_order", args=[shop.customer.pk])
    assert signed_in(shop.alice).post(address, typed(shop, "1,000")).status_code == 302
    order = shop.release(Order.objects.get())
    assert (order.total, order.state) == (D(100000), OrderState.RELEASED)
    data = {"on": str(TODAY), f"line-{order.lines.get().pk}": "1,000"}
    assert signed_in(shop.walter).post(reverse("contracts:deliver", args=[order.pk]), data).status_code == 302
    assert order.deliveries.get().amount == D(100000)


@pytest.mark.thorough
def test_a_form_sent_twice_drafts_one_order(shop: Shop) -> None:
    client, address = signed_in(shop.alice), reverse("contracts:new_order", args=[shop.customer.pk])
    assert 'name="idempotency_key" value="' in client.get(address).content.decode()
    sent = [client.post(address, typed(shop, idempotency_key="one form")) for _ in range(2)]
    order = Order.objects.get()
    assert [answer["Location"] for answer in sent] == [order.get_absolute_url()] * 2
    for _ in range(2):
        client.post(reverse("contracts:copy_order", args=[order.pk]), {"idempotency_key": "one copy"})
    assert Order.objects.count() == 2


def test_the_queue_shows_what_would_release_an_order_whole(shop: Shop) -> None:
    order = shop.released("1001")
    page = text_of(signed_in(shop.company.greg), "contracts:holds")
    assert order.number in page
    assert '<td class="text text-wraps">' in page


class TestDay:
    @pytest.mark.parametrize(("back", "status"), [(0, 302), (31, 302), (32, 422), (-1, 422)])
    def test_an_order_is_dated_a_month_back_at_most(self, shop: Shop, back: int, status: int) -> None:
        address = reverse("contracts:new_order", args=[shop.customer.pk])
        response = signed_in(shop.alice).post(address, typed(shop, on=str(TODAY - dt.timedelta(days=back))))
        assert response.status_code == status
        assert Order.objects.exists() == (status == 302)

    def test_an_earlier_date_does_not_bring_back_a_discount_that_has_ended(self, shop: Shop) -> None:
        day = TODAY - dt.timedelta(days=20)
        agreed = {"percent": D(15), "reason": "volume", "starts_on": day, "ends_on": day}
        agree_discount(actor=shop.company.greg, customer_id=shop.customer.pk, on=day, **agreed)
        address = reverse("contracts:new_order", args=[shop.customer.pk])
        response = signed_in(shop.alice).post(address, typed(shop, discount="15", on=str(day)))
        assert response.status_code == 422
        assert not Order.objects.exists()


class TestDraftWithoutContract:
    def test_the_page_says_that_it_cannot_be_released(self, shop: Shop) -> None:
        order = shop.draft(contract_id=None)
        page = text_of(signed_in(shop.alice), "contracts:order", order.pk)
        assert "it would be released" not in page
        assert "needs a signed contract" in page
        assert reverse("contracts:new_contract", args=[shop.customer.pk]) in page

    def test_nor_under_one_that_has_ended(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        order = shop.draft()
        monkeypatch.setattr("contracts.order_views.business_today", lambda: TODAY + dt.timedelta(days=365))
        page = text_of(signed_in(shop.alice), "contracts:order", order.pk)
        assert "it would be released" not in page
        assert "is not in force" in page


class TestWarehouse:
    def test_it_sees_released_orders_only_and_no_money(self, shop: Shop) -> None:
        shop.draft("20")
        held, order = shop.released("1001"), shop.released("10")
        client = signed_in(shop.walter)
        page = text_of(client, "contracts:warehouse")
        assert order.number in page
        assert held.number not in page
        form = text_of(client, "contracts:deliver", order.pk)
        for seen in (page, form):
            assert "100.00" not in seen
            assert "1,000" not in seen
        assert client.get(reverse("contracts:deliver", args=[held.pk])).status_code == 404
        assert client.get(reverse("contracts:order", args=[order.pk])).status_code == 403
        assert order.number in text_of(client, "home:my_day")

    def test_it_records_what_leaves(self, shop: Shop) -> None:
        order = shop.released()
        line = order.lines.get()
        data = {"on": str(TODAY), f"line-{line.pk}": "4", "carrier": "SF 100"}
        response = signed_in(shop.walter).post(reverse("contracts:deliver", args=[order.pk]), data)
        assert response.status_code == 302
        assert order.deliveries.get().amount == D(400)

    def test_stopped_supply_is_told_without_how_the_credit_stands(self, shop: Shop) -> None:
        order = shop.released()
        CreditAccount.objects.update(status="frozen")
        client = signed_in(shop.walter)
        assert order.number not in text_of(client, "contracts:warehouse")
        response = client.get(reverse("contracts:deliver", args=[order.pk]), follow=True)
        assert "supply to this customer is stopped" in response.content.decode()
        assert "rozen" not in response.content.decode()
        page = text_of(signed_in(shop.company.greg), "contracts:order", order.pk)
        assert "Released, supply stopped" in page
        assert "Frozen" in page
        assert order.number in text_of(signed_in(shop.company.greg), "contracts:orders", stopped="true")
        assert order.number not in text_of(signed_in(shop.company.greg), "contracts:orders", stopped="false")

    def test_too_much_is_refused_on_the_form(self, shop: Shop) -> None:
        order = shop.released()
        data = {"on": str(TODAY), f"line-{order.lines.get().pk}": "11"}
        response = signed_in(shop.walter).post(reverse("contracts:deliver", args=[order.pk]), data)
        assert response.status_code == 422
        assert "only 10 are left to deliver" in response.content.decode()


def test_finance_bills_what_waits(shop: Shop) -> None:
    delivery = shop.deliver(shop.released(), "4")
    client = signed_in(shop.company.anna)
    assert delivery.number in text_of(client, "receivables:deliveries_to_invoice")
    address = reverse("receivables:invoice_delivery", args=[delivery.pk])
    assert client.post(address, {"number": "FP-7", "on": str(TODAY)}).status_code == 302
    assert Invoice.objects.get().number == "FP-7"
    assert delivery.number not in text_of(client, "receivables:deliveries_to_invoice")


def test_products_stand_in_a_list_and_a_search_box(shop: Shop) -> None:
    client = signed_in(shop.alice)
    assert shop.product.code in text_of(client, "contracts:products")
    found = client.get(reverse("contracts:product_options"), {"q": shop.product.code}).json()
    assert [item["value"] for item in found["items"]] == [shop.product.pk]
