"""From a file to the books: dry run, apply, and applying again."""

import datetime as dt
import io
from decimal import Decimal

import pytest

from credit.models import CreditAccount
from crm.core.models import LegalEntity
from crm.core.registry import registry
from crm.exchange.errors import EncodingUnknown, FaultyRows, OptionInvalid
from crm.exchange.models import Import, StagingRow
from crm.exchange.services import choose_encoding, receive_file, start_check
from customers.models import Contact, Customer, ExternalRef
from receivables.models import Allocation, Invoice, Receipt
from receivables.services import close_period, reverse_invoice
from tests.exchange.conftest import TODAY
from tests.exchange.files import HEADS, ROW, csv_file, workbook
from tests.factories import make_account, make_customer, make_invoice

pytestmark = pytest.mark.django_db


def codes(found: Import) -> dict[int, list[str]]:
    rows = StagingRow.objects.filter(import_id=found.pk).order_by("number")
    return {row.number: [issue.code for issue in row.found] for row in rows if row.found}


def counts(found: Import) -> tuple[int, int, int, int]:
    new, changed, unchanged, faulty = (found.counts[key] for key in ("new", "changed", "unchanged", "faulty"))
    return new, changed, unchanged, faulty


def differences() -> list[object]:
    return [difference for verifier in registry.verifiers.values() for difference in verifier()]


def invoices_file(*rows: list[str]) -> io.BytesIO:
    return csv_file([HEADS, *rows])


def test_open_invoices_are_posted_and_a_second_import_changes_nothing(entity, bring, put) -> None:
    rows = [
        ["0007", "Example co", "A-1", "2026-03-01", "2026-03-31", "CNY", "100.00"],
        ["0007", "Example Ltd", "A-2", "2026-03-02", "2026-02-01", "CNY", "1,000.50"],
        ["0007", "Example Ltd", "A-3", "2026-03-03", "2026-03-31", "CNY", "(20.00)"],
        ["8", "Other", "A-4", "2026-03-03", "2026-03-31", "CNY", "5"],
    ]
    options = {"zeros": "strip", "create_customers": "1", "legal_entity": "E1"}
    found = bring("invoices", invoices_file(*rows), **options)
    assert counts(found) == (4, 0, 0, 0)
    assert found.counts["customers_to_create"] == 2
    assert found.counts["customers_with_several_names"] == 1
    assert codes(found) == {3: ["due_before_on"]}
    assert not Invoice.objects.exists()
    assert not Customer.objects.exists()

    done = put(found)
    assert done.applied == {"customers_created": 2, "invoices_posted": 4}
    assert done.apply_run.counts["differences"] == 0
    seven = Customer.objects.get(code="7")
    assert (seven.name, seven.other_names) == ("Example Ltd", "Example co")
    assert seven.owner is None
    note = Invoice.objects.get(number="A-3")
    assert (note.kind, note.amount) == ("credit_note", Decimal("20.00"))
    account = CreditAccount.objects.get(customer=seven)
    assert (account.receivable, account.unallocated) == (Decimal("1100.50"), Decimal("20.00"))
    assert differences() == []

    again = bring("invoices", invoices_file(*rows), **options)
    assert counts(again) == (0, 0, 4, 0)


def test_one_faulty_row_keeps_the_whole_file_out_unless_it_is_left_out_by_choice(entity, bring, put, anna) -> None:
    make_customer(code="C1")
    rows = [ROW, [*ROW[:2], "A-2", *ROW[3:6], "1.2.3"], [*ROW[:2], "A-3", *ROW[3:]]]
    found = bring("invoices", invoices_file(*rows), legal_entity="E1")
    assert counts(found) == (2, 0, 0, 1)
    with pytest.raises(FaultyRows):
        put(found)
    assert not Invoice.objects.exists()

    done = put(found, leave_out_faulty=True)
    assert done.leave_out_faulty
    assert done.applied == {"invoices_posted": 2, "left_out": 1}
    assert set(Invoice.objects.values_list("number", flat=True)) == {"A-1", "A-3"}


