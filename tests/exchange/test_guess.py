"""Columns are recognised by their heads, whichever language the file and its reader speak."""

import io
from typing import Any

import pytest
from django.utils import translation

from crm.core.registry import registry
from crm.exchange import steps
from crm.exchange.guess import guess_mapping, known_words
from crm.exchange.readers import open_sheet
from crm.exchange.workbook import write_template
from tests.exchange.conftest import Bring
from tests.exchange.files import csv_file

LANGUAGES = ("en", "zh-hans")
KINDS = ("contacts", "customers", "invoices", "orders", "paid_invoices", "products", "receipts")


def test_every_kind_is_tried() -> None:
    assert sorted(registry.import_kinds) == sorted(KINDS)


@pytest.mark.parametrize("key", KINDS)
@pytest.mark.parametrize("reader", LANGUAGES)
@pytest.mark.parametrize("writer", LANGUAGES)
def test_a_template_is_recognised_in_every_language(key: str, reader: str, writer: str) -> None:
    kind = registry.import_kinds[key]
    with translation.override(writer):
        heads = {spec.key: str(spec.label) for spec in kind.fields}
        with write_template(kind) as written:
            template = io.BytesIO(written.read())
    with translation.override(reader):
        assert guess_mapping(kind, list(heads.values())) == heads
        sheet = open_sheet(template, words=known_words(kind))
        assert guess_mapping(kind, sheet.heads) == heads


@pytest.mark.parametrize(
    ("key", "heads"),
    [
        ("customers", {"name": "Customer", "code": "Customer number"}),
        ("customers", {"name": "客户", "code": "客户编号"}),
        ("invoices", {"customer_name": "Customer", "customer": "Customer number", "number": "Invoice"}),
        ("receipts", {"customer": "Customer", "on": "Date"}),
        ("customers", {"code": "客户"}),
        ("customers", {"uscc": "Tax ID Number"}),
        ("customers", {"uscc": "工商注册号", "foreign_number": "境外注册号", "identity_number": "身份证号"}),
    ],
)
def test_a_name_beside_its_number_is_the_name_and_alone_it_is_the_number(key: str, heads: dict[str, str]) -> None:
    assert guess_mapping(registry.import_kinds[key], list(heads.values())) == heads


@pytest.mark.django_db
@pytest.mark.parametrize(("reader", "worker"), [LANGUAGES, LANGUAGES[::-1]])
def test_the_worker_finds_the_same_head_in_its_own_language(
    bring: Bring, reader: str, worker: str, monkeypatch
) -> None:

    rows = [["Printed", "2026-03-31", "x"], ["法定名称", "客户编号", "邮件"], ["甲公司", "C1", "a@example.com"]]
    read = steps.open_sheet

    def in_the_worker(*args: Any, **kwargs: Any) -> Any:
        with translation.override(worker):
            kwargs["words"] = known_words(registry.import_kinds["customers"])
        return read(*args, **kwargs)

    monkeypatch.setattr(steps, "open_sheet", in_the_worker)
    with translation.override(reader):
        found = bring("customers", csv_file(rows))
    assert found.mapping == {"name": "法定名称", "code": "客户编号", "email": "邮件"}
    assert (found.counts["new"], found.counts["faulty"]) == (1, 0)
