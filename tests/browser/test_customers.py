"""Customers: from the list to the page, editing with mistakes, two editors at once, the search box, keys."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from crm.core.dates import business_today
from customers.models import Customer
from customers.services import create_customer, update_customer
from tests.browser.hands import no_sideways_scroll, see_all, settled
from tests.browser.names import unique_name
from tests.world import World

SignIn = Callable[..., Page]


@pytest.fixture
def customer(world: World) -> Customer:
    """A customer of alice's of this test alone."""
    made: Any = create_customer(
        actor=None,
        today=world.today,
        name=unique_name("机械"),
        owner_id=world.users["alice"].pk,
        address="张江路 88 号",
    )
    return made


def test_from_the_list_to_the_page(sign_in: SignIn, customer: Customer, language: str) -> None:
    page = sign_in("alice", language)
    page.goto("/customers/")
    page.locator("main input[name=q]").fill(customer.name)
    row = page.locator("tr[data-href]", has_text=customer.name)
    expect(row).to_be_visible()
    expect(page).to_have_url(re.compile("q="))
    expect(page.locator("tr[data-href]")).to_have_count(1)  # the list that was asked for is there
    settled(page)
    row.locator("a").first.click()
    expect(page.locator("h1")).to_contain_text(customer.name)
    expect(page.locator(".panel").first).to_be_visible()
    see_all(page)
    settled(page)


def test_a_stranger_s_customer_does_not_exist(sign_in: SignIn, customer: Customer, watch: Any, language: str) -> None:
    watch.allow(404, f"/customers/{customer.pk}/")
    page = sign_in("charlie", language)
    page.goto("/customers/")
    expect(page.locator("tr[data-href]", has_text=customer.name)).to_have_count(0)
    page.goto(f"/customers/{customer.pk}/")
    expect(page.locator("body")).not_to_contain_text(customer.name)


def test_a_wrong_code_is_told_beside_its_field_and_nothing_typed_is_lost(
    sign_in: SignIn, watch: Any, customer: Customer, language: str
) -> None:
    watch.typed += ["世纪大道 100 号", "张江路 88 号"]
    page = sign_in("alice", language)
    page.goto(f"/customers/{customer.pk}/edit/")
    page.locator("#id_address").fill("世纪大道 100 号")
    page.locator("#id_uscc").fill("91310000MA1FL0000X")
    page.locator("#id_uscc").press("Tab")
    expect(page.locator("#id_uscc")).to_have_class(re.compile("is-invalid"))
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("#id_uscc")).to_have_class(re.compile("is-invalid"))
    expect(page.locator("#id_address")).to_have_value("世纪大道 100 号")
    assert Customer.objects.get(pk=customer.pk).address == "张江路 88 号"
    page.locator("#id_uscc").fill("")
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("h1")).to_contain_text(customer.name)
    assert Customer.objects.get(pk=customer.pk).address == "世纪大道 100 号"


def test_two_tabs_do_not_overwrite_each_other(sign_in: SignIn, watch: Any, customer: Customer, language: str) -> None:
    watch.typed += ["南京路 2 号", "人民路 1 号"]
    page = sign_in("alice", language)
    page.goto(f"/customers/{customer.pk}/edit/")
    update_customer(actor=None, customer_id=customer.pk, version=None, today=business_today(), address="人民路 1 号")
    page.locator("#id_address").fill("南京路 2 号")
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("[role=alert]").first).to_contain_text("人民路 1 号")
    expect(page.locator("#id_address")).to_have_value("南京路 2 号")
    assert Customer.objects.get(pk=customer.pk).address == "人民路 1 号"
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("h1")).to_contain_text(customer.name)
    assert Customer.objects.get(pk=customer.pk).address == "南京路 2 号"


def test_the_search_box_by_keyboard(sign_in: SignIn, customer: Customer, language: str) -> None:
    page = sign_in("alice", language)
    page.goto("/")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type(customer.code)
    expect(page.locator("#search-results a").first).to_contain_text(customer.name)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(customer.name)


def test_rows_are_reached_by_keys(sign_in: SignIn, world: World) -> None:
    page = sign_in("fiona", "en")
    page.goto("/customers/")
    page.locator("h1").click()
    page.keyboard.press("j")
    expect(page.locator("tr.is-current")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/customers/\d+/$"))


@pytest.mark.parametrize("path", ["/", "/customers/", "customer"])
def test_a_phone_shows_it_without_scrolling_sideways(
    sign_in: SignIn, customer: Customer, path: str, language: str
) -> None:
    page = sign_in("alice", language, viewport={"width": 390, "height": 844})
    page.goto(f"/customers/{customer.pk}/" if path == "customer" else path)
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_load_state("networkidle")
    no_sideways_scroll(page)


def test_leaving_a_half_filled_form_is_asked_about(sign_in: SignIn, customer: Customer) -> None:
    page = sign_in("alice", "en")
    page.goto(f"/customers/{customer.pk}/edit/")
    page.locator("#id_address").click()
    page.keyboard.type("1")
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.locator("#nav a[href='/customers/']").click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    expect(page.locator("#id_address")).to_have_value(re.compile("1"))
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto("/")
