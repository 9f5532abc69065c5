"""The pages of ageing: who sees what, the same figures on paper and in workbooks, and no query more for more rows."""

import datetime as dt
import io
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from crm.jobs.models import Run, RunState
from crm.jobs.worker import work_off
from customers.services import create_customer
from receivables.books.ageing_export import AGEING_RUN
from receivables.models import AgeingScheme
from receivables.selectors.ageing import AgeingQuery, ageing_page, open_documents
from receivables.services import post_invoice
from tests.factories import give_grade
from tests.world import World, build_holding, build_world


class Pages(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.world: World = build_world()

    def get(self, user: str, name: str = "ageing", htmx: str = "", **params: Any) -> Any:
        client = self.client_of(user, params.pop("language", "en"))
        headers = {"hx-request": "true", "hx-target": htmx} if htmx else {}
        return client.get(reverse(f"receivables:{name}"), params, headers=headers)

    def post(self, user: str, name: str, **params: Any) -> Any:
        return self.client_of(user).post(f"{reverse(f'receivables:{name}')}?{urlencode(params)}")

    def client_of(self, user: str, language: str = "en") -> Client:
        client = Client(headers={"accept-language": "en"})
        found = self.world.user(user)
        found.language = language
        found.save(update_fields=["language"])
        client.force_login(found)
        return client

    def test_a_rep_sees_only_the_own_customers(self) -> None:
        for user, seen in (("alice", {"alice"}), ("mary", {"alice", "bob"}), ("fiona", {"alice", "bob", "charlie"})):
            html = self.get(user).content.decode()
            for holder, holding in self.world.holdings.items():
                assert (holding.customer.name in html) == (holder in seen), (user, holder)

    def test_totals_and_documents_are_those_of_the_visible_customers(self) -> None:
        total = ageing_page(self.query("alice")).totals[0]
        assert total.receivable == Decimal("14000.50")
        stranger = self.world.holdings["charlie"].customer.pk
        html = self.get("alice", "ageing_documents", key=stranger, cell="total").content.decode()
        assert "Nothing stands behind this cell" in html

    def test_who_sees_no_customer_sees_nothing(self) -> None:
        page = ageing_page(self.query("nobody"))
        assert (page.count, list(page.lines), list(page.totals)) == (0, [], [])

    def test_a_group_is_one_line_and_named_to_those_who_see_its_head(self) -> None:
        head, below = (self.world.holdings[name].customer for name in ("charlie", "alice"))
        type(head).objects.filter(pk=below.pk).update(parent=head)
        for user, name, members in (
            ("fiona", head.name, ("charlie", "alice")),
            ("alice", "A group you do not see", ("alice",)),
        ):
            query = self.query(user, group="company")
            line = next(line for line in ageing_page(query).lines if line.key == str(head.pk))
            alone = {found.key: found.total for found in ageing_page(self.query(user)).lines}
            assert str(line.label) == name
            assert line.total == sum(alone[str(self.world.holdings[member].customer.pk)] for member in members)
            inside = open_documents(replace(query, key=line.key), "total")
            assert inside.base_total == line.total
            assert name in self.get(user, group="company").content.decode()

    def test_grades_are_for_those_who_see_ratings(self) -> None:
        give_grade(self.world.holdings["alice"].customer, "BB", self.world.today)
        lines = {line.key: line for line in ageing_page(self.query("fiona", group="grade")).lines}
        assert set(lines) == {"BB", "none"}
        html = self.get("fiona", group="grade").content.decode()
        assert "Not rated" in html
        assert "key=BB" in html
        fiona = self.world.user("fiona")
        assert fiona.has_perm("credit.view_rating")
        with patch.object(type(fiona), "has_perm", lambda user, name, obj=None: name != "credit.view_rating"):
            html = self.get("fiona", group="grade").content.decode()
        assert 'value="grade"' not in html
        assert "key=BB" not in html

    def test_without_the_permission_it_is_403(self) -> None:
        for name in ("ageing", "ageing_documents"):
            assert self.get("nobody", name).status_code == 403
        for name in ("ageing_export", "ageing_documents_export"):
            assert self.post("nobody", name).status_code == 403

    def test_every_link_of_a_row_leads_to_its_figure(self) -> None:
        """Following each cell of the page shows documents that add up to the cell."""
        html = self.get("fiona").content.decode()
        cells = re.findall(r'href="(/receivables/ageing/documents/[^"]*)">([^<]*)</a></td>', html)
        assert len(cells) > 12
        client = Client()
        client.force_login(self.world.user("fiona"))
        for address, amount in cells:
            page = client.get(address.replace("&amp;", "&"))
            assert page.status_code == 200
            assert amount in page.content.decode().split("<tfoot>")[1], address

    def test_parts_for_htmx(self) -> None:
        whole = self.get("fiona", group="owner").content.decode()
        part = self.get("fiona", htmx="ageing-results", group="owner", as_at=self.world.today.isoformat())
        assert "<html" in whole
        assert part.content.decode().lstrip().startswith('<div id="ageing-results"')
        assert "group=owner" in part.headers["HX-Push-Url"]
        assert 'name="owner"' in self.get("fiona", part="filters").content.decode()

    def test_nonsense_in_the_address_is_left_out(self) -> None:
        response = self.get("fiona", as_at="0002-02-30", group="moon", scheme="x", sort="'", page="-3", owner="y")
        assert response.status_code == 200
        assert f"As at {self.world.today}" in response.content.decode()
        assert self.get("fiona", "ageing_documents", cell="b99").status_code == 404
        for group, key, status in (
            ("customer", "abc", 404),
            ("customer", "none", 404),
            ("entity", "1;drop", 404),
            ("team", "9" * 19, 404),
            ("currency", "US'", 404),
            ("owner", "9" * 18, 200),
            ("region", "zz", 200),
            ("team", "none", 200),
        ):
            response = self.get("fiona", "ageing_documents", group=group, key=key)
            assert response.status_code == status, (group, key)

    def test_filters_stand_as_chips_that_can_be_removed(self) -> None:
        alice = self.world.user("alice")
        html = self.get("fiona", owner=alice.pk, overdue="on").content.decode()
        assert f'<span class="chip-label">Owner</span> {alice.name}' in html
        assert 'href="?overdue=on"' in html
        assert self.world.holdings["alice"].customer.name in html
        assert self.world.holdings["bob"].customer.name not in html
        assert "Unallocated" not in html

    def test_another_scheme_makes_other_columns(self) -> None:
        scheme = AgeingScheme.objects.create(name_zh="周", name_en="Weeks", bounds=[7, 14])
        html = self.get("fiona", scheme=scheme.pk).content.decode()
        assert "8–14 d" in html
        assert "&gt; 14 d" in html

    def test_chinese_page(self) -> None:
        html = self.get("fiona", language="zh-hans").content.decode()
        assert 'lang="zh-Hans"' in html

    @pytest.mark.thorough
    def test_queries_do_not_grow_with_customers(self) -> None:
        before = self.queries()
        for index in range(4):
            build_holding(self.world, "alice", name=f"更多客户{index}有限公司", contact_name="陈")
        assert self.queries() == before
        assert before <= 25

    def queries(self) -> int:
        """Statements of the page and of the documents behind a cell, the larger of both; signing in does not count."""
        client = Client()
        client.force_login(self.world.user("fiona"))
        counts = []
        for address in (reverse("receivables:ageing"), reverse("receivables:ageing_documents") + "?cell=overdue"):
            client.get(address)
            with CaptureQueriesContext(connection) as found:
                client.get(address)
            counts.append(len(found))
        return max(counts)

    def query(self, user: str, **more: Any) -> AgeingQuery:
        today = self.world.today
        return AgeingQuery(self.world.user(user), today, today, (30, 60, 90, 180, 365), **more)

    def workbook(self, response: Any) -> list[tuple[Any, ...]]:
        book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
        return list(book.active.iter_rows(values_only=True))

    @pytest.mark.thorough
    def test_a_large_workbook_is_written_in_the_background_with_what_the_user_sees(self) -> None:
        with patch("receivables.views.ageing.AT_ONCE", 0):
            for name, asked in (("ageing_export", {}), ("ageing_documents_export", {"cell": "total"})):
                answer = self.post("alice", name, **asked)
                run = Run.objects.get(kind=AGEING_RUN, params__cell=asked.get("cell", ""))
                assert (answer.status_code, answer.headers["Location"]) == (302, run.get_absolute_url())
                work_off()
                run.refresh_from_db()
                assert (run.state, run.created_by) == (RunState.DONE, self.world.user("alice"))
                file = self.client_of("alice").get(reverse("jobs:result", args=[run.pk]))
                rows = [[str(value) for value in row] for row in self.workbook(file)]
                codes = {one: holding.customer.code for one, holding in self.world.holdings.items()}
                assert any(codes["alice"] in row for row in rows)
                assert not any(codes["charlie"] in row for row in rows)
                assert self.client_of("bob").get(reverse("jobs:result", args=[run.pk])).status_code == 404

    def test_the_workbook_has_the_figures_of_the_page(self) -> None:
        evil = create_customer(actor=None, today=self.world.today, name="=cmd|' /C calc'!A0", state="active")
        post_invoice(
            actor=None,
            legal_entity_id=self.world.entity.pk,
            customer_id=evil.pk,
            number="=1+1",
            on=self.world.today - dt.timedelta(days=40),
            currency="CNY",
            amount=Decimal("5.25"),
            term_days=0,
            settlement="rolling",
        )
        title, subtitle, _blank, heads, *rows, totals = self.workbook(self.post("fiona", "ageing_export"))
        assert title[0] == "Ageing"
        assert str(self.world.today) in subtitle[0]
        assert heads[:4] == ("Number", "Name", "Currency", "Not due")
        page = ageing_page(self.query("fiona"))
        assert [row[0] for row in rows] == [line.label.code for line in page.lines]
        for row, line in zip([*rows, totals], [*page.lines, *page.totals], strict=True):
            wanted = [*line.amounts, line.overdue, -line.unallocated, line.total]
            assert [Decimal(str(value)) for value in row[3:]] == wanted
        assert f"'{evil.name}" in [row[1] for row in rows]
        rows = self.workbook(self.post("fiona", "ageing_documents_export", key=evil.pk, cell="total"))[4:]
        assert rows[0][3] == "'=1+1"
        assert rows[0][11] == 5.25
        assert rows[-1][11] == 5.25
