"""A limit is asked for, reviewed, asked back about, answered and approved for less; by keyboard and on a phone."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from credit.models import CreditAccount, CreditRequest
from tests.browser.hands import no_sideways_scroll, settled
from tests.browser.names import unique_name
from tests.world import Holding, World, build_holding

SignIn = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.fixture
def buyer(world: World) -> Holding:
    """A customer of this test alone, with a limit of 100,000.00."""
    return build_holding(world, "alice", name=unique_name(), contact_name="赵永康")


def limit_of(holding: Holding) -> Decimal | None:
    return CreditAccount.objects.get(customer=holding.customer).limit


def test_from_the_rep_to_the_general_manager(sign_in: SignIn, buyer: Holding, language: str) -> None:
    name = buyer.customer.name
    rep = sign_in("alice", language)
    rep.goto(f"/credit/customers/{buyer.customer.pk}/requests/increase/")
    rep.fill("#id_wanted_limit", "800,000")
    rep.fill("#id_purchase_estimate", "300000")
    rep.locator(".form-foot .btn-primary").click()
    # Without a reason it cannot be submitted, and the page says so.
    expect(rep.locator(".checklist .is-missing")).to_have_count(1)
    expect(rep.locator(".page-actions .btn-primary")).to_be_disabled()
    rep.locator(".page-actions a.btn").first.click()
    rep.fill("#id_reason", "共同跟进")
    rep.locator(".form-foot .btn-primary").click()
    expect(rep.locator(".way-step")).to_have_count(4)
    rep.locator(".page-actions .btn-primary").click()
    expect(rep.locator(".page-title")).to_contain_text(re.compile(r"CR\d{6}"))
    request = CreditRequest.objects.get(account__customer=buyer.customer, number__isnull=False)

    manager = sign_in("mary", language)
    manager.goto("/approvals/")
    mine = manager.locator("[data-ask]", has_text=name)
    expect(mine).to_contain_text("800,000.00")
    # By the keyboard alone: to the row, and approve.
    while "is-current" not in (mine.get_attribute("class") or ""):
        manager.keyboard.press("j")
    manager.keyboard.press("a")
    settled(manager)
    expect(manager.locator("[data-ask-done]", has_text=name)).to_be_visible()

    finance = sign_in("fiona", language)
    finance.goto("/approvals/")
    asked = finance.locator("[data-ask]", has_text=name)
    asked.locator("[data-key=q]").click()  # without a question nothing is asked
    expect(asked.locator(".live-error")).to_be_visible()
    asked.locator("[data-reason]").fill("首次授信")
    asked.locator("[data-key=q]").click()
    expect(finance.locator("[data-ask-done]", has_text=name)).to_be_visible()

    rep.goto(f"/approvals/{request.approval_id}/")
    expect(rep.locator(".note-warning")).to_contain_text("首次授信")
    rep.locator(".page-actions .btn-primary").click()
    rep.fill("#dialog textarea", "共同跟进")
    rep.locator("#dialog .btn-primary").click()
    expect(rep.locator(".record-side .said-answer")).to_contain_text("共同跟进")

    finance.goto("/approvals/")
    finance.locator("[data-ask]", has_text=name).locator("[data-key=a]").click()
    expect(finance.locator("[data-ask-done]", has_text=name)).to_be_visible()
    director = sign_in("flora", language)
    director.goto("/approvals/")
    director.locator("[data-ask]", has_text=name).locator("[data-key=a]").click()
    expect(director.locator("[data-ask-done]", has_text=name)).to_be_visible()
    assert limit_of(buyer) == 100_000

    # The general manager decides on the phone, for less.
    phone = sign_in("greg", language, **PHONE)
    phone.goto("/approvals/")
    no_sideways_scroll(phone)
    last = phone.locator("[data-ask]", has_text=name)
    last.locator("[data-amount]").fill("500,000")
    last.locator("[data-reason]").fill("首次授信")
    last.locator("[data-key=l]").click()
    expect(phone.locator("[data-ask-done]", has_text=name)).to_be_visible()
    assert limit_of(buyer) == 500_000
    rep.goto(f"/credit/requests/{request.pk}/")
    expect(rep.locator(".record-side .said-less")).to_contain_text("500,000.00")
    expect(rep.locator(".page-title .state-success")).to_be_visible()
