"""PDF and Word file of a contract say the same, clause by clause; nothing filled in is ever read as markup."""

import io
import re
import time
import zipfile
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from contracts.contract_text import text_of
from contracts.documents import boxes, chinese_numeral, contract_docx, contract_pdf, printed
from contracts.models import Contract, ContractState
from contracts.services.approving import submit_contract
from contracts.services.ending import give_up_contract, terminate_contract
from crm.approvals.models import Verb
from crm.core.models import LegalEntity
from crm.documents.word import Paragraph, W, docx
from customers.models import Customer
from tests.contracts.making import LINES, TODAY, again, approved, change, draft, say
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
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
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
    expected += [content.schedule, content.total, ""]
    assert paragraphs == expected
    signing = list(zip(*([name, *lines] for name, lines in content.parties), strict=True))
    assert rows[: len(content.rows) + 1] == [content.heads, *content.rows]
    assert [[cell.removesuffix(" ____________") for cell in row] for row in rows[-len(signing) :]] == [
        list(row) for row in signing
    ]
    said = read_pdf(contract_pdf(text))
    at = 0
    for paragraph in paragraphs[3:-1]:  # title and marks stand apart
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
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    before = contract_docx(text_of(again(contract)))
    Customer.objects.filter(pk=company.customer.pk).update(name="另一家公司", english_name="Another Ltd")
    LegalEntity.objects.filter(pk=company.entity.pk).update(name_zh="改名公司", name_en="Renamed Ltd", address="别处")
    assert contract_docx(text_of(again(contract))) == before
    with pytest.raises(DatabaseError), transaction.atomic():
        Contract.objects.filter(pk=contract.pk).update(party_b="另一家公司")
    say(contract, company.mona, Verb.REJECT, reason="Wrong name")  # a draft again: names of today, then kept anew
    renamed = "另一家公司" if language == "zh" else "Another Ltd"
    assert renamed in printed(text_of(again(contract))).parties[1][0]
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
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


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_draft_that_is_given_up_keeps_its_words_and_says_so(company: Company, language: str) -> None:
    contract = draft(company, language=language)
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=TODAY)
    say(again(contract), company.mona, Verb.REJECT, reason="Other place")
    values = {**contract.values, "delivery_place": "Harbour 7"}
    change(contract, company.alice, values=values)  # what was submitted is older than what is given up
    before = printed(text_of(again(contract)))
    give_up_contract(actor=company.alice, contract_id=contract.pk, reason="No deal", on=TODAY)
    Customer.objects.filter(pk=company.customer.pk).update(name="另一家公司", english_name="Another Ltd")
    found = again(contract)
    text = text_of(found)
    content = printed(text)
    assert (content.clauses, content.parties) == (before.clauses, before.parties)
    assert any("Harbour 7" in words for _heading, words in content.clauses)
    mark = "已放弃：无约束力" if language == "zh" else "Given up: not binding"
    assert mark in read_docx(contract_docx(text))[0]
    assert bare(mark) in read_pdf(contract_pdf(text))
    client = Client()
    client.force_login(company.alice)
    page = client.get(found.get_absolute_url()).content.decode()
    assert "Given up: not binding" in page
    assert "Harbour 7" in page


def test_a_draft_given_up_before_its_words_were_kept_says_what_it_said(company: Company) -> None:
    contract = draft(company)
    before = printed(text_of(again(contract))).clauses
    Contract.objects.filter(pk=contract.pk).update(state="terminated", ended_on=TODAY, end_reason="x")
    assert printed(text_of(again(contract))).clauses == before


def test_what_no_longer_binds_says_so_in_print(company: Company) -> None:
    contract = approved(company, language="en")
    assert printed(text_of(contract)).mark == ""
    terminate_contract(actor=company.greg, contract_id=contract.pk, reason="Insolvent", on=TODAY)
    assert printed(text_of(again(contract))).mark == "Terminated before it was signed: not binding"
    contract = draft(company, language="en")
    contract.signed_on, contract.ended_on = TODAY, TODAY
    for state, mark in (
        (ContractState.SIGNED, ""),
        (ContractState.TERMINATED, "Terminated on 31 March 2026"),
        (ContractState.EXPIRED, "Expired: it was in force until 30 March 2027"),
    ):
        contract.state = state
        assert printed(text_of(contract)).mark == mark
    contract.state, contract.replaced_on = ContractState.SUPERSEDED, TODAY
    assert printed(text_of(contract)).mark == "Replaced by a later version from 31 March 2026 on"


