"""Orders: typed by the keyboard alone, priced meanwhile by the server, and kept once."""

import datetime as dt
import os
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import FilePayload, Page, expect

from contracts.models import Contract, ContractLine, ContractState, Order, Product
from contracts.services.orders import LineInput, draft_order
from contracts.services.releasing import release_order
from credit.models import CreditRequest
from crm.core.models import Rate
from tests.browser.hands import digits, no_sideways_scroll, settled, type_into_open_box
from tests.browser.names import unique_name
from tests.browser.watch import Watch
from tests.orders.making import make_contract, make_product
from tests.world import Holding, World, build_holding

SignIn = Callable[..., Page]
SHOTS = os.environ.get("SHOTS", "")


@pytest.fixture
def buyer(world: World) -> Holding:
    return build_holding(world, "alice", name=unique_name(), contact_name="赵永康")


def contract_of(world: World, buyer: Holding, currency: str, price: str) -> Contract:
    """A signed framework in force that fixes the price of one bearing."""
    made = make_contract(
        buyer.customer, world.users["alice"], world.entity, state=ContractState.DRAFT, currency=currency,
        number=f"C-{currency}-{buyer.customer.pk}", starts_on=world.today, ends_on=world.today + dt.timedelta(days=300),
    )  # fmt: skip
    product = Product.objects.get(code="B-6205")
    ContractLine.objects.create(
        contract=made, position=1, product=product, description=str(product), unit=product.unit,
        quantity=Decimal(100), price=Decimal(price), amount=Decimal(price) * 100,
    )  # fmt: skip
    for state in (ContractState.IN_APPROVAL, ContractState.APPROVED, ContractState.SIGNED):
        Contract.objects.filter(pk=made.pk).update(state=state)
    return made


def test_lines_are_typed_by_keyboard_and_priced_meanwhile(
    sign_in: SignIn, world: World, buyer: Holding, language: str
) -> None:
    Rate.objects.get_or_create(currency_id="USD", date=world.today, defaults={"rate": Decimal("7.2")})
    other = make_product("33.33", code=f"K-{buyer.customer.pk}")
    dollars, yuan = contract_of(world, buyer, "USD", "11.25"), contract_of(world, buyer, "CNY", "81.00")
    rep = sign_in("alice", language)
    rep.goto(reverse("contracts:new_order", args=[buyer.customer.pk]))
    # What is left of the newest contract stands there already, priced.
    expect(rep.locator("#lines-0-amount")).to_have_text("8,100.00")
    rep.locator("#id_contract").focus()
    rep.select_option("#id_contract", str(dollars.pk))
    expect(rep.locator("#id_currency")).to_have_value("USD")
    expect(rep.locator("#lines-0-price")).to_contain_text("11.25")
    expect(rep.locator("#id_contract")).to_be_focused()
    rep.select_option("#id_contract", str(yuan.pk))
    expect(rep.locator("#id_currency")).to_have_value("CNY")
    # The second line by keys alone: product, quantity, discount; the figures come beside what is typed.
    rep.locator("[name=lines-0-quantity]").focus()
    for _ in range(3):
        rep.keyboard.press("Tab")
    rep.keyboard.press("Enter")
    type_into_open_box(rep, other.code)
    expect(rep.locator("#lines-1-price")).not_to_be_empty()
    rep.locator("[name=lines-1-quantity]").focus()
    rep.keyboard.type("2.5")
    expect(rep.locator("#lines-1-amount")).not_to_be_empty()
    expect(rep.locator("[name=lines-1-quantity]")).to_be_focused()
    rep.keyboard.press("Tab")
    rep.keyboard.type("99")
    expect(rep.locator("#lines-1-refusal")).to_contain_text("99 %")
    for _ in range(2):
        rep.keyboard.press("Backspace")
    rep.keyboard.type("5")
    expect(rep.locator("#lines-1-refusal")).to_be_empty()
    settled(rep)
    total = digits(rep.locator("#order-sum dd").first.inner_text())
    if SHOTS:
        rep.screenshot(path=f"{SHOTS}/order_{language}_1440.png", full_page=True)
        rep.set_viewport_size({"width": 390, "height": 844})
        rep.screenshot(path=f"{SHOTS}/order_{language}_390.png", full_page=True)
    no_sideways_scroll(rep)
    rep.keyboard.press("Enter")
    rep.wait_for_url("**/contracts/orders/*/")
    order = Order.objects.filter(customer=buyer.customer).latest("pk")
    assert total.startswith(f"{order.total}CNY")


