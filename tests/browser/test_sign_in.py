"""The way in: password, lock-out, language, the demo's one-click login, and the way out."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from playwright.sync_api import BrowserContext, Page, expect

from crm.accounts.models import User
from tests.browser.watch import Watch

Contexts = Callable[..., BrowserContext]
TITLE = {"zh-hans": "我的一天", "en": "My day"}
PASSWORD = "correct horse battery 7"


def make_user(username: str, language: str) -> User:
    """A user with a password hashed as the running product hashes it (the tests' own settings use a quicker way)."""
    User.objects.filter(username=username).delete()
    hasher = PBKDF2PasswordHasher()
    user = User(username=username, name="测试员", language=language)
    user.password = hasher.encode(PASSWORD, hasher.salt())
    user.save()
    return user


def fill_login(page: Page, username: str, password: str) -> None:
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")


def test_a_wrong_password_is_told_and_the_right_one_leads_to_my_day(contexts: Contexts, language: str) -> None:
    make_user("newcomer", language)
    page = contexts(language).new_page()
    page.goto("/")
    expect(page).to_have_url(re.compile("/account/login/"))
    fill_login(page, "newcomer", "not the password")
    expect(page.locator("[role=alert], .alert, .errorlist, .note-error").first).to_be_visible()
    assert page.locator("input[name=username]").input_value() == "newcomer"
    fill_login(page, "newcomer", PASSWORD)
    expect(page.locator("#nav [aria-current=page]")).to_have_text(TITLE[language])


def test_five_wrong_passwords_pause_signing_in(contexts: Contexts, watch: Watch, language: str) -> None:
    username = f"locked-{language}"
    make_user(username, language)
    watch.allow(429, "/account/login/")
    page = contexts(language).new_page()
    for attempt in range(5):
        page.goto("/account/login/")
        fill_login(page, username, f"wrong {attempt}")
    expect(page.locator("main, body").first).to_contain_text("15")
    page.goto("/account/login/")
    fill_login(page, username, PASSWORD)
    expect(page.locator("#nav")).to_have_count(0)


@pytest.mark.parametrize("username", ["alice", "fiona", "walter"])
def test_people_of_the_demo_sign_in_with_one_click(contexts: Contexts, username: str) -> None:
    page = contexts("zh-hans").new_page()
    page.goto("/account/login/")
    page.locator(f"form[action$='/account/login/demo/{username}/'] button").click()
    expect(page.locator("#nav [aria-current=page]")).to_have_text(TITLE["zh-hans"])


def test_the_language_switch_is_remembered(contexts: Contexts, sign_in: Callable[..., Page]) -> None:
    page = sign_in("greg", "en")
    page.goto("/")
    expect(page.locator("#nav [aria-current=page]")).to_have_text(TITLE["en"])
    with page.expect_navigation():
        page.locator(
            "form[action$='/account/language/'] button[value='zh-hans'], form[action$='/account/language/'] button"
        ).first.click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator("#nav [aria-current=page]")).to_have_text(TITLE["zh-hans"])
    assert User.objects.get(username="greg").language == "zh-hans"


def test_signing_out_ends_the_session(sign_in: Callable[..., Page]) -> None:
    page = sign_in("greg", "en")
    page.goto("/")
    page.locator(".head details.drop-right summary").last.click()
    page.locator("form[action$='/account/logout/'] button").click()
    expect(page).to_have_url(re.compile("/account/login/"))
    page.goto("/")
    expect(page).to_have_url(re.compile("/account/login/"))
