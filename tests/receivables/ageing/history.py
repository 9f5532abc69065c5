"""A company whose invoices and receipts went through everything that can happen to them, drawn by a seed; and the same
ageing computed a second time, by pandas, from the rows alone."""

import datetime as dt
import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pandas as pd

from crm.core.errors import DomainError
from crm.core.models import LegalEntity
from customers.models import Customer, Region
from customers.services import create_customer, set_tier
from receivables.models import Allocation, Invoice, Receipt
from receivables.services import (
    Line,
    allocate,
    bounce_receipt,
    clear_receipt,
    post_invoice,
    post_receipt,
    reverse_invoice,
    reverse_receipt,
    take_back,
)
from tests.factories import give_grade
from tests.world import World, build_company

CLEARING = ("cheque", "bank_draft", "acceptance_bill")
BOUNDS = (30, 60, 90, 180, 365)


@dataclass
class History:
    """The company and how often each kind of thing happened; what the rules refused does not count."""

    world: World
    customers: list[Customer] = field(default_factory=list)
    happened: dict[str, int] = field(default_factory=dict)

    @property
    def today(self) -> dt.date:
        return self.world.today


def build_history(seed: int, steps: int = 220) -> History:
    """Two years of random postings, allocations, take-backs, reversals and bounces, in the order of their dates."""
    world = build_company()
    rng = random.Random(seed)
    history = History(world)
    second = LegalEntity.objects.create(code="SZ", name_zh="华南贸易有限公司", name_en="South China Trading")
    entities = [world.entity.pk, second.pk]
    regions = [None, *Region.objects.filter(level__lte=2).order_by("code")[:4]]
    owners = [world.users["alice"], world.users["bob"], world.users["charlie"], None]
    start = world.today - dt.timedelta(days=730)
    for index in range(7):
        owner = owners[index % len(owners)]
        region = regions[index % len(regions)]
        history.customers.append(
            create_customer(
                actor=None,
                today=start,
                name=f"账龄客户{index}有限公司",
                owner_id=owner.pk if owner else None,
                region_id=region.pk if region else None,
                state="active",
            )
        )
    for child, parent in ((1, 0), (2, 1), (4, 3)):  # two levels below the first, one below the fourth
        Customer.objects.filter(pk=history.customers[child].pk).update(parent=history.customers[parent])
    for index, grade in enumerate(("AAA", "B", "B", "D")):
        give_grade(history.customers[index], grade, start)
    for index, tier in ((0, "vip"), (1, "small"), (4, "ordinary")):
        set_tier(actor=None, customer_id=history.customers[index].pk, tier=tier, reason="history", today=start)
    on = start
    for step in range(steps):
        on += dt.timedelta(days=rng.choice([0, 1, 2, 3, 5, 6]))
        if on > world.today:
            break
        name = rng.choices(list(ACTS), weights=[weight for _act, weight in ACTS.values()])[0]
        try:
            ACTS[name][0](history, rng, step, on, entities)
        except (DomainError, IndexError):
            continue
        history.happened[name] = history.happened.get(name, 0) + 1
    return history


def head(history: History, rng: random.Random, on: dt.date, entities: list[int]) -> dict[str, Any]:
    return {
        "actor": None,
        "legal_entity_id": rng.choice(entities),
        "customer_id": rng.choice(history.customers).pk,
        "currency": rng.choice(["CNY", "CNY", "USD"]),
        "on": on,
        "amount": Decimal(rng.randrange(1, 500_000)) / 100,
    }


def bill(history: History, rng: random.Random, step: int, on: dt.date, entities: list[int]) -> None:
    kind = rng.choice(["invoice", "invoice", "invoice", "debit_note"])
    term = rng.choice([0, 15, 30, 60, 90])
    post_invoice(**head(history, rng, on, entities), kind=kind, number=f"A{step}", term_days=term, settlement="rolling")