def test_what_is_faulty_is_told_row_by_row(entity, bring) -> None:
    customer = make_customer(code="C1")
    close_period(actor=None, legal_entity_id=entity.pk, closed_through=dt.date(2025, 12, 31), reason="year end")
    posted = make_invoice(customer, "100.00", number="P-1", on="2026-03-01", due_on="2026-03-31", entity=entity)
    gone = make_invoice(customer, "100.00", number="P-2", on="2026-03-01", due_on="2026-03-31", entity=entity)
    reverse_invoice(actor=None, invoice_id=gone.pk, on=dt.date(2026, 3, 5), reason="wrong")

    def row(**changes: str) -> list[str]:
        values = dict(zip(HEADS, ROW, strict=True)) | changes
        return list(values.values())

    rows = [
        row(**{"Customer number": "C9"}),
        row(**{"Invoice number": "A-2", "Currency": "ABC"}),
        row(**{"Invoice number": "A-3", "Currency": "CAD"}),
        row(**{"Invoice number": "A-4", "Amount": "0"}),
        row(**{"Invoice number": "A-5", "Invoice date": "2025-12-31"}),
        row(**{"Invoice number": "A-6"}),
        row(**{"Invoice number": "A-6", "Amount": "50"}),
        row(**{"Invoice number": ""}),
        row(**{"Invoice number": posted.number}),
        row(**{"Invoice number": "P-2"}),
    ]
    found = bring("invoices", invoices_file(*rows), legal_entity="E1")
    assert codes(found) == {
        2: ["no_such_customer"],
        3: ["currency_unknown"],
        4: ["rate_missing"],
        5: ["amount_zero"],
        6: ["period_closed"],
        8: ["duplicate_in_file"],
        9: ["required"],
        11: ["posted_and_reversed"],
    }
    assert counts(found) == (1, 0, 1, 8)


@pytest.mark.repeats
@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("Amount", "99.00", "posted_other_amount"),
        ("Currency", "USD", "posted_other_currency"),
        ("Invoice date", "2026-03-02", "posted_other_date"),
        ("Due date", "2026-04-01", "posted_other_due_date"),
        ("Customer number", "C2", "posted_other_customer"),
    ],
)
def test_a_posted_invoice_is_never_changed_by_a_file(entity, bring, field, value, code) -> None:
    customer = make_customer(code="C1")
    make_customer(code="C2")
    make_invoice(customer, "100.00", number="A-1", on="2026-03-01", due_on="2026-03-31", entity=entity)
    row = list((dict(zip(HEADS, ROW, strict=True)) | {field: value}).values())
    assert codes(bring("invoices", invoices_file(row), legal_entity="E1")) == {2: [code]}


def test_a_list_of_open_items_may_show_what_is_still_open(entity, bring) -> None:
    from tests.factories import make_receipt

    customer = make_customer(code="C1")
    invoice = make_invoice(customer, "250.00", number="A-1", on="2026-03-01", due_on="2026-03-31", entity=entity)
    make_receipt(customer, "150.00", on="2026-03-02", lines=[(invoice, "150.00")], entity=entity)
    assert counts(bring("invoices", invoices_file(ROW), legal_entity="E1")) == (0, 0, 1, 0)


def test_legal_entities_of_the_file_are_created_only_where_the_option_says_so(bring, put) -> None:
    make_customer(code="C1")
    file = csv_file([[*HEADS, "Company code"], [*ROW, "X9"]])
    assert codes(bring("invoices", file)) == {2: ["no_such_entity"]}
    file.seek(0)
    found = bring("invoices", file, create_entities="yes")
    assert found.counts["entities_to_create"] == 1
    assert not LegalEntity.objects.filter(code="X9").exists()
    put(found)
    assert Invoice.objects.get().legal_entity.code == "X9"


