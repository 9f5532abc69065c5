"""Ageing and ledger: figures, a past date, drill-down to the invoice, on paper."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser.hands import digits, see_all, settled
from tests.browser.names import unique_name
from tests.browser.watch import Watch
from tests.world import Holding, World, build_holding

SignIn = Callable[..., Page]


@pytest.fixture(scope="module")
def debtor(world: World) -> Holding:
    """6,000.00 are 45 days overdue, 8,000.50 not due; 1,000.00 of a receipt and a credit note of 300.00 stay open."""
    return build_holding(world, "bob", name=unique_name("电气"), contact_name="周国栋")


def test_ageing_by_customer_and_down_to_the_invoice(sign_in: SignIn, debtor: Holding, language: str) -> None:
    page = sign_in("bob", language)
    page.goto(f"/receivables/ageing/?customer={debtor.customer.pk}")
    row = page.locator(".ageing-table tbody tr", has_text=debtor.customer.name)
    expect(row).to_have_count(1)
    cells = [digits(cell.inner_text()) for cell in row.locator("td").all()]
    assert "6000.00" in cells, cells
    assert "8000.50" in cells, cells
    assert "-2150.00" in cells, cells  # of two receipts, one of them the money of a prepaid order
    assert "11850.50" in cells, cells
    row.locator("td a", has_text="6,000.00").first.click()
    settled(page)
    expect(page.locator("main")).to_contain_text(debtor.overdue_invoice.number)
    expect(page.locator("main table")).not_to_contain_text(debtor.open_invoice.number)
    page.locator("main a", has_text=debtor.overdue_invoice.number).first.click()
    expect(page.locator("h1")).to_contain_text(debtor.overdue_invoice.number)


def test_ageing_as_it_was(sign_in: SignIn, debtor: Holding, world: World, language: str) -> None:
    """Before the receipts came in, all of the first invoice was open and the second was not there yet."""
    page = sign_in("bob", language)
    before = world.today - dt.timedelta(days=20)
    page.goto(f"/receivables/ageing/?as_at={before}&customer={debtor.customer.pk}")
    row = page.locator(".ageing-table tbody tr", has_text=debtor.customer.name)
    cells = [digits(cell.inner_text()) for cell in row.locator("td").all()]
    assert "12000.00" in cells, cells
    assert "8000.50" not in cells, cells
    expect(page.locator("main")).to_contain_text(str(before))


def test_a_rep_s_ageing_shows_no_stranger(sign_in: SignIn, debtor: Holding) -> None:
    page = sign_in("charlie", "en")
    page.goto("/receivables/ageing/")
    expect(page.locator("main")).not_to_contain_text(debtor.customer.name)


def test_the_workbook_of_the_ageing_is_what_is_shown(
    sign_in: SignIn, debtor: Holding, world: World, language: str, tmp_path: Path
) -> None:
    """The date was changed on the page: the button, which came along with the new figures, exports those."""
    page = sign_in("bob", language)
    page.goto(f"/receivables/ageing/?customer={debtor.customer.pk}")
    page.locator("input[name=as_at]").fill(str(world.today - dt.timedelta(days=20)))
    expect(page.locator(".ageing-table tbody tr", has_text=debtor.customer.name)).to_contain_text("12,000.00")
    settled(page)
    with page.expect_download() as downloading:
        page.locator("#ageing-export button").click()
    file = tmp_path / "ageing.xlsx"
    downloading.value.save_as(file)
    cells = [cell for row in load_workbook(file).active.iter_rows(values_only=True) for cell in row]
    assert debtor.customer.name in cells
    assert 12000 in cells
    assert 8000.5 not in cells
    assert 6000 not in cells


def test_ageing_prints_as_a_document(sign_in: SignIn, debtor: Holding, language: str) -> None:
    page = sign_in("fiona", language)
    page.goto("/receivables/ageing/")
    page.emulate_media(media="print")
    expect(page.locator("#nav")).not_to_be_visible()
    expect(page.locator(".head")).not_to_be_visible()
    expect(page.locator(".ageing-table")).to_be_visible()
    for button in page.locator("main button").all():
        assert not button.is_visible(), button.inner_text()


def test_the_ledger_ends_in_what_is_owed(sign_in: SignIn, debtor: Holding, language: str) -> None:
    page = sign_in("fiona", language)
    page.goto(f"/receivables/ledger/{debtor.customer.pk}/")
    expect(page.locator("main")).to_contain_text(debtor.overdue_invoice.number)
    expect(page.locator("main")).to_contain_text("12,700.50")
    page.emulate_media(media="print")
    expect(page.locator("#nav")).not_to_be_visible()


CONTRAST = Path(__file__).with_name("contrast.js").read_text()
FOCUS = Path(__file__).with_name("focus.js").read_text()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/customers/",
        "/receivables/invoices/",
        "/receivables/ageing/",
        "/receivables/receipts/post/",
        "/exchange/new/",
    ],
)
def test_every_text_can_be_read(sign_in: SignIn, debtor: Holding, path: str) -> None:
    """Contrast of 4.5 to 1, large text 3 to 1 (WCAG 2.2 AA), as computed from what the browser shows."""
    page = sign_in("fiona", "en")
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate(CONTRAST) == {}


@pytest.mark.parametrize("path", ["/", "/customers/", "/receivables/invoices/", "/receivables/ageing/"])
def test_the_keyboard_goes_everywhere_and_shows_where_it_is(sign_in: SignIn, debtor: Holding, path: str) -> None:
    """Tab leads through the whole page and out of it again, and what has the focus looks different."""
    page = sign_in("fiona", "en")
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.activeElement.blur()")
    seen: list[str] = []
    invisible: list[str] = []
    for _step in range(400):
        page.keyboard.press("Tab")
        focus = page.locator(":focus")
        if not focus.count():
            break
        mark = focus.evaluate(
            "(element) => [...document.querySelectorAll('*')].indexOf(element) + element.outerHTML.slice(0, 90)"
        )
        if seen and mark == seen[-1]:
            continue  # the parts of a date are stops of their own
        if mark in seen:
            assert mark == seen[0], f"the keyboard is caught at {mark}"
            break
        seen.append(mark)
        if len(seen) <= 40:
            shown = focus.evaluate(FOCUS)
            if not shown:
                invisible.append(mark)
    assert len(seen) > 8
    assert not invisible, "\n".join(invisible)


def test_the_skip_link_leads_past_the_navigation(sign_in: SignIn) -> None:
    page = sign_in("fiona", "en")
    page.goto("/customers/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_motion_is_reduced_when_asked(sign_in: SignIn) -> None:
    page = sign_in("fiona", "en")
    page.goto("/customers/")
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter((element) => {
            const style = getComputedStyle(element);
            const longest = (list) => Math.max(...list.split(',').map(parseFloat));
            return longest(style.transitionDuration) > 0.05 || longest(style.animationDuration) > 0.05;
        }).map((element) => element.tagName + '.' + element.className).slice(0, 5)"""
    )
    assert moving == []


