"""What hands do again and again in browser tests."""

import re

from playwright.sync_api import Locator, Page, expect


def pick(page: Page, name: str, text: str) -> None:
    """Choose in a search box over many records, by the keyboard: focus, type, Enter."""
    page.locator(f"select[name={name}] + .ts-wrapper .ts-control").click()
    type_into_open_box(page, text)


def type_into_open_box(page: Page, text: str) -> None:
    expect(page.locator(".ts-dropdown .dropdown-input:focus")).to_have_count(1)
    page.keyboard.type(text)
    option = page.locator(".ts-dropdown .option.active")
    expect(option).to_contain_text(text)
    page.keyboard.press("Enter")


def settled(page: Page) -> None:
    """Wait until htmx has nothing under way."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def no_sideways_scroll(page: Page) -> None:
    """The page itself is no wider than its window; a wide table scrolls in a frame of its own."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px wider than the window"


def focused(page: Page) -> Locator:
    return page.locator(":focus")


def digits(text: str) -> str:
    """A figure as written on the page, without separators."""
    return re.sub(r"[,\s]", "", text)


def see_all(page: Page) -> None:
    """Scroll through the page, so that the parts that load when they come into sight are there."""
    for share in (0.25, 0.5, 0.75, 1):
        page.evaluate("share => scrollTo(0, document.documentElement.scrollHeight * share)", share)
        page.wait_for_timeout(80)
        page.wait_for_load_state("networkidle")
