"""Whatever is checked, consumed, cancelled, invoiced and paid, in any order: the sums are those of the entries."""

import contextlib
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit.errors import AlreadyReserved, NothingReserved, ReservationExceeded
from credit.models import CreditAccount, CreditCheck, Hold, Reservation
from credit.services import cancel, check_and_reserve, consume, give_back
from credit.verification import verify_credit
from tests.factories import Company, make_account, make_receipt, money

pytestmark = pytest.mark.django_db
ON = dt.date(2026, 3, 31)
SOURCES = st.integers(1, 3)
CENTS = st.integers(1, 60_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("check"), SOURCES, CENTS),
        st.tuples(st.just("prepaid"), SOURCES, CENTS),
        st.tuples(st.just("consume"), SOURCES, CENTS),
        st.tuples(st.just("cancel"), SOURCES, CENTS),
        st.tuples(st.just("limit"), SOURCES, CENTS),
        st.tuples(st.just("receipt"), SOURCES, CENTS),
        st.tuples(st.just("give_back"), SOURCES, CENTS),
    ),
    max_size=14,
)


class Undone(Exception):
    """Ends an example: nothing of it stays."""


def take(company: Company, step: tuple[str, int, int]) -> None:
    what, source_id, cents = step
    amount = Decimal(cents) / 100
    source: dict[str, Any] = {"source_kind": "order", "source_id": source_id, "on": ON}
    if what == "consume":
        consume(**source, amount=amount)
    elif what == "cancel":
        cancel(**source)
    elif what == "give_back":
        give_back(**source, amount=amount)
    elif what == "receipt":
        make_receipt(company.customer, amount, on=ON)
    elif what == "limit":
        CreditAccount.objects.filter(customer=company.customer).update(limit=amount)
    else:
        payment = "prepaid" if what == "prepaid" else "credit"
        check_and_reserve(customer_id=company.customer.pk, amount=amount, payment=payment, **source)


@pytest.mark.thorough
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_sums_are_those_of_the_entries(company: Company, steps: list[tuple[str, int, int]]) -> None:
    with contextlib.suppress(Undone), transaction.atomic():
        make_account(company.customer, "500")
        for step in steps:
            with contextlib.suppress(AlreadyReserved, NothingReserved, ReservationExceeded), transaction.atomic():
                take(company, step)  # what is refused changes nothing
        account = CreditAccount.objects.get(customer=company.customer)
        reservations = list(Reservation.objects.all())
        for balance in ("reserved", "prepaid"):
            held_in_all = sum((row.remaining for row in reservations if row.balance == balance), money(0))
            assert getattr(account, balance) == held_in_all
        assert all(row.remaining >= 0 for row in reservations)
        assert list(verify_credit()) == []
        held = set(Hold.objects.values_list("source_id", flat=True))
        for source_id in {check.source_id for check in CreditCheck.objects.all()}:
            last = CreditCheck.objects.filter(source_id=source_id).latest("pk")
            assert (source_id in held) == (last.decision == "held")
        raise Undone
    assert not connection.needs_rollback
