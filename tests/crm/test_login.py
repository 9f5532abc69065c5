"""Signing in, being locked out, the demo's one-click login, languages."""

from urllib.parse import urlencode

import pytest
import structlog
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import reverse

from crm.accounts.models import User
from crm.accounts.services import create_demo_users
from crm.accounts.visitors import address_of, put_address_into_log
from tests.crm.conftest import PASSWORD, MakeUser

LOGIN = "/account/login/"


def test_a_user_signs_in_and_comes_to_the_page_that_was_asked_for(alice: User) -> None:
    client = Client()
    asked = client.get("/account/profile/")
    assert asked.status_code == 302
    assert asked["Location"] == f"{LOGIN}?next=/account/profile/"
    answer = client.post(LOGIN, {"username": "alice", "password": PASSWORD, "next": "/account/profile/"})
    assert answer["Location"] == "/account/profile/"
    assert client.get("/account/profile/").status_code == 200


def test_a_wrong_password_says_so_and_signs_nobody_in(alice: User) -> None:
    client = Client()
    answer = client.post(LOGIN, {"username": "alice", "password": "wrong"})
    assert answer.status_code == 200
    assert "User name and password do not match" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_login_does_not_lead_to_another_site(alice: User) -> None:
    answer = Client().post(LOGIN, {"username": "alice", "password": PASSWORD, "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


def test_too_many_wrong_passwords_pause_the_login_even_for_the_right_one(alice: User) -> None:
    client = Client()
    for _try in range(settings.AXES_FAILURE_LIMIT - 1):
        assert client.post(LOGIN, {"username": "alice", "password": "wrong"}).status_code == 200
    locked = client.post(LOGIN, {"username": "alice", "password": "wrong"})
    assert locked.status_code == 429
    assert "Wait 15 minutes" in locked.content.decode()
    assert client.post(LOGIN, {"username": "alice", "password": PASSWORD}).status_code == 429
    assert "_auth_user_id" not in client.session


def test_a_lock_out_of_one_user_leaves_the_others_alone(alice: User, adam: User) -> None:
    client = Client()
    for _try in range(settings.AXES_FAILURE_LIMIT):
        client.post(LOGIN, {"username": "alice", "password": "wrong"})
    assert client.post(LOGIN, {"username": "adam", "password": PASSWORD}).status_code == 302


def wrong_password(came_as: str) -> int:
    """The answer to a wrong password for alice that our proxy passes on with this X-Forwarded-For."""
    sent = {"username": "alice", "password": "wrong"}
    return Client().post(LOGIN, sent, REMOTE_ADDR="172.18.0.1", headers={"X-Forwarded-For": came_as}).status_code


def test_behind_a_proxy_the_lock_out_holds_one_visitor_and_no_other(
    alice: User, settings: pytest.FixtureRequest
) -> None:
    settings.PROXY_COUNT = 1  # type: ignore[attr-defined]
    assert [wrong_password("8.8.8.8") for _try in range(5)] == [200, 200, 200, 200, 429]
    sent = {"username": "alice", "password": PASSWORD}
    for address, answer in (("8.8.8.8", 429), ("9.9.9.9", 302)):
        assert Client().post(LOGIN, sent, headers={"X-Forwarded-For": address}).status_code == answer


def test_an_address_the_visitor_made_up_neither_escapes_the_lock_out_nor_locks_others_out(
    alice: User, settings: pytest.FixtureRequest
) -> None:
    settings.PROXY_COUNT = 1  # type: ignore[attr-defined]
    answers = [wrong_password(f"10.1.1.{number}, 8.8.8.8") for number in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    assert wrong_password("10.1.1.1") == 200


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "8.8.8.8", "172.18.0.1"),
        (1, "8.8.8.8", "8.8.8.8"),
        (1, "1.1.1.1, 8.8.8.8", "8.8.8.8"),
        (1, "1.1.1.1,2001:db8::7", "2001:db8::7"),
        (2, "1.1.1.1, 8.8.8.8, 10.0.0.1", "8.8.8.8"),
        (2, "8.8.8.8", "172.18.0.1"),
        (1, "", "172.18.0.1"),
        (1, "unknown", "172.18.0.1"),
    ],
)
def test_the_visitors_address_is_what_the_outermost_proxy_of_ours_saw(
    rf: RequestFactory, settings: pytest.FixtureRequest, proxies: int, header: str, address: str
) -> None:
    settings.PROXY_COUNT = proxies  # type: ignore[attr-defined]
    request = rf.get("/", REMOTE_ADDR="172.18.0.1", headers={"X-Forwarded-For": header})
    assert address_of(request) == address
    with structlog.contextvars.bound_contextvars(ip=""):
        put_address_into_log(request)
        assert structlog.contextvars.get_contextvars()["ip"] == address


