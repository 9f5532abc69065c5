"""A manager's drill-down: from the menu to the dashboard, from a mark of a chart and its table to the documents."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from analytics.services.snapshots import take_snapshots
from tests.browser.hands import digits, no_sideways_scroll, see_all
from tests.browser.names import unique_name
from tests.browser.watch import Watch
from tests.world import Holding, World, build_holding

SignIn = Callable[..., Page]
# Where a mark of a chart stands on the page: of the named series, counted from its end.
MARK = """([key, series, fromEnd]) => {
  const box = document.querySelector(`[data-chart="${key}"] [data-chart-box]`);
  box.scrollIntoView({ block: "center" });
  const chart = echarts.getInstanceByDom(box);
  const data = chart.getOption().series[series].data;
  const index = data.length - fromEnd;
  const [x, y] = chart.convertToPixel({ seriesIndex: series }, [index, data[index].value]);
  const place = box.getBoundingClientRect();
  return { x: place.x + x, y: place.y + y };
}"""


@pytest.fixture(scope="module")
def debtor(world: World) -> Holding:
    """A customer of mary's region, and the days that were kept since there are invoices."""
    holding = build_holding(world, "bob", name=unique_name("仪表"), contact_name="周国栋")
    take_snapshots(until=world.today - dt.timedelta(days=1), most=None)
    return holding


def drawn(page: Page, key: str) -> None:
    expect(page.locator(f'[data-chart="{key}"] canvas').first).to_be_visible()


def total(page: Page) -> str:
    """What the documents on the page add up to."""
    return digits(page.locator("main tfoot").last.inner_text())


def test_a_manager_s_drill_down(sign_in: SignIn, watch: Watch, debtor: Holding, language: str) -> None:
    page = sign_in("mary", language)
    page.goto("/")
    page.locator("#nav a[href='/analytics/']").click()
    expect(page).to_have_url(re.compile("/analytics/team/$"))
    for key in ("trend", "ageing", "dso", "effectiveness", "concentration"):
        expect(page.locator(f'[data-chart="{key}"] h2')).not_to_be_empty()
    for key in ("trend", "ageing", "concentration"):
        drawn(page, key)
    expect(page.locator("[style*='javascript'], script:not([src]):not([type='application/json'])")).to_have_count(0)

    # The mark of today's receivable leads to the documents that are the tile's figure.
    receivable = digits(page.locator(".dash-value").first.inner_text())
    overdue = digits(page.locator(".dash-value").nth(1).inner_text())
    mark = page.evaluate(MARK, ["trend", 0, 1])
    page.mouse.click(mark["x"], mark["y"])
    expect(page).to_have_url(re.compile("/receivables/ageing/documents/.*cell=receivable"))
    assert receivable in total(page)
    page.go_back()

    # The same by keyboard, through the table beside the chart.
    page.locator('[data-chart="trend"] summary').focus()
    page.keyboard.press("Enter")
    link = page.locator('[data-chart="trend"] tbody tr').first.locator("td a").nth(1)
    expect(link).to_be_visible()
    assert digits(link.inner_text()) == overdue
    link.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("cell=overdue"))
    assert overdue in total(page)
    expect(page.locator("main")).to_contain_text(debtor.overdue_invoice.number)
    expect(page.locator("main table")).not_to_contain_text(debtor.open_invoice.number)
    page.locator("main a", has_text=debtor.overdue_invoice.number).first.click()
    expect(page.locator("h1")).to_contain_text(debtor.overdue_invoice.number)


def test_the_days_and_a_stranger_s_team(sign_in: SignIn, debtor: Holding, language: str) -> None:
    page = sign_in("martin", language)
    page.goto("/analytics/team/?span=days")
    drawn(page, "trend")
    see_all(page)
    expect(page.locator("main")).not_to_contain_text(debtor.customer.name)


@pytest.mark.parametrize("path", ["team/", "finance/", "segments/", "retention/", "contribution/", "cash/", "models/"])
def test_every_page_of_analysis_in_its_language(sign_in: SignIn, debtor: Holding, language: str, path: str) -> None:
    page = sign_in("greg", language)
    page.goto(f"/analytics/{path}")
    page.wait_for_load_state("networkidle")
    see_all(page)
    expect(page.locator("h1")).to_have_count(1)
    no_sideways_scroll(page)


def test_a_dashboard_on_paper(sign_in: SignIn, debtor: Holding) -> None:
    page = sign_in("mary", "en")
    page.goto("/analytics/team/")
    drawn(page, "trend")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("#nav")).not_to_be_visible()
    expect(page.locator('[data-chart="trend"] canvas').first).to_be_visible()
    expect(page.locator('[data-chart="trend"] table')).to_be_visible()