def test_every_page_is_reached_in_its_language(sign_in: SignIn, watch: Watch, debtor: Holding, language: str) -> None:
    """A walk over the pages of the menu and the records behind them; the watch judges texts, policy and markup."""
    watch.typed += ["共同跟进", "首次授信", "宁波"]
    page = sign_in("frank", language)
    page.goto("/")
    paths = [link.get_attribute("href") or "" for link in page.locator("#nav a[href^='/']").all()]
    paths += [
        f"/customers/{debtor.customer.pk}/",
        f"/customers/{debtor.customer.pk}/edit/",
        "/customers/new/",
        f"/credit/customers/{debtor.customer.pk}/requests/increase/",
        f"/credit/customers/{debtor.customer.pk}/restrict/",
        "/credit/requests/",
        "/approvals/all/",
        "/approvals/stand-ins/",
        "/receivables/promises/",
        "/receivables/disputes/",
        "/credit/entries/",
        f"/receivables/invoices/{debtor.overdue_invoice.pk}/",
        f"/receivables/receipts/{debtor.cheque.pk}/",
        f"/receivables/receipts/{debtor.receipt.pk}/allocate/",
        "/receivables/invoices/post/",
        "/receivables/closing/",
        "/jobs/",
        "/account/profile/",
        "/account/password/",
        "/search/?q=宁波",
    ]
    for path in dict.fromkeys(paths):
        if path.startswith("/admin"):
            continue
        page.goto(path)
        page.wait_for_load_state("networkidle")
        see_all(page)
        expect(page.locator("h1")).to_have_count(1)
        assert re.match(r"/", path)
