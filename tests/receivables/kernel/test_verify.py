"""manage.py verify finds every cached figure that was tampered with, and nothing when all is well."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from credit.services import consume
from receivables import services
from tests.factories import Company, day, make_credit_note, make_invoice, make_rate, make_receipt, money, reserve


@pytest.fixture
def books(company: Company) -> Company:
    make_rate("USD", "7.1")
    invoice = make_invoice(company.customer, "100.00", number="A", due_on="2026-02-09")
    make_invoice(company.customer, "50.00", currency="USD")
    make_credit_note(company.customer, "15.00")
    make_receipt(company.customer, "30.00", lines=[(invoice, "20.00")])
    cheque = make_receipt(company.customer, "30.00", instrument="cheque", lines=[(invoice, "30.00")])
    undone = make_receipt(company.customer, "5.00", lines=[(invoice, "5.00")])
    services.reverse_receipt(actor=None, receipt_id=undone.pk, on=day("2026-02-10"), reason="x")
    assert cheque.pk
    reserve(customer_id=company.customer.pk, source_kind="order", source_id=1, amount=money(9), on=day("2026-02-01"))
    consume(source_kind="order", source_id=1, amount=money(4), on=day("2026-02-02"))
    return company


def verify() -> list[dict[str, str]]:
    out = StringIO()
    code = 0
    try:
        call_command("verify", "--json", stdout=out)
    except SystemExit as ended:
        code = int(str(ended.code))
    found: list[dict[str, str]] = json.loads(out.getvalue())
    assert code == (1 if found else 0)
    return found


def test_nothing_differs_when_all_is_well(books: Company) -> None:
    assert verify() == []
    out = StringIO()
    call_command("verify", stdout=out)
    assert "credit: no differences" in out.getvalue()


@pytest.mark.parametrize(
    ("sql", "codes"),
    [
        (
            "UPDATE receivables_invoice SET open_amount = open_amount - 1 WHERE number = 'A'",
            {"invoice_open_amount"},
        ),
        (
            "UPDATE receivables_invoice SET open_base = open_base - 1 WHERE number = 'A'",
            {"invoice_open_base", "receivable", "due_date"},
        ),
        (
            ("UPDATE receivables_invoice SET reversed_on = '2026-03-01', open_amount = 0, open_base = 0"
            " WHERE number = 'A'"),
            {"invoice_open_amount", "invoice_open_base", "invoice_reversed_on", "receivable", "due_date"},
        ),
        (
            "UPDATE receivables_receipt SET open_amount = 9, open_base = 9 WHERE open_amount = 10",
            {"receipt_open_amount", "receipt_open_base", "unallocated"},
        ),
        ("UPDATE receivables_receipt SET cleared_on = '2026-03-01' WHERE instrument = 'cheque'", {"uncleared"}),
        ("UPDATE credit_creditaccount SET receivable = receivable + 1", {"receivable"}),
        ("UPDATE credit_creditaccount SET unallocated = unallocated + 1", {"unallocated"}),
        ("UPDATE credit_creditaccount SET uncleared = uncleared + 1", {"uncleared"}),
        ("UPDATE credit_creditaccount SET reserved = reserved + 1", {"reserved", "reserved_by_reservations"}),
        (
            "UPDATE credit_reservation SET consumed = consumed + 1",
            {"reserved_by_reservations", "reservation_remaining"},
        ),
        ("UPDATE credit_openbyduedate SET open_amount = open_amount + 1", {"open_by_due_date", "due_date"}),
        ("DELETE FROM credit_openbyduedate", {"open_by_due_date", "due_date"}),
        (("INSERT INTO credit_openbyduedate (account_id, due_on, open_amount) SELECT id, '2030-01-01', 1"
         " FROM credit_creditaccount"), {"open_by_due_date", "due_date"}),
        (("ALTER TABLE credit_creditentry DISABLE TRIGGER USER; DELETE FROM credit_creditentry"
         " WHERE balance = 'uncleared'; ALTER TABLE credit_creditentry ENABLE TRIGGER USER"), {"uncleared"}),
        (("ALTER TABLE receivables_allocation DISABLE TRIGGER USER;"
         " UPDATE receivables_allocation SET \"on\" = '2025-12-31' WHERE amount = 20;"
         " ALTER TABLE receivables_allocation ENABLE TRIGGER USER"), {"allocation_early"}),
        (("ALTER TABLE receivables_allocation DISABLE TRIGGER USER;"
         " UPDATE receivables_allocation SET method = method, source_base = source_base - 1 WHERE amount = -5;"
         " ALTER TABLE receivables_allocation ENABLE TRIGGER USER"), {"take_back_mirror"}),
    ],
)  # fmt: skip
def test_every_figure_that_was_tampered_with_is_found(books: Company, sql: str, codes: set[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql)
    found = verify()
    assert {row["code"] for row in found} >= codes
    assert all(row["expected"] != row["found"] for row in found)
    assert all(row["key"] and row["label"] for row in found)


def test_it_prints_what_differs_in_the_language_of_the_shell(books: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm.core.management.commands import verify as command

    with connection.cursor() as cursor:
        cursor.execute("UPDATE credit_creditaccount SET uncleared = uncleared + 1")
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit):
        call_command("verify", stdout=out, stderr=err)
    assert f"{books.customer.code}: expected 30.00, found 31.00" in out.getvalue()
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value, language in (
        ("LANG", "zh_CN.UTF-8", "zh-hans"),
        ("LC_ALL", "en_US.UTF-8", "en"),
        ("LC_ALL", "C", "en"),
    ):
        monkeypatch.setenv(variable, value)
        assert command.shell_language() == language