def test_demo_login_does_not_exist_outside_demo_mode(db: None, settings: pytest.FixtureRequest) -> None:
    settings.DEMO_MODE = False  # type: ignore[attr-defined]
    create_demo_users()
    client = Client()
    assert client.post(reverse("accounts:demo_login", args=["alice"])).status_code == 404
    assert "_auth_user_id" not in client.session
    assert "demo/alice" not in client.get(LOGIN).content.decode()


def test_demo_login_signs_in_the_cast_and_nobody_else(
    db: None, settings: pytest.FixtureRequest, make_user: MakeUser
) -> None:
    settings.DEMO_MODE = True  # type: ignore[attr-defined]
    users = create_demo_users()
    make_user("stranger")
    client = Client()
    assert client.get(reverse("accounts:demo_login", args=["alice"])).status_code == 405
    assert client.post(reverse("accounts:demo_login", args=["stranger"])).status_code == 404
    assert client.post(reverse("accounts:demo_login", args=["alice"])).status_code == 302
    assert client.session["_auth_user_id"] == str(users["alice"].pk)


def test_demo_users_have_one_role_each_and_are_made_once(db: None) -> None:
    first = create_demo_users()
    again = create_demo_users()
    assert {name: user.pk for name, user in first.items()} == {name: user.pk for name, user in again.items()}
    assert all(user.groups.count() == 1 for user in first.values())
    assert not first["alice"].has_usable_password()
    assert first["alice"].team_ids == first["bob"].team_ids


def test_the_language_switch_is_remembered_by_cookie_and_by_user(alice: User) -> None:
    stranger = Client()
    answer = stranger.post("/account/language/", {"language": "zh-hans", "next": LOGIN})
    assert answer["Location"] == LOGIN
    assert stranger.cookies[settings.LANGUAGE_COOKIE_NAME].value == "zh-hans"
    assert 'lang="zh-Hans"' in stranger.get(LOGIN).content.decode()
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/account/language/", {"language": "zh-hans", "next": "/"})
    alice.refresh_from_db()
    assert alice.language == "zh-hans"
    assert client.get("/")["Content-Language"] == "zh-hans"


@pytest.mark.parametrize("language", ["de", "", "xx'"])
def test_an_unknown_language_changes_nothing(alice: User, language: str) -> None:
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/account/language/", {"language": language, "next": "https://elsewhere.example/"})
    alice.refresh_from_db()
    assert alice.language == "en"


def test_a_password_is_changed_under_the_rules_only(alice: User) -> None:
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    weak = {"old_password": PASSWORD, "new_password1": "12345678901", "new_password2": "12345678901"}
    assert client.post("/account/password/", weak).status_code == 422
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    strong = {"old_password": PASSWORD, "new_password1": "nine blue rivers", "new_password2": "nine blue rivers"}
    assert client.post("/account/password/", strong).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("nine blue rivers")
    assert client.get("/").status_code == 200  # this browser stays signed in


def test_htmx_without_a_login_leads_the_whole_page_to_the_login(db: None) -> None:
    answer = Client().get("/search/?q=ab", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == f"{LOGIN}?next=%2F"


def test_what_is_sent_after_the_session_has_ended_leads_back_and_says_so(client: Client, alice: User) -> None:
    page, action = "/account/profile/?part=1", "/account/password/"
    sent_from = {"referer": f"http://testserver{page}#top"}
    login = f"{LOGIN}?{urlencode({'next': page, 'unsent': 1})}"
    assert client.post(action, headers=sent_from)["Location"] == login
    assert client.post(action, headers={**sent_from, "HX-Request": "true"})["HX-Redirect"] == login
    shown = client.get(login).content.decode()
    assert "what you sent was not carried out" in shown
    assert f'name="next" value="{page}"' in shown
    for elsewhere in ("", "https://elsewhere.example/page/"):
        assert client.post(action, headers={"referer": elsewhere})["Location"] == f"{LOGIN}?next=%2F&unsent=1"


def test_a_part_of_a_page_without_a_login_leads_back_to_the_page(client: Client, db: None) -> None:
    headers = {"HX-Request": "true", "referer": "http://testserver/orders/?q=ab"}
    answer = client.get("/search/?q=ab", headers=headers)
    assert answer["HX-Redirect"] == f"{LOGIN}?{urlencode({'next': '/orders/?q=ab'})}"
    assert "not carried out" not in client.get(LOGIN).content.decode()
