"""What the environment makes of the settings."""

import json
import os
import subprocess
import sys

import pytest

from scripts.console import ROOT

pytestmark = pytest.mark.thorough

SHOWN = """
import json
from django.conf import settings as s
print(json.dumps({name: getattr(s, name) for name in (
    "DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS",
    "EMAIL_BACKEND", "LOG_FORMAT", "DEMO_MODE", "BASE_CURRENCY")}))
"""
PRODUCTION = {
    "SECRET_KEY": "a key of the tests that is long enough to pass: 0123456789 abcdefghij",
    "DATABASE_URL": "postgres://nobody@localhost/nowhere",
    "DJANGO_SETTINGS_MODULE": "crm.settings",
    "EMAIL_URL": "smtp://localhost:25",
}


def python(code: str, **changes: str | None) -> "subprocess.CompletedProcess[str]":
    wanted = {**PRODUCTION, **changes}
    environment = {key: value for key, value in wanted.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
    )


def settings(**changes: str | None) -> dict[str, object]:
    return dict(json.loads(python(SHOWN, **changes).stdout))


def test_production_is_the_default_and_safe() -> None:
    assert settings() == {
        "DEBUG": False,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "LOG_FORMAT": "json",
        "DEMO_MODE": False,
        "BASE_CURRENCY": "CNY",
    }


def test_the_local_launcher_goes_without_https() -> None:
    found = settings(HTTPS="0")
    assert (found["SESSION_COOKIE_SECURE"], found["SECURE_SSL_REDIRECT"], found["SECURE_HSTS_SECONDS"]) == (
        False,
        False,
        0,
    )


def test_there_is_no_start_without_a_key_or_a_database() -> None:
    for name in ("SECRET_KEY", "DATABASE_URL"):
        refused = python("import crm.settings", **{name: None})
        assert refused.returncode != 0
        assert f"Set the {name} environment variable" in refused.stderr


def test_events_are_logged_as_json_with_their_figures() -> None:
    code = (
        "import django; django.setup(); import structlog, logging; "
        "structlog.get_logger('x').info('receipt_posted', amount='12.50');"
        "logging.getLogger('y').warning('plain %s', 1)"
    )
    told = [json.loads(line) for line in python(code).stderr.splitlines()]
    assert [(line["event"], line["level"]) for line in told] == [("receipt_posted", "info"), ("plain 1", "warning")]
    assert told[0]["amount"] == "12.50"
