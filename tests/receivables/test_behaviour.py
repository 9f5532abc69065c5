"""How customers pay: the set-based step against a slow computation, an invoice at a time, from the rows alone."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from credit.models import CreditAccount, PaymentBehaviour
from crm.core.dates import months_before
from customers.models import Customer
from receivables.models import Allocation, Invoice, Receipt
from receivables.services import take_back
from receivables.services.behaviour import WINDOWS, pieces, work_out_behaviour
from tests.factories import (
    Company,
    account_of,
    make_account,
    make_company,
    make_credit_note,
    make_invoice,
    make_receipt,
)
from tests.receivables.ageing.history import build_history

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    company = make_company()
    make_account(company.customer)
    return company


def behaviour_of(account: CreditAccount) -> dict[int, PaymentBehaviour]:
    return {row.window_months: row for row in account.behaviour.all()}


def behaviour(on: str, months: int, customer: Customer) -> PaymentBehaviour:
    work_out_behaviour(on=dt.date.fromisoformat(on))
    return behaviour_of(account_of(customer))[months]


def slow_days(
    customer: Customer, start: dt.date, end: dt.date
) -> Iterator[tuple[Decimal, Decimal, Decimal, Decimal, int]]:
    """Net amount, paid, paid in time, amount times days, days of the invoice: of each that fell due in the window."""
    for invoice in Invoice.objects.filter(customer=customer).exclude(kind="credit_note"):
        gone = invoice.reversed_on is not None and invoice.reversed_on < end
        if gone or not start <= invoice.due_on < end or invoice.on >= end:
            continue
        credited = paid = in_time = weight = Decimal(0)
        last = invoice.due_on
        for part in Allocation.objects.filter(invoice=invoice, takes_back=None, on__lt=end).order_by("on"):
            if Allocation.objects.filter(takes_back=part, on__lt=end).exists():
                continue
            last = part.on
            if part.credit_note_id:
                credited += part.base_amount
                continue
            days = (part.on - invoice.due_on).days
            paid += part.base_amount
            in_time += part.base_amount if days <= 0 else 0
            weight += part.base_amount * days
        net = invoice.base_amount - credited
        if net > 0:
            left = net - paid
            until = last if left == 0 else end
            yield net, paid, in_time, weight + left * (end - invoice.due_on).days, (until - invoice.due_on).days


def slow(customer: Customer, end: dt.date, months: int) -> dict[str, Any] | None:
    start = months_before(end, months)
    former = months_before(start, months)
    rows = list(slow_days(customer, start, end))
    earlier = list(slow_days(customer, former, start))
    used, used_before = [], []
    changes, last = 0, ""
    for receipt in Receipt.objects.filter(customer=customer, on__gte=former, on__lt=end).order_by("on", "pk"):
        if receipt.reversed_on is not None and receipt.reversed_on < end:
            continue
        (used if receipt.on >= start else used_before).append(receipt.instrument)
        changes += receipt.on >= start and bool(last) and receipt.instrument != last
        last = receipt.instrument
    if not rows and not used:
        return None
    net = sum(row[0] for row in rows)

    def weighted(found: list[Any]) -> float | None:
        return float(sum(row[3] for row in found) / sum(row[0] for row in found)) if found else None

    now, then = weighted(rows), weighted(earlier)
    return {
        "invoices_due": len(rows),
        "amount_due": net,
        "amount_paid": sum(row[1] for row in rows),
        "collection_rate": float(sum(row[1] for row in rows) / net) if rows else None,
        "overdue_share": float(1 - sum(row[2] for row in rows) / net) if rows else None,
        "average_days_late": sum(row[4] for row in rows) / len(rows) if rows else None,
        "weighted_days_late": now,
        "trend": now - then if now is not None and then is not None else None,
        "receipts": len(used),
        "instrument_changes": changes,
        "instrument_count": max(Counter(used).values(), default=0),
    }


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [3, pytest.param(8, marks=pytest.mark.thorough)])
def test_the_step_agrees_with_a_computation_an_invoice_at_a_time(seed: int) -> None:
    history = build_history(seed)
    assert {"undo", "bounce", "reverse_bill", "credit"} <= set(history.happened)
    compared = 0
    for end in (history.today, history.today - dt.timedelta(days=200)):
        with transaction.atomic():
            PaymentBehaviour.objects.all().delete()
            written = work_out_behaviour(on=end)
        for customer in history.customers:
            found = behaviour_of(account_of(customer)) if hasattr(customer, "credit_account") else {}
            for months in WINDOWS:
                wanted = slow(customer, end, months)
                assert (wanted is None) == (months not in found)
                if wanted is None:
                    continue
                row = found[months]
                usual = wanted.pop("instrument_count")
                if usual:
                    start = months_before(end, months)
                    standing = Receipt.objects.filter(customer=customer, on__gte=start, on__lt=end)
                    standing = standing.exclude(reversed_on__lt=end)
                    assert standing.filter(instrument=row.instrument).count() == usual
                compared += 1
                for name, value in wanted.items():
                    assert getattr(row, name) == (pytest.approx(value) if isinstance(value, float) else value), name
        assert written == PaymentBehaviour.objects.count()
    assert compared > 20


@pytest.mark.thorough
def test_the_pieces_together_give_what_the_whole_gives() -> None:
    history = build_history(5)
    work_out_behaviour(on=history.today)
    whole = list(PaymentBehaviour.objects.order_by("account", "window_months").values_list("account", "amount_paid"))
    PaymentBehaviour.objects.all().delete()
    for piece in pieces(history.today):
        work_out_behaviour(on=history.today, piece=piece)
    again = PaymentBehaviour.objects.order_by("account", "window_months").values_list("account", "amount_paid")
    assert whole == list(again)


def test_half_paid_in_time_half_late(company: Company) -> None:
    invoice = make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31")
    make_receipt(company.customer, "500.00", on="2026-01-31", lines=[(invoice, "500.00")])
    make_receipt(company.customer, "500.00", on="2026-02-20", instrument="cash", lines=[(invoice, "500.00")])
    row = behaviour("2026-03-01", 3, company.customer)
    assert (row.invoices_due, row.amount_paid, row.collection_rate) == (1, Decimal("1000.00"), 1.0)
    assert (row.overdue_share, row.average_days_late, row.weighted_days_late) == (0.5, 20.0, 10.0)
    assert (row.receipts, row.instrument_changes) == (2, 1)


def test_what_is_still_open_counts_as_late_until_that_morning(company: Company) -> None:
    make_invoice(company.customer, "100.00", on="2026-01-01", due_on="2026-01-31")
    row = behaviour("2026-02-10", 3, company.customer)
    assert (row.collection_rate, row.weighted_days_late, row.overdue_share) == (0.0, 10.0, 1.0)


def test_money_of_the_morning_itself_is_not_known_yet(company: Company) -> None:
    invoice = make_invoice(company.customer, "100.00", on="2026-01-01", due_on="2026-01-31")
    make_receipt(company.customer, "100.00", on="2026-02-10", lines=[(invoice, "100.00")])
    assert behaviour("2026-02-10", 3, company.customer).collection_rate == 0.0
    assert behaviour("2026-02-11", 3, company.customer).collection_rate == 1.0


def test_a_credit_note_takes_away_from_what_is_due_and_is_no_payment(company: Company) -> None:
    invoice = make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31")
    make_credit_note(company.customer, "400.00", corrects=invoice, on="2026-01-05")
    row = behaviour("2026-03-01", 3, company.customer)
    assert (row.amount_due, row.amount_paid) == (Decimal("600.00"), Decimal("0.00"))


def test_what_was_taken_back_was_not_paid(company: Company) -> None:
    invoice = make_invoice(company.customer, "100.00", on="2026-01-01", due_on="2026-01-31")
    receipt = make_receipt(company.customer, "100.00", on="2026-01-20", lines=[(invoice, "100.00")])
    take_back(actor=None, allocation_id=receipt.allocations.get().pk, on=dt.date(2026, 2, 10))
    assert behaviour("2026-02-10", 3, company.customer).collection_rate == 1.0
    assert behaviour("2026-02-11", 3, company.customer).collection_rate == 0.0


def test_the_trend_compares_with_the_window_before_as_it_stood_then(company: Company) -> None:
    for on, due_on, paid_on in (("2025-10-01", "2025-10-31", "2025-11-02"), ("2026-01-01", "2026-01-31", "2026-02-10")):
        invoice = make_invoice(company.customer, "100.00", on=on, due_on=due_on)
        make_receipt(company.customer, "100.00", on=paid_on, lines=[(invoice, "100.00")])
    assert behaviour("2026-03-01", 3, company.customer).trend == 8.0


def test_figures_of_a_later_morning_stay(company: Company) -> None:
    make_invoice(company.customer, "100.00", on="2026-01-01", due_on="2026-01-31")
    assert behaviour("2026-03-01", 3, company.customer).on == dt.date(2026, 3, 1)
    assert behaviour("2026-02-20", 3, company.customer).on == dt.date(2026, 3, 1)


def test_only_whoever_sees_the_customer_sees_how_it_pays(company: Company) -> None:
    make_invoice(company.customer, "100.00", on="2026-01-01", due_on="2026-01-31")
    work_out_behaviour(on=dt.date(2026, 3, 1))
    seen = {
        user.username: PaymentBehaviour.objects.visible_to(user).exists()
        for user in (company.alice, company.mona, company.bob, company.charlie, company.greg)
    }
    assert seen == {"alice": True, "mona": True, "bob": False, "charlie": False, "greg": True}
