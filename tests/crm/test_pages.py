"""Errors, the strict content policy, the registry, search and My day."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path, reverse

from crm.accounts.models import User
from crm.core.errors import Busy, NotAllowed, RateMissing
from crm.core.permissions import requires
from crm.core.registry import (
    DayCard,
    DayCardContent,
    DayCardRow,
    MenuItem,
    Registry,
    SearchHit,
    SearchProvider,
    registry,
)
from crm.core.views import csrf_failure, server_error
from crm.urls import handler403, handler404, handler500  # noqa: F401
from crm.urls import urlpatterns as product_urls

TEMPLATES = Path(settings.BASE_DIR) / "templates"


@requires("accounts.use_admin")
def for_administrators(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


@requires(None)
def refused(request: HttpRequest) -> HttpResponse:
    errors = {"busy": Busy(), "not_allowed": NotAllowed(), "rate": RateMissing(currency="USD", on="2026-01-01")}
    raise errors[request.GET["error"]]


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("mistake")


urlpatterns = [
    path("only/", for_administrators),
    path("refused/", refused),
    path("broken/", broken),
    *product_urls,
]


@pytest.fixture
def with_test_urls(settings: pytest.FixtureRequest) -> None:
    settings.ROOT_URLCONF = "tests.crm.test_pages"  # type: ignore[attr-defined]


def test_without_the_permission_the_page_says_403(with_test_urls: None, as_alice: Client, as_adam: Client) -> None:
    answer = as_alice.get("/only/")
    assert answer.status_code == 403
    assert "Your role does not include this page" in answer.content.decode()
    assert as_adam.get("/only/").content == b"ok"


def test_an_unknown_address_says_404_in_the_readers_language(as_alice: Client, alice: User) -> None:
    assert "Not found" in as_alice.get("/no/such/page/").content.decode()
    alice.language = "zh-hans"
    alice.save()
    answer = as_alice.get("/no/such/page/")
    assert answer.status_code == 404
    assert 'lang="zh-Hans"' in answer.content.decode()


def test_a_mistake_of_ours_says_500_without_the_database(with_test_urls: None, as_alice: Client) -> None:
    as_alice.raise_request_exception = False
    answer = as_alice.get("/broken/")
    assert answer.status_code == 500
    assert "Something broke" in answer.content.decode()
    assert "mistake" not in re.sub(r"our mistake", "", answer.content.decode())
    # pytest-django forbids the database here: there is no db fixture behind this call
    assert server_error(RequestFactory().get("/")).status_code == 500


def test_a_form_without_its_token_says_so(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/account/language/", {"language": "zh-hans"})
    assert answer.status_code == 403
    assert "This form is too old" in answer.content.decode()
    assert csrf_failure(RequestFactory().get("/")).status_code == 403


@pytest.mark.parametrize(("error", "status"), [("busy", 503), ("not_allowed", 403), ("rate", 409)])
def test_a_domain_error_becomes_a_sentence(with_test_urls: None, as_alice: Client, error: str, status: int) -> None:
    page = as_alice.get(f"/refused/?error={error}")
    assert page.status_code == status
    assert "Traceback" not in page.content.decode()
    part = as_alice.get(f"/refused/?error={error}", headers={"HX-Request": "true"})
    assert part.status_code == status
    assert part["HX-Reswap"] == "none"
    assert "toast" in part["HX-Trigger"]


def test_a_busy_page_offers_to_send_the_same_form_again(with_test_urls: None, as_alice: Client) -> None:
    page = as_alice.post("/refused/?error=busy", {"amount": '1"<b>', "ids": ["3", "4"]}).content.decode()
    assert '<input type="hidden" name="amount" value="1&quot;&lt;b&gt;">' in page
    assert page.count('name="ids"') == 2
    assert page.count('name="csrfmiddlewaretoken"') == 1


@pytest.mark.parametrize("address", ["/account/login/", "/", "/account/profile/", "/admin/", "/no/such/page/"])
def test_the_content_policy_is_strict_and_pages_keep_to_it(as_adam: Client, address: str) -> None:
    answer = as_adam.get(address, follow=True)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "nonce" not in policy
    html = answer.content.decode()
    assert not re.search(r"\sstyle=", html)
    assert not re.search(r"\son[a-z]+=", html)
    assert not re.search(r"<script(?![^>]*(\ssrc=|application/json))", html)


def test_no_template_writes_style_or_code_inline() -> None:
    found = [
        f"{file.relative_to(TEMPLATES)}: {match.group(0)}"
        for file in TEMPLATES.rglob("*.html")
        for match in re.finditer(r"\sstyle=|\son(click|change|submit|load|input)=|hx-on|<style|\bjs:", file.read_text())
    ]
    assert found == []


def test_every_template_begins_with_a_comment_that_says_what_it_is() -> None:
    missing = [str(file) for file in TEMPLATES.rglob("*.html") if not file.read_text().lstrip().startswith("{#")]
    assert [name for name in missing if not name.endswith("plain.html")] == []


def test_templates_join_lists_in_the_language_of_the_reader() -> None:
    comma = re.compile(r"{% (if not forloop\.last|else) %}[,;] ?{% endif %}")
    assert [str(file) for file in TEMPLATES.rglob("*.html") if comma.search(file.read_text())] == []


def test_a_key_is_registered_once() -> None:
    own = Registry()
    own.add(MenuItem("x", "X", "home:my_day", "home"))
    with pytest.raises(ValueError, match="registered twice"):
        own.add(MenuItem("x", "Y", "home:my_day", "home"))


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> None:
    def hits(user: User, text: str) -> list[SearchHit]:
        return [SearchHit(f"{user.username} looked for {text}", "/x/", "detail")]

    searches = {
        "open": SearchProvider("open", "Open to all reps", "accounts.view_user", hits),
        "closed": SearchProvider("closed", "Closed", "accounts.no_such", hits),
    }
    one_row = DayCardContent(1, [DayCardRow("Row", "/r/")])
    cards = {
        "card": DayCard("card", "Waiting", "accounts.view_user", lambda user: one_row),
        "hidden": DayCard("hidden", "Hidden card", "accounts.no_such", lambda user: DayCardContent(9, [])),
    }
    monkeypatch.setattr(registry, "searches", searches)
    monkeypatch.setattr(registry, "day_cards", cards)


def test_search_asks_only_those_providers_the_user_may_ask(providers: None, as_adam: Client, as_alice: Client) -> None:
    page = as_adam.get("/search/?q=ab").content.decode()
    assert "adam looked for ab" in page
    assert "Closed" not in page
    assert "looked for" not in as_alice.get("/search/?q=ab").content.decode()


def test_search_needs_two_characters_and_escapes_them(providers: None, as_adam: Client) -> None:
    assert "looked for" not in as_adam.get("/search/?q=a").content.decode()
    page = as_adam.get("/search/?q=<b>x").content.decode()
    assert "&lt;b&gt;x" in page
    assert "<b>x" not in page


def test_the_search_box_gets_a_part_of_a_page(providers: None, as_adam: Client) -> None:
    part = as_adam.get("/search/?q=ab", headers={"HX-Request": "true", "HX-Target": "search-results"}).content.decode()
    assert "<html" not in part
    assert "adam looked for ab" in part


def test_my_day_shows_the_cards_the_user_may_see(providers: None, as_adam: Client, as_alice: Client) -> None:
    page = as_adam.get("/").content.decode()
    assert "Waiting" in page
    assert "Hidden card" not in page
    assert "Nothing is set up for your role yet" in as_alice.get("/").content.decode()


def test_a_card_stands_elsewhere_for_those_whose_own_work_it_is() -> None:
    card = DayCard(
        "card", "Waiting", "accounts.view_user", lambda user: DayCardContent(0, []), 48, {"legal": 7, "x": 9}
    )
    assert [card.order_for(roles) for roles in ([], ["accountant"], ["legal"], ["accountant", "x", "legal"])] == [
        48, 48, 7, 7,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "day"), [("en", "Sunday, 29 November 2026"), ("zh-hans", "2026年11月29日 星期日")]
)
def test_the_day_is_told_as_the_reader_writes_it(
    monkeypatch: pytest.MonkeyPatch, alice: User, as_alice: Client, language: str, day: str
) -> None:
    monkeypatch.setattr("crm.home.views.business_today", lambda: dt.date(2026, 11, 29))
    User.objects.filter(pk=alice.pk).update(language=language)
    assert f'<div class="day-date">{day}</div>' in as_alice.get("/").content.decode()


def test_a_menu_entry_without_permission_is_not_there(monkeypatch: pytest.MonkeyPatch, as_alice: Client) -> None:
    entries = {
        "a": MenuItem("a", "Seen entry", "home:my_day", "home"),
        "b": MenuItem("b", "Forbidden entry", "home:my_day", "home", "accounts.no_such"),
        "c": MenuItem("c", "Entry of an absent app", "absent:page", "home"),
    }
    monkeypatch.setattr(registry, "menu", entries)
    page = as_alice.get("/").content.decode()
    assert "Seen entry" in page
    assert "Forbidden entry" not in page
    assert "Entry of an absent app" not in page


@pytest.mark.parametrize(
    "name",
    [
        "approvals:colleagues", "contracts:contract_options", "contracts:product_options", "customers:colleagues",
        "customers:industries", "customers:options", "customers:owners", "customers:regions",
        "receivables:invoice_options", "receivables:people", "search",
    ],
)  # fmt: skip
@pytest.mark.django_db
def test_a_search_box_overlooks_bytes_no_database_takes(name: str) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("boss", password="the keys of the house 1", name="Boss"))
    assert client.get(reverse(name), {"q": "\x00Bo\x00ss"}).status_code == 200


def test_search_boxes_read_their_text_in_one_place() -> None:
    apps = ("crm", "customers", "credit", "contracts", "receivables", "analytics")
    files = [file for app in apps for file in (Path(settings.BASE_DIR) / app).rglob("*.py")]
    assert [file.name for file in files if 'GET.get("q"' in file.read_text()] == ["pages.py"]
