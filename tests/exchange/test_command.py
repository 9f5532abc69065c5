"""`manage.py import`: the same from the shell."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from crm.accounts import roles
from crm.exchange.models import Import, ImportProfile
from customers.models import Customer
from receivables.models import Invoice
from tests.exchange.files import HEADS, ROW, csv_file
from tests.factories import make_customer, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "open.csv"
    path.write_bytes(csv_file([HEADS, ROW, [*ROW[:2], "A-2", *ROW[3:]]]).getvalue())
    return path


def run(*args: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command("import", *map(str, args), stdout=out, stderr=out, **options)
    return out.getvalue()


def test_dry_run_then_apply_then_nothing_new(entity, path: Path) -> None:
    make_customer(code="C1")
    options = ["--option", "legal_entity=E1", "--keep-profile", "books"]
    said = run("invoices", path, *options, "--dry-run")
    assert "rows 2, new 2, changed 0, unchanged 0, faulty 0" in said
    assert not Invoice.objects.exists()
    assert "invoices_posted 2" in run("invoices", path, "--profile", "books")
    assert Invoice.objects.count() == 2
    assert "Nothing is new or changed." in run("invoices", path, "--profile", "books")
    assert ImportProfile.objects.get().options["legal_entity"] == "E1"


def test_faulty_rows_end_with_an_error_and_their_causes(entity, path: Path, tmp_path: Path) -> None:
    faults = tmp_path / "faults.xlsx"
    with pytest.raises(CommandError, match="2 rows are faulty"):
        run("invoices", path, "--option", "legal_entity=E1", "--faults", faults)
    assert faults.read_bytes().startswith(b"PK")
    assert not Invoice.objects.exists()


def test_what_is_wrong_with_the_call_is_said(entity, path: Path) -> None:
    for args, words in (
        (["nothing", path], "does not exist"),
        (["invoices", "/nowhere.csv"], "no file"),
        (["invoices", path, "--profile", "none"], "no profile"),
        (["invoices", path, "--actor", "nobody"], "no user"),
        (["invoices", path, "--option", "zeros"], "KEY=VALUE"),
        (["invoices", path, "--option", "zeros=other"], "cannot be other"),
        (["invoices", path, "--map", "number="], "Choose a column"),
    ):
        with pytest.raises(CommandError, match=words):
            run(*args)
    assert not Invoice.objects.exists()


def test_an_actor_has_no_more_rights_in_the_shell(entity, path: Path) -> None:
    make_user("alice", roles.SALES_REP)
    with pytest.raises(CommandError, match="not allowed"):
        run("invoices", path, "--actor", "alice")
    assert not Import.objects.exists()


def test_the_encoding_can_be_named(entity, tmp_path: Path) -> None:
    path = tmp_path / "german.csv"
    path.write_bytes(csv_file([["Customer number", "Customer name"], ["C1", "Müller"]], encoding="cp1252").getvalue())
    assert "1 x encoding_doubtful" in run("customers", path, "--dry-run")
    assert "encoding_doubtful" not in run("customers", path, "--option", "encoding=cp1252", "--dry-run")
    run("customers", path, "--encoding", "cp1252")
    assert Customer.objects.get().name == "Müller"
