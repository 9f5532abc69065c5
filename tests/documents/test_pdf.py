"""Documents as PDF: what is printed is text and nothing but text, and the same data give the same bytes."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from crm.documents import pdf, pdfs
from crm.documents import typesetting as module
from crm.documents.errors import DocumentFailed, FontsMissing
from tests.documents.sample import letter, letters


def made(data: dict[str, Any]) -> bytes:
    return pdf("letters", data, language="zh-hans")


def text_of(document: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(document)).pages)


@pytest.mark.parametrize(
    "name",
    [
        '#panic("stop")',
        '#eval("1 + 1")',
        "#include \"/etc/passwd\" #read('/etc/passwd')",
        "*bold* _it_ = head $x^2$ @ref <label> [a] ]] }} \\ // /* `raw",
        "<b>Bold & Co.</b><script>alert(1)</script>",
        "A\"B'C #data.number",
    ],
)
def test_markup_in_a_name_is_printed_as_it_stands(name: str) -> None:
    printed = text_of(made(letters(letter(name=name))))
    assert "".join(name.split()) in "".join(printed.split())


def test_every_text_of_a_letter_is_only_text() -> None:
    bad = '#panic("no") ]} $ *'
    data = letter(
        language="en",
        subject=bad,
        sender={"name": bad, "lines": [bad]},
        recipient={"name": bad, "lines": [bad]},
        facts=[[bad, bad]],
        body=f"{bad}\n\n{bad}",
        statement=[{"title": bad, "heads": [bad] * 6, "rows": [[bad] * 6], "foot": [[bad] * 6]}],
        bank={"title": bad, "text": bad},
        close=bad,
        signature=[bad],
    )
    document = made(letters(data))
    # The foot holds the sender's name: 33 places in all.
    assert "".join(text_of(document).split()).count('#panic("no")]}$*') == 33
    facts: Any = PdfReader(io.BytesIO(document)).metadata
    assert facts["/Title"] == bad


def test_the_same_data_give_the_same_bytes_and_other_data_others() -> None:
    assert made(letters(letter(1))) == made(letters(letter(1)))
    assert made(letters(letter(1))) != made(letters(letter(2)))


def test_pages_are_numbered_in_the_language_of_the_document_and_heads_of_tables_repeat() -> None:
    chinese = PdfReader(io.BytesIO(made(letters(letter(lines=70))))).pages
    assert len(chinese) == 3
    for number, page in enumerate(chinese, start=1):
        assert f"第{number}页，共3页" in "".join(page.extract_text().split())
    assert all("逾期天数" in page.extract_text() for page in chinese[:2])
    english = PdfReader(io.BytesIO(made(letters(letter(lines=70, language="en"))))).pages
    assert "Page 2 of 3" in english[1].extract_text()


def test_only_the_font_of_the_house_is_used_and_it_has_rare_characters() -> None:
    rare = "堃喆昇淼㵘镕玥垚龑"
    reader = PdfReader(io.BytesIO(made(letters(letter(name=f"{rare}有限公司")))))
    assert rare in reader.pages[0].extract_text()
    page: Any = reader.pages[0]
    fonts = {font.get_object()["/BaseFont"] for font in page["/Resources"]["/Font"].values()}
    assert {name.partition("+")[2] for name in fonts} == {"NotoSansSC-Regular", "NotoSansSC-Bold"}


def test_many_documents_come_in_their_order_and_as_if_made_one_by_one() -> None:
    each = [letters(letter(number)) for number in range(1, 7)]
    assert list(pdfs("letters", ((data, "zh-hans") for data in each))) == [made(data) for data in each]


def test_letters_in_one_file_are_numbered_each_from_its_first_page() -> None:
    data = letters(letter(1, lines=70), letter(2), letter(3, language="en", lines=70))
    pages = ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(made(data))).pages]
    found = [re.search(r"第\d页，共\d页|Page\dof\d", text) for text in pages]
    assert [match and match[0] for match in found] == [
        "第1页，共3页", "第2页，共3页", "第3页，共3页", "第1页，共1页", "Page1of3", "Page2of3", "Page3of3",
    ]  # fmt: skip


def test_a_template_that_lacks_its_data_is_named_in_the_error() -> None:
    with pytest.raises(DocumentFailed, match=r"The document letters cannot be made: .*letters"):
        made({"title": "A"})


def test_a_missing_font_is_said_instead_of_printing_boxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FONTS", tmp_path)
    module.fonts.cache_clear()
    try:
        with pytest.raises(FontsMissing):
            module.fonts()
    finally:
        module.fonts.cache_clear()
