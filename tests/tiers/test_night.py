"""The night's tiers: who is in which, who stays near a bound, what a person set, what is written twice."""

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from analytics.services.tiers import find_tiers, pieces, write_tiers
from crm.approvals.rules import GRADES
from crm.core.registry import registry
from crm.jobs.nightly import run_now
from customers.models import Customer, CustomerTier, TierChange, TierPolicy, TimelineEvent
from customers.services.tier_policies import DEFAULTS, activate_tier_policy, new_tier_policy
from customers.services.tiers import set_tier
from customers.tier_rules import TIERS, missed
from customers.verification import verify_tiers
from tests.factories import Company, day, give_grade, make_customer, make_invoice, make_user
from tests.tiers.conftest import DAY, ON, figures, night, nightly, tier_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("known", "tier"),
    [
        ({}, "vip"),
        ({"ahead": 0.40625}, "major"),
        ({"bought": 11}, "major"),
        ({"silent": 91}, "major"),
        ({"bought": 12, "silent": 90}, "vip"),
        ({"ahead": 0.75}, "ordinary"),
        ({"bought": 5}, "ordinary"),
        ({"silent": 365}, "ordinary"),
        ({"ahead": 0.96875}, "small"),
        ({"bought": 1}, "small"),
        ({"silent": 366}, "small"),
        ({"value": "0.00"}, "small"),
        ({"value": "-5.00"}, "small"),
    ],
)
def test_a_tier_is_the_best_whose_demands_are_all_met(company: Company, known: dict[str, Any], tier: str) -> None:
    assert nightly(company.customer, ON, **known) == tier


@pytest.mark.parametrize(
    ("grade", "tier"), [("BBB", "vip"), ("BB", "major"), ("B", "major"), ("CCC", "ordinary"), ("D", "ordinary")]
)
def test_a_bad_grade_holds_back_and_none_does_not(company: Company, grade: str, tier: str) -> None:
    give_grade(company.customer, grade, day("2026-01-01"))
    unrated = make_customer(owner=company.alice)
    figures(unrated)
    assert nightly(company.customer, ON) == tier
    assert tier_of(unrated) == "vip"


def test_who_never_bought_has_no_tier_and_merged_customers_get_none(company: Company) -> None:
    merged = make_customer(owner=company.alice)
    figures(merged)
    Customer.objects.filter(pk=merged.pk).update(merged_into=company.customer)
    assert night() == 0
    assert not CustomerTier.objects.exists()


@pytest.mark.parametrize("state", ["lost", "closed", "blacklisted"])
def test_who_trades_no_more_falls_to_the_lowest_at_once(company: Company, state: str) -> None:
    assert nightly(company.customer, ON) == "vip"
    Customer.objects.filter(pk=company.customer.pk).update(state=state)
    assert nightly(company.customer, ON + DAY) == "small"


def test_shares_say_nothing_where_all_together_bring_nothing(company: Company) -> None:
    figures(company.customer)
    company.customer.contribution.share = company.customer.contribution.cumulative_share = 0.0
    company.customer.contribution.save()
    night()
    assert tier_of(company.customer) == "small"


