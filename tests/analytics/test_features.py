"""Figures of customers: what a purchase is, windows to the day, and what a past morning knew."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from analytics.models import CustomerFeatures
from analytics.services.features import features_frame, pieces, purge_features, stored_features, write_features
from receivables.services import reverse_invoice
from tests.analytics.conftest import DAY, TODAY, build_books
from tests.factories import Company, make_credit_note, make_customer, make_invoice

pytestmark = pytest.mark.django_db
Buy = Callable[..., list[int]]


def figures(customer: object, on: dt.date = TODAY) -> CustomerFeatures:
    write_features(on=on)
    return CustomerFeatures.objects.get(customer=customer, on=on)


def test_a_rhythm_of_thirty_days(company: Company, purchases: Buy) -> None:
    purchases(company.customer, [TODAY - days * DAY for days in (400, 100, 70, 40)], "100.00", cost="70.00")
    found = figures(company.customer)
    assert (found.days_bought, found.days_bought_12m, found.days_bought_3m, found.days_bought_3m_before) == (4, 3, 2, 1)
    assert (found.recency_days, found.tenure_days, found.gap_last) == (40, 400, 30)
    assert (found.gap_median, found.gap_mean) == (30.0, 120.0)
    assert (found.revenue, found.revenue_12m, found.revenue_12m_before) == (400, 300, 100)
    assert (found.costed_12m, found.margin_12m) == (Decimal("300.00"), Decimal("90.00"))


def test_two_invoices_of_one_day_are_one_purchase(company: Company, purchases: Buy) -> None:
    purchases(company.customer, [TODAY - 10 * DAY, TODAY - 10 * DAY])
    found = figures(company.customer)
    assert (found.days_bought, found.revenue_12m, found.gap_mean) == (1, 2000, None)


def test_the_morning_itself_is_not_known_yet_and_a_year_has_365_days(company: Company, purchases: Buy) -> None:
    purchases(company.customer, [TODAY - 366 * DAY, TODAY - 365 * DAY, TODAY])
    found = figures(company.customer)
    assert (found.days_bought, found.days_bought_12m, found.last_on) == (2, 1, TODAY - 365 * DAY)


def test_what_is_credited_in_full_or_reversed_is_no_purchase(company: Company) -> None:
    stays = make_invoice(company.customer, "100.00", on=TODAY - 50 * DAY)
    make_credit_note(company.customer, "30.00", corrects=stays, on=TODAY - 40 * DAY)
    gone = make_invoice(company.customer, "100.00", on=TODAY - 30 * DAY)
    make_credit_note(company.customer, "100.00", corrects=gone, on=TODAY - 20 * DAY)
    wrong = make_invoice(company.customer, "100.00", on=TODAY - 10 * DAY)
    reverse_invoice(actor=None, invoice_id=wrong.pk, on=TODAY - 5 * DAY, reason="wrong")
    make_invoice(company.customer, "9.00", on=TODAY - 3 * DAY, kind="debit_note")
    found = figures(company.customer)
    assert (found.days_bought, found.revenue_12m, found.recency_days) == (1, 70, 50)
    assert found.credited_share == pytest.approx(0.3)
    # On the morning of the reversal nothing of it was known yet.
    assert figures(company.customer, TODAY - 5 * DAY).days_bought == 2


def test_a_loose_credit_note_lessens_revenue_but_not_purchases(company: Company) -> None:
    make_invoice(company.customer, "100.00", on=TODAY - 50 * DAY)
    make_credit_note(company.customer, "20.00", on=TODAY - 20 * DAY)
    found = figures(company.customer)
    assert (found.days_bought, found.revenue_12m, found.last_on) == (1, 80, TODAY - 50 * DAY)


def test_no_cost_no_margin(company: Company, purchases: Buy) -> None:
    purchases(company.customer, [TODAY - 10 * DAY])
    found = figures(company.customer)
    assert (found.margin_12m, found.costed_12m) == (None, 0)


def test_the_trend_needs_a_year(company: Company, purchases: Buy) -> None:
    purchases(company.customer, [TODAY - days * DAY for days in (370, 300, 200, 100, 50, 10)])
    assert figures(company.customer).trend == pytest.approx(0.5)
    young = make_customer("Young", owner=company.alice)
    purchases(young, [TODAY - 10 * DAY])
    assert figures(young).trend is None


@pytest.mark.thorough
def test_pieces_write_what_the_whole_writes_and_again_changes_nothing() -> None:
    build_books()
    assert write_features(on=TODAY) == 160
    whole = stored_features(on=TODAY)
    for piece in pieces(TODAY):
        write_features(on=TODAY, piece=piece)
    assert stored_features(on=TODAY).equals(whole)
    assert features_frame(on=TODAY).equals(whole)


def test_old_mornings_are_forgotten_but_for_the_first_of_a_month(company: Company, purchases: Buy) -> None:
    purchases(company.customer, [TODAY - 200 * DAY])
    days = [dt.date(2026, 2, 1), dt.date(2026, 2, 2), TODAY - 8 * DAY, TODAY]
    for on in days:
        write_features(on=on)
    purge_features(on=TODAY)
    assert sorted(CustomerFeatures.objects.values_list("on", flat=True)) == [days[0], *days[2:]]


def test_only_whoever_sees_the_customer_sees_its_figures(company: Company, purchases: Buy) -> None:
    purchases(company.customer, [TODAY - 10 * DAY])
    write_features(on=TODAY)
    seen = {u.username for u in (company.alice, company.bob, company.charlie, company.mona, company.greg)
            if CustomerFeatures.objects.visible_to(u).exists()}  # fmt: skip
    assert seen == {"alice", "mona", "greg"}
