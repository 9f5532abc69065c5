"""Letters as PDF: how many a second a worker sets, and that none of them differs when they are made side by side.

Then one sales contract of the house in Chinese with twelve lines, as PDF and as a Word file: read from the database,
written out and set, as its page does it.
"""

import datetime as dt
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from contracts.contract_text import ContractText, text_of
from contracts.documents import contract_docx, contract_pdf
from contracts.models import Contract, TemplateVersion
from contracts.services.drafting import LineTerms, draft_contract
from crm.accounts import roles
from crm.core.models import LegalEntity
from crm.core.money import base_currency
from crm.documents import pdf, pdfs
from customers.models import Customer
from tests.benchmarks.contract_rows import goods, own_values
from tests.benchmarks.generate import AS_AT, Size
from tests.benchmarks.result import Result, WrongFigures
from tests.documents.sample import letter, letters

LETTERS = 500
TARGET = 20
LINES, TIMES, SECONDS = 12, 9, 1.0


def run(size: Size) -> list[Result]:
    return [*letters_made(), *contract_made()]


def contract_made() -> list[Result]:
    """The middle and the slowest of some times, after one that reads the fonts; the contract leaves no trace."""
    with transaction.atomic():
        contract = sales_contract()
        pk = contract.pk

        def text() -> ContractText:
            seen = Contract.objects.select_related("customer", "legal_entity", "template_version")
            return text_of(seen.get(pk=pk))

        words = sum(len(each.written.text) for each in text().clauses)
        results = []
        for name, make in (("PDF", contract_pdf), ("DOCX", contract_docx)):
            taken, kilobytes = timed(lambda make=make: make(text()))  # type: ignore[misc]
            slowest = max(taken)
            results.append(
                Result(
                    f"one sales contract in Chinese as {name}",
                    statistics.median(taken) * 1000,
                    "ms",
                    target=f"<= {SECONDS * 1000:.0f} ms",
                    met=slowest <= SECONDS,
                    note=f"slowest {slowest * 1000:.0f} ms; {words:,} signs, {LINES} lines, {kilobytes} KB",
                )
            )
        transaction.set_rollback(True)
    return results


def timed(make: Callable[[], bytes]) -> tuple[list[float], int]:
    make()
    taken, made = [], b""
    for _each in range(TIMES):
        began = time.perf_counter()
        made = make()
        taken.append(time.perf_counter() - began)
    return taken, len(made) // 1024


def sales_contract() -> Any:
    """A complete draft, made by the services."""
    rng = random.Random(29)
    customer = Customer.objects.filter(owner__isnull=False).select_related("owner").order_by("pk")[0]
    version = TemplateVersion.objects.get(template__code="sales", language="zh", state="published")
    seller = customer.owner
    seller.groups.add(Group.objects.get(name=roles.SALES_DIRECTOR))
    return draft_contract(
        actor=seller,
        customer_id=customer.pk,
        version_id=version.pk,
        legal_entity_id=LegalEntity.objects.get(code="BENCH").pk,
        currency=base_currency(),
        lines=[
            LineTerms(line.description, line.unit, line.quantity, line.price, line.specification)
            for line in goods(rng, "zh", LINES)
        ],
        on=AS_AT,
        starts_on=AS_AT,
        ends_on=AS_AT + dt.timedelta(days=364),
        customer_signatory="王强",
        customer_authority="法定代表人",
        our_signatory="李敏",
        our_authority="授权委托书",
        values=own_values(rng, version),
    )


def letters_made() -> list[Result]:
    pdf("letters", letters(letter(0)), language="zh")  # the font is read once a process
    each = [letters(letter(number)) for number in range(1, LETTERS + 1)]
    began = time.perf_counter()
    made = list(pdfs("letters", ((data, "zh") for data in each)))
    together = LETTERS / (time.perf_counter() - began)
    began = time.perf_counter()
    alone = [pdf("letters", data, language="zh") for data in each[: LETTERS // 5]]
    one_by_one = len(alone) / (time.perf_counter() - began)
    if made[: len(alone)] != alone:
        raise WrongFigures("letters made side by side differ from those made one by one")
    size_kb = sum(map(len, made)) / LETTERS / 1024
    return [
        Result("letters as PDF, one by one", one_by_one, "/s"),
        Result(
            f"{LETTERS} letters as PDF",
            together,
            "/s",
            ratio=together / one_by_one,
            floor="one by one",
            target=f">= {TARGET} /s",
            met=together >= TARGET,
            note=f"{size_kb:.0f} KB each",
        ),
    ]