def test_paid_invoices_become_invoice_receipt_and_allocation_each_row_once(entity, bring, put) -> None:
    heads = ["cust_number", "due_date", "clear_date", "amount"]
    rows = [
        ["7", "2026-02-01", "2026-02-03", "10.00"],
        ["7", "2026-02-01", "2026-02-03", "10"],
        ["7", "2026-02-01", "2025-12-01", "30.00"],
    ]
    options = {"legal_entity": "E1", "create_customers": "1", "term_days": "30"}
    found = bring("paid_invoices", csv_file([heads, *rows]), **options)
    assert counts(found) == (3, 0, 0, 0)
    assert codes(found) == {3: ["repeated_row"]}
    assert found.counts["dates_estimated"] == 3
    put(found)
    first, second, early = Invoice.objects.order_by("pk")
    assert (first.on, first.on_estimated, first.open_amount) == (dt.date(2026, 1, 2), True, 0)
    assert first.number == second.number[:-1] + "1"
    assert early.on == dt.date(2025, 12, 1)
    assert Receipt.objects.count() == Allocation.objects.count() == 3
    assert Customer.objects.get(code="7").name == "7"
    assert differences() == []

    # The same rows, in another order and written otherwise, are the same documents.
    otherwise = ["7", "2026/2/1", "20260203", "10.0"]
    again = bring("paid_invoices", csv_file([heads, rows[2], rows[1], otherwise]), **options)
    assert counts(again) == (0, 0, 3, 0)


def test_a_paid_row_that_names_an_open_invoice_settles_it(entity, bring, put) -> None:
    customer = make_customer(code="C1")
    invoice = make_invoice(customer, "100.00", number="A-1", on="2026-03-01", due_on="2026-03-31", entity=entity)
    heads = ["Customer number", "Invoice number", "Due date", "Paid on", "Amount"]
    row = ["C1", "A-1", "2026-03-31", "2026-03-20", "100"]
    found = bring("paid_invoices", csv_file([heads, row]), legal_entity="E1")
    assert counts(found) == (0, 1, 0, 0)
    put(found)
    invoice.refresh_from_db()
    assert invoice.open_amount == 0
    assert Receipt.objects.get().on == dt.date(2026, 3, 20)
    assert differences() == []


def test_receipts_settle_the_invoices_they_name_as_far_as_these_are_open(entity, bring, put) -> None:
    customer = make_customer(code="C1")
    invoice = make_invoice(customer, "100.00", number="A-1", on="2026-03-01", due_on="2026-03-31", entity=entity)
    heads = ["Customer number", "Receipt number", "Value date", "Amount", "Payment method", "Invoice number"]
    rows = [
        ["C1", "R-1", "2026-03-10", "60", "银行转账", "A-1"],
        ["C1", "R-2", "2026-03-11", "60", "支票", "A-1"],
        ["C1", "R-3", "2026-02-01", "5", "cash", "A-1"],
        ["C1", "R-4", "2026-03-11", "5", "cash", "A-9"],
    ]
    found = bring("receipts", csv_file([heads, *rows]), legal_entity="E1")
    assert counts(found) == (4, 0, 0, 0)
    assert codes(found) == {3: ["invoice_covered"], 4: ["invoice_is_later"], 5: ["invoice_not_found"]}
    put(found)
    invoice.refresh_from_db()
    assert invoice.open_amount == 0
    opened = dict(Receipt.objects.values_list("number", "open_amount"))
    assert opened == {"R-1": 0, "R-2": Decimal("20.00"), "R-3": Decimal("5.00"), "R-4": Decimal("5.00")}
    assert differences() == []
    again = bring("receipts", csv_file([heads, *rows]), legal_entity="E1")
    assert counts(again) == (0, 0, 4, 0)


