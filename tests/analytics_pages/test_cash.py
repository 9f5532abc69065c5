"""The cash forecast against what came: weeks that share no day, and 'Received' as the list of receipts has it."""

import datetime as dt
from decimal import Decimal

import pytest
from django.test import TestCase
from django.urls import reverse

from analytics.models import CashForecast
from analytics.selectors.forecast import accuracy, cash_forecast, checked_weeks
from analytics.selectors.receivables import Period, received
from analytics.services.forecast import FEWEST_CHECKED, band, write_forecast
from crm.core.lists import list_view
from receivables.services import reverse_receipt
from tests.factories import TODAY, Company, make_company, make_receipt

DAY = dt.timedelta(days=1)
MORNINGS = 16


class AForecastEveryMorning(TestCase):
    """Sixteen mornings, 100.00 a day: 700.00 came in every week."""

    company: Company

    @classmethod
    def setUpTestData(cls) -> None:
        cls.company = make_company()
        for back in range(1, 31):
            make_receipt(cls.company.customer, "100.00", on=TODAY - back * DAY)
        for back in range(MORNINGS - 1, -1, -1):
            write_forecast(on=TODAY - back * DAY, from_open=[0.0] * 8)

    def listed(self, week: Period) -> Decimal:
        """What the list behind the figure adds up to."""
        query = f"on_from={week.begin}&on_to={week.end}&standing_on={week.end}&cols=number,base_amount"
        totals = list_view("receipts").selection(self.company.fiona, query).totals()
        return totals[0]["total_base_amount"] or Decimal(0)

    def test_weeks_that_are_over_share_no_day(self) -> None:
        weeks = checked_weeks(self.company.fiona, 8)
        assert [week.starts_on for week in weeks] == [TODAY - 7 * DAY, TODAY - 14 * DAY]
        assert weeks[0].ends_on + DAY == cash_forecast(self.company.fiona)[0].starts_on
        assert accuracy(weeks).weeks == 2

    def test_the_band_waits_for_as_many_weeks_as_it_says(self) -> None:
        """Nine windows of the same fortnight are two weeks: too few to make a band of their errors."""
        assert CashForecast.objects.filter(week=1, actual__isnull=False).count() > FEWEST_CHECKED
        assert band(1, 0.2) == (1 - 1.645 * 0.2, 1 + 1.645 * 0.2)

    @pytest.mark.thorough
    def test_received_equals_its_list_whatever_is_posted_late(self) -> None:
        fiona = self.company.fiona
        week = Period(TODAY - 7 * DAY, TODAY - DAY)
        make_receipt(self.company.customer, "33.30", on=week.begin)
        taken_back = make_receipt(self.company.customer, "500.00", on=week.begin)
        reverse_receipt(actor=None, receipt_id=taken_back.pk, on=week.end, reason="Bounced")
        later = make_receipt(self.company.customer, "1.00", on=week.begin)
        reverse_receipt(actor=None, receipt_id=later.pk, on=TODAY, reason="Bounced")
        newest = checked_weeks(fiona)[0]
        assert (newest.starts_on, newest.ends_on) == (week.begin, week.end)
        assert newest.actual == received(fiona, week, None) == self.listed(week) == Decimal("734.30")
        self.client.force_login(fiona)
        html = self.client.get(reverse("analytics:cash")).content.decode()
        assert "734.30" in html
        assert "700.00" in html

    def test_the_night_works_out_anew_what_came(self) -> None:
        """Also for the forecasts of longer ago, by which the band is made."""
        week = CashForecast.objects.filter(on=TODAY - 15 * DAY, week=1)
        assert week.get().actual == Decimal(700)
        make_receipt(self.company.customer, "33.30", on=TODAY - 15 * DAY)
        taken_back = make_receipt(self.company.customer, "500.00", on=TODAY - 15 * DAY)
        reverse_receipt(actor=None, receipt_id=taken_back.pk, on=TODAY - 10 * DAY, reason="Bounced")
        write_forecast(on=TODAY, from_open=[0.0] * 8)
        assert week.get().actual == Decimal("733.30")
        late = make_receipt(self.company.customer, "900.00", on=TODAY - 15 * DAY)
        reverse_receipt(actor=None, receipt_id=late.pk, on=TODAY, reason="Bounced")
        write_forecast(on=TODAY + DAY, from_open=[0.0] * 8)
        assert week.get().actual == self.listed(Period(TODAY - 15 * DAY, TODAY - 9 * DAY))
