"""What the database itself refuses, whoever asks."""

from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from receivables import services
from tests.factories import Company, day, make_credit_note, make_invoice, make_receipt, money, reserve
from tests.receivables.kernel.checks import everything


@pytest.fixture
def books(company: Company) -> Company:
    """One row at least in every table of money."""
    invoice = make_invoice(company.customer, "100.00")
    make_credit_note(company.customer, "10.00", corrects=invoice)
    receipt = make_receipt(company.customer, "50.00", lines=[(invoice, "20.00")])
    services.reverse_receipt(actor=None, receipt_id=receipt.pk, on=day("2026-02-10"), reason="x")
    reserve(customer_id=company.customer.pk, source_kind="order", source_id=1, amount=money(5), on=day("2026-02-01"))
    return company


def refused(sql: str) -> None:
    before = everything()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{sql}; SET CONSTRAINTS ALL IMMEDIATE")
    assert everything() == before


@pytest.mark.parametrize("name", ["receivables.Allocation", "receivables.Reversal", "credit.CreditEntry"])
def test_the_ledger_is_append_only(books: Company, name: str) -> None:
    table = apps.get_model(name)._meta.db_table
    assert apps.get_model(name).objects.exists()
    refused(f'UPDATE {table} SET "on" = "on" + 1')
    refused(f"DELETE FROM {table}")


@pytest.mark.parametrize("table", ["receivables_invoice", "receivables_receipt", "credit_reservation"])
def test_what_is_posted_is_not_deleted(books: Company, table: str) -> None:
    refused(f"DELETE FROM {table}")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE receivables_invoice SET amount = amount + 1, open_amount = open_amount + 1",
        "UPDATE receivables_invoice SET due_on = due_on + 30",
        'UPDATE receivables_invoice SET "on" = "on" - 30',
        "UPDATE receivables_invoice SET currency = 'USD'",
        "UPDATE receivables_invoice SET number = number || 'x'",
        "UPDATE receivables_receipt SET amount = amount + 1",
        "UPDATE receivables_receipt SET instrument = 'cash'",
        "UPDATE credit_reservation SET amount = amount + 1",
    ],
)
def test_what_is_posted_is_not_edited(books: Company, sql: str) -> None:
    refused(sql)


COLUMNS = 'invoice_id, receipt_id, "on", amount, base_amount, source_base, method, takes_back_id'
INSERT = f"INSERT INTO receivables_allocation ({COLUMNS})"
BOTH = "FROM receivables_invoice invoice, receivables_receipt receipt LIMIT 1"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE receivables_invoice SET open_amount = amount + 1",
        "UPDATE receivables_invoice SET open_amount = -1",
        "UPDATE receivables_invoice SET open_amount = 0, open_base = 1",
        "UPDATE receivables_invoice SET reversed_on = '2026-03-01', open_amount = 1, open_base = 1",
        "UPDATE receivables_receipt SET bounced_on = '2026-03-01', reversed_on = '2026-03-02'",
        "UPDATE receivables_receipt SET bounced_on = reversed_on, cleared_on = reversed_on",
        "UPDATE credit_creditaccount SET receivable = -0.01",
        'UPDATE credit_creditaccount SET "limit" = -0.01',
        "UPDATE credit_openbyduedate SET open_amount = -0.01",
        "UPDATE credit_reservation SET consumed = amount, cancelled = 0.01",
        # without a source, negative without taking anything back, taken back twice
        f"{INSERT} SELECT invoice.id, NULL, '2026-03-01', 1, 1, 1, 'manual', NULL {BOTH}",
        f"{INSERT} SELECT invoice.id, receipt.id, '2026-03-01', -1, -1, -1, 'manual', NULL {BOTH}",
        f"{INSERT} SELECT {COLUMNS} FROM receivables_allocation WHERE amount < 0",
    ],
)  # fmt: skip
def test_sums_and_states_stay_possible(books: Company, sql: str) -> None:
    refused(sql)


def test_history_of_terms_is_kept_by_the_database(books: Company) -> None:
    from credit.models import CreditAccount

    events: Any = apps.get_model("credit.CreditAccountEvent").objects
    before = events.count()
    CreditAccount.objects.update(limit=money(1000))
    assert events.count() == before + 1
    make_invoice(books.customer, "100.00")
    assert events.count() == before + 1  # money moving is not a change of terms
