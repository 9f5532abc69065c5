"""Rows of a file that may be customers we have already, for any number of rows: equal number in a register abroad or
of an identity document, equal core name, phone or e-mail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from crm.core.setbased import CHUNK
from customers.models import Customer, CustomerKind
from customers.names import core_name, phone_digits
from customers.rules import compact_identity
from customers.selectors.duplicates import Reason

SAME = {
    Reason.FOREIGN_NUMBER: "SELECT country || ' ' || foreign_number, min(id) FROM customers_customer "
    "WHERE foreign_number <> '' AND country || ' ' || foreign_number = ANY(%s) AND merged_into_id IS NULL GROUP BY 1",
    Reason.IDENTITY: "SELECT identity_number, min(id) FROM customers_customer WHERE identity_number <> '' "
    "AND identity_number = ANY(%s) AND merged_into_id IS NULL GROUP BY identity_number",
    Reason.NAME: "SELECT core_name, min(id) FROM customers_customer WHERE core_name = ANY(%s) "
    "AND merged_into_id IS NULL GROUP BY core_name",
    Reason.PHONE: "SELECT phone_digits, min(id) FROM customers_customer WHERE phone_digits <> '' "
    "AND phone_digits = ANY(%s) AND merged_into_id IS NULL GROUP BY phone_digits",
    Reason.EMAIL: "SELECT lower(email), min(id) FROM customers_customer WHERE email <> '' AND lower(email) = ANY(%s) "
    "AND merged_into_id IS NULL GROUP BY lower(email)",
}


@dataclass(frozen=True)
class RowDuplicate:
    """Row `index` may be `customer`; None when that customer belongs to a colleague the reader is told nothing of."""

    index: int
    reason: Reason
    customer: Customer | None


def duplicates_of_rows(*, actor: Any, rows: Sequence[Any], indexes: Sequence[int] | None = None) -> list[RowDuplicate]:
    """The strongest duplicate of each row (a `CustomerRow`); `indexes` limits the search to rows that would be new."""
    asked = range(len(rows)) if indexes is None else indexes
    keys: dict[Reason, dict[str, list[int]]] = {reason: {} for reason in SAME}
    for index in asked:
        row = rows[index]
        foreign, identity = one_line(row.foreign_number).upper(), compact_identity(row.identity_number or "")
        for reason, key in (
            (Reason.FOREIGN_NUMBER, f"{(row.country or 'CN').upper()} {foreign}" if foreign else ""),
            (Reason.IDENTITY, identity),
            (Reason.NAME, core_name(row.name or "", person=row.kind == CustomerKind.PERSON) if row.name else ""),
            (Reason.PHONE, phone_digits(row.phone or "")),
            (Reason.EMAIL, (row.email or "").strip().lower()),
        ):
            if key:
                keys[reason].setdefault(key, []).append(index)
    found: dict[int, tuple[Reason, int]] = {}
    for reason, wanted in keys.items():
        for key, pk in matches(SAME[reason], list(wanted)):
            for index in wanted[key]:
                found.setdefault(index, (reason, pk))
    customers = Customer.objects.filter(pk__in={pk for _reason, pk in found.values()})
    if actor is not None:
        customers = customers.visible_to(actor)
    visible = {customer.pk: customer for customer in customers}
    return [RowDuplicate(index, reason, visible.get(pk)) for index, (reason, pk) in sorted(found.items())]


def one_line(text: str | None) -> str:
    """A text as the profile keeps it, without stray blanks."""
    return " ".join((text or "").split())


def matches(sql: str, keys: Sequence[str]) -> list[tuple[str, int]]:
    rows: list[tuple[str, int]] = []
    for start in range(0, len(keys), CHUNK):
        with connection.cursor() as cursor:
            cursor.execute(sql, [list(keys[start : start + CHUNK])])
            rows += cursor.fetchall()
    return rows
