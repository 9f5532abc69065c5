"""Ageing against a second computation, on random histories: every date, grouping, currency and cell."""

import datetime as dt
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Sum
from django.test import TestCase

from credit.models import CreditAccount
from receivables.selectors import ageing
from receivables.selectors.ageing import (
    AgeingLine,
    AgeingQuery,
    ageing_lines,
    ageing_page,
    document_chunks,
    open_documents,
)
from receivables.selectors.groupings import GROUPINGS
from tests.receivables.ageing.history import BOUNDS, build_history, documents_at, expected

SEED = 20261122


def figures(lines: list[AgeingLine]) -> dict[tuple[str, str, str], int]:
    """Cents by (group key, currency, cell), as the independent computation gives them."""
    found = {}
    for line in lines:
        cells = {**{f"b{index}": amount for index, amount in enumerate(line.amounts)}, "unallocated": line.unallocated}
        found |= {(line.key, line.currency, cell): int(amount * 100) for cell, amount in cells.items() if amount}
    return found


@pytest.mark.thorough
class Figures(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.history = build_history(SEED)
        cls.reader = cls.history.world.user("fiona")

    def query(self, **more: Any) -> AgeingQuery:
        today = self.history.today
        return AgeingQuery(**{"user": self.reader, "as_at": today, "today": today, "bounds": BOUNDS, **more})

    def dates(self) -> list[dt.date]:
        return [self.history.today - dt.timedelta(days=days) for days in (0, 1, 30, 91, 200, 400, 700, 900)]

    def test_everything_happened(self) -> None:
        """The history is worth aging: each kind of event occurred, and `verify` finds nothing."""
        rare = {
            name: self.history.happened.get(name, 0)
            for name in ("undo", "reverse_bill", "reverse_money", "clear", "bounce")
        }
        assert all(rare.values()), rare
        assert self.history.happened["bill"] > 40
        call_command("verify")

    def test_every_date_grouping_and_currency(self) -> None:
        for as_at in self.dates():
            for group in GROUPINGS:
                for basis in ("base", "document"):
                    with self.subTest(as_at=as_at, group=group, basis=basis):
                        page = ageing_page(self.query(as_at=as_at, group=group, basis=basis))
                        assert figures(list(page.lines)) == expected(as_at, group, basis)

    def test_by_invoice_date(self) -> None:
        for as_at in self.dates()[:4]:
            page = ageing_page(self.query(as_at=as_at, by="invoice"))
            assert figures(list(page.lines)) == expected(as_at, "customer", "base", by="invoice")

    def test_both_directions_agree(self) -> None:
        """Undoing what came later and adding up what came before give the same; which one is taken is about speed."""
        for as_at in self.dates():
            found = []
            for back in (True, False):
                with replaced(ageing, "looks_back", lambda *args, back=back: back):
                    page = ageing_page(self.query(as_at=as_at, basis="document"))
                    documents = open_documents(self.query(as_at=as_at), "total", limit=None)
                found.append((figures(list(page.lines)), page.totals, documents))
            assert found[0] == found[1]

    def test_groupings_add_up_to_the_same_totals(self) -> None:
        for basis in ("base", "document"):
            totals = []
            for group in GROUPINGS:
                page = ageing_page(self.query(group=group, basis=basis))
                for total in page.totals:
                    lines = [line for line in page.lines if line.currency == total.currency]
                    for index in range(len(BOUNDS) + 2):
                        assert total.amounts[index] == sum(line.amounts[index] for line in lines)
                    assert total.total == sum(line.total for line in lines)
                totals.append(sorted((line.currency, line.amounts, line.unallocated) for line in page.totals))
            assert all(found == totals[0] for found in totals)

    def test_today_equals_the_credit_accounts(self) -> None:
        (total,) = ageing_page(self.query()).totals
        sums = CreditAccount.objects.aggregate(receivable=Sum("receivable"), unallocated=Sum("unallocated"))
        assert (total.receivable, total.unallocated) == (sums["receivable"], sums["unallocated"])

    def test_every_cell_is_its_documents(self) -> None:
        """Each cell of each grouping, today and in the past, to the cent; in base and in document currencies."""
        cells = 0
        for as_at in (self.history.today, self.history.today - dt.timedelta(days=200)):
            for group in GROUPINGS:
                for basis in ("base", "document"):
                    page = ageing_page(self.query(as_at=as_at, group=group, basis=basis))
                    for line in page.lines:
                        query = self.query(
                            as_at=as_at,
                            group=group,
                            basis=basis,
                            key=line.key,
                            currency=line.currency if basis == "document" else "",
                        )
                        for cell, amount in self.cells_of(line):
                            found = open_documents(query, cell, limit=None)
                            total = found.base_total
                            if basis == "document":
                                total = sum((opened for opened, _base in found.totals.values()), ageing.ZERO)
                            assert total == amount, (as_at, group, basis, line.key, cell)
                            assert found.count == len(found.rows)
                            cells += bool(amount)
        assert cells > 200

    def cells_of(self, line: AgeingLine) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = [(f"b{index}", amount) for index, amount in enumerate(line.amounts)]
        return [*found, ("overdue", line.overdue), ("unallocated", -line.unallocated), ("total", line.total)]

    def test_documents_are_what_was_open(self) -> None:
        for as_at in self.dates():
            rows = open_documents(self.query(as_at=as_at), "total", limit=None).rows
            found = {(row.kind == "receipt", row.pk): int(abs(row.open_amount) * 100) for row in rows}
            second = documents_at(as_at)
            receipt = second["kind"].isna()
            wanted = dict(zip(zip(receipt, second["id"], strict=True), second["cents"], strict=True))
            assert found == {(bool(key[0]), int(key[1])): int(value) for key, value in wanted.items()}

    def test_only_overdue_leaves_out_the_rest(self) -> None:
        page = ageing_page(self.query(only_overdue=True))
        wanted = dict(expected(self.history.today, "customer", "base").items())
        wanted = {key: value for key, value in wanted.items() if key[2] not in ("b0", "unallocated")}
        assert figures(list(page.lines)) == wanted

    def test_filters(self) -> None:
        """Each filter leaves exactly what belongs to it."""
        alice, second = self.history.world.user("alice"), self.history.customers[1]
        every = documents_at(self.history.today)
        region = next(customer.region for customer in self.history.customers if customer.region_id)
        province = region.province_id or region.pk
        for more, kept in (
            ({"customer_id": second.pk}, every["customer_id"] == second.pk),
            ({"owner_id": alice.pk}, every["owner_id"] == alice.pk),
            ({"team_id": alice.team_id}, every["team_id"] == alice.team_id),
            ({"region": province}, every["province"] == province),
            ({"currency": "USD"}, every["currency"] == "USD"),
            (
                {"legal_entity_id": self.history.world.entity.pk},
                every["legal_entity_id"] == self.history.world.entity.pk,
            ),
        ):
            chosen = every[kept]
            wanted = int(chosen[chosen["cell"] != "unallocated"]["base"].sum())
            totals = ageing_page(self.query(**more)).totals
            assert len(chosen) > 0, more
            assert int(sum(line.receivable for line in totals) * 100) == wanted, more

    def test_sorting_and_pages(self) -> None:
        """Every order shows every group once; pages follow each other; exports read the same order."""
        for sort in ("name", "-name", "overdue", "-total", "b1", "-b6", "unallocated", "nonsense"):
            query = self.query(sort=sort)
            whole = [line.key for line in ageing_page(query).lines]
            paged = [line.key for start in range(0, 10, 2) for line in ageing_page(query, offset=start, limit=2).lines]
            assert paged == whole
            assert [line.key for line in ageing_lines(query, chunk=3)] == whole
            assert len(set(whole)) == ageing_page(query, limit=1).count
        amounts = [line.overdue for line in ageing_page(self.query(sort="-overdue")).lines]
        assert amounts == sorted(amounts, reverse=True)

    def test_chunks_are_the_page(self) -> None:
        rows = list(open_documents(self.query(), "total", limit=None).rows)
        assert [row for chunk in document_chunks(self.query(), "total", chunk=7) for row in chunk] == rows
        paged = [
            row
            for start in range(0, len(rows), 9)
            for row in open_documents(self.query(), "total", offset=start, limit=9).rows
        ]
        assert paged == rows


class replaced:  # noqa: N801 - reads as a statement
    """Put another function in a module's place for a while."""

    def __init__(self, module: Any, name: str, value: Any) -> None:
        self.module, self.name, self.value = module, name, value

    def __enter__(self) -> None:
        self.before = getattr(self.module, self.name)
        setattr(self.module, self.name, self.value)

    def __exit__(self, *args: object) -> None:
        setattr(self.module, self.name, self.before)
