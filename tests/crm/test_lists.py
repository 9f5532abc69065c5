"""The list framework: filters, chips, sorting, columns, totals, kept views, bulk actions; constant queries."""

import re
from typing import Any, ClassVar

import django_filters
import pytest
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.http import QueryDict
from django.test import Client
from django.urls import path

from crm.accounts.models import User
from crm.core.columns import Column
from crm.core.display import Badge
from crm.core.filters import DateFilter, ListFilterSet, SearchFilter, YesNoFilter
from crm.core.lists import Action, Empty, ListView, Preset
from crm.urls import urlpatterns as product_urls

LANGUAGES = [("en", "English"), ("zh-hans", "Chinese")]
NONSENSE = [
    "page=0",
    "page=-1",
    "page=x",
    "page=99999999999",
    "cols=nothing",
    "joined_from=tomorrow",
    "language=de",
    "x=y",
]
annotated: list[str] = []


def name_length(user: Any) -> dict[str, Any]:
    annotated.append("length")
    return {"length": Length("name")}


class PeopleFilter(ListFilterSet):
    q = SearchFilter(method="search", placeholder="Name")
    language = django_filters.MultipleChoiceFilter(
        choices=[("en", "English"), ("zh-hans", "Chinese")], label="Language"
    )
    joined_from = DateFilter(field_name="date_joined", lookup_expr="date__gte", label="Joined from")
    active = YesNoFilter(field_name="is_active", label="Active")

    def search(self, queryset: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return queryset.filter(name__icontains=value)


class PeopleList(ListView):
    key = "test-people"
    title = "People"
    permission = None
    model = User
    filterset_class = PeopleFilter
    default_order = ("username",)
    total_group = ""
    columns: ClassVar = (
        Column("username", "User name", url=lambda user: f"/people/{user.pk}/", order_by="username"),
        Column("team", "Team", value="team.name_en", related=("team",)),
        Column("state", "State", "badge", value=lambda user: Badge("Here", "success")),
        Column("date_joined", "Joined", "date", order_by="date_joined"),
        Column("pk", "Number", "number", order_by="pk", total="pk"),
        Column(
            "length",
            "Length",
            "number",
            annotate=name_length,
            order_by="length",
            total=True,
            default=False,
            filters=lambda: {"longer": django_filters.NumberFilter("length", "gt", label="Longer than")},
        ),
        Column("secret", "Secret", permission="accounts.no_such", value="email"),
    )
    presets = (Preset("all", "All"), Preset("english", "English only", "language=en"))
    bulk_actions = (Action("do", "Do it", "home:my_day"),)
    empty = Empty("No people yet", "Invite somebody.")

    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[User]:
        return User.objects.exclude(username__startswith="hidden")

    @classmethod
    def row_url(cls, row: User) -> str:
        return f"/people/{row.pk}/"


urlpatterns = [path("people/", PeopleList.as_view(), name="people"), *product_urls]


@pytest.fixture(autouse=True)
def with_test_urls(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.crm.test_lists"
    annotated.clear()


@pytest.fixture
def people(alice: User) -> list[User]:
    return make_people(3)


def make_people(count: int) -> list[User]:
    return User.objects.bulk_create(
        User(username=f"p{number:04}", name=f"Person {number}", language="en" if number % 2 else "zh-hans")
        for number in range(count)
    )


def names(html: str) -> list[str]:
    return re.findall(r'<a href="/people/\d+/">([^<]+)</a>', html)


def test_sort_both_ways_and_ignore_what_cannot_be_sorted(as_alice: Client, people: list[User]) -> None:
    assert names(as_alice.get("/people/").content.decode()) == ["alice", "p0000", "p0001", "p0002"]
    assert names(as_alice.get("/people/?sort=-username").content.decode()) == ["p0002", "p0001", "p0000", "alice"]
    for unknown in ("password", "-secret", "team", "username;drop", "--username", "-", "length__x"):
        answer = as_alice.get("/people/", {"sort": unknown})
        assert names(answer.content.decode()) == ["alice", "p0000", "p0001", "p0002"], unknown
    assert 'aria-sort="descending"' in as_alice.get("/people/?sort=-username").content.decode()


@pytest.mark.repeats
@pytest.mark.parametrize("query", NONSENSE)
def test_parameters_that_make_no_sense_do_no_harm(as_alice: Client, people: list[User], query: str) -> None:
    assert as_alice.get(f"/people/?{query}").status_code == 200


def test_chips_name_the_filters_and_take_away_one_each(as_alice: Client, people: list[User]) -> None:
    html = as_alice.get("/people/?q=person&language=en&language=zh-hans&active=true&page=1").content.decode()
    chips = re.findall(r'<span class="chip-label">([^<]+)</span> ([^<]+)<a class="chip-off" href="\?([^"]*)"', html)
    assert [(label, value) for label, value, _query in chips] == [
        ("Search", "person"),
        ("Language", "English"),
        ("Language", "Chinese"),
        ("Active", "Yes"),
    ]
    without_english = QueryDict(chips[1][2].replace("&amp;", "&"))
    assert without_english.getlist("language") == ["zh-hans"]
    assert without_english["q"] == "person"
    assert "language" not in QueryDict(chips[3][2].replace("&amp;", "&")) or "active" not in chips[3][2]


def test_filters_filter_and_an_empty_result_says_why(as_alice: Client, people: list[User]) -> None:
    assert names(as_alice.get("/people/?language=zh-hans").content.decode()) == ["p0000", "p0002"]
    assert names(as_alice.get("/people/?active=false").content.decode()) == []
    html = as_alice.get("/people/?q=nobody").content.decode()
    assert "Nothing matches these filters" in html


def test_a_list_without_records_says_what_to_do(as_alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PeopleList, "base_queryset", classmethod(lambda cls, user: User.objects.none()))
    html = as_alice.get("/people/").content.decode()
    assert "No people yet" in html
    assert "Invite somebody." in html


def test_what_a_user_may_not_see_is_nowhere(as_alice: Client, people: list[User], alice: User) -> None:
    User.objects.create(username="hidden-one", name="Hidden")
    assert "hidden-one" not in as_alice.get("/people/").content.decode()
    assert "hidden-one" not in [user.username for user in PeopleList.get_queryset_for(alice, "")]
    assert [row.username for rows in PeopleList.selection(alice, "").chunks(2) for row in rows] == [
        "alice",
        "p0000",
        "p0001",
        "p0002",
    ]
    total = sum(User.objects.exclude(username="hidden-one").values_list("pk", flat=True))
    assert f"{total:,}" in as_alice.get("/people/?part=totals").content.decode()


def test_a_column_without_permission_does_not_exist(as_alice: Client, people: list[User]) -> None:
    assert "Secret" not in as_alice.get("/people/?cols=username,secret").content.decode()
    assert "Secret" not in as_alice.get("/people/").content.decode()


def test_annotations_are_applied_only_where_needed(as_alice: Client, people: list[User]) -> None:
    as_alice.get("/people/")
    assert annotated == []
    as_alice.get("/people/?cols=username,length")
    assert annotated != []
    assert names(as_alice.get("/people/?sort=-length").content.decode())[0].startswith("p")
    assert names(as_alice.get("/people/?longer=7").content.decode()) == ["p0000", "p0001", "p0002"]
    total = sum(len(user.name) for user in User.objects.all())
    assert f">{total}<" in as_alice.get("/people/?cols=username,length&part=totals").content.decode()


def test_chosen_columns_are_remembered_and_can_be_forgotten(as_alice: Client, people: list[User], alice: User) -> None:
    htmx = {"HX-Request": "true", "HX-Target": "list", "HX-Current-URL": "http://testserver/people/?q=person"}
    html = as_alice.post("/people/", {"do": "columns", "columns": ["username", "length", "secret"]}, headers=htmx)
    assert "Length" in html.content.decode()
    assert names(html.content.decode()) == ["p0000", "p0001", "p0002"]  # the filter of the page stays
    assert "Joined</a>" not in as_alice.get("/people/").content.decode()
    as_alice.post("/people/", {"do": "columns"}, headers=htmx)
    alice.refresh_from_db()
    assert alice.list_columns == {}


def test_a_view_is_kept_shown_and_forgotten(as_alice: Client, people: list[User], alice: User) -> None:
    htmx = {
        "HX-Request": "true",
        "HX-Target": "list",
        "HX-Current-URL": "http://testserver/people/?language=en&page=2&q=",
    }
    as_alice.post("/people/", {"do": "keep", "name": "Mine <b>"}, headers=htmx)
    alice.refresh_from_db()
    assert alice.list_views == {"test-people": [{"name": "Mine <b>", "query": "language=en"}]}
    assert "Mine &lt;b&gt;" in as_alice.get("/people/").content.decode()
    as_alice.post("/people/", {"do": "forget", "name": "Mine <b>"}, headers=htmx)
    alice.refresh_from_db()
    assert alice.list_views == {"test-people": []}


def test_htmx_gets_the_part_it_asked_for_and_a_clean_address(as_alice: Client, people: list[User]) -> None:
    answer = as_alice.get("/people/?q=&language=en&page=1", headers={"HX-Request": "true", "HX-Target": "list-results"})
    assert "<html" not in answer.content.decode()
    assert 'id="filter-form"' not in answer.content.decode()
    assert answer["HX-Push-Url"] == "/people/?language=en"
    assert "HX-Target" in answer["Vary"]


def test_pages_follow_each_other_without_gaps(as_alice: Client, alice: User) -> None:
    make_people(120)
    seen: list[str] = []
    for page in (1, 2, 3):
        html = as_alice.get(f"/people/?page={page}&sort=date_joined").content.decode()
        seen += names(html)
    assert len(seen) == len(set(seen)) == 121
    assert "101–121 of 121" in html
    assert "This page does not exist any more" in as_alice.get("/people/?page=4").content.decode()


def test_bulk_picks_ticked_rows_or_all_that_are_filtered_and_nothing_hidden(people: list[User], alice: User) -> None:
    hidden = User.objects.create(username="hidden-one", name="Hidden")
    data = QueryDict(mutable=True)
    data.setlist("ids", [str(people[0].pk), str(hidden.pk)])
    assert [user.username for user in PeopleList.picked(alice, data)] == ["p0000"]
    everything = QueryDict("all=1&query=language%3Dzh-hans")
    assert [user.username for user in PeopleList.picked(alice, everything)] == ["p0000", "p0002"]


def test_bulk_refuses_ids_that_are_none(people: list[User], alice: User) -> None:
    from django.core.exceptions import BadRequest

    with pytest.raises(BadRequest):
        PeopleList.picked(alice, QueryDict("ids=1;drop"))
    for ids in ("1.x", ".2", "1.2.3", "²"):
        with pytest.raises(BadRequest):
            PeopleList.ticked(QueryDict(f"ids={ids}"))


def test_rows_of_a_list_with_editions_post_the_edition_they_show(
    people: list[User], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = people[0]
    assert (PeopleList.tick_of(person), PeopleList.ticked(QueryDict("ids=7&ids=7.3"))) == (str(person.pk), {7: 3})
    monkeypatch.setattr(PeopleList, "edition", "saved_times")
    person.saved_times = 4  # type: ignore[attr-defined]
    tick = PeopleList.tick_of(person)
    assert (tick, PeopleList.ticked(QueryDict(f"ids={tick}"))) == (f"{person.pk}.4", {person.pk: 4})
    assert [user.pk for user in PeopleList.picked(alice, QueryDict(f"ids={tick}"))] == [person.pk]


@pytest.mark.thorough
def test_the_number_of_queries_does_not_grow_with_the_rows(as_alice: Client, alice: User) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for more in (60, 440):
        User.objects.bulk_create(
            User(username=f"q{more}-{number}", name="Q", team=alice.team) for number in range(more)
        )
        as_alice.get("/people/")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert len(names(as_alice.get("/people/").content.decode())) == 50
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= 6
