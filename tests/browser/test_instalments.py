"""A customer that pays by and by: the rep proposes, two people approve, and the case shows what comes when."""

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from receivables.models import Case, InstalmentPlan
from tests.browser.hands import no_sideways_scroll, settled
from tests.browser.names import unique_name
from tests.collection.nights import nights
from tests.world import Holding, World, build_holding

SignIn = Callable[..., Page]
DAY = dt.timedelta(days=1)


@pytest.fixture
def debtor(world: World) -> Holding:
    """A customer of this test alone, 6,000.00 overdue, with its case."""
    made = build_holding(world, "alice", name=unique_name(), contact_name="赵永康")
    nights(world.today - DAY, world.today)
    return made


def approve_as(sign_in: SignIn, person: str, language: str, name: str) -> None:
    page = sign_in(person, language)
    page.goto("/approvals/")
    asked = page.locator("[data-ask]", has_text=name)
    expect(asked).to_contain_text("6,000.00")
    expect(asked.locator(".plan-rows li")).to_have_count(4)
    asked.locator("[data-key=a]").click()
    settled(page)
    expect(page.locator("[data-ask-done]", has_text=name)).to_be_visible()


def test_from_the_proposal_to_the_case_at_rest(sign_in: SignIn, debtor: Holding, language: str, world: World) -> None:
    case = Case.objects.get(customer=debtor.customer)
    first_on = world.today + 10 * DAY
    rep = sign_in("alice", language)
    rep.goto(f"/receivables/cases/{case.pk}/")
    rep.locator(f"a[href='/receivables/cases/{case.pk}/plan/']").click()
    rep.fill("#id_count", "4")
    rep.fill("#id_first_on", str(first_on))
    rep.locator("button[value=equal]").click()
    expect(rep.locator("#id_rows-3-amount")).to_have_value("1,500.00")
    expect(rep.locator("#id_rows-0-due_on")).to_have_value(str(first_on))
    no_sideways_scroll(rep)

    # A cent short is refused beside nothing lost; put right it sets out.
    rep.fill("#id_rows-3-amount", "1499.99")
    rep.fill("#id_reason", "旺季后回款")
    rep.locator(".form-foot .btn-primary").click()
    expect(rep.locator(".note-error")).to_contain_text("0.01")
    expect(rep.locator("#id_reason")).to_have_value("旺季后回款")
    rep.fill("#id_rows-3-amount", "1500")
    rep.locator(".form-foot .btn-primary").click()
    expect(rep).to_have_url(f"{rep.url.split('/receivables')[0]}/receivables/cases/{case.pk}/")
    plan = InstalmentPlan.objects.get(case=case)
    expect(rep.locator("#plan")).to_contain_text(plan.number)

    approve_as(sign_in, "mary", language, debtor.customer.name)
    approve_as(sign_in, "frank", language, debtor.customer.name)
    rep.reload()
    expect(rep.locator("#plan tbody tr")).to_have_count(5)
    expect(rep.locator("#plan")).to_contain_text(str(first_on))
    case.refresh_from_db()
    assert (case.paused_by, case.overdue) == ("plan", 0)
    rep.goto(f"/receivables/plans/{plan.pk}/")
    no_sideways_scroll(rep)
