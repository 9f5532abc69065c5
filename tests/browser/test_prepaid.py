"""An order paid in advance: no goods before the money, an invoice settled by it, and a wrong invoice made good."""

from collections.abc import Callable
from decimal import Decimal

from django.urls import reverse
from playwright.sync_api import Page, expect

from contracts.models import Order, OrderState, Product
from credit.models import CreditAccount
from credit.services import recheck_changed
from customers.services import create_customer
from receivables.models import Invoice
from receivables.services import post_receipt
from tests.browser.hands import digits, pick, settled
from tests.browser.names import unique_name
from tests.world import World

SignIn = Callable[..., Page]


def test_goods_leave_when_the_money_is_there(sign_in: SignIn, world: World, language: str) -> None:
    customer = create_customer(
        actor=None, today=world.today, name=unique_name(), owner_id=world.users["alice"].pk, state="active"
    )
    rep = sign_in("alice", language)
    rep.goto(reverse("contracts:new_order", args=[customer.pk]))
    expect(rep.locator("[name=payment]")).to_have_value("prepaid")
    rep.select_option("[name=legal_entity]", str(world.entity.pk))
    pick(rep, "lines-0-product", Product.objects.get(code="B-6205").code)
    rep.fill("[name=lines-0-quantity]", "-3")
    rep.locator(".form-foot .btn-primary").click()
    expect(rep.locator(".note-error, .errorlist, .invalid-feedback").first).to_be_visible()
    expect(rep.locator("[name=lines-0-quantity]")).to_have_value("-3")
    assert not Order.objects.filter(customer=customer).exists()
    rep.fill("[name=lines-0-quantity]", "10")
    rep.locator(".form-foot .btn-primary").click()
    expect(rep.locator(".checklist .is-missing")).to_have_count(1)
    rep.locator("form[action$='/release/'] .btn-primary").click()
    settled(rep)
    order = Order.objects.get(customer=customer)
    assert order.state == OrderState.HELD
    assert digits(rep.locator(".checklist .is-missing").inner_text()).count("850.00") >= 2
    expect(rep.locator("a[href*='ask-release']")).to_have_count(0)  # no two signatures replace the money

    walter = sign_in("walter", language)
    walter.goto(reverse("contracts:warehouse"))
    expect(walter.locator("main")).not_to_contain_text(order.number)
    post_receipt(
        actor=world.users["fiona"],
        legal_entity_id=world.entity.pk,
        customer_id=customer.pk,
        on=world.today,
        currency="CNY",
        amount=Decimal("850.00"),
        instrument="transfer",
        reference=order.number,
    )
    recheck_changed()
    rep.reload()
    expect(rep.locator(".checklist .is-missing")).to_have_count(0)
    line = order.lines.get()
    walter.goto(reverse("contracts:deliver", args=[order.pk]))
    walter.fill(f"[name=line-{line.pk}]", "10")
    walter.locator(".form-foot .btn-primary").click()
    walter.wait_for_load_state("networkidle")
    delivery = order.deliveries.get()

    finance = sign_in("frank", language)
    bill = reverse("receivables:invoice_delivery", args=[delivery.pk])
    finance.goto(bill)
    finance.locator(".form-foot .btn-primary").click()
    expect(finance.locator(".form-foot")).to_have_count(0)
    first = Invoice.objects.get(customer=customer)
    assert first.open_amount == 0  # the money of the order settled it
    finance.goto(first.get_absolute_url())
    finance.locator("a[href$='/reverse/']").click()
    finance.locator("#dialog .btn-danger, #dialog .btn-primary").first.click()
    settled(finance)
    expect(finance.locator("#dialog")).to_be_visible()  # a reason is asked for
    finance.fill("#dialog textarea, #dialog [name=reason]", "共同跟进")
    finance.locator("#dialog .btn-danger, #dialog .btn-primary").first.click()
    expect(finance.locator("a[href$='/reverse/']")).to_have_count(0)
    assert CreditAccount.objects.get(customer=customer).prepaid == 850
    finance.goto(bill)
    finance.locator(".form-foot .btn-primary").click()
    expect(finance.locator(".form-foot")).to_have_count(0)
    second = Invoice.objects.filter(customer=customer).latest("pk")
    assert (second.number, second.open_amount) == (f"{first.number}-2", 0)
    account = CreditAccount.objects.get(customer=customer)
    assert (account.prepaid, account.unallocated, account.receivable) == (0, 0, 0)