def held_order(world: World, buyer: Holding) -> Order:
    contract = contract_of(world, buyer, "CNY", "81.00")
    lines = [LineInput(Product.objects.get(code="B-6205").pk, Decimal(90_000))]
    order = draft_order(
        actor=world.users["alice"], customer_id=buyer.customer.pk, legal_entity_id=world.entity.pk, currency="CNY",
        contract_id=contract.pk, lines=lines, on=world.today,
    )  # fmt: skip
    order = release_order(actor=world.users["alice"], order_id=order.pk, version=1, on=world.today)
    assert order.state == "held"
    return order


def scan(name: str, content: bytes = b"%PDF-1.7") -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


def test_files_go_with_the_request_for_a_release(
    sign_in: SignIn, world: World, buyer: Holding, watch: Watch, language: str
) -> None:
    watch.typed.append("总是按时付款")
    order = held_order(world, buyer)
    page = sign_in("alice", language)
    page.goto(reverse("contracts:holds"))
    page.locator("tbody tr", has_text=order.number).locator("a[data-dialog]").click()
    dialog = page.locator("#dialog-body")
    dialog.locator("[name=reason]").fill("总是按时付款")
    dialog.locator("[name=papers]").set_input_files([scan("promise.pdf"), scan("wrong.pdf", b"MZ")])
    dialog.locator("[type=submit]").click()
    expect(dialog.get_by_text("wrong.pdf")).to_be_visible()
    expect(dialog.locator("[name=reason]")).to_have_value("总是按时付款")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/release_{language}_1440.png")
    assert not CreditRequest.objects.filter(source_id=order.pk).exists()
    dialog.locator("[name=papers]").set_input_files([scan("promise.pdf"), scan("balance.pdf")])
    dialog.locator("[type=submit]").click()
    page.wait_for_url("**/credit/requests/*/")
    asked = CreditRequest.objects.get(source_id=order.pk)
    assert [file.name for file in asked.attachments.all()] == ["promise.pdf", "balance.pdf"]
    assert not asked.is_draft


def test_the_warehouse_adds_the_signed_note(sign_in: SignIn, buyer: Holding, language: str) -> None:
    page = sign_in("walter", language)
    page.goto(reverse("contracts:delivery", args=[buyer.delivery.pk]))
    page.locator("#signed [name=file]").set_input_files(scan("signed.pdf"))
    page.locator("#signed [type=submit]").click()
    expect(page.locator("#signed li")).to_contain_text("signed.pdf")
    no_sideways_scroll(page)
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/signed_{language}_1440.png", full_page=True)
        page.goto(reverse("contracts:deliveries_made"))
        page.screenshot(path=f"{SHOTS}/made_{language}_1440.png")
    page.goto(f"{reverse('contracts:deliveries_made')}?unsigned=true")
    expect(page.locator("tbody")).not_to_contain_text(buyer.delivery.number)


def test_the_queue_of_holds_is_read_on_a_phone(sign_in: SignIn, world: World, buyer: Holding, language: str) -> None:
    order = held_order(world, buyer)
    page = sign_in("alice", language, viewport={"width": 390, "height": 844})
    page.goto(reverse("contracts:holds"))
    row = page.locator(".stacks tbody tr", has_text=order.number)
    proposals = row.locator("td.text-wraps").last
    expect(proposals).to_be_visible()
    assert proposals.inner_text().count("\n") >= 1  # each reason with what it needs on a line of its own
    frame = page.locator(".table-frame")
    assert frame.evaluate("frame => frame.scrollWidth <= frame.clientWidth")
    no_sideways_scroll(page)
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/holds_{language}_390.png", full_page=True)
        page.set_viewport_size({"width": 1440, "height": 900})
        page.screenshot(path=f"{SHOTS}/holds_{language}_1440.png")
        page = sign_in("walter", language)
        page.goto(reverse("contracts:delivery", args=[buyer.delivery.pk]))
        page.screenshot(path=f"{SHOTS}/delivery_{language}_1440.png")
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=f"{SHOTS}/delivery_{language}_390.png", full_page=True)
        page = sign_in("alice", language)
        page.goto(buyer.delivery.order.get_absolute_url())
        page.screenshot(path=f"{SHOTS}/orderpage_{language}_1440.png", full_page=True)