class TestStaying:
    AFTER = ON + 40 * DAY

    @pytest.mark.parametrize(
        ("known", "tier"),
        [
            ({"bought": 11}, "vip"),
            ({"bought": 10}, "major"),
            ({"silent": 99}, "vip"),
            ({"silent": 100}, "major"),
            ({"ahead": 0.4375}, "vip"),
            ({"ahead": 0.453125}, "major"),
        ],
    )
    def test_a_tier_is_kept_within_the_margin(self, company: Company, known: dict[str, Any], tier: str) -> None:
        nightly(company.customer, ON)
        assert nightly(company.customer, self.AFTER, **known) == tier

    def test_the_margin_opens_no_tier_to_who_is_not_in_it(self, company: Company) -> None:
        assert nightly(company.customer, ON, bought=11) == "major"
        assert nightly(company.customer, self.AFTER, bought=11) == "major"
        assert nightly(company.customer, self.AFTER + DAY, bought=12) == "vip"

    def test_falling_two_tiers_stops_where_the_margin_holds(self, company: Company) -> None:
        nightly(company.customer, ON)
        # Six purchase days are asked for a major customer; less the margin, five and a half, so six.
        assert nightly(company.customer, self.AFTER, bought=12, silent=190) == "major"

    def test_near_a_bound_a_customer_does_not_change_from_night_to_night(self, company: Company) -> None:
        for number in range(80):
            nightly(company.customer, ON + number * DAY, bought=12 - number % 2, silent=85 + number % 15)
        assert TierChange.objects.count() == 1

    def test_even_beyond_the_margin_a_tier_stays_its_least_time(self, company: Company) -> None:
        nightly(company.customer, ON)
        for number in range(1, 90):
            nightly(company.customer, ON + number * DAY, bought=24 if number % 2 else 2)
        changes = list(TierChange.objects.order_by("pk").values_list("on", "to_tier"))
        assert changes[:2] == [(ON, "vip"), (ON + 30 * DAY, "ordinary")]
        gaps = {(after[0] - before[0]).days for before, after in pairwise(changes)}
        assert min(gaps) >= 30

    def test_a_new_policy_judges_afresh_once_and_then_keeps_again(self, company: Company) -> None:
        nightly(company.customer, ON)
        near = make_customer(owner=company.alice)
        figures(near, bought=12)
        night()
        policy = TierPolicy.objects.get()
        fiona, frank = company.fiona, make_user("frank", "finance_manager")
        draft = new_tier_policy(actor=fiona, policy_id=policy.pk)
        activate_tier_policy(actor=frank, policy_id=draft.pk)
        figures(near, bought=11, on=ON + DAY)
        assert nightly(company.customer, ON + DAY, bought=24) == "vip"
        assert tier_of(near) == "major"
        assert TierChange.objects.filter(customer=company.customer).count() == 1
        assert set(CustomerTier.objects.values_list("policy", flat=True)) == {draft.pk}
        assert nightly(company.customer, ON + 2 * DAY, bought=11) == "vip"


class TestByHand:
    def test_the_night_leaves_it_alone_through_its_end(self, company: Company) -> None:
        nightly(company.customer, ON, bought=2)
        set_tier(
            actor=company.greg, customer_id=company.customer.pk, tier="vip", reason="Key project", today=ON,
            until=ON + 5 * DAY,
        )  # fmt: skip
        assert nightly(company.customer, ON, bought=2) == "vip"
        assert nightly(company.customer, ON + 5 * DAY, bought=2) == "vip"
        assert nightly(company.customer, ON + 6 * DAY, bought=2) == "ordinary"
        newest = TierChange.objects.first()
        assert newest is not None
        assert (newest.from_tier, newest.source, newest.reason) == ("vip", "computed", "")

    def test_the_same_tier_after_the_end_is_the_nights_again_but_no_news(self, company: Company) -> None:
        set_tier(actor=None, customer_id=company.customer.pk, tier="vip", reason="Promised", today=ON, until=ON)
        events = TimelineEvent.objects.filter(kind="tier_changed").count()
        assert nightly(company.customer, ON + DAY) == "vip"
        assert CustomerTier.objects.get().source == "computed"
        assert TierChange.objects.count() == 2
        assert TimelineEvent.objects.filter(kind="tier_changed").count() == events

    def test_without_an_end_it_stays_for_good(self, company: Company) -> None:
        set_tier(actor=None, customer_id=company.customer.pk, tier="vip", reason="Sister company", today=ON)
        assert nightly(company.customer, ON + 900 * DAY, bought=2) == "vip"

    def test_who_never_bought_falls_to_the_lowest_after_the_end(self, company: Company) -> None:
        set_tier(actor=None, customer_id=company.customer.pk, tier="major", reason="Tender", today=ON, until=ON)
        assert {"first": company.customer.pk, "last": company.customer.pk} in pieces(ON + DAY)
        night(ON + DAY)
        assert tier_of(company.customer) == "small"

    def test_what_a_person_sets_while_the_night_judges_is_not_overwritten(self, company: Company) -> None:
        other = make_customer(owner=company.alice)
        for customer in (company.customer, other):
            figures(customer)
        found = find_tiers(on=ON)
        set_tier(actor=None, customer_id=company.customer.pk, tier="small", reason="Said so", today=ON)
        assert write_tiers(found) == {"tiers_changed": 1}
        assert (tier_of(company.customer), tier_of(other)) == ("small", "vip")
        assert not list(verify_tiers())