def test_a_payment_form_that_is_not_agreed_is_warned_of(entity, bring, put) -> None:
    make_account(make_customer(code="C1"), instruments=["transfer"])
    make_account(make_customer(code="C2"))
    heads = ["Customer number", "Receipt number", "Value date", "Amount", "Payment method"]
    rows = [
        ["C1", "R-1", "2026-03-10", "60", "支票"],
        ["C1", "R-2", "2026-03-10", "60", "wire"],
        ["C1", "R-3", "2026-03-10", "60", ""],
        ["C2", "R-4", "2026-03-10", "60", "支票"],
    ]
    found = bring("receipts", csv_file([heads, *rows]), legal_entity="E1")
    assert (counts(found), codes(found)) == ((4, 0, 0, 0), {2: ["instrument_not_agreed"]})
    put(found)
    assert Receipt.objects.get(number="R-1").instrument == "cheque"


def test_a_mistyped_identity_card_is_named_with_its_column(bring) -> None:
    heads = ["客户编号", "客户名称", "身份证号"]
    rows = [["C1", "王小明", "110105194912310020"], ["C2", "李华", "11010519491231002X"], ["C3", "Nguyen", "B1234567"]]
    found = bring("customers", csv_file([heads, *rows]))
    assert codes(found) == {2: ["identity_invalid"]}
    refused = StagingRow.objects.get(import_id=found.pk, number=2).found[0]
    assert refused.field == "identity_number"
    assert refused.sentence.startswith("The check digit of this resident identity card number is wrong")


def test_customers_are_created_and_brought_up_to_date(bring, put) -> None:
    known = make_customer("Old name", code="C1", phone="021-1")
    heads = ["客户编号", "客户名称", "电话", "统一社会信用代码", "邮箱"]
    rows = [
        ["C1", "New name", "", "", ""],
        ["C2", "第二公司", "010-2", "", "a@example.com"],
        ["C3", "第三公司", "", "123", ""],
        ["C4", "", "", "", "not-an-address"],
    ]
    found = bring("customers", csv_file([heads, *rows], encoding="gb18030"), source="sap")
    assert counts(found) == (1, 1, 0, 2)
    assert codes(found) == {4: ["uscc_invalid"], 5: ["not_an_email"]}
    refused = StagingRow.objects.get(import_id=found.pk, number=4).found[0]
    assert (refused.field, refused.value, found.mapping[refused.field]) == ("uscc", "123", "统一社会信用代码")
    put(found, leave_out_faulty=True)
    known.refresh_from_db()
    assert (known.name, known.phone) == ("New name", "021-1")
    second = Customer.objects.get(code="C2")
    assert second.email == "a@example.com"
    assert ExternalRef.objects.filter(customer=second, source="sap", key="C2").exists()
    again = bring("customers", csv_file([heads, *rows[:2]]), source="sap")
    assert counts(again) == (0, 0, 2, 0)


def test_contacts_are_found_again_by_mail_or_name(bring, put) -> None:
    customer = make_customer(code="C1")
    heads = ["Customer number", "Contact name", "E-mail", "Job title"]
    rows = [["C1", "Li Hua", "li@example.com", "Buyer"], ["C1", "Wang", "", ""], ["C9", "Nobody", "", ""]]
    found = bring("contacts", csv_file([heads, *rows]))
    assert counts(found) == (2, 0, 0, 1)
    put(found, leave_out_faulty=True)
    assert Contact.objects.filter(customer=customer).count() == 2
    changed = bring("contacts", csv_file([heads, ["C1", "Li Hua", "LI@example.com", "Head buyer"], rows[1]]))
    assert counts(changed) == (0, 1, 1, 0)


