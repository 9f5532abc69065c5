"""Days that are kept: equal to the ageing report of the day for whoever looks, made again when the past changes."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db.models import Q, Sum
from django.test import TestCase

from analytics.models import DailySnapshot, SnapshotDay
from analytics.selectors.receivables import billed, history, period_to, received
from analytics.services.snapshots import (
    RECENT_DAYS,
    days_to_keep,
    default_bounds,
    month_end,
    stale_days,
    take_snapshots,
    three_months_to,
)
from crm.accounts.models import User
from receivables.models import AgeingScheme, Invoice
from receivables.selectors.ageing import AgeingQuery, ageing_page
from receivables.services import post_invoice, reverse_invoice
from tests.receivables.ageing.history import build_history

DAY = dt.timedelta(days=1)


@pytest.mark.thorough
class Snapshots(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.made = build_history(20261122)
        cls.today = cls.made.today
        cls.until = cls.today - DAY
        take_snapshots(until=cls.until, most=None)

    def user(self, name: str) -> User:
        return User.objects.get(username=name)

    def test_every_day_equals_the_ageing_report_of_that_day(self) -> None:
        """For who sees all, for a manager and for a rep: what they see adds up to their own report."""
        for name in ("fiona", "mary", "alice", "charlie"):
            points = history(self.user(name), begin=self.today - dt.timedelta(days=900), end=self.today)
            assert len(points) > RECENT_DAYS
            for point in points[:: max(len(points) // 12, 1)]:
                query = AgeingQuery(user=self.user(name), as_at=point.on, today=self.today, bounds=default_bounds())
                totals = ageing_page(query).totals
                assert totals, (name, point.on)
                assert point.amounts == totals[0].amounts, (name, point.on)
                assert point.unallocated == totals[0].unallocated
                assert (point.receivable, point.overdue) == (totals[0].receivable, totals[0].overdue)

    def test_a_legal_entity_is_a_part(self) -> None:
        fiona = self.user("fiona")
        every = history(fiona, begin=self.until, end=self.until)[0]
        entities = set(Invoice.objects.values_list("legal_entity", flat=True))
        assert len(entities) == 2
        parts = [history(fiona, begin=self.until, end=self.until, legal_entity_id=pk)[0] for pk in entities]
        assert sum(part.receivable for part in parts) == every.receivable > 0
        query = AgeingQuery(
            user=fiona, as_at=self.until, today=self.today, bounds=default_bounds(), legal_entity_id=entities.pop()
        )
        assert ageing_page(query).totals[0].receivable in {part.receivable for part in parts}

    def test_what_was_billed_and_received_stands_as_it_stood_then(self) -> None:
        for name in ("fiona", "mary"):
            user = self.user(name)
            for point in history(user, begin=self.today - dt.timedelta(days=700), end=self.today)[::9]:
                quarter = period_to(point.on)
                assert quarter.begin == three_months_to(point.on)
                assert point.billed_3m == billed(user, quarter, None), point.on
                month = type(quarter)(point.on.replace(day=1), point.on)
                assert point.billed == billed(user, month, None)
                assert point.received == received(user, month, None)

    def test_taking_them_again_changes_nothing(self) -> None:
        before = list(DailySnapshot.objects.order_by("on", "legal_entity", "customer").values_list())
        kept = take_snapshots(until=self.until, most=None)
        assert (kept.taken, kept.waiting, kept.dropped) == (1, 0, 0)
        after = list(DailySnapshot.objects.order_by("on", "legal_entity", "customer").values_list())
        assert [row[1:] for row in after] == [row[1:] for row in before]

    def test_an_entry_of_the_past_is_told_by_the_next_night(self) -> None:
        """Whatever is posted late makes the days from its date on stale, and no others."""
        on = self.until - 30 * DAY
        assert not stale_days(default_bounds())
        customer = self.made.customers[0]
        post_invoice(
            actor=None,
            legal_entity_id=self.made.world.entity.pk,
            customer_id=customer.pk,
            kind="invoice",
            number="LATE-1",
            on=on,
            currency="CNY",
            amount=Decimal("123456.78"),
        )
        stale = stale_days(default_bounds())
        assert min(stale) == on
        before = history(self.user("fiona"), begin=on, end=on)[0].receivable
        take_snapshots(until=self.until, most=None)
        assert history(self.user("fiona"), begin=on, end=on)[0].receivable - before == Decimal("123456.78")
        assert not stale_days(default_bounds())

    def test_a_reversal_leaves_the_days_before_it_as_they_were(self) -> None:
        invoice = Invoice.objects.filter(open_amount__gt=0, kind="invoice", on__lte=self.until - 90 * DAY).first()
        assert invoice is not None
        before = history(self.user("fiona"), begin=invoice.on, end=self.today)
        reverse_invoice(actor=None, invoice_id=invoice.pk, on=self.today, reason="Posted twice")
        take_snapshots(until=self.until, most=None)
        assert history(self.user("fiona"), begin=invoice.on, end=self.today) == before

    def test_other_buckets_make_every_day_stale(self) -> None:
        AgeingScheme.objects.filter(is_default=True).update(bounds=[45, 90])
        assert len(stale_days((45, 90))) == SnapshotDay.objects.count()
        take_snapshots(until=self.until, most=None)
        point = history(self.user("fiona"), begin=self.until, end=self.until)[0]
        query = AgeingQuery(user=self.user("fiona"), as_at=self.until, today=self.today, bounds=(45, 90))
        assert point.amounts == ageing_page(query).totals[0].amounts

    def test_history_is_caught_up_in_portions(self) -> None:
        """Yesterday first, then the ends of months from the newest on: the trend of months is there soon."""
        SnapshotDay.objects.all().delete()
        DailySnapshot.objects.all().delete()
        kept = take_snapshots(until=self.until, most=5)
        assert kept.taken == 5
        assert kept.waiting > 0
        days = sorted(SnapshotDay.objects.values_list("on", flat=True), reverse=True)
        assert days[0] == self.until
        assert all(day == month_end(day) for day in days[1:])
        assert (days[1] - days[-1]).days <= 3 * 31

    def test_old_days_are_dropped_but_ends_of_months_stay(self) -> None:
        later = self.until + 20 * DAY
        take_snapshots(until=later, most=None)
        days = set(SnapshotDay.objects.values_list("on", flat=True))
        assert len(days) > RECENT_DAYS
        assert all(day == month_end(day) or day > later - RECENT_DAYS * DAY for day in days)
        assert not DailySnapshot.objects.exclude(on__in=days).exists()

    def test_a_past_night_leaves_later_days_alone(self) -> None:
        newest = DailySnapshot.objects.filter(on=self.until).aggregate(total=Sum("receivable"))
        take_snapshots(until=self.until - 10 * DAY, most=None)
        assert DailySnapshot.objects.filter(on=self.until).aggregate(total=Sum("receivable")) == newest

    def test_verify_finds_a_figure_that_was_changed(self) -> None:
        call_command("verify")
        row = DailySnapshot.objects.filter(Q(on=self.until), customer__isnull=True).first()
        assert row is not None
        DailySnapshot.objects.filter(pk=row.pk).update(amounts=[amount + 1 for amount in row.amounts])
        with pytest.raises(SystemExit):
            call_command("verify")


def test_which_days_are_kept() -> None:
    until = dt.date(2026, 3, 31)
    days = days_to_keep(until, dt.date(2025, 11, 15))
    assert days[0] == until
    assert days[RECENT_DAYS - 1] == until - 59 * DAY
    assert days[RECENT_DAYS:] == [dt.date(2025, 12, 31), dt.date(2025, 11, 30)]
    assert days_to_keep(until, until) == [until]
