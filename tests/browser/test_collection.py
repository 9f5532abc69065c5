"""A collector's morning: the list, the call, a promise, a dispute, the next case; and the same with one thumb."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from receivables.models import Case, CollectionContact, Dispute, PaymentPromise
from tests.browser.hands import no_sideways_scroll, settled
from tests.browser.names import unique_name
from tests.collection.nights import nights
from tests.world import Holding, World, build_holding

SignIn = Callable[..., Page]
DAY = dt.timedelta(days=1)
PHONE = {"width": 390, "height": 844}
# What is typed is in the language of the page: anything else on it would be a text that nobody translated.
SAID = {"zh-hans": ("月底前先付一半", "少了两箱"), "en": ("Half of it this month", "Two boxes are missing")}


@pytest.fixture
def debtors(world: World) -> list[Holding]:
    """Two customers of this test alone, 6,000.00 overdue each, with their cases."""
    made = [build_holding(world, "alice", name=unique_name(), contact_name="赵永康") for _each in range(2)]
    nights(world.today - DAY, world.today)
    return made


def case_of(holding: Holding) -> Case:
    return Case.objects.get(customer=holding.customer)


def test_a_collector_s_morning(sign_in: SignIn, debtors: list[Holding], language: str, world: World) -> None:
    first, case = debtors[0], case_of(debtors[0])
    half, missing = SAID[language]
    page = sign_in("alice", language)
    page.goto("/")
    page.locator("a[href='/receivables/cases/?work=calls']").click()
    expect(page).to_have_url(re.compile(r"/receivables/cases/\?work=calls"))
    row = page.locator("tbody tr", has_text=first.customer.name)
    row.locator("a").first.click()
    expect(page.locator("h1")).to_contain_text(first.customer.name)

    # A promise, by the keyboard: the form opens with what is overdue and the amount in focus.
    page.keyboard.press("2")
    amount = page.locator("#id_promised-amount")
    expect(amount).to_be_focused()
    expect(amount).to_have_value("6,000.00")
    amount.fill("3000")
    page.locator("#id_promised-promised_on").fill(str(world.today + 5 * DAY))
    page.locator("#id_promised-note").fill(half)
    page.locator("#outcome-promised button[type=submit]:not([name])").click()
    expect(page.locator(".said-last")).to_contain_text(half)
    promise = PaymentPromise.objects.get(case=case)
    assert (promise.amount, promise.promised_on) == (Decimal("3000.00"), world.today + 5 * DAY)

    # A dispute of a part; too much is refused beside its field and nothing typed is lost.
    page.locator("[data-outcome=disputed]").click()
    page.locator("#id_disputed-amount").fill("99999")
    page.locator("#id_disputed-note").fill(missing)
    page.locator("#outcome-disputed button[name=next]").click()
    expect(page.locator("#outcome-disputed .invalid-feedback")).to_be_visible()
    expect(page.locator("#id_disputed-amount")).to_have_value("99999")
    expect(page.locator("#id_disputed-note")).to_have_value(missing)
    assert not Dispute.objects.filter(customer=first.customer).exists()
    page.locator("#id_disputed-amount").fill("500")
    page.locator("#outcome-disputed button[name=next]").click()
    expect(page.locator("h1")).not_to_contain_text(first.customer.name)
    assert Dispute.objects.get(customer=first.customer).amount == Decimal("500.00")

    # The next case, and back by a key: the round keeps its order though the first case left the list.
    page.keyboard.press("p")
    expect(page.locator("h1")).to_contain_text(first.customer.name)
    page.keyboard.press("n")
    expect(page.locator("h1")).not_to_contain_text(first.customer.name)


def test_nobody_there_in_two_clicks(sign_in: SignIn, debtors: list[Holding]) -> None:
    case = case_of(debtors[0])
    page = sign_in("alice", "en")
    page.goto(f"/receivables/cases/{case.pk}/")
    page.locator("[data-outcome=unreachable]").click()
    page.locator("#outcome-unreachable button[type=submit]:not([name])").click()
    expect(page.locator(".said-last")).to_contain_text("Unreachable")
    contact = CollectionContact.objects.get(case=case)
    assert contact.next_on is not None
    assert contact.next_on > contact.on


def test_pressed_twice_it_is_logged_once(sign_in: SignIn, debtors: list[Holding]) -> None:
    case = case_of(debtors[0])
    page = sign_in("alice", "en")
    page.goto(f"/receivables/cases/{case.pk}/")
    page.locator("[data-outcome=reached]").click()
    page.locator("#id_reached-note").fill("called")
    page.locator("#outcome-reached button[type=submit]:not([name])").dblclick()
    expect(page.locator(".said-last")).to_contain_text("called")
    assert CollectionContact.objects.filter(case=case).count() == 1


def test_my_day_and_the_case_with_one_thumb(sign_in: SignIn, debtors: list[Holding], language: str) -> None:
    case = case_of(debtors[0])
    page = sign_in("alice", language, viewport=PHONE)
    page.goto("/")
    no_sideways_scroll(page)
    page.goto(f"/receivables/cases/{case.pk}/")
    no_sideways_scroll(page)
    for button in page.locator("[data-outcome]").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    page.locator("[data-outcome=promised]").click()
    settled(page)
    no_sideways_scroll(page)