def credit(history: History, rng: random.Random, step: int, on: dt.date, entities: list[int]) -> None:
    corrects = rng.choice([None, *open_invoices()])
    facts = head(history, rng, on, entities)
    if corrects is not None:
        facts |= {
            "corrects_id": corrects.pk,
            "customer_id": corrects.customer_id,
            "legal_entity_id": corrects.legal_entity_id,
            "currency": corrects.currency,
        }
    post_invoice(**facts, kind="credit_note", number=f"K{step}")


def receive(history: History, rng: random.Random, step: int, on: dt.date, entities: list[int]) -> None:
    target = rng.choice([None, *open_invoices(), *open_invoices()])
    facts = head(history, rng, on, entities)
    lines = []
    if target is not None:
        facts |= {
            "customer_id": target.customer_id,
            "legal_entity_id": target.legal_entity_id,
            "currency": target.currency,
        }
        lines = [Line(target.pk, min(target.open_amount, facts["amount"]))]
    instrument = rng.choice(["transfer", "cash", "cheque", "acceptance_bill"])
    post_receipt(**facts, instrument=instrument, lines=lines, method="manual" if lines else None)


def match(history: History, rng: random.Random, step: int, on: dt.date, entities: list[int]) -> None:
    receipt = rng.choice(list(Receipt.objects.filter(open_amount__gt=0)))
    invoice = rng.choice(
        [
            found
            for found in open_invoices()
            if (found.customer_id, found.currency) == (receipt.customer_id, receipt.currency)
        ]
    )
    amount = min(receipt.open_amount, invoice.open_amount) * rng.choice([1, 1, Decimal("0.5")])
    line = Line(invoice.pk, max(amount.quantize(Decimal("0.01")), Decimal("0.01")))
    allocate(actor=None, receipt_id=receipt.pk, lines=[line], method="manual", on=on)


def undo(history: History, rng: random.Random, step: int, on: dt.date, entities: list[int]) -> None:
    standing = Allocation.objects.filter(takes_back__isnull=True, taken_back_by__isnull=True)
    take_back(actor=None, allocation_id=rng.choice(list(standing)).pk, on=on)


def reverse_bill(history: History, rng: random.Random, step: int, on: dt.date, entities: list[int]) -> None:
    invoice = rng.choice(list(Invoice.objects.filter(reversed_on__isnull=True)))
    reverse_invoice(actor=None, invoice_id=invoice.pk, on=on, reason="wrong")


def reverse_money(history: History, rng: random.Random, step: int, on: dt.date, entities: list[int]) -> None:
    receipt = rng.choice(list(Receipt.objects.filter(reversed_on__isnull=True)))
    reverse_receipt(actor=None, receipt_id=receipt.pk, on=on, reason="wrong")


def clear(history: History, rng: random.Random, step: int, on: dt.date, entities: list[int]) -> None:
    clear_receipt(actor=None, receipt_id=rng.choice(uncleared()).pk, on=on)


def bounce(history: History, rng: random.Random, step: int, on: dt.date, entities: list[int]) -> None:
    bounce_receipt(actor=None, receipt_id=rng.choice(uncleared()).pk, on=on, reason="no funds")


def open_invoices() -> list[Invoice]:
    return list(Invoice.objects.filter(open_amount__gt=0).exclude(kind="credit_note").order_by("pk"))


def uncleared() -> list[Receipt]:
    return list(Receipt.objects.filter(instrument__in=CLEARING, cleared_on=None, reversed_on=None).order_by("pk"))


ACTS: dict[str, tuple[Any, int]] = {
    "bill": (bill, 40),
    "credit": (credit, 8),
    "receive": (receive, 25),
    "match": (match, 12),
    "undo": (undo, 6),
    "reverse_bill": (reverse_bill, 3),
    "reverse_money": (reverse_money, 3),
    "clear": (clear, 8),
    "bounce": (bounce, 4),
}

KEYS = {
    "customer": "customer_id",
    "owner": "owner_id",
    "team": "team_id",
    "region": "province",
    "entity": "legal_entity_id",
    "company": "head",
    "grade": "credit_account__grade_now__grade",
    "tier": "customer_tier__tier",
}


