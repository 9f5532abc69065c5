"""PDF and Word file of a contract say the same, clause by clause; nothing filled in is ever read as markup."""

import io
import re
import time
import zipfile
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.db import DatabaseError, transaction
from pypdf import PdfReader

from contracts.contract_words import text_of
from contracts.documents import chinese_numeral, contract_docx, contract_pdf, printed
from contracts.models import Contract, ContractState
from contracts.services.approving import submit_contract
from crm.approvals.models import Verb
from crm.core.models import LegalEntity
from crm.documents.word import Paragraph, W, docx
from customers.models import Customer
from tests.contracts.making import LINES, TODAY, again, change, draft, say
from tests.factories import Company

EVIL = '#eval("1+1") {{ contract.amount }} {% x %} </w:t><w:br/> <script> $x$ *b* \\u{1}'


def read_docx(content: bytes) -> tuple[list[str], list[list[str]]]:
    """Paragraphs outside tables and rows of tables of a Word file, as any reader of XML finds them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))  # noqa: S314 - our own file
        body = ElementTree.fromstring(archive.read("word/document.xml")).find(f"{{{W}}}body")  # noqa: S314
    assert body is not None

    def words(part: ElementTree.Element) -> str:
        return "".join(text.text or "" for text in part.iter(f"{{{W}}}t"))

    paragraphs = [words(part) for part in body.findall(f"{{{W}}}p")]
    rows = [[words(cell) for cell in row.iter(f"{{{W}}}tc")] for row in body.iter(f"{{{W}}}tr")]
    return paragraphs, rows


def read_pdf(content: bytes) -> str:
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return bare(re.sub(r"第\d+页，共\d+页|Page \d+ of \d+", "", text))


def bare(text: str) -> str:
    """Text without space, which a line break in a PDF eats or adds."""
    return re.sub(r"[\s-]+", "", text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_documents_say_what_the_clauses_say(company: Company, language: str) -> None:
    contract = again(draft(company, language=language))
    text = text_of(contract)
    paragraphs, rows = read_docx(contract_docx(text))
    content = printed(text)
    expected = [content.title, content.number, content.mark]
    for (heading, words), each in zip(content.clauses, text.clauses, strict=True):
        assert each.written.text == words
        expected += [heading, *words.split("\n")]
    expected += [content.schedule, content.total]
    for name, lines in content.parties:
        expected += [name, *lines]
    assert paragraphs == expected
    assert rows == [content.heads, *content.rows]
    said = read_pdf(contract_pdf(text))
    at = 0
    for paragraph in paragraphs[3:-8]:  # title and marks stand apart, parties beside each other
        if paragraph == content.total:
            continue
        for line in paragraph.split("\n"):
            found = said.find(bare(line)[:30], at)
            assert found >= 0, line
            at = found
    for word in ("13,000.40", "壹万叁仟元肆角整" if language == "zh" else "thirteenthousandand40/100"):
        assert word in said


def test_what_is_filled_in_is_printed_as_it_is(company: Company) -> None:
    contract = draft(company, lines=[LINES[0].__class__(EVIL[:60], "套", Decimal(1), Decimal(1), EVIL[60:])])
    Customer.objects.filter(pk=company.customer.pk).update(name=EVIL)
    change(contract, company.alice, values={**contract.values, "delivery_place": EVIL})
    text = text_of(again(contract))
    paragraphs, rows = read_docx(contract_docx(text))
    assert any(EVIL in paragraph for paragraph in paragraphs)
    assert rows[1][1] == EVIL[:60]
    assert bare(EVIL)[:40] in read_pdf(contract_pdf(text))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_print_stays_when_either_party_is_renamed(company: Company, language: str) -> None:
    contract = draft(company, "framework", language)
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    before = contract_docx(text_of(again(contract)))
    Customer.objects.filter(pk=company.customer.pk).update(name="另一家公司", english_name="Another Ltd")
    LegalEntity.objects.filter(pk=company.entity.pk).update(name_zh="改名公司", name_en="Renamed Ltd", address="别处")
    assert contract_docx(text_of(again(contract))) == before
    with pytest.raises(DatabaseError), transaction.atomic():
        Contract.objects.filter(pk=contract.pk).update(party_b="另一家公司")
    say(contract, company.mona, Verb.REJECT, reason="Wrong name")  # a draft again: names of today, then kept anew
    renamed = "另一家公司" if language == "zh" else "Another Ltd"
    assert renamed in printed(text_of(again(contract))).parties[1][0]
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    assert again(contract).party_b == renamed


def test_what_was_submitted_before_names_were_kept_prints_those_of_today(company: Company) -> None:
    contract = draft(company)
    contract.state = ContractState.SIGNED
    assert company.customer.name in printed(text_of(contract)).parties[1][0]


def test_signs_that_xml_cannot_hold_are_left_out() -> None:
    paragraphs, _rows = read_docx(docx([Paragraph("a\x00b\x0bc\ud800d")], title="\x01", language="en-GB"))
    assert paragraphs == ["abcd"]


def test_the_same_contract_gives_the_same_bytes(company: Company) -> None:
    text = text_of(again(draft(company)))
    assert contract_docx(text) == contract_docx(text)
    assert contract_pdf(text) == contract_pdf(text)


def test_a_pdf_takes_less_than_a_second(company: Company) -> None:
    text = text_of(again(draft(company)))
    contract_pdf(text)  # the font is read once a process
    begun = time.perf_counter()
    contract_pdf(text)
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    ("number", "word"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (35, "三十五"), (99, "九十九")]
)
def test_clauses_are_numbered_in_chinese(number: int, word: str) -> None:
    assert chinese_numeral(number) == word
