"""Tiers on the pages: badge, panel with the reasons, dialog, column, filter, export, administration."""

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from crm.accounts import roles
from crm.core.dates import business_today
from crm.core.lists import list_view
from customers.models import CustomerTier, TierChange
from customers.services.tiers import set_tier
from customers.timeline import timeline_page
from tests.factories import Company, make_customer, make_user
from tests.tiers.conftest import DAY, ON, figures, night, nightly

pytestmark = pytest.mark.django_db


def signed_in(user: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def panel(user: Any, customer: Any) -> str:
    answer = signed_in(user).get(reverse("customers:panel", args=[customer.pk, "tier"]))
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_head_of_the_page_shows_the_tier_with_no_query_more(
    company: Company, django_assert_max_num_queries: Any
) -> None:
    page, client = reverse("customers:detail", args=[company.customer.pk]), signed_in(company.alice)
    client.get(page)
    with django_assert_max_num_queries(99) as without:
        assert "VIP customer" not in client.get(page).content.decode()
    nightly(company.customer, ON)
    with django_assert_max_num_queries(len(without)):
        assert "VIP customer" in client.get(page).content.decode()


def test_the_panel_says_why_and_what_the_tier_is_given(company: Company, django_assert_max_num_queries: Any) -> None:
    nightly(company.customer, ON, bought=11, silent=6, ahead=0.25)
    with translation.override("en"):
        text = panel(company.greg, company.customer)
    for words in ("Major customer", "every 30 days", "within 8 hours", "25.0%", "below 40.0%", "at least 12", "missed"):
        assert words in text
    assert text.count("missed ·") + text.count("· missed") == 1
    client = signed_in(company.greg)
    with django_assert_max_num_queries(12):
        client.get(reverse("customers:panel", args=[company.customer.pk, "tier"]))


def test_the_share_of_those_before_is_for_who_sees_all(company: Company) -> None:
    nightly(company.customer, ON, ahead=0.25)
    assert "25.0%" in panel(company.greg, company.customer)
    assert "25.0%" not in panel(company.alice, company.customer)


def test_the_panel_says_who_set_it_and_why(company: Company) -> None:
    assert "No tier yet" in panel(company.alice, company.customer)
    set_tier(
        actor=company.greg, customer_id=company.customer.pk, tier="vip", reason="Key <project>", today=ON,
        until=ON + DAY,
    )  # fmt: skip
    text = panel(company.alice, company.customer)
    assert "Key &lt;project&gt;" in text
    assert "2026-04-01" in text
    assert "Set the tier" not in text
    assert "Set the tier" in panel(company.mona, company.customer)


def test_who_sees_no_figures_sees_the_tier_but_not_why(company: Company) -> None:
    nightly(company.customer, ON)
    sarah = make_user("sarah", roles.SERVICE)
    client = signed_in(sarah)
    assert "VIP customer" in client.get(reverse("customers:detail", args=[company.customer.pk])).content.decode()
    assert client.get(reverse("customers:panel", args=[company.customer.pk, "tier"])).status_code == 403


def test_the_dialog_sets_it(company: Company) -> None:
    address, client = reverse("customers:tier", args=[company.customer.pk]), signed_in(company.mona)
    assert client.get(address).status_code == 200
    today = business_today()
    late = client.post(address, {"tier": "vip", "until": str(today - DAY), "reason": "Big plans"})
    assert late.status_code in (200, 422)
    assert "is over" in late.content.decode()
    assert not TierChange.objects.exists()
    assert client.post(address, {"tier": "vip", "until": "", "reason": "Big plans"}).status_code in (200, 302)
    change = TierChange.objects.get()
    assert (change.to_tier, change.reason, change.on, change.created_by) == ("vip", "Big plans", today, company.mona)
    assert signed_in(company.alice).post(address, {"tier": "small", "reason": "x"}).status_code == 403
    assert TierChange.objects.count() == 1


class TestList:
    def test_column_filter_and_order(self, company: Company) -> None:
        names = {"small": {"bought": 1}, "vip": {}, "major": {"bought": 7}}
        for name, known in names.items():
            figures(make_customer(name, owner=company.alice), **known)
        night()
        found = list_view("customers").get_queryset_for(company.greg, "tier=vip&tier=small")
        assert {row.name for row in found} == {"vip", "small"}
        ordered = list_view("customers").get_queryset_for(company.greg, "sort=tier")
        assert [row.name for row in ordered] == ["vip", "major", "small", "Alice's customer"]
        ordered = list_view("customers").get_queryset_for(company.greg, "sort=-tier")
        assert [row.name for row in ordered][-1] == "Alice's customer"
        answer = signed_in(company.greg).get(reverse("customers:customers")).content.decode()
        assert all(words in answer for words in ("VIP customer", "Major customer", "Small customer"))

    def test_the_export_has_the_word_of_the_tier(self, company: Company) -> None:
        nightly(company.customer, ON)
        query = {"query": "cols=name,tier&tier=vip", "format": "csv"}
        answer: Any = signed_in(company.greg).post(reverse("exchange:export", args=["customers"]), query)
        (row,) = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
        assert (row["Customer"], row["Tier"]) == (company.customer.name, "VIP customer")

    def test_the_column_costs_no_query_for_a_row(self, company: Company, django_assert_max_num_queries: Any) -> None:
        client, address = signed_in(company.greg), reverse("customers:customers") + "?cols=name,tier&sort=tier"
        figures(company.customer)
        night()
        client.get(address)
        with django_assert_max_num_queries(12) as few:
            client.get(address)
        for _number in range(10):
            figures(make_customer(owner=company.alice))
        night()
        with django_assert_max_num_queries(len(few)):
            client.get(address)


def test_the_timeline_tells_the_change(company: Company) -> None:
    nightly(company.customer, ON)
    nightly(company.customer, ON + 40 * DAY, bought=2)
    with translation.override("en"):
        (entry,) = timeline_page(user=company.alice, customer=company.customer, kind="tier_changed").entries
    assert entry.sentence == "Tier: VIP customer → Ordinary customer"
    set_tier(
        actor=company.greg, customer_id=company.customer.pk, tier="vip", reason="Project", today=ON + 41 * DAY,
        until=ON + 50 * DAY,
    )  # fmt: skip
    with translation.override("en"):
        entry = timeline_page(user=company.alice, customer=company.customer, kind="tier_changed").entries[0]
    assert entry.sentence == "Tier set by hand: VIP customer up to 2026-05-20: Project"


def test_the_administration_shows_tiers_and_their_changes(company: Company) -> None:
    nightly(company.customer, ON)
    client = signed_in(company.fiona)
    for name, row in (("customertier", CustomerTier.objects.get()), ("tierchange", TierChange.objects.get())):
        assert client.get(reverse(f"admin:customers_{name}_changelist")).status_code == 200
        page = reverse(f"admin:customers_{name}_change", args=[row.pk])
        assert client.get(page).status_code == 200
        assert client.post(page, {"tier": "small"}).status_code == 403
    assert CustomerTier.objects.get().tier == "vip"