def test_a_workbook_with_every_trap_is_read_right(entity, bring, put) -> None:
    make_customer(code="200706844")
    rows = [
        ["应收账款明细", None, None, None, None, None, None],
        ["客户编号", "客户名称", "发票号码", "开票日期", "到期日", "币种", "金额"],
        [200706844.0, "甲", 1930571429.0, dt.date(2026, 3, 1), 46112, "人民币", 8734.709999999999],
        [None] * 7,
        ["0200706844", "甲  公司 ", "1930571430.0", "2026年3月1日", "20260331", "￥", "（１，２３４．５０）"],
    ]
    found = bring("invoices", workbook(rows, merge=["A1:G1"]), name="a.xlsx", zeros="strip", legal_entity="E1")
    assert counts(found) == (2, 0, 0, 0)
    put(found)
    posted = Invoice.objects.order_by("number").values_list("number", "kind", "amount", "due_on")
    assert list(posted) == [
        ("1930571429", "invoice", Decimal("8734.71"), dt.date(2026, 3, 31)),
        ("1930571430", "credit_note", Decimal("1234.50"), dt.date(2026, 3, 31)),
    ]


def test_odd_bytes_end_as_faulty_rows_never_as_a_broken_import(entity, bring) -> None:
    make_customer(code="C1")
    file = io.BytesIO(csv_file([HEADS, ROW]).getvalue() + b"C1,a\x00b,A-2,2026-03-01,2026-03-31,CNY,1\r\n")
    file.write(b"")
    found = bring("invoices", file, legal_entity="E1")
    assert codes(found) == {3: ["control_characters"]}
    row = StagingRow.objects.get(import_id=found.pk, number=3)
    assert row.cells[1] == "a\ufffdb"


def test_rare_characters_and_backslashes_come_through(entity, bring, put) -> None:
    name = "𠮷野家 \\u0000 \\N 😀（上海）"
    found = bring("invoices", invoices_file(["C7", name, *ROW[2:]]), legal_entity="E1", create_customers="1")
    assert StagingRow.objects.get(import_id=found.pk).cells[1] == name
    put(found)
    assert Customer.objects.get().name == name


def test_due_date_follows_from_the_term_of_row_option_or_account(entity, bring, put) -> None:
    from tests.factories import make_account

    make_account(make_customer(code="C1"), term_days=45)
    heads = ["Customer number", "Invoice number", "Invoice date", "Amount", "Terms"]
    rows = [["C1", "A-1", "2026-03-01", "10", "10"], ["C1", "A-2", "2026-03-01", "10", ""]]
    put(bring("invoices", csv_file([heads, *rows]), legal_entity="E1"))
    assert dict(Invoice.objects.values_list("number", "due_on")) == {
        "A-1": dt.date(2026, 3, 11),
        "A-2": dt.date(2026, 4, 15),
    }
    put(bring("invoices", csv_file([heads, ["C1", "A-3", "2026-03-01", "10", ""]]), legal_entity="E1", term_days="20"))
    assert Invoice.objects.get(number="A-3").due_on == dt.date(2026, 3, 21)


@pytest.mark.repeats
@pytest.mark.parametrize(
    ("on", "due_on", "found"),
    [
        ("2026-03-31", "2036-03-31", []),
        ("2026-04-01", "2026-04-30", ["day_to_come"]),
        ("2026-03-31", "2026-04-30", []),
        ("2000-01-01", "2000-02-01", []),
        ("2027-04-01", "2036-05-01", ["day_to_come", "day_too_late"]),
        ("2026-03-31", "2036-04-01", ["day_too_late"]),
        ("1999-12-31", "2026-03-31", ["day_too_early"]),
        ("1999-01-01", "1999-02-01", ["day_too_early", "day_too_early"]),
    ],
)
def test_a_day_that_only_a_mistyped_year_leads_to_is_faulty(
    entity, bring, on: str, due_on: str, found: list[str]
) -> None:
    make_customer(code="C1")
    brought = bring("invoices", invoices_file([*ROW[:3], on, due_on, *ROW[5:]]), legal_entity="E1")
    assert codes(brought) == ({2: found} if found else {})
    assert brought.counts["faulty"] == int(bool(found))


