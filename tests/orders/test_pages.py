"""Pages of orders: what each reader sees of them, and what the buttons do."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contracts.errors import WantedTooEarly
from contracts.models import Contract, Order, OrderState, Product
from contracts.services.orders import LineInput, cancel_order
from contracts.services.pricing import agree_discount
from credit.models import CreditAccount
from credit.services import recheck_holds
from crm.accounts import roles
from crm.accounts.models import User
from crm.core.dates import business_today
from receivables.models import Invoice
from receivables.services.order_invoices import invoice_delivery
from tests.factories import make_user
from tests.orders.making import TODAY, Shop, make_contract

D = Decimal


@pytest.fixture
def shop(shop: Shop, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The pages of a day on which the contract is in force."""
    for module in ("contracts.views.orders", "contracts.panels.orders", "contracts.forms.orders"):
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
        "channel": "written",
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

    def test_the_discount_agreed_with_the_customer_holds_for_every_line_without_another(self, shop: Shop) -> None:
        terms: dict[str, Any] = {"starts_on": TODAY, "ends_on": None, "reason": "volume", "on": TODAY}
        agree_discount(actor=shop.company.mona, customer_id=shop.customer.pk, percent=D(8), **terms)
        client = signed_in(shop.alice)
        address = reverse("contracts:new_order", args=[shop.customer.pk])
        assert client.get(address).content.decode().count('placeholder="8"') == 3
        rows = {"lines-TOTAL_FORMS": "3"}
        for row, discount in (("1", ""), ("2", "0")):
            rows |= {
                f"lines-{row}-product": shop.product.pk, f"lines-{row}-quantity": "1", f"lines-{row}-discount": discount
            }  # fmt: skip
        assert client.post(address, typed(shop, "1", **rows)).status_code == 302
        order = Order.objects.get()
        assert list(order.lines.order_by("position").values_list("price", flat=True)) == [D(92), D(92), D(100)]
        page = client.get(reverse("contracts:edit_order", args=[order.pk])).content.decode()
        assert 'name="lines-2-discount" value="0"' in page

    def test_a_line_that_is_emptied_or_ticked_is_removed(self, shop: Shop) -> None:
        lines = [LineInput(shop.product.pk, D(quantity)) for quantity in (1, 2, 3)]
        order = shop.draft(lines=lines)
        rows = {"edition": "1", "lines-TOTAL_FORMS": "6", "lines-INITIAL_FORMS": "3", "lines-2-quantity": "3"}
        rows |= {"lines-2-product": str(shop.product.pk), "lines-2-is_out": "on"}
        client = signed_in(shop.alice)
        address = reverse("contracts:edit_order", args=[order.pk])
        half = client.post(address, typed(shop, "", **rows))
        assert (half.status_code, "A line needs it." in half.content.decode()) == (422, True)
        assert client.post(address, typed(shop, "1", **rows)).status_code == 302
        assert list(order.lines.values_list("position", "quantity")) == [(1, D(1))]

    def test_the_second_editor_sees_what_was_saved_and_keeps_his_own(self, shop: Shop) -> None:
        carol = make_user("carol", roles.CREDIT_CONTROLLER)
        order = shop.draft(lines=[LineInput(shop.product.pk, D(10))])
        address = reverse("contracts:edit_order", args=[order.pk])
        first = typed(shop, "20", edition="1", note="First")
        assert signed_in(carol).post(address, first).status_code == 302
        client, mine = signed_in(shop.alice), typed(shop, "30", edition="1", note="Second")
        refused = client.post(address, mine)
        page = refused.content.decode()
        assert refused.status_code == 422
        assert f"{carol} saved it at" in page
        conflict = refused.context["conflict"]
        unit, name = shop.product.unit, str(shop.product)
        assert [(row.label, row.saved, row.typed) for row in conflict.rows] == [
            ("Note", "First", "Second"),
            ("Lines", f"{name} · 20 {unit} × 100.00", f"{name} · 30 {unit} × 100.00"),
        ]
        assert "Open it again" not in page
        assert 'name="lines-0-quantity" value="30"' in page
        assert 'name="edition" value="2"' in page
        assert "Keep mine" in page
        order.refresh_from_db()
        assert (order.note, order.total) == ("First", D(2000))
        assert client.post(address, {**mine, "edition": "2"}).status_code == 302
        order.refresh_from_db()
        assert (order.note, order.total) == ("Second", D(3000))
        again = client.post(address, {**mine, "note": "Third", "edition": "2"})  # one's own other tab
        assert "You saved it yourself" in again.content.decode()

    def test_more_than_can_be_kept_is_refused_in_words_and_what_was_typed_stays(self, shop: Shop) -> None:
        Product.objects.update(price=D("9999999999999999"))
        client = signed_in(shop.alice)
        address = reverse("contracts:new_order", args=[shop.customer.pk])
        for quantity in ("9999999.999", "1"):
            response = client.post(address, typed(shop, quantity))
            assert response.status_code == 422
            assert "This comes to more than 999,999,999,999.99" in response.content.decode()
            assert f'value="{quantity}"' in response.content.decode()
        response = client.post(address, typed(shop, "99999999999"))
        assert "It cannot be above 9,999,999.999." in response.content.decode()
        assert not Order.objects.exists()

    def test_it_begins_with_the_contract_in_force(self, shop: Shop) -> None:
        client = signed_in(shop.alice)
        assert f'value="{shop.contract.pk}" selected' in text_of(client, "contracts:new_order", shop.customer.pk)

    def test_in_force_is_what_binds_today(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("contracts.views.contract_lists.business_today", lambda: TODAY)
        today, entity = TODAY, shop.company.entity
        days = [(-30, 0), (0, 30), (-400, -1), (1, 300)]
        holding, begun, over, to_come = (
            make_contract(
                shop.customer,
                shop.alice,
                entity,
                starts_on=today + dt.timedelta(days=first),
                ends_on=today + dt.timedelta(days=last),
            )
            for first, last in days
        )
        client = signed_in(shop.alice)
        form = text_of(client, "contracts:new_order", shop.customer.pk)
        for chosen in (True, False):
            listed = text_of(client, "contracts:contracts", in_force=str(chosen).lower())
            assert all((contract.number in listed) is chosen for contract in (holding, begun))
            assert all((contract.number in listed) is not chosen for contract in (over, to_come))
        assert all(contract.number in form for contract in (holding, begun))
        assert not any(contract.number in form for contract in (over, to_come))
        for contract in (holding, begun, over, to_come):
            assert Contract.objects.in_force(today).filter(pk=contract.pk).exists() is contract.is_in_force_on(today)

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


def test_the_dialog_that_cancels_names_the_order_and_its_way_out_is_no_second_cancel(shop: Shop) -> None:
    order = shop.draft("10")
    page = text_of(signed_in(shop.alice), "contracts:cancel_order", order.pk)
    assert f"{order.number} · {shop.customer.name} · 1,000.00 CNY" in page.replace("&#x27;", "'")
    assert ">Back</a>" in page
    assert ">Cancel</a>" not in page


class TestList:
    def test_totals_leave_out_what_was_cancelled(self, shop: Shop) -> None:
        cancelled, part = shop.draft("7"), shop.released("10")
        shop.deliver(part, "4")
        for order in (cancelled, part):
            cancel_order(actor=shop.alice, order_id=order.pk, reason="less", on=TODAY)
        shop.draft("2")
        client = signed_in(shop.alice)
        page = client.get(reverse("contracts:orders"), {"part": "totals"}).content.decode()
        assert "600.00" in page
        assert "1,900.00" not in page

    def test_what_is_to_be_invoiced_has_left_in_part_or_whole(self, shop: Shop) -> None:
        part, whole, none = shop.released("10"), shop.released("10"), shop.released("10")
        shop.deliver(part, "4")
        delivery = shop.deliver(whole, "10")
        client = signed_in(shop.alice)
        page = text_of(client, "contracts:orders", to_invoice="true")
        assert [order.number in page for order in (part, whole, none)] == [True, True, False]
        invoice_delivery(actor=None, delivery_id=delivery.pk, on=TODAY)
        assert whole.number not in text_of(client, "contracts:orders", to_invoice="true")

    def test_goods_are_wanted_from_the_date_of_the_order_on(self, shop: Shop) -> None:
        with pytest.raises(WantedTooEarly):
            shop.draft(wanted_on=TODAY - dt.timedelta(days=1))
        assert shop.draft(wanted_on=TODAY).wanted_on == TODAY


class TestOrderPage:
    def test_a_held_order_says_why_and_what_would_help(self, shop: Shop) -> None:
        order = shop.released("1001")
        page = text_of(signed_in(shop.alice), "contracts:order", order.pk)
        assert "Why it is on hold" in page
        assert "100.00 CNY over the limit of 100,000.00 CNY" in page
        queue = text_of(signed_in(shop.alice), "contracts:holds")
        assert "A receipt of 100.00 CNY" in queue
        assert order.number in text_of(signed_in(shop.company.greg), "contracts:holds")
        assert order.number not in text_of(signed_in(shop.company.charlie), "contracts:holds")

    def test_the_queue_tells_each_reason_what_it_needs(self, shop: Shop) -> None:
        shop.released("1001")
        CreditAccount.objects.update(status="frozen")
        recheck_holds(customer_id=shop.customer.pk, on=TODAY)
        queue = text_of(signed_in(shop.alice), "contracts:holds")
        assert "be approved.\nOver limit: A receipt of 100.00 CNY" in queue

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

    def test_what_the_goods_cost_is_told_only_to_who_keeps_products_or_posts_invoices(self, shop: Shop) -> None:
        delivery = shop.deliver(shop.released(), "4")
        invoice = invoice_delivery(actor=None, delivery_id=delivery.pk, on=TODAY, number="FP-1")
        assert invoice.cost == D(240)
        for reader, seen in ((shop.alice, False), (shop.company.mona, False), (shop.company.anna, True)):
            assert (">240.00<" in text_of(signed_in(reader), "receivables:invoice", invoice.pk)) is seen

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


def test_a_delivery_sent_twice_is_recorded_once(shop: Shop) -> None:
    order = shop.released("10")
    line = order.lines.get()
    data = {f"line-{line.pk}": "10", "on": TODAY.isoformat(), "idempotency_key": "one form"}
    client, address = signed_in(shop.walter), reverse("contracts:deliver", args=[order.pk])
    assert [client.post(address, data).status_code for _ in range(2)] == [302, 302]
    assert order.deliveries.count() == 1
    assert client.get(address).url == f"{reverse('contracts:deliveries_made')}?q={order.number}"


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
    assert '<td class="text text-wraps" data-label="What would release it">' in page


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

    def test_what_the_check_would_hold_is_told_before_the_contract_is_drafted(self, shop: Shop) -> None:
        CreditAccount.objects.filter(customer=shop.customer).update(status="cash_only")
        order = shop.draft(contract_id=None)
        page = text_of(signed_in(shop.alice), "contracts:order", order.pk)
        assert "needs a signed contract" in page
        assert "Checked now, it would be held" in page
        assert "Cash only" in page

    def test_nor_under_one_that_has_ended(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        order = shop.draft()
        monkeypatch.setattr("contracts.views.orders.business_today", lambda: TODAY + dt.timedelta(days=365))
        page = text_of(signed_in(shop.alice), "contracts:order", order.pk)
        assert "it would be released" not in page
        assert "is not in force" in page


class TestWarehouse:
    def test_it_finds_its_orders_and_what_it_delivered_and_is_offered_no_export(self, shop: Shop) -> None:
        left, order, draft = shop.released("10"), shop.released("10"), shop.draft("1")
        delivery = shop.deliver(left, "10")
        client = signed_in(shop.walter)
        for word, seen in ((order.number, order.number), (delivery.number, delivery.number), (draft.number, None)):
            page = text_of(client, "search", q=word)
            assert (reverse("contracts:deliver", args=[order.pk]) in page) is (seen == order.number)
            assert (reverse("contracts:deliveries_made") in page) is (seen == delivery.number)
        for name in ("contracts:warehouse", "contracts:deliveries_made"):
            page = text_of(client, name)
            assert "/exchange/export/" not in page
            assert "100.00" not in page
        assert delivery.number in page
        assert "/exchange/export/" in text_of(signed_in(shop.company.anna), "contracts:orders")

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
        order = shop.released("1000")
        data = {"on": str(TODAY), f"line-{order.lines.get().pk}": "1001"}
        response = signed_in(shop.walter).post(reverse("contracts:deliver", args=[order.pk]), data)
        assert response.status_code == 422
        assert "only 1,000 are left to deliver" in response.content.decode()
        data["on"] = str(business_today() + dt.timedelta(days=1))
        response = signed_in(shop.walter).post(reverse("contracts:deliver", args=[order.pk]), data)
        assert "what leaves is recorded when it leaves" in response.content.decode()
        assert not order.deliveries.exists()

    def test_an_order_that_has_left_leads_back_to_its_deliveries(self, shop: Shop) -> None:
        order = shop.released()
        delivery = shop.deliver(order, "10")
        client, address = signed_in(shop.walter), reverse("contracts:deliver", args=[order.pk])
        answer = client.get(address, follow=True)
        page = answer.content.decode()
        assert answer.redirect_chain == [(f"{reverse('contracts:deliveries_made')}?q={order.number}", 302)]
        assert delivery.number in page
        assert "is left to deliver: this is what has left" in page
        assert signed_in(shop.alice).get(address).status_code == 403


def test_a_limit_used_to_the_last_cent_leaves_a_headroom_of_nothing_in_figures(shop: Shop) -> None:
    order = shop.released("1000")
    for address in (order.get_absolute_url(), shop.customer.get_absolute_url()):
        page = " ".join(signed_in(shop.company.greg).get(address).content.decode().split())
        assert re.search(r"Headroom( afterwards)?</span> ?<(span|strong) class=\"[a-z- ]*\">0\.00</", page), address


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
