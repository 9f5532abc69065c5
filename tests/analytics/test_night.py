"""The night's steps on a small company: segments that keep their names, who leaves, who brings what, who pays when."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import ClassVar
from unittest.mock import patch

import pytest
from django.db.models import Sum
from django.test import TestCase

from analytics.learning import late_payment as learning
from analytics.learning.drift import has_drifted
from analytics.models import (
    Algorithm,
    Basis,
    CashForecast,
    ChurnScore,
    Contribution,
    CustomerSegment,
    ModelKind,
    ModelVersion,
    Segment,
    SegmentMove,
    SegmentProfile,
    Standing,
    ValueClass,
    Verdict,
)
from analytics.services.churn import find_churn, write_churn
from analytics.services.contribution import work_out_contribution
from analytics.services.features import write_features
from analytics.services.forecast import write_forecast
from analytics.services.late_payment import find_payments, write_predictions
from analytics.services.segments import find_segments, write_segments
from crm.core.registry import registry
from crm.jobs.nightly import run_now
from receivables.models import Invoice, PaymentPrediction, Receipt
from tests.analytics.conftest import DAY, TODAY, Books, build_books
from tests.factories import Company, make_customer, make_invoice, make_receipt

pytestmark = pytest.mark.django_db
Buy = Callable[..., list[int]]


def night_of_segments(on: dt.date) -> dict[str, int]:
    write_features(on=on)
    return write_segments(find_segments(on=on))


def night_of_churn(on: dt.date) -> ModelVersion:
    write_features(on=on)
    write_churn(find_churn(on=on))
    return ModelVersion.objects.get(kind=ModelKind.CHURN, on=on)


@pytest.mark.thorough
class ACompanyOfHundredsOfPurchases(TestCase):
    """What the night finds where the books speak for 18 months."""

    books: ClassVar[Books]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.books = build_books()

    def test_everybody_has_a_segment_and_the_profile_adds_up(self) -> None:
        counts = night_of_segments(TODAY)
        assert 3 <= counts["segments"] <= 8
        assert CustomerSegment.objects.count() == 160
        assert SegmentProfile.objects.filter(on=TODAY).aggregate(all=Sum("customers"))["all"] == 160
        assert set(CustomerSegment.objects.values_list("recency_score", flat=True)) <= {1, 2, 3, 4, 5}
        version = ModelVersion.objects.get(kind=ModelKind.SEGMENTS)
        assert version.parameters["k"] == counts["segments"]
        assert version.metrics["kmeans"]["silhouette"] > 0.15
        assert (version.trusted, version.verdict) == (True, Verdict.STABLE)

    def test_names_stay_from_night_to_night_and_the_night_done_again_changes_nothing(self) -> None:
        night_of_segments(TODAY - DAY)
        names = {(segment.pk, segment.name, segment.number) for segment in Segment.objects.all()}
        night_of_segments(TODAY)
        assert {(segment.pk, segment.name, segment.number) for segment in Segment.objects.all()} == names
        stands = list(CustomerSegment.objects.order_by("pk").values())
        shown = ("customer", "came_from", "went_to", "reasons")
        moves = list(SegmentMove.objects.order_by("customer").values_list(*shown))
        night_of_segments(TODAY)
        assert list(CustomerSegment.objects.order_by("pk").values()) == stands
        assert list(SegmentMove.objects.order_by("customer").values_list(*shown)) == moves
        assert ModelVersion.objects.filter(kind=ModelKind.SEGMENTS).count() == 2

    def test_who_moved_is_told_with_figures_before_and_after(self) -> None:
        night_of_segments(TODAY - 120 * DAY)
        night_of_segments(TODAY)
        moves = SegmentMove.objects.filter(on=TODAY)
        assert moves
        told = [reason for move in moves for reason in move.reasons]
        assert told
        assert all({"code", "before", "after", "weight"} <= set(reason) for reason in told)
        for move in moves:
            stands = CustomerSegment.objects.get(customer=move.customer)
            assert (stands.segment, stands.previous, stands.since) == (move.went_to, move.came_from, TODAY)

    def test_candidates_compete_on_later_time_with_the_naive_figure_beside(self) -> None:
        version = night_of_churn(TODAY)
        assert {"rule", "logistic", "boosting"} <= set(version.metrics)
        assert version.baseline == Algorithm.RULE
        assert version.data_until is not None
        assert version.tested_from is not None
        assert version.data_until < version.tested_from
        best = min(version.metrics.values(), key=lambda figures: figures["log_loss"])
        assert version.metrics[version.algorithm] == best
        assert best["auc"] > 0.8
        assert best["calibration_error"] < 0.15
        assert version.trusted == (version.uses != Algorithm.RULE)

    def test_who_left_is_likelier_gone_than_who_stays(self) -> None:
        night_of_churn(TODAY)
        scored = ChurnScore.objects.filter(standing=Standing.SCORED)
        left = [row.probability or 0 for row in scored.filter(customer__in=self.books.leaving)]
        stays = [row.probability or 0 for row in scored.filter(customer__in=self.books.staying)]
        assert len(left) > 5
        assert sum(left) / len(left) > 2 * sum(stays) / len(stays)
        row = scored.filter(customer__in=self.books.leaving).order_by("-probability")[0]
        silence = next(reason for reason in row.reasons if reason["code"] == "silence")
        assert silence["value"] == row.days_silent > silence["usual"]
        assert len(row.reasons) <= 3
        assert ChurnScore.objects.filter(standing=Standing.GONE, customer__in=self.books.staying).count() == 0

    def test_margin_where_cost_is_known_else_estimated(self) -> None:
        write_features(on=TODAY)
        assert work_out_contribution(on=TODAY) == 160
        rows = list(Contribution.objects.order_by("rank"))
        assert [row.rank for row in rows] == list(range(1, 161))
        assert {row.basis for row in rows} == {Basis.MARGIN, Basis.ESTIMATED}
        assert rows[0].margin_rate == pytest.approx(0.2, abs=0.001)
        assert rows[-1].cumulative_share == pytest.approx(1.0)
        assert {row.value_class for row in rows} >= {ValueClass.KEY, ValueClass.ORDINARY}
        key = [row for row in rows if row.value_class == ValueClass.KEY]
        assert key[-1].cumulative_share >= 0.6 > key[-1].cumulative_share - key[-1].share

    def test_every_open_invoice_has_a_prediction_and_a_worse_model_is_not_used(self) -> None:
        found = find_payments(on=TODAY)
        write_predictions(found)
        still_open = set(Invoice.objects.filter(open_amount__gt=0).values_list("pk", flat=True))
        assert set(PaymentPrediction.objects.values_list("pk", flat=True)) == still_open
        assert PaymentPrediction.objects.filter(expected_on__lt=TODAY).count() == 0
        version = ModelVersion.objects.get(kind=ModelKind.LATE_PAYMENT)
        boosting, naive = version.metrics["boosting"], version.metrics["customer_median"]
        better = boosting["mae"] < naive["mae"] and boosting["auc"] > naive["auc"]
        assert (version.trusted, version.uses == Algorithm.BOOSTING) == (better, better)
        assert version.verdict == (Verdict.BETTER if better else Verdict.WORSE)
        assert (
            PaymentPrediction.objects.values_list("model_version", flat=True)[0] == f"{version.uses}:{version.version}"
        )

    def test_late_payment_falls_back_on_the_median_where_invoices_have_changed(self) -> None:
        """A model that won its test but meets other invoices than it learned from is not used."""
        with (
            patch.object(learning.Trial, "is_better", True),
            patch("analytics.services.late_payment.drifts", return_value={"mean_30": 0.5, "last_1": 0.4}),
        ):
            found = find_payments(on=TODAY)
        write_predictions(found)
        plain = find_payments(on=TODAY, with_model=False)
        assert found.expected.tolist() == plain.expected.tolist()
        assert found.by_week.tolist() == plain.by_week.tolist()
        version = ModelVersion.objects.get(kind=ModelKind.LATE_PAYMENT)
        assert (version.verdict, version.trusted, version.uses) == (
            Verdict.DRIFTED,
            False,
            Algorithm.CUSTOMER_MEDIAN,
        )
        assert version.drift == 0.45

    def test_the_same_invoices_have_not_drifted(self) -> None:
        """Invoices of late are compared at their own moment: of this steady company little has changed."""
        with patch.object(learning.Trial, "is_better", True):
            found = find_payments(on=TODAY)
        assert found.drifts
        assert not has_drifted(found.drifts)
        assert not set(found.drifts) & set(learning.CHANGING)
        assert found.learned.verdict == Verdict.BETTER

    def test_what_is_booked_later_changes_no_prediction_of_that_morning(self) -> None:
        before = find_payments(on=TODAY - 30 * DAY, with_model=False)
        invoice = Invoice.objects.filter(open_amount__gt=0).order_by("pk")[0]
        make_receipt(
            invoice.customer,
            invoice.open_amount,
            on=TODAY,
            lines=[(invoice, invoice.open_amount)],
            entity=invoice.legal_entity,
        )
        make_invoice(invoice.customer, "5.00", on=TODAY)
        after = find_payments(on=TODAY - 30 * DAY, with_model=False)
        assert before.ids.tolist() == after.ids.tolist()
        assert before.expected.tolist() == after.expected.tolist()
        assert before.by_week.tolist() == after.by_week.tolist()

    def test_the_forecast_is_checked_against_what_came(self) -> None:
        past = TODAY - 21 * DAY
        write_forecast(on=past, from_open=find_payments(on=past, with_model=False).by_week.tolist())
        assert CashForecast.objects.filter(actual__isnull=False).count() == 0
        write_forecast(on=TODAY, from_open=find_payments(on=TODAY, with_model=False).by_week.tolist())
        rows = list(CashForecast.objects.filter(on=past).order_by("week"))
        assert [row.actual is not None for row in rows] == [True] * 3 + [False] * 5
        for row in rows[:3]:
            week = Receipt.objects.filter(on__range=(row.starts_on, row.ends_on))
            assert row.actual == week.aggregate(sum=Sum("base_amount"))["sum"]
            assert row.actual_open is not None
            assert row.actual is not None
            assert row.actual_open <= row.actual
            assert row.low <= row.expected <= row.high
            assert row.expected == row.from_open + row.from_new
            assert abs(row.expected - row.actual) / row.actual < Decimal("0.6")

    def test_the_whole_night_by_its_steps(self) -> None:
        steps = ["behaviour", "features", "segments", "churn", "contribution", "late_payment"]
        assert set(steps) <= set(registry.nightly_steps)
        run_now(on=TODAY, steps=steps)
        run_now(on=TODAY, steps=steps)
        assert {version.kind: version.version for version in ModelVersion.objects.all()} == {
            "segments": 1,
            "churn": 1,
            "late_payment": 1,
        }
        assert Contribution.objects.count() == ChurnScore.objects.count() == CustomerSegment.objects.count() == 160

    def test_only_whoever_sees_the_customer_sees_what_the_night_found(self) -> None:
        night_of_segments(TODAY - 120 * DAY)
        night_of_segments(TODAY)
        night_of_churn(TODAY)
        work_out_contribution(on=TODAY)
        company = self.books.company
        for model in (CustomerSegment, ChurnScore, Contribution, SegmentMove):
            rows = model.objects.all()
            own = rows.filter(customer__owner=company.alice)
            assert set(model.objects.visible_to(company.alice).values_list("pk", flat=True)) == set(
                own.values_list("pk", flat=True)
            )
            assert model.objects.visible_to(company.greg).count() == rows.count()
            team = model.objects.visible_to(company.mona)
            assert not team.filter(customer__owner=company.charlie).exists()


def test_a_handful_of_customers_has_no_segments_and_says_so(company: Company, purchases: Buy) -> None:
    purchases(company.customer, [TODAY - 10 * DAY])
    assert night_of_segments(TODAY)["segments"] == 0
    assert ModelVersion.objects.get(kind=ModelKind.SEGMENTS).verdict == Verdict.TOO_LITTLE


def test_too_little_data_uses_the_rule_and_says_so(company: Company, purchases: Buy) -> None:
    purchases(company.customer, [TODAY - days * DAY for days in (150, 120, 90)])
    # Somebody buys all the time: otherwise the company's books would have a hole there.
    purchases(make_customer("Regular", owner=company.bob), [TODAY - days * DAY for days in range(150, 0, -10)])
    version = night_of_churn(TODAY)
    assert (version.verdict, version.uses, version.trusted) == (Verdict.TOO_LITTLE, Algorithm.RULE, False)
    row = ChurnScore.objects.get(customer=company.customer)
    assert row.probability == pytest.approx(0.5, abs=0.001), "three times the usual gap"


def test_silence_that_covers_a_hole_in_the_books_is_a_history_gap(company: Company, purchases: Buy) -> None:
    before, after = make_customer("Before", owner=company.alice), make_customer("After", owner=company.alice)
    purchases(before, [TODAY - days * DAY for days in range(200, 160, -4)])
    purchases(after, [TODAY - days * DAY for days in (200, 190, 40, 30, 20, 10)])
    purchases(company.customer, [TODAY - 5 * DAY])
    night_of_churn(TODAY)
    standing = dict(ChurnScore.objects.values_list("customer", "standing"))
    assert standing == {before.pk: Standing.GAP, after.pk: Standing.SCORED, company.customer.pk: Standing.NEW}
    assert ChurnScore.objects.get(customer=before).probability is None


def test_without_costs_contribution_is_revenue(company: Company, purchases: Buy) -> None:
    purchases(company.customer, [TODAY - 10 * DAY], "500.00")
    write_features(on=TODAY)
    work_out_contribution(on=TODAY)
    row = Contribution.objects.get()
    assert (row.basis, row.value, row.margin_rate) == (Basis.REVENUE, Decimal("500.00"), None)


def test_selling_below_cost_makes_a_loss(company: Company, purchases: Buy) -> None:
    purchases(company.customer, [TODAY - 10 * DAY], "500.00", cost="600.00")
    write_features(on=TODAY)
    work_out_contribution(on=TODAY)
    assert Contribution.objects.get().value_class == ValueClass.LOSS


def test_what_is_overdue_for_months_is_expected_slowly(company: Company, purchases: Buy) -> None:
    purchases(company.customer, [TODAY - 200 * DAY])
    write_predictions(find_payments(on=TODAY))
    row = PaymentPrediction.objects.get()
    assert row.expected_on > TODAY + 60 * DAY
    assert row.late_probability > 0.9, "it will stay open for thirty days more"
    assert ModelVersion.objects.get().verdict == Verdict.TOO_LITTLE


def test_books_of_a_few_weeks_teach_no_days_of_payment(company: Company, purchases: Buy) -> None:
    """Many invoices, but all due within days: there is nothing older to learn from."""
    purchases(company.customer, [TODAY - days * DAY for days in range(60, 50, -1)] * 40)
    write_predictions(find_payments(on=TODAY))
    assert ModelVersion.objects.get().verdict == Verdict.TOO_LITTLE
    assert PaymentPrediction.objects.count() == 400
