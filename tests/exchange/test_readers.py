"""Files are read by what they contain; what must not be opened is refused with its reason."""

import datetime as dt
import io
import zipfile

import pytest

from crm.exchange import errors
from crm.exchange.readers import open_sheet
from tests.exchange.files import (
    HEADS,
    ROW,
    csv_file,
    ole_container,
    rewritten,
    sheet_xml,
    understated,
    with_sheet,
    workbook,
)

WORDS = ["customernumber", "customername", "invoicenumber", "客户编号", "发票号码"]


def refused(file: io.BytesIO, error: type[errors.FileRefused]) -> None:
    with pytest.raises(errors.FileRefused) as found:
        list(open_sheet(file, words=WORDS).lines())
    assert type(found.value) is error
    assert str(found.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encoding_and_separator_are_found_out(encoding: str, separator: str) -> None:
    rows = [["客户编号", "客户名称", "发票号码"], *[["C1", f"上海示例有限公司{n}", f"A-{n}"] for n in range(20)]]
    sheet = open_sheet(csv_file(rows, encoding=encoding, separator=separator), words=WORDS)
    lines = list(sheet.lines())
    assert sheet.heads == rows[0]
    assert [line.cells for line in lines] == rows[1:]
    assert (sheet.separator, lines[0].number) == (separator, 2)


def test_bytes_that_are_no_text_are_refused() -> None:
    refused(io.BytesIO(b"a,b\n" + b"\xff\xfe\xfa\x80\x81" * 30), errors.EncodingUnknown)


def test_an_open_quotation_mark_is_refused_with_its_line() -> None:
    text = "a,b\n1,2\n" + '"never closed,' + "x" * 40_000
    refused(io.BytesIO(text.encode()), errors.BrokenText)


@pytest.mark.parametrize(
    "start", [b"%PDF-1.7 ", b"\x89PNG\r\n", b"<html><table><tr><td>1", b"\x1f\x8b\x08\x00", b"MZ\x90\x00"]
)
def test_the_content_counts_not_the_name(start: bytes) -> None:
    refused(io.BytesIO(start + b" " * 100), errors.FileUnknown)


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    refused(file, errors.FileUnknown)


def test_old_protected_cut_and_empty_workbooks_are_refused_each_with_its_reason() -> None:
    refused(ole_container("Workbook"), errors.OldWorkbook)
    refused(ole_container("EncryptedPackage"), errors.PasswordProtected)
    whole = workbook([HEADS, ROW]).getvalue()
    refused(io.BytesIO(whole[: len(whole) // 2]), errors.FileBroken)
    damaged = bytearray(whole)
    damaged[whole.find(b"xl/worksheets/sheet1.xml") + 40] ^= 0xFF
    damaged[whole.find(b"xl/worksheets/sheet1.xml") + 45] ^= 0xFF
    with pytest.raises(errors.FileRefused):
        list(open_sheet(io.BytesIO(bytes(damaged)), words=WORDS).lines())
    refused(io.BytesIO(b""), errors.FileEmpty)
    refused(workbook([]), errors.NoRows)


def test_a_zip_bomb_is_refused_by_its_directory(settings) -> None:
    settings.EXCHANGE_MAX_UNZIPPED_MB = 1
    bomb = rewritten(workbook([HEADS, ROW]), {"xl/media/picture.bin": b"0" * 2_000_000})
    refused(bomb, errors.ZipBomb)


def test_a_zip_bomb_that_lies_about_its_size_is_refused_too(settings) -> None:
    settings.EXCHANGE_MAX_UNZIPPED_MB = 1
    bomb = rewritten(workbook([HEADS, ROW]), {"xl/media/picture.bin": b"0" * 2_000_000})
    refused(understated(bomb, "xl/media/picture.bin", 10), errors.ZipBomb)


def test_too_many_entries_are_refused() -> None:
    many = {f"xl/media/{number}.bin": b"" for number in range(2_100)}
    refused(rewritten(workbook([HEADS, ROW]), many), errors.ZipBomb)


@pytest.mark.parametrize(
    ("far", "error"),
    [
        ("A1048576", errors.TooManyRows),
        ("XFD2", errors.TooManyColumns),
        ("xfd1048576", errors.TooManyRows),
        ("GR250000", errors.SheetTooLarge),
    ],
)
def test_a_lonely_cell_far_out_does_not_eat_the_memory(far: str, error: type[errors.FileRefused]) -> None:
    row = "".join(sign for sign in far if sign.isdigit())
    near = '<row r="1"><c r="A1"><v>1</v></c></row>'
    refused(with_sheet(f'{near}<row r="{row}"><c s="1" r = \'{far}\'><v>1</v></c></row>'), error)


def test_cells_without_an_address_far_down_are_seen_too() -> None:
    near = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>1</v></c></row>'
    refused(with_sheet(f'{near}<row r="1048576"><c><v>1</v></c></row>'), errors.TooManyRows)


def test_formatted_but_empty_cells_far_down_do_no_harm() -> None:
    cells = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Customer number</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>Customer name</t></is></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="1048576"><c r="A1048576" s="1"/></row>'
    )
    assert [line.number for line in open_sheet(with_sheet(cells), words=WORDS).lines()] == [2]


def test_errors_and_formulas_in_cells_are_told() -> None:
    cells = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Customer number</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>Customer name</t></is></c><c r="C1" t="inlineStr"><is><t>x</t></is></c></row>'
        '<row r="2"><c r="A2" t="e"><f>NA()</f><v>#N/A</v></c><c r="B2"><f>1+1</f><v>2</v></c>'
        '<c r="C2"><f>2</f></c></row>'
    )
    [line] = open_sheet(with_sheet(cells), words=WORDS).lines()
    found = {column: (issue.code, issue.value) for column, issue in line.issues}
    assert found == {0: ("cell_error", "#N/A"), 1: ("formula", ""), 2: ("formula_without_value", "")}
    assert line.cells[1] == 2.0


def test_the_head_is_found_below_titles_and_merged_cells() -> None:
    rows = [
        ["应收账款明细表", None, None, None],
        [None, None, None, None],
        ["客户", None, "发票", None],
        ["客户编号", "客户名称", "发票号码", "金额"],
        ["C1", "甲", "A-1", 1.5],
        [None, None, None, None],
        ["C2", "乙", "A-2", 2.5],
    ]
    sheet = open_sheet(workbook(rows, merge=["A1:D1", "A3:B3", "C3:D3"]), words=WORDS)
    assert sheet.heads == ["客户编号", "客户名称", "发票号码", "金额"]
    assert [(line.number, line.cells[0]) for line in sheet.lines()] == [(5, "C1"), (7, "C2")]


def test_a_head_over_two_lines_is_read_as_one() -> None:
    rows = [["客户编号", "本月", None, None], [None, "金额", "数量", None], ["C1", 5, 6, None]]
    sheet = open_sheet(workbook(rows, merge=["A1:A2", "B1:C1"]), words=WORDS)
    assert sheet.heads == ["客户编号", "金额", "数量"]
    assert [line.cells for line in sheet.lines()] == [["C1", 5.0, 6.0]]


def test_merged_cells_among_the_rows_are_told_not_filled() -> None:
    rows = [HEADS[:3], ["C1", "Example", "A-1"], [None, None, "A-2"]]
    first, second = open_sheet(workbook(rows, merge=["A2:A3"]), words=WORDS).lines()
    assert not first.issues
    assert [(column, issue.code) for column, issue in second.issues] == [(0, "merged_cell")]
    assert second.cells[0] is None


def test_cells_of_a_workbook_keep_their_kind() -> None:
    day = dt.date(2026, 11, 22)
    rows = [HEADS[:3], [1930571429.0, day, "  "], ["x", dt.datetime(2026, 11, 22, 8, 30), True]]
    first, second = open_sheet(workbook(rows), words=WORDS).lines()
    assert first.cells == [1930571429.0, day, None]
    assert second.cells[1:] == [dt.datetime(2026, 11, 22, 8, 30), True]


def test_lines_with_too_many_cells_are_told() -> None:
    file = io.BytesIO(b"Customer number,Customer name\nC1,Example, Ltd,x\nC2,Example,,\n")
    first, second = open_sheet(file, words=WORDS).lines()
    assert (first.extra, second.extra) == (2, 0)


def test_equal_heads_are_told_apart() -> None:
    sheet = open_sheet(csv_file([["Customer number", "Amount", "Amount"], ["1", "2", "3"]]), words=WORDS)
    assert sheet.heads == ["Customer number", "Amount", "Amount (2)"]


def test_the_first_sheet_with_rows_is_read_and_another_can_be_named() -> None:
    file = workbook([HEADS, ROW], sheets=["Notes", "Data"])
    sheet = open_sheet(file, words=WORDS)
    assert (sheet.name, sheet.names) == ("Data", ["Notes", "Data"])
    with pytest.raises(errors.SheetUnknown):
        open_sheet(file, sheet="Other", words=WORDS)


def test_more_rows_than_allowed_are_refused(settings) -> None:
    settings.EXCHANGE_MAX_ROWS = 3
    refused(csv_file([HEADS, *[ROW] * 4]), errors.TooManyRows)
    many = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 40))
    refused(rewritten(workbook([["x"]]), {"xl/worksheets/sheet1.xml": sheet_xml(many)}), errors.TooManyRows)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('number,name,notes\nQ1,ABC Ltd,"hello\nQ2,DEF,0575\nQ3,GHI,1', 2),
        ('number,name,notes\nQ0,XYZ,1\nQ1,ABC Ltd,"hello\nQ2,DEF,0575\n', 3),
        ('"number","name","notes"\n"Q1","ABC Ltd","hello\n"Q2","DEF","0575"\n', 2),
        ('number,name\nQ1,ABC\nQ2,"', 3),
    ],
)
def test_a_quotation_mark_never_closed_takes_no_row_in(text: str, line: int) -> None:
    with pytest.raises(errors.BrokenText) as found:
        list(open_sheet(io.BytesIO(text.encode()), words=["number", "name"]).lines())
    assert found.value.params["line"] == line


def test_quotation_marks_that_are_closed_hold_line_ends_and_doubled_marks() -> None:
    text = 'number,name,notes\nQ1,"ABC ""one"" Ltd","two\nlines"\nQ2,12" pipe,""'
    lines = list(open_sheet(io.BytesIO(text.encode()), words=["number", "name"]).lines())
    assert [line.cells for line in lines] == [["Q1", 'ABC "one" Ltd', "two\nlines"], ["Q2", '12" pipe', None]]


def test_a_chosen_encoding_is_taken_or_refused() -> None:
    file = csv_file([["Customer number", "Customer name"], ["C1", "Müller & Söhne"]], encoding="cp1252")
    assert [line.cells[1] for line in open_sheet(file, words=WORDS, encoding="cp1252").lines()] == ["Müller & Söhne"]
    with pytest.raises(errors.EncodingUnknown):
        open_sheet(file, words=WORDS, encoding="utf-8-sig")
