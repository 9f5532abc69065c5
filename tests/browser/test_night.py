"""A night in the browser: started by hand, a step that fails with its cause, mended and repeated, in both languages."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from django.db.models import F
from playwright.sync_api import Page, expect

from credit.models import CreditAccount
from tests.world import World

SignIn = Callable[..., Page]
DONE, FAILED = re.compile("Done|已完成"), re.compile("Failed|失败")
NIGHT_SECONDS = 120_000


@pytest.fixture
def wrong_figure(world: World) -> Iterator[CreditAccount]:
    """A running sum that somebody changed beside the product."""
    account = CreditAccount.objects.filter(receivable__gt=0).order_by("pk")[0]
    CreditAccount.objects.filter(pk=account.pk).update(receivable=F("receivable") + Decimal("7.77"))
    yield account
    CreditAccount.objects.filter(pk=account.pk).update(receivable=account.receivable)


def test_a_failed_step_names_its_cause_and_is_repeated(
    sign_in: SignIn, wrong_figure: CreditAccount, language: str
) -> None:
    page = sign_in("carol", language)
    page.goto("/jobs/nights/")
    page.locator("a[href$='/nights/start/']").click()
    page.locator("#dialog button[type=submit]").click()
    expect(page).to_have_url(re.compile(r"/jobs/nights/\d+/$"))
    verification = page.locator("#step-verify")
    expect(verification.locator(".state")).to_have_text(FAILED, timeout=NIGHT_SECONDS)
    expect(page.locator(".note-error").filter(has_text=re.compile("figures differ|不一致"))).to_have_count(1)
    code = CreditAccount.objects.select_related("customer").get(pk=wrong_figure.pk).customer.code
    expect(page.locator("#log-verify")).to_contain_text(str(code))

    page.locator("#head-notices summary").click()
    entry = page.locator("#head-notices .drop-entry").first
    expect(entry).to_contain_text(re.compile("Verification|核对"), timeout=25_000)
    entry.click()
    expect(page).to_have_url(re.compile(r"/jobs/nights/\d+/$"))

    CreditAccount.objects.filter(pk=wrong_figure.pk).update(receivable=wrong_figure.receivable)
    verification.locator("a[href*='/repeat/verify/']").click()
    page.locator("#dialog button[type=submit]").click()
    expect(verification.locator(".state")).to_have_text(DONE, timeout=NIGHT_SECONDS)
    expect(page.locator(".note-error").filter(has_text=re.compile("figures differ|不一致"))).to_have_count(0)
