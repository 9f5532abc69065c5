"""Bring the database and the static files of this checkout up to date: the part of `make run` that needs Django."""

import hashlib
import os
import sys
from pathlib import Path

from scripts.console import ROOT, VAR, Stop, run_command, step

DEMO_USERS = VAR / "demo-users.txt"


def prepare_database() -> None:
    from django.core.management import call_command
    from django.db.migrations.exceptions import MigrationSchemaMissing
    from django.db.utils import DatabaseError, OperationalError

    try:
        with step("Migrating the database"):
            call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as error:
        raise Stop(f"The database cannot be used: {first_line(error)}") from None
    except (DatabaseError, MigrationSchemaMissing) as error:
        raise Stop(
            f"The database could not be migrated: {first_line(error)} If it holds only demo data, 'make clean-data' "
            "removes it."
        ) from None


def prepare_demo() -> None:
    """Demo data, into an empty database only."""
    from django.conf import settings
    from django.core.management import CommandError, call_command

    from customers.models import Customer

    if not settings.DEMO_MODE or Customer.objects.exists():
        return
    try:
        with step("Building the demo company"), Path(os.devnull).open("w") as nowhere:
            call_command("demo", stdout=nowhere)
    except CommandError as error:
        raise Stop(f"The demo company could not be built: {error}") from None


def list_demo_users() -> None:
    """Who can be tried out, for the lines `make run` prints at the end."""
    from django.conf import settings
    from django.utils import translation

    from crm.accounts.demo import demo_people

    lines: list[str] = []
    if settings.DEMO_MODE:
        with translation.override("en"):
            lines = [f"{user.username:<10} {user}, {user.role_names}\n" for user in demo_people()]
    DEMO_USERS.write_text("".join(lines), encoding="utf-8")


def collect_static() -> None:
    from django.core.management import call_command

    with step("Collecting the static files"):
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    static_stamp().write_text(static_fingerprint())


def static_is_current() -> bool:
    """Whether what is collected is what there is; asked before the cost of starting Django."""
    stamp = static_stamp()
    return stamp.exists() and stamp.read_text() == static_fingerprint()


def static_stamp() -> Path:
    data = Path(os.environ.get("DATA_DIR") or VAR)
    return Path(os.environ.get("STATIC_ROOT") or data / "static") / ".stamp"


def static_fingerprint() -> str:
    """Changes with every static file of ours, and with the packages that bring some."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes() + (ROOT / "crm/settings.py").read_bytes())
    for path in sorted((ROOT / "static").rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].strip().rstrip(".") + "."


def main() -> None:
    import django

    os.environ.setdefault("LOG_LEVEL", "WARNING")  # what is done is said in steps
    django.setup()
    if "static" in sys.argv[1:]:
        collect_static()
    if "database" in sys.argv[1:]:
        prepare_database()
        prepare_demo()
        list_demo_users()


if __name__ == "__main__":
    run_command(main)
