"""Import of orders: rows become drafts of one order each, by the service of the form, whole or not at all."""

import io
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook

from contracts.errors import TooManyLines
from contracts.imports import orders
from contracts.models import CustomerDiscount, DiscountFloor, Order
from contracts.services.orders import LineInput, change_order, copy_order, draft_order
from crm.accounts import roles
from crm.core.errors import NotAllowed
from crm.exchange.errors import FaultyRows
from crm.exchange.models import Import, StagingRow
from crm.exchange.services import receive_file, start_apply, start_check
from crm.exchange.workbook import write_error_workbook
from crm.jobs.models import Run, RunState
from tests.exchange.conftest import StillBeat, work
from tests.exchange.files import csv_file, saved
from tests.exchange.test_races import elsewhere
from tests.factories import make_customer, make_user
from tests.orders.making import TODAY, Shop, make_product

pytestmark = pytest.mark.django_db
D = Decimal
# Discounts as cells of a workbook: the value, and the format it is shown in.
GIVEN = [
    (0.05, "General"), ("0.05", "@"), (5, "General"), ("0.5%", "@"), (0.05, "0%"), (1, "0%"), (0.005, "0.00%"),
    (0.125, '[Red]0.0"of"%'), (1, '0"%"'),
]  # fmt: skip
HEADS = ["Customer number", "PO number", "Product code", "Qty", "Discount", "Contract", "Wanted on"]


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.jobs.worker.Beat", StillBeat)


