"""The buckets of the SQL are those of the one bucket function, and schemes make sense."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from crm.accounts.models import User
from receivables.columns.ageing import bucket_labels
from receivables.models import AgeingScheme
from receivables.rules.documents import bucket_index
from receivables.selectors.ageing_sql import bucket_range
from receivables.services.schemes import BoundsUnusable, DefaultSchemeNeeded, check_bounds, delete_scheme, save_scheme

AS_AT = dt.date(2026, 6, 30)
schemes = st.lists(st.integers(1, 2000), min_size=1, max_size=8, unique=True).map(sorted)


class SqlBuckets(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(
        bounds=schemes,
        days=st.lists(st.integers(-400, 2500), min_size=1, max_size=40),
        as_at=st.dates(dt.date(1990, 1, 1)),
    )
    def test_sql_equals_the_bucket_function(self, bounds: list[int], days: list[int], as_at: dt.date) -> None:
        """Each date lies in the range of exactly one bucket: the one that `bucket_index` names."""
        edges = [0, 1, *bounds, *(bound + 1 for bound in bounds)]
        dates = [
            as_at - dt.timedelta(days=day)
            for day in {*days, *edges}
            if as_at.toordinal() - day >= 1 and as_at.toordinal() - day <= dt.date.max.toordinal()
        ]
        with connection.cursor() as cursor:
            for index in range(len(bounds) + 2):
                inside = bucket_range("day", as_at, bounds, index)
                cursor.execute(f"SELECT day FROM unnest(%s::date[]) day WHERE {inside.text}", [dates, *inside.params])
                found = {row[0] for row in cursor.fetchall()}
                wanted = {day for day in dates if bucket_index((as_at - day).days, bounds) == index}
                assert found == wanted, (bounds, index)


@pytest.mark.parametrize(
    ("days", "bucket"), [(-1, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (40_000, 4)]
)
def test_edges(days: int, bucket: int) -> None:
    assert bucket_index(days, [30, 60, 90]) == bucket


def test_labels_name_the_days() -> None:
    assert bucket_labels([30, 60]) == ["1–30 d", "31–60 d", "> 60 d"]


@pytest.mark.parametrize("bounds", [[], [0, 30], [30, 30], [60, 30], list(range(1, 10)), [40_000]])
def test_bounds_that_make_no_buckets_are_refused(bounds: list[int]) -> None:
    with pytest.raises(BoundsUnusable):
        check_bounds(bounds)


@pytest.mark.django_db
def test_there_is_always_exactly_one_default() -> None:
    first = AgeingScheme.objects.get(is_default=True)
    assert first.bounds == [30, 60, 90, 180, 365]
    second = save_scheme(scheme=AgeingScheme(name_zh="细", name_en="Fine", bounds=[7, 14], is_default=True))
    first.refresh_from_db()
    assert (first.is_default, second.is_default) == (False, True)
    second.is_default = False
    with pytest.raises(DefaultSchemeNeeded):
        save_scheme(scheme=second)
    second.refresh_from_db()
    with pytest.raises(DefaultSchemeNeeded):
        delete_scheme(scheme=second)
    delete_scheme(scheme=first)
    assert AgeingScheme.objects.get() == second


@pytest.mark.django_db
def test_the_administration_keeps_the_rules() -> None:
    user = User.objects.create(username="eve", name="Eve", language="en")
    user.groups.add(Group.objects.get(name="credit_controller"))
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    url = reverse("admin:receivables_ageingscheme_add")
    fields = {"name_zh": "细", "name_en": "Fine", "bounds": "14, 7"}
    response = client.post(url, fields)
    assert response.status_code == 200
    assert "each greater than the one before" in response.content.decode()
    assert AgeingScheme.objects.count() == 1
    assert client.post(url, {**fields, "bounds": "7, 14", "is_default": "on"}).status_code == 302
    assert AgeingScheme.objects.get(is_default=True).bounds == [7, 14]
    chosen = AgeingScheme.objects.get(is_default=True)
    change = reverse("admin:receivables_ageingscheme_change", args=[chosen.pk])
    response = client.post(change, {**fields, "bounds": "7, 14"})
    assert "Make another one the default first" in response.content.decode()
    assert (
        client.post(reverse("admin:receivables_ageingscheme_delete", args=[chosen.pk]), {"post": "yes"}).status_code
        == 403
    )
