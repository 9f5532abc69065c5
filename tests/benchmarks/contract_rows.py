"""Contracts in bulk, as the services would have left them for lists and search: numbers without gaps within a year,
lines that add up, the scan of a signed one (one file for all), and the search text the product itself makes of them.

Their clauses stay out: neither the list nor the search reads them. One in ten deviates from its template and is found
by its own words, as `save_edition` has it. `manage.py verify` finds nothing.
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

import pgtrigger
from django.core.files.base import ContentFile
from django.db import connection, transaction

from contracts.contract_text import search_text_of
from contracts.demo.contracts import PRODUCTS
from contracts.models import Contract, ContractClause, ContractLine, SignedScan, TemplateVersion
from contracts.rules import contracts as rules
from crm.accounts.models import User
from crm.core.models import LegalEntity, NumberSeries
from crm.core.money import base_currency, round_money
from crm.core.uploads import checksum_of
from customers.models import Customer
from tests.benchmarks import names
from tests.benchmarks.generate import AS_AT, FIRST_CUSTOMER

CHUNK = 5_000
SCAN = b"%PDF-1.7\n%%EOF\n"
ADDED = {
    "zh": "乙方应在收到提单副本后十五日内付清该批货物的价款。",
    "en": "The Buyer shall pay each consignment within fifteen days of receipt of a copy of the bill of lading.",
}
OWN_TITLES = {"zh": "{year}年度{goods}供货合同", "en": "{goods}: supply in {year}"}
Drawn = tuple[Contract, Sequence[ContractLine]]


def goods(rng: random.Random, language: str, how_many: int) -> list[ContractLine]:
    """Lines with articles of the trade, each with a specification of its own."""
    lines = []
    for position, (code, zh, en, unit, price) in enumerate(rng.sample(PRODUCTS, how_many), 1):
        quantity = Decimal(rng.randrange(10, 2000))
        lines.append(
            ContractLine(
                position=position,
                description=zh if language == "zh" else en,
                specification=f"{code}-{rng.randrange(10_000):04d}",
                unit=unit if language == "zh" else "pcs",
                quantity=quantity,
                price=Decimal(price),
                amount=round_money(quantity * Decimal(price)),
            )
        )
    return lines


def own_values(rng: random.Random, version: TemplateVersion) -> dict[str, str]:
    """What the variables of a template stand for."""
    city, pinyin = rng.choice(names.CITIES)
    place = (
        f"{city}市工业园区{rng.randrange(1, 400)}号"
        if version.language == "zh"
        else f"{rng.randrange(1, 400)} Harbour Road, {pinyin.title()}"
    )
    by_kind = {
        "text": place,
        "number": str(rng.randrange(3, 60)),
        "money": f"{rng.randrange(1, 500) * 10_000}.00",
        "date": str(AS_AT + dt.timedelta(days=rng.randrange(30, 700))),
    }
    return {each["name"]: by_kind[each["kind"]] for each in version.variables}


def standing(rng: random.Random, starts_on: dt.date, ends_on: dt.date) -> dict[str, Any]:
    """Where a contract of these days stands as at the date of the data."""
    chance = rng.random()
    if starts_on > AS_AT or chance < 0.04:
        return {"state": rules.DRAFT}
    signed = {"signed_on": starts_on}
    if ends_on < AS_AT:
        state = rules.EXPIRED if chance < 0.6 else rules.COMPLETED
        return {"state": state, "ended_on": ends_on + dt.timedelta(days=1), **signed}
    if chance < 0.07:
        return {"state": rules.TERMINATED, "ended_on": AS_AT, "end_reason": "双方协商一致解除", **signed}
    step = rules.reminder_due(ends_on, AS_AT, None)  # what the nights before have told
    state = rules.IN_PERFORMANCE if chance < 0.7 else rules.SIGNED
    return {"state": state, "reminded_days": step, **signed}


def draw(count: int) -> Iterator[Drawn]:
    """Contracts of three years in the order in which they were drafted: the same on every machine."""
    rng = random.Random(17)
    entity = LegalEntity.objects.get(code="BENCH")
    customers = list(
        Customer.objects.filter(pk__gt=FIRST_CUSTOMER, owner__isnull=False).select_related("owner").order_by("pk")
    )
    versions = list(
        TemplateVersion.objects.filter(state="published")
        .exclude(template__kind="library")
        .select_related("template")
        .prefetch_related("clauses")
        .order_by("template__code", "language")
    )
    by_language = {code: [each for each in versions if each.language == code] for code in ADDED}
    for place in range(count):
        customer = customers[int(len(customers) * rng.random() ** 2)]
        version = rng.choice(by_language["zh" if rng.random() < 0.7 else "en"])
        starts_on = AS_AT - dt.timedelta(days=1095 - place * 1110 // count)
        ends_on = starts_on + dt.timedelta(days=rng.choice([180, 364, 364, 729]))
        lines = goods(rng, version.language, rng.randrange(1, 4))
        title = version.title
        if rng.random() < 0.5:
            title = OWN_TITLES[version.language].format(year=starts_on.year, goods=lines[0].description)
        contract = Contract(
            customer=customer,
            legal_entity=entity,
            template_version=version,
            kind=version.template.kind,
            title=title,
            language=version.language,
            owner=customer.owner,
            created_by=customer.owner,
            currency=base_currency(),
            amount=sum((line.amount for line in lines), Decimal(0)),
            term_days=rng.choice([0, 15, 30, 30, 60]),
            settlement="rolling",
            starts_on=starts_on,
            ends_on=ends_on,
            values=own_values(rng, version),
            deviates=rng.random() < 0.1,
            **standing(rng, starts_on, ends_on),
        )
        yield contract, lines


def store(drawn: Sequence[Drawn], *, year: int | None = None) -> None:
    """Number the contracts in their order, by the year of their first day or the one given, and keep them."""
    clauses: dict[int, list[ContractClause]] = {}
    by_year: dict[int, list[Contract]] = defaultdict(list)
    for contract, lines in drawn:
        version = contract.template_version
        if version.pk not in clauses:
            clauses[version.pk] = [ContractClause(key="other", title="", text=ADDED[version.language])]
        assert contract.starts_on is not None
        by_year[year or contract.starts_on.year].append(contract)
        for line in lines:
            line.contract = contract
    with transaction.atomic(), pgtrigger.ignore("contracts.ContractLine:draft_only"):
        for number, of_year in by_year.items():
            series, _made = NumberSeries.objects.get_or_create(key=f"contract-{number}", defaults={"last": 0})
            for last, contract in enumerate(of_year, series.last + 1):
                contract.number = f"C{number}-{last:05d}"
            series.last += len(of_year)
            series.save()
        for contract, lines in drawn:
            changed = clauses[contract.template_version_id] if contract.deviates else []
            contract.changed_keys = [clause.key for clause in changed]
            contract.search_text = search_text_of(contract, changed, lines)
        Contract.objects.bulk_create([contract for contract, _lines in drawn])
        ContractLine.objects.bulk_create([line for _contract, lines in drawn for line in lines])
        shared = one_file()
        SignedScan.objects.bulk_create(
            SignedScan(
                contract=contract,
                name=f"{contract.number}.pdf",
                file=shared,
                size=len(SCAN),
                content_type="application/pdf",
                checksum=checksum_of(ContentFile(SCAN)),
                uploaded_by=contract.owner,
            )
            for contract, _lines in drawn
            if contract.signed_on
        )


def one_file() -> str:
    """The file that stands for all scans."""
    storage = SignedScan._meta.get_field("file").storage
    name = "contracts/bench/scan.pdf"
    return name if storage.exists(name) else str(storage.save(name, ContentFile(SCAN)))


def load(count: int) -> None:
    """Load so many contracts, and do what autovacuum does to a table in use."""
    drawn = draw(count)
    while chunk := list(islice(drawn, CHUNK)):
        store(chunk)
    vacuum()


def vacuum() -> None:
    with connection.cursor() as cursor:
        for model in (Contract, ContractLine, SignedScan):
            cursor.execute(f"VACUUM (ANALYZE) {model._meta.db_table}")


def signed_sales(customers: Sequence[Customer], owner: User, entity: LegalEntity, on: dt.date) -> list[Contract]:
    """A signed sales contract with two lines for each of the customers, in force on the day."""
    rng = random.Random(19)
    version = TemplateVersion.objects.get(template__code="sales", language="zh", state="published")
    drawn = []
    for customer in customers:
        lines = goods(rng, "zh", 2)
        contract = Contract(
            customer=customer,
            legal_entity=entity,
            template_version=version,
            kind=version.template.kind,
            title=version.title,
            language="zh",
            state=rules.SIGNED,
            owner=owner,
            created_by=owner,
            currency=base_currency(),
            amount=sum((line.amount for line in lines), Decimal(0)),
            term_days=30,
            settlement="rolling",
            starts_on=on,
            ends_on=on + dt.timedelta(days=364),
            signed_on=on,
            values=own_values(rng, version),
        )
        drawn.append((contract, lines))
    store(drawn)
    return [contract for contract, _lines in drawn]
