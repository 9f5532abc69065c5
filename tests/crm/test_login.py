"""Signing in, being locked out, the demo's one-click login, languages."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from crm.accounts.models import User
from crm.accounts.services import create_demo_users
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
    assert answer["HX-Redirect"] == LOGIN