class TestWriting:
    def test_the_figures_it_came_from_are_kept(self, company: Company) -> None:
        nightly(company.customer, ON, bought=14, silent=7, ahead=0.125)
        change = TierChange.objects.get()
        assert change.figures == {
            "value": "1000.00",
            "basis": "revenue",
            "ahead": 0.125,
            "days_bought": 14,
            "days_silent": 7,
            "grade": "",
            "state": "active",
        }
        assert (change.policy, change.from_tier, change.until) == (TierPolicy.objects.get(), "", None)

    def test_a_night_done_again_writes_nothing(self, company: Company) -> None:
        nightly(company.customer, ON)
        figures(company.customer, on=ON + 40 * DAY, bought=2)
        night(ON + 40 * DAY)
        before = list(TierChange.objects.values()), list(CustomerTier.objects.values())
        assert night(ON + 40 * DAY) == 0
        assert (list(TierChange.objects.values()), list(CustomerTier.objects.values())) == before

    def test_a_change_is_told_in_the_timeline_the_first_tier_is_not(self, company: Company) -> None:
        nightly(company.customer, ON)
        assert not TimelineEvent.objects.filter(kind="tier_changed").exists()
        nightly(company.customer, ON + 40 * DAY, bought=2)
        event = TimelineEvent.objects.get(kind="tier_changed")
        assert (event.on, event.data) == (ON + 40 * DAY, {"from": "vip", "to": "ordinary"})

    def test_history_is_never_changed(self, company: Company) -> None:
        nightly(company.customer, ON)
        for write in (lambda: TierChange.objects.update(to_tier="small"), lambda: TierChange.objects.all().delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                write()
        assert TierChange.objects.get().to_tier == "vip"

    def test_a_night_costs_the_same_queries_for_any_number(
        self, company: Company, django_assert_num_queries: Any
    ) -> None:
        figures(company.customer)
        for number in range(12):
            figures(make_customer(owner=company.alice), ahead=number / 12)
        found = find_tiers(on=ON)
        with django_assert_num_queries(5):  # lock, read, changes, tiers, policy
            write_tiers(found)
        assert CustomerTier.objects.count() == 13

    def test_the_step_of_the_night_comes_after_the_contribution_and_before_collection(self, company: Company) -> None:
        make_invoice(company.customer, "5000.00", on="2026-03-01")
        steps = ("behaviour", "features", "contribution", "tiers")
        run = run_now(on=ON, steps=steps)
        assert run.runs.get(nightly_step="tiers", piece__isnull=False).counts == {"tiers_changed": 1}
        assert tier_of(company.customer) == "small"  # one purchase day
        assert "tiers" in registry.nightly_steps["escalation"].waits_for


def test_the_sheet_of_reasons_says_what_the_night_decided(company: Company) -> None:
    """The words of the page and the statement of the night judge alike, over every mix of figures at the bounds."""
    customers = []
    for ahead in (0.0, 0.5, 0.75, 1.0):
        for bought in (1, 2, 6, 12):
            for silent in (90, 91, 181, 366):
                customer = make_customer(owner=company.alice)
                figures(customer, ahead=ahead, bought=bought, silent=silent)
                customers.append(customer)
    give_grade(customers[0], "C", day("2026-01-01"))
    night()
    demands = [rule.demand for rule in TierPolicy.objects.get().rules.order_by("rank") if rule.demand]
    for change in TierChange.objects.all():
        met = [TIERS[demand.rank] for demand in demands if not missed(demand, change.figures, GRADES)]
        assert change.to_tier == (met[0] if met else "small")
    assert set(TierChange.objects.values_list("to_tier", flat=True)) == set(DEFAULTS)


class TestVerify:
    def test_what_stands_equals_the_newest_change(self, company: Company) -> None:
        nightly(company.customer, ON)
        assert not list(verify_tiers())
        CustomerTier.objects.update(tier="small", rank=3)
        (found,) = verify_tiers()
        assert (found.code, found.key) == ("customer_tier", str(company.customer.pk))
        CustomerTier.objects.all().delete()
        assert [difference.found for difference in verify_tiers()] == ["None"]


def test_dates_of_a_tier_by_hand_are_in_order(company: Company) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        TierChange.objects.create(
            customer=company.customer, on=ON, to_tier="vip", source="by_hand", reason="x", until=ON - dt.timedelta(1)
        )
