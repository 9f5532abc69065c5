"""What every answer says to the browser: the content policy, framing, sniffing, cookies, and HTTPS in production."""

import json
import os
import subprocess
import sys

import pytest
from django.test import Client

from scripts.console import ROOT
from tests.pages import every_page
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

PATHS = ["/account/login/", "/", "/no/such/page/", "/admin/login/", "/search/?q=ab", "/history/nothing/1/"]


def policy_of(header: str) -> dict[str, list[str]]:
    parts = [part.split() for part in header.split(";") if part.strip()]
    return {part[0]: part[1:] for part in parts}


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_policy(world: World, path: str) -> None:
    for signed_in in (False, True):
        client = Client(raise_request_exception=False)
        if signed_in:
            client.force_login(world.users["fiona"])
        headers = client.get(path, follow=True).headers
        policy = policy_of(headers["Content-Security-Policy"])
        assert policy["default-src"] == ["'self'"]
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
        assert policy["form-action"] == ["'self'"]
        allowed = {source for sources in policy.values() for source in sources}
        assert allowed <= {"'self'", "'none'", "data:"}, "nothing inline, nothing evaluated, nothing from elsewhere"
        assert "data:" not in policy.get("script-src", policy["default-src"])
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("username", ["alice", "root"])
def test_no_page_has_anything_inline(world: World, username: str) -> None:
    """What the policy would block is not there in the first place: scripts, styles, handlers."""
    found: list[str] = []
    for visit in every_page(world, username, "en"):
        for element in visit.markup.elements:
            names = {name for name in element.attributes if name == "style" or name.startswith(("on", "hx-on"))}
            inline = element.tag == "script" and "src" not in element.attributes
            if inline and element.attributes.get("type") not in ("application/json", "importmap"):
                names.add("inline script")
            if element.tag == "style":
                names.add("style element")
            links = [element.attributes.get(name, "") for name in ("href", "src", "action", "formaction", "hx-get")]
            if any(link.strip().lower().startswith("javascript:") for link in links):
                names.add("javascript: address")
            found += [f"{visit.name}: <{element.tag}> {name}" for name in names]
    assert not found, "\n".join(found)


def test_cookies_cannot_be_read_by_scripts_or_sent_from_elsewhere(world: World) -> None:
    client = Client()
    client.post("/account/login/", {"username": "root", "password": "the keys of the house 1"})
    session = client.cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    client.post("/account/language/", {"language": "en"})
    assert client.cookies["language"]["httponly"]
    assert client.cookies["language"]["samesite"] == "Lax"


PROBE = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
plain = Client().get("/account/login/")
safe = Client().get("/account/login/", secure=True, HTTP_HOST="receivables.example.com")
print(json.dumps({
    "plain": [plain.status_code, plain.headers.get("Location", "")],
    "safe": [safe.status_code, dict(safe.headers)],
    "cookies": {name: bool(cookie["secure"]) for name, cookie in safe.cookies.items()},
    "secure_session": settings.SESSION_COOKIE_SECURE,
    "debug": settings.DEBUG,
    "demo": settings.DEMO_MODE,
}))
"""


def production_environment(**more: str) -> dict[str, str]:
    """The environment of a production process: what .env.example asks for and nothing more."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "DATABASE_URL") if name in os.environ}
    given = {
        "DJANGO_SETTINGS_MODULE": "crm.settings",
        "SECRET_KEY": "w" + "3k9-vH2!pq" * 6,
        "ALLOWED_HOSTS": "receivables.example.com,testserver",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "PYTHONUTF8": "1",
    }
    return {**kept, **given, **more}


def test_production_speaks_https_only(tmp_path: object) -> None:
    from django.core.management import call_command  # noqa: F401 - the settings must load in this process too

    environment = production_environment(DATA_DIR=str(tmp_path))
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, cwd=ROOT, env=environment, check=True)
    answer = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    said = json.loads(answer.stdout.splitlines()[-1])
    assert said["plain"][0] == 301
    assert said["plain"][1].startswith("https://")
    status, headers = said["safe"]
    assert status == 200
    assert "max-age=31536000" in headers["Strict-Transport-Security"]
    assert said["cookies"].get("csrftoken", True) is True
    assert said["secure_session"] is True
    assert said["debug"] is False
    assert said["demo"] is False


def test_the_deployment_check_of_django_finds_nothing() -> None:
    check = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    answer = subprocess.run(check, cwd=ROOT, env=production_environment(), capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_demo_login_does_not_exist_outside_demo_mode(world: World, settings: object) -> None:
    from django.test import override_settings

    client = Client()
    with override_settings(DEMO_MODE=False):
        assert client.post("/account/login/demo/alice/").status_code == 404
        assert "/login/demo/" not in client.get("/account/login/").content.decode()
    with override_settings(DEMO_MODE=True):
        assert client.post("/account/login/demo/root/").status_code == 404, "never a superuser"
        assert client.post("/account/login/demo/alice/").status_code == 302


def test_addresses_after_login_and_language_never_lead_elsewhere(world: World) -> None:
    client = Client()
    for target in ("https://evil.example.com/", "//evil.example.com/", "javascript:alert(1)", "/\\evil.example.com"):
        answer = client.post("/account/language/", {"language": "en", "next": target})
        assert answer.headers["Location"].startswith("/")
        assert not answer.headers["Location"].startswith(("//", "/\\"))
        answer = client.post(
            f"/account/login/?next={target}",
            {"username": "root", "password": "the keys of the house 1", "next": target},
        )
        assert answer.headers["Location"] == "/"
        client.logout()