def test_receipts_and_payments_of_another_decade_are_faulty_too(entity, bring) -> None:
    make_customer(code="C1")
    heads = ["Customer number", "Value date", "Amount"]
    receipts = bring("receipts", csv_file([heads, ["C1", "2028-03-01", "5"]]), legal_entity="E1")
    assert codes(receipts) == {2: ["day_to_come"]}
    heads = ["Customer number", "Invoice number", "Due date", "Paid on", "Amount"]
    paid = bring("paid_invoices", csv_file([heads, ["C1", "A", "2026-03-01", "2028-03-01", "5"]]), legal_entity="E1")
    assert codes(paid) == {2: ["day_to_come"]}
    [issue] = StagingRow.objects.get(import_id=paid.pk).found
    assert (issue.field, issue.value) == ("paid_on", "2028-03-01")
    assert "nothing is posted in advance" in issue.sentence


GERMAN = [["Customer number", "Customer name"], ["C1", "Müller & Söhne"], ["C2", "Plain Ltd"], ["C3", "Große Straße"]]


def test_a_guessed_encoding_that_makes_nonsense_is_warned_of_and_another_one_can_be_chosen(bring, put, anna) -> None:
    found = bring("customers", csv_file(GERMAN, encoding="cp1252"))
    assert found.encoding == "gb18030"
    assert codes(found) == {2: ["encoding_doubtful"], 4: ["encoding_doubtful"]}
    assert (found.counts["warned"], found.causes) == (2, {"encoding_doubtful": 2})
    choose_encoding(actor=anna, import_id=found.pk, encoding="cp1252")
    again = bring("customers", csv_file(GERMAN, encoding="cp1252"), encoding="cp1252")
    assert (codes(again), again.encoding) == ({}, "cp1252")
    put(again)
    assert sorted(Customer.objects.values_list("name", flat=True)) == ["Große Straße", "Müller & Söhne", "Plain Ltd"]


def test_chinese_beside_latin_letters_is_no_nonsense(bring) -> None:
    names = ["上海ABC有限公司", "iPhone手机店", "甲公司", "A座 Ltd", "腾讯QQ"]
    rows = [["客户编号", "法定名称"], *[[f"C{place}", name] for place, name in enumerate(names)]]
    found = bring("customers", csv_file(rows, encoding="gb18030"))
    assert (found.encoding, codes(found)) == ("gb18030", {})
    again = bring("customers", csv_file(rows, encoding="gb18030"), encoding="gb18030")
    assert codes(again) == {}


def test_another_encoding_makes_other_heads(bring, anna) -> None:
    rows = [["Customer number", "Customer name", "Größe"], ["C1", "Müller", "small"]]
    file = csv_file(rows, encoding="cp1252")
    found = receive_file(actor=anna, kind="customers", file=file, file_name="a.csv", today=TODAY)
    assert "Größe" not in found.heads
    found = choose_encoding(actor=anna, import_id=found.pk, encoding="cp1252")
    assert (found.heads, found.options["encoding"]) == (rows[0], "cp1252")
    assert found.samples == [rows[1]]
    with pytest.raises(EncodingUnknown):
        choose_encoding(actor=anna, import_id=found.pk, encoding="utf-8-sig")
    with pytest.raises(OptionInvalid):
        choose_encoding(actor=anna, import_id=found.pk, encoding="latin1")
    found.refresh_from_db()
    assert (found.heads, found.options["encoding"]) == (rows[0], "cp1252")


def test_a_profile_keeps_the_encoding(anna, still) -> None:
    def receive(**named: str) -> Import:
        file = csv_file(GERMAN, encoding="cp1252")
        return receive_file(actor=anna, kind="customers", file=file, file_name="a.csv", today=TODAY, **named)

    found = receive(encoding="cp1252")
    start_check(
        actor=anna, import_id=found.pk, mapping=found.mapping, options=found.options, profile_name="German books"
    )
    second = receive()
    assert second.profile.name == "German books"
    assert (second.encoding, second.samples[0]) == ("cp1252", ["C1", "Müller & Söhne"])
    assert receive(encoding="gb18030").encoding == "gb18030"
