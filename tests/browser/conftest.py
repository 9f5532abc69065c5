"""Browser tests: the product runs as in production, every page is watched, and what is wrong fails the test."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from crm.accounts.models import User
from tests.browser.chromium import launch
from tests.browser.house import House
from tests.browser.watch import Watch
from tests.i18n.data import entered_names
from tests.world import World, build_world

# Playwright keeps an event loop in this thread; Django's connection is used by this thread alone all the same.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
NO_BROWSER = (
    "no Chromium on this machine: the browser tests did not run (Debian: apt-get install chromium fonts-noto-cjk)"
)
WIDE = {"width": 1440, "height": 900}
expect.set_options(timeout=8_000)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run; its absence is a failure where CI says so."""
    with sync_playwright() as playwright:
        found = launch(playwright)
        if found is None:
            if os.environ.get("CI") == "true":
                pytest.fail(NO_BROWSER)
            pytest.skip(NO_BROWSER)
        yield found
        found.close()


@pytest.fixture(scope="session")
def house(chromium: Browser, django_db_blocker: Any) -> Iterator[House]:
    """The running product; the tests look into its database as well."""
    house = House()
    with django_db_blocker.unblock():
        try:
            house.open()
            yield house
        finally:
            house.close()


@pytest.fixture(scope="session")
def world(house: House) -> World:
    """What is there before the first test; tests make what they change themselves."""
    world = build_world()
    house.serve()
    return world


@pytest.fixture(params=["zh-hans", "en"])
def language(request: pytest.FixtureRequest) -> str:
    """A test that takes this runs in both languages."""
    return str(request.param)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def contexts(chromium: Browser, house: House, world: World, watch: Watch) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browsers of different people within one test; at the end everything they met is judged."""
    made: list[BrowserContext] = []

    def make(language: str = "en", **options: Any) -> BrowserContext:
        locale = "zh-CN" if language == "zh-hans" else "en-GB"
        settings = {"base_url": house.url, "viewport": WIDE, "locale": locale, "reduced_motion": "reduce", **options}
        context = chromium.new_context(**settings)
        context.set_default_timeout(8_000)
        watch.attach(context)
        made.append(context)
        return context

    yield make
    for context in made:
        for page in context.pages:
            page.evaluate("window.readTexts?.()")
            page.wait_for_timeout(20)
        context.close()
    wrong = watch.verdict(entered_names())
    assert not wrong, "\n".join([f"{len(wrong)} findings:", *wrong])


@pytest.fixture
def sign_in(contexts: Callable[..., BrowserContext], house: House) -> Callable[..., Page]:
    """A page of somebody who is signed in already: `sign_in("fiona", "zh-hans")`."""

    def enter(username: str, language: str = "en", **options: Any) -> Page:
        User.objects.filter(username=username).update(language=language)
        context = contexts(language, **options)
        session = SessionStore()
        user = User.objects.get(username=username)
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        context.add_cookies([{"name": "sessionid", "value": str(session.session_key), "url": house.url}])
        return context.new_page()

    return enter