def cents(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Money as whole cents, so that pandas adds up exactly."""
    for name in names:
        frame[name] = [int(value * 100) for value in frame[name]]
    return frame


def documents_at(as_at: dt.date, *, by: str = "due") -> pd.DataFrame:
    """What each document had open at the date: `cents` in its currency, `base` in base currency, and its bucket."""
    fields = ("id", "customer_id", "legal_entity_id", "currency", "on", "amount", "base_amount", "reversed_on")
    invoices = cents(pd.DataFrame(Invoice.objects.values(*fields, "kind", "due_on")), "amount", "base_amount")
    receipts = cents(pd.DataFrame(Receipt.objects.values(*fields, "instrument", "cleared_on")), "amount", "base_amount")
    moved = ("invoice_id", "receipt_id", "credit_note_id", "on", "amount", "base_amount", "source_base")
    allocations = cents(pd.DataFrame(Allocation.objects.values(*moved)), "amount", "base_amount", "source_base")
    allocations = allocations[allocations["on"] <= as_at]

    def left(found: pd.DataFrame, column: str, base: str) -> pd.DataFrame:
        found = found[(found["on"] <= as_at) & ~found["reversed_on"].map(lambda day: day is not None and day <= as_at)]
        used = allocations.groupby(column)[["amount", base]].sum()
        found = found.copy()
        found["cents"] = found["amount"] - found["id"].map(used["amount"]).fillna(0).astype(int)
        found["base"] = found["base_amount"] - found["id"].map(used[base]).fillna(0).astype(int)
        return found[found["cents"] != 0]

    money = ~receipts["instrument"].isin(CLEARING) | receipts["cleared_on"].map(
        lambda day: day is not None and day <= as_at
    )
    aged = left(invoices[invoices["kind"] != "credit_note"], "invoice_id", "base_amount")
    day = aged["due_on"] if by == "due" else aged["on"]
    days = day.map(lambda found: (as_at - found).days)
    edges = [-100_000, 0, *BOUNDS, 100_000]
    aged["cell"] = pd.cut(days, edges, labels=[f"b{index}" for index in range(len(edges) - 1)]).astype(str)
    notes = left(invoices[invoices["kind"] == "credit_note"], "credit_note_id", "source_base").assign(
        cell="unallocated"
    )
    taken = left(receipts[money], "receipt_id", "source_base").assign(cell="unallocated")
    found = pd.concat([aged, notes, taken])
    customers = pd.DataFrame(
        Customer.objects.values(
            "id", "owner_id", "team_id", "region_id", "region__province_id", "parent_id", KEYS["grade"], KEYS["tier"]
        )
    ).set_index("id")
    customers["province"] = customers["region__province_id"].where(
        customers["region__province_id"].notna(), customers["region_id"]
    )
    parents = customers["parent_id"].dropna().astype(int).to_dict()
    customers["head"] = [head_of(pk, parents) for pk in customers.index]
    return found.join(
        customers[["owner_id", "team_id", "province", "head", KEYS["grade"], KEYS["tier"]]], on="customer_id"
    )


def head_of(pk: int, parents: dict[int, int]) -> int:
    """The company at the head of a customer's group."""
    while pk in parents:
        pk = parents[pk]
    return pk


def expected(as_at: dt.date, group: str, basis: str, *, by: str = "due") -> dict[tuple[str, str, str], int]:
    """Cents by (group key, currency, cell)."""
    found = documents_at(as_at, by=by)
    found["key"] = ["none" if pd.isna(key) else str(key) for key in keys(found, group)]
    found["in"] = "CNY" if basis == "base" else found["currency"]
    sums = found.groupby(["key", "in", "cell"])["base" if basis == "base" else "cents"].sum()
    return {key: int(value) for key, value in sums.items() if value}


def keys(found: pd.DataFrame, group: str) -> list[Any]:
    if group == "currency":
        return list(found["currency"])
    values = found[KEYS[group]]
    return [value if isinstance(value, str) or pd.isna(value) else int(value) for value in values]
