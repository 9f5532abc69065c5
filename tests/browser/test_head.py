"""The menus of the head: fetched anew while somebody reads them, they stay open and keep the keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize("is_open", [True, False])
def test_the_bell_stays_as_it_is_when_it_is_fetched_anew(sign_in: Callable[..., Page], is_open: bool) -> None:
    page = sign_in("greg", "en")
    page.goto("/")
    bell = page.locator("#head-notices details")
    bell.locator("summary").focus()
    if is_open:
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(bell.locator(":focus")).to_have_count(1)
    before = page.evaluate("document.activeElement.outerHTML")
    bell.evaluate("element => element.dataset.old = 'yes'")
    page.evaluate("document.body.dispatchEvent(new Event('refresh-notices'))")
    expect(bell).not_to_have_attribute("data-old", "yes")  # it is another one now
    assert bell.evaluate("element => element.open") is is_open
    assert page.evaluate("document.activeElement.outerHTML") == before


def test_the_navigation_of_a_low_window_is_one_column_that_scrolls(sign_in: Callable[..., Page]) -> None:
    page = sign_in("frank", "en")
    page.set_viewport_size({"width": 1366, "height": 500})
    page.goto("/")
    entries = page.locator("#nav .nav-entry")
    lefts = {round(entries.nth(place).bounding_box()["x"]) for place in range(entries.count())}  # type: ignore[index]
    assert len(lefts) == 1
    last = entries.last
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport()