def test_rows_of_the_schedule_stay_whole_and_in_their_columns(company: Company) -> None:
    code = "ABCDEFGHIJ0123456789" * 8
    line = LINES[0].__class__
    lines = [line(f"item{each}", "set", Decimal(1), Decimal(1), code[:150]) for each in range(2)]
    lines += [line(f"item{each}", "set", Decimal(1), Decimal(1), "words " * 28 + f"end{each}") for each in range(2, 25)]
    contract = draft(company, language="en", lines=lines)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(contract_pdf(text_of(again(contract))))).pages]
    runs = [len(run) for page in pages for run in re.findall(r"[A-J0-9]{16,}", page)]
    assert max(runs) < 40
    for page in pages:
        begun = [int(found) for found in re.findall(r"item(\d+)", page)]
        ended = [int(found) for found in re.findall(r"end(\d+)", page)]
        assert [each for each in begun if each > 1] == ended


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_word_file_has_number_and_pages_at_its_foot(company: Company, language: str) -> None:
    contract = draft(company, language=language)
    with zipfile.ZipFile(io.BytesIO(contract_docx(text_of(again(contract))))) as archive:
        foot = archive.read("word/footer1.xml").decode()
        assert 'r:id="rId2"' in archive.read("word/document.xml").decode()
        assert "footer1.xml" in archive.read("word/_rels/document.xml.rels").decode()
        assert "footer1.xml" in archive.read("[Content_Types].xml").decode()
    assert contract.number in foot
    assert [found[0] for found in re.finditer(r"NUMPAGES|PAGE", foot)] == ["PAGE", "NUMPAGES"]
    assert ("共" if language == "zh" else " of ") in foot


def placed(content: bytes) -> list[tuple[str, int, float]]:
    """Each run of text of a PDF with its page and its height on it."""
    found: list[tuple[str, int, float]] = []
    for number, page in enumerate(PdfReader(io.BytesIO(content)).pages):

        def visit(text: str, cm: Any, tm: Any, font: Any, size: Any, number: int = number) -> None:
            if text.strip():
                found.append((text.strip(), number, round(tm[5] * cm[3] + cm[5], 1)))

        page.extract_text(visitor_text=visit)
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_guarantor_signs_too(company: Company, language: str) -> None:
    contract = draft(company, "credit-terms", language)
    change(contract, company.alice, values={**contract.values, "guarantor": "Zhou Guarantees"})
    text = text_of(again(contract))
    words = "丙方：Zhou Guarantees" if language == "zh" else "Party C: Zhou Guarantees"
    assert printed(text).parties[2][0] == words
    assert [words, ""] in read_docx(contract_docx(text))[1]
    said = read_pdf(contract_pdf(text))
    assert bare(words) in said[said.index(bare(printed(text).parties[1][0])) :]
    Contract.objects.filter(pk=contract.pk).update(state="in_approval")
    Contract.objects.filter(pk=contract.pk).update(state="approved")
    client = Client()
    client.force_login(company.alice)
    assert 'value="3"' in client.get(reverse("contracts:ask_seal", args=[contract.pk])).content.decode()


def test_both_sign_at_one_height_however_long_a_name_is(company: Company) -> None:
    contract = draft(company, language="en")
    long = "Beijing Jikai Building Materials and General Trading Company Limited"
    Customer.objects.filter(pk=company.customer.pk).update(name="北京基凯建材商贸有限公司", english_name=long)
    found = placed(contract_pdf(text_of(again(contract))))
    for label in ("Authorised representative:", "Seal:", "Date:"):
        places = [(page, height) for text, page, height in found if text.startswith(label)]
        assert len(places) == 2
        assert places[0] == places[1], label


def test_the_total_names_the_currency_as_the_clauses_do(company: Company) -> None:
    content = printed(text_of(again(draft(company))))
    assert "人民币 13,000.40" in content.total
    assert "CNY" not in "".join(content.heads)


def test_signs_that_cannot_be_printed_are_said_before_anybody_signs(company: Company) -> None:
    contract = draft(company)
    client = Client()
    client.force_login(company.alice)
    said = "The PDF cannot print these signs"
    assert said not in client.get(contract.get_absolute_url()).content.decode()
    change(contract, company.alice, values={**contract.values, "delivery_place": "\U00020bb7野路 \U0001f600"})
    text = text_of(again(contract))
    assert boxes(text) == ["\U00020bb7", "\U0001f600"]
    page = client.get(contract.get_absolute_url()).content.decode()
    assert said in page
    assert "\U00020bb7 \U0001f600" in page
    change(contract, company.alice, title="Steel\x01 pipes")
    with_control = contract_pdf(text_of(again(contract)))
    change(contract, company.alice, title="Steel pipes")
    assert with_control == contract_pdf(text_of(again(contract)))


def test_an_english_contract_prints_the_english_addresses_and_bank(company: Company) -> None:
    chinese, english = draft(company), draft(company, language="en")

    def said(contract: Contract) -> str:
        return " ".join(each.written.text for each in text_of(again(contract)).clauses)

    assert "上海市张江路1号" in said(english), "the only one there is"
    LegalEntity.objects.update(address_en="1 Zhangjiang Road", bank_details_en="Bank of China\r\n4563 5100")
    assert "1 Zhangjiang Road" in said(english)
    assert "Bank of China / 4563 5100" in said(english)
    assert "上海市张江路1号" not in said(english)
    assert "1 Zhangjiang Road" not in said(chinese)
    Customer.objects.filter(pk=company.customer.pk).update(english_address="88 Buyer Street")
    assert "88 Buyer Street" in said(english)
    assert "苏州市星湖街328号" not in said(english)
    assert "88 Buyer Street" not in said(chinese)
    Customer.objects.filter(pk=company.customer.pk).update(address="")
    assert text_of(again(english)).unresolved == []
    assert text_of(again(chinese)).unresolved == ["customer.address"]
    assert "中国银行上海分行 / 4563 5100" in said(chinese)