class Desk:
    """Brings files of orders in for somebody."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.seal = shop, make_product("10.00", code="SEAL").code
        self.code, self.bearing = shop.customer.code, shop.product.code

    def row(self, reference: str = "PO-1", **cells: str) -> list[str]:
        values = {
            "Customer number": self.code,
            "PO number": reference,
            "Product code": self.bearing,
            "Qty": "10",
            "Discount": "",
            "Contract": self.shop.contract.number,
            "Wanted on": "",
            **cells,
        }
        return [values[head] for head in HEADS]

    def bring(self, *rows: list[str], actor: Any = None, heads: list[str] = HEADS, **options: str) -> Import:
        """The file, read and compared."""
        return self.bring_file(csv_file([heads, *rows]), actor=actor, heads=heads, **options)

    def bring_file(self, file: io.BytesIO, *, actor: Any = None, heads: list[str] = HEADS, **options: str) -> Import:
        actor = actor or self.shop.alice
        found = receive_file(actor=actor, kind="orders", file=file, file_name="orders.csv", today=TODAY)
        assert set(found.mapping.values()) == set(heads)
        run = start_check(actor=actor, import_id=found.pk, mapping=found.mapping, options={**found.options, **options})
        work(run)
        return Import.objects.get(pk=found.pk)

    def put(self, found: Import, **options: Any) -> Import:
        work(start_apply(actor=found.created_by, import_id=found.pk, **options))
        return Import.objects.select_related("apply_run").get(pk=found.pk)


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop)


def codes(found: Import) -> dict[int, list[str]]:
    rows = StagingRow.objects.filter(import_id=found.pk).order_by("number")
    return {row.number: [issue.code for issue in row.found] for row in rows if row.found}


def counts(found: Import) -> tuple[int, ...]:
    return tuple(found.counts[key] for key in ("new", "unchanged", "faulty"))


def test_rows_with_one_reference_become_one_draft_and_a_second_upload_drafts_nothing(desk: Desk) -> None:
    rows = [
        desk.row(**{"Discount": "5%", "Wanted on": "2026-04-15"}),
        desk.row("PO-2", Qty="0.125"),
        desk.row(**{"Product code": "SEAL", "Qty": "1,200", "Contract": ""}),
    ]
    found = desk.bring(*rows)
    assert (counts(found), codes(found)) == ((3, 0, 0), {})
    assert not Order.objects.exists()

    done = desk.put(found)
    assert done.applied == {"orders_drafted": 2}
    first, second = Order.objects.order_by("pk")
    assert (first.state, first.reference, first.contract, first.payment) == (
        "draft", "PO-1", desk.shop.contract, "credit",
    )  # fmt: skip
    assert (first.created_by, first.owner, str(first.wanted_on)) == (desk.shop.alice, desk.shop.alice, "2026-04-15")
    assert [(line.product.code, line.quantity, line.discount) for line in first.lines.order_by("position")] == [
        (desk.bearing, D(10), D(5)),
        ("SEAL", D(1200), D(0)),
    ]
    assert second.lines.get().quantity == D("0.125")

    again = desk.bring(*rows)
    assert counts(again) == (0, 3, 0)
    assert Order.objects.count() == 2


def test_the_agreed_discount_counts_where_the_cell_is_empty(desk: Desk) -> None:
    CustomerDiscount.objects.create(
        customer=desk.shop.customer, percent=D(7), starts_on=TODAY, reason="large", agreed_by=desk.shop.company.greg
    )
    desk.put(desk.bring(desk.row(), desk.row(**{"Product code": "SEAL", "Discount": "0"})))
    assert [line.discount for line in Order.objects.get().lines.order_by("position")] == [D(7), D(0)]


def test_a_percent_cell_of_a_workbook_is_read_as_it_is_shown_and_a_bare_share_refused(desk: Desk) -> None:
    DiscountFloor.objects.update(percent=100)
    book = Workbook()
    sheet = book.active
    sheet.append(HEADS)
    for number, (discount, shown) in enumerate(GIVEN, 2):
        sheet.append(desk.row(f"PO-{number}"))
        sheet.cell(number, 5).value, sheet.cell(number, 5).number_format = discount, shown
    found = desk.bring_file(saved(book))
    assert codes(found) == {2: ["percent_unclear"], 3: ["percent_unclear"]}
    desk.put(found, leave_out_faulty=True)
    discounts = [order.lines.get().discount for order in Order.objects.order_by("pk")]
    assert discounts == [D(5), D("0.5"), D(5), D(100), D("0.5"), D("12.5"), D(1)]


def test_rows_of_one_product_become_lines_of_their_own_and_a_repeated_row_none(desk: Desk) -> None:
    rows = [desk.row(), desk.row(Qty="4"), desk.row(Qty="4", Discount="5")]
    found = desk.bring(*rows)
    assert (counts(found), codes(found)) == ((3, 0, 0), {3: ["order_product_again"], 4: ["order_product_again"]})
    desk.put(found)
    lines = Order.objects.get().lines.order_by("position")
    assert [(line.quantity, line.discount) for line in lines] == [(D(10), D(0)), (D(4), D(0)), (D(4), D(5))]
    assert counts(desk.bring(*rows)) == (0, 3, 0)
    assert counts(desk.bring(*reversed(rows))) == (0, 3, 0)
    more = desk.bring(*rows, desk.row(Discount="0"))
    assert codes(more) == {2: ["order_known_differs"]}, "the order has one line of ten"
    assert codes(desk.bring(desk.row("PO-2"), desk.row("PO-2"))) == {2: ["order_row_faulty"], 3: ["duplicate_in_file"]}


def test_a_dry_run_asks_no_more_of_many_orders_than_of_few(desk: Desk) -> None:
    def asked(orders: int) -> int:
        rows = []
        for number in range(orders):
            given = "50" if number % 2 else "5"  # every other order is refused
            rows += [desk.row(f"PO-{number}", Discount=given), desk.row(f"PO-{number}", **{"Product code": "SEAL"})]
        with CaptureQueriesContext(connection) as caught:
            found = desk.bring(*rows)
        assert counts(found) == (orders, 0, orders)
        return len(caught)

    asked(2)
    assert asked(20) == asked(2)


def test_each_fault_is_told_at_its_row_and_keeps_its_whole_order_out(desk: Desk) -> None:
    make_customer(code="THEIRS")  # nobody's of alice
    old = make_product(code="OLD", is_active=False)
    rows = [
        desk.row("PO-1", **{"Customer number": "THEIRS"}),
        desk.row("PO-2", **{"Product code": "NONE"}),
        desk.row("PO-2"),
        desk.row("PO-3", Qty="0"),
        desk.row("PO-3", **{"Product code": "SEAL"}),
        desk.row("PO-4", Contract="C2026-99999"),
        desk.row("PO-5", **{"Product code": old.code}),
        desk.row("PO-5", Discount="50"),
        desk.row("PO-5", **{"Product code": "SEAL"}),
        desk.row("PO-6", **{"Wanted on": "2026-01-01"}),
        desk.row("PO-7", **{"Wanted on": "2026-05-01"}),
        desk.row("PO-7", **{"Product code": "SEAL", "Wanted on": "2026-06-01"}),
        desk.row("PO-8", Contract=""),
        desk.row("PO-9"),
        desk.row("PO-9"),
        desk.row("PO-10", Qty="1.125"),
        desk.row("PO-11"),
    ]
    found = desk.bring(*rows)
    assert codes(found) == {
        2: ["no_such_customer"],
        3: ["no_such_product"],
        4: ["order_row_faulty"],
        5: ["quantity_zero"],
        6: ["order_row_faulty"],
        7: ["no_such_contract"],
        8: ["product_not_sold"],
        9: ["discount_too_high"],
        10: ["order_row_faulty"],
        11: ["wanted_too_early"],
        12: ["order_head_differs"],
        13: ["order_head_differs"],
        14: ["order_entity_missing"],
        15: ["order_row_faulty"],
        16: ["duplicate_in_file"],
        17: ["quantity_unclear"],
    }
    with pytest.raises(FaultyRows):
        desk.put(found)
    assert not Order.objects.exists()
    done = desk.put(found, leave_out_faulty=True)
    assert done.applied == {"orders_drafted": 1, "left_out": 16}
    assert [order.reference for order in Order.objects.all()] == ["PO-11"]
    kind: Any = found.import_kind
    for sentence in [issue.sentence for row in StagingRow.objects.filter(import_id=found.pk) for issue in row.found]:
        assert sentence.endswith(".")
        assert "%(" not in sentence
    with write_error_workbook(Import.objects.get(pk=found.pk), kind, lambda done, total: None) as file:
        assert file.read(2) == b"PK"


def test_an_order_of_more_lines_than_its_form_takes_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [desk.row(), desk.row(**{"Product code": "SEAL"})]
    monkeypatch.setattr("contracts.rules.orders.MOST_LINES", 1)
    found = desk.bring(*rows, desk.row("PO-2"))
    assert codes(found) == {2: ["too_many_lines"], 3: ["too_many_lines"]}
    assert desk.put(found, leave_out_faulty=True).applied["orders_drafted"] == 1
    with pytest.raises(TooManyLines):
        desk.shop.draft(lines=[LineInput(desk.shop.product.pk, D(1))] * 2)
    assert Order.objects.count() == 1


def test_a_known_reference_may_not_say_otherwise_and_nothing_is_drafted_twice(desk: Desk) -> None:
    """What became of the order since does not matter: cancelled, it is not drafted again."""
    order = desk.shop.draft("10", reference="PO-1")
    assert counts(desk.bring(desk.row())) == (0, 1, 0)
    found = desk.bring(
        desk.row(Qty="11"),
        desk.row(**{"Product code": "SEAL"}),
    )
    assert codes(found) == {2: ["order_known_differs"], 3: ["order_known_without"]}
    Order.objects.filter(pk=order.pk).update(reference="PO-0")
    checked = desk.bring(desk.row())
    desk.shop.draft("10", reference="PO-1")  # meanwhile somebody types it
    assert desk.put(checked).applied == {"orders_drafted": 0}
    assert Order.objects.filter(reference="PO-1").count() == 1


def test_whatever_a_row_says_otherwise_of_a_known_order_is_told(desk: Desk) -> None:
    order = desk.shop.draft("10", reference="PO-1", note="By noon")
    heads = [
        "Customer number",
        "PO number",
        "Product code",
        "Qty",
        "Currency",
        "Legal entity",
        "Date",
        "Note",
        "Order channel",
    ]
    row = [desk.code, "PO-1", desk.bearing, "10"]
    agreeing = ["CNY", desk.shop.company.entity.code, str(order.on), "By  noon", "书面"]
    assert counts(desk.bring([*row, *agreeing], heads=heads)) == (0, 1, 0)
    desk.bring([*row, "USD", "XX99", "2026-03-30", "By night", "电话"], heads=heads)
    issues = StagingRow.objects.latest("import_id").found
    assert {issue.code for issue in issues} == {"order_known_differs"}
    assert {issue.field: issue.value for issue in issues} == {
        "currency": "USD", "entity": "XX99", "on": "2026-03-30", "note": "By night", "channel": "phone",
    }  # fmt: skip


def test_a_payment_form_named_for_an_order_on_credit_makes_the_same_file_no_other(desk: Desk) -> None:
    heads, row = [*HEADS, "Payment form"], [*desk.row(), "transfer"]
    desk.put(desk.bring(row, heads=heads))
    assert Order.objects.get().instrument == ""
    assert counts(desk.bring(row, heads=heads)) == (0, 1, 0)


def test_a_copy_that_was_changed_makes_the_file_of_its_original_no_other(desk: Desk) -> None:
    order = desk.shop.draft("10", reference="PO-1")
    copy = copy_order(actor=desk.shop.alice, order_id=order.pk, on=TODAY)
    change_order(
        actor=desk.shop.alice,
        order_id=copy.pk,
        version=copy.version,
        lines=[LineInput(desk.shop.product.pk, D(12))],
        on=copy.on,
        contract_id=copy.contract_id,
        payment=copy.payment,
        reference=copy.reference,
    )
    assert counts(desk.bring(desk.row())) == (0, 1, 0)
    assert counts(desk.bring(desk.row(Qty="12"))) == (0, 1, 0)
    assert codes(desk.bring(desk.row(Qty="13"))) == {2: ["order_known_differs"]}


def test_without_a_contract_the_options_say_who_sells_and_the_row_how_it_is_paid(desk: Desk) -> None:
    heads = ["Customer number", "PO number", "Product code", "Qty", "结算方式", "Payment form"]
    row = [desk.code, "PO-1", desk.bearing, "10", "预付", "transfer"]
    found = desk.bring(row, heads=heads, legal_entity=desk.shop.company.entity.code)
    assert codes(found) == {}
    desk.put(found)
    order = Order.objects.get()
    assert (order.contract, order.payment, order.instrument, order.legal_entity) == (
        None, "prepaid", "transfer", desk.shop.company.entity,
    )  # fmt: skip


def test_who_may_not_draft_orders_imports_none(desk: Desk) -> None:
    fiona = make_user("imports", roles.ACCOUNTANT)
    with pytest.raises(NotAllowed):
        receive_file(actor=fiona, kind="orders", file=io.BytesIO(b"x"), file_name="x.csv", today=TODAY)
    found = receive_file(actor=None, kind="orders", file=csv_file([HEADS, desk.row()]), file_name="x.csv", today=TODAY)
    run = work(start_check(actor=None, import_id=found.pk, mapping=found.mapping, options=found.options))
    assert run.state == RunState.FAILED  # the system itself has no customers: an order is somebody's
    assert not Order.objects.exists()


class TestTwoAtOnce:
    """The same file, brought in twice and applied at the same time: each order is drafted once."""

    pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]

    @pytest.fixture(autouse=True)
    def alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("crm.jobs.services.announce", lambda: None)

    def apply_both(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, Run]:
        """The second is applied between the first one's comparison and its drafting."""
        first, second = (
            start_apply(actor=desk.shop.alice, import_id=found.pk)
            for found in [desk.bring(desk.row()), desk.bring(desk.row())]
        )

        def draft(**asked: Any) -> Order:
            monkeypatch.setattr(orders, "draft_order", draft_order)
            elsewhere(lambda: work(second))
            return draft_order(**asked)

        monkeypatch.setattr(orders, "draft_order", draft)
        work(first)
        second.refresh_from_db()
        return first, second

    def test_the_second_import_is_put_off(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second = self.apply_both(desk, monkeypatch)
        assert (first.state, second.state) == (RunState.DONE, RunState.WAITING)
        assert Order.objects.count() == 1
        assert counts(desk.bring(desk.row())) == (0, 1, 0)

    def test_a_dry_run_does_not_wait_for_an_import_that_is_applied(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        applied, looked_at = desk.bring(desk.row()), desk.bring(desk.row("PO-2"))
        again = start_check(
            actor=desk.shop.alice,
            import_id=looked_at.pk,
            mapping=looked_at.mapping,
            options=looked_at.options,
        )

        def draft(**asked: Any) -> Order:
            elsewhere(lambda: work(again))
            return draft_order(**asked)

        monkeypatch.setattr(orders, "draft_order", draft)
        desk.put(applied)
        again.refresh_from_db()
        assert again.state == RunState.DONE
        assert Order.objects.count() == 1

    def test_without_the_lock_the_order_is_drafted_twice(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(orders, "one_import_at_a_time", lambda: None)
        self.apply_both(desk, monkeypatch)
        assert Order.objects.count() == 2
