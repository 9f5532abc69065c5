"""Two years of selling on credit, simulated: good and bad payers, seasons, growth, customers who leave.

The simulation draws plain figures first; what it drew is then posted through the bulk services, so that the demo
company stands on the same rules as a real one.
"""

import datetime as dt
import math
import random
from dataclasses import dataclass, field
from decimal import Decimal

from crm.core.demo import DemoCompany, DemoStep
from crm.core.money import base_currency

CENT = Decimal("0.01")
FOREIGN = "USD"
RATE = Decimal("7.12")  # what the foreign currency cost at the start
TRANSFER_ONLY = 15  # one account in so many accepts bank transfers only
DAYS_TO_CLEAR = {"cheque": 4, "acceptance_bill": 60}
# How customers pay: share of customers, mean and spread of the days around the due date, share paid in part first.
PAYERS = {
    "prompt": (0.34, -1.0, 3.0, 0.02),
    "usual": (0.38, 6.0, 5.0, 0.05),
    "late": (0.18, 24.0, 12.0, 0.15),
    "bad": (0.10, 65.0, 30.0, 0.40),
}
TRENDS = {"steady": 0.46, "growing": 0.15, "shrinking": 0.11, "leaving": 0.18, "new": 0.10}
MONTHLY_AMOUNT = {"large": 420_000, "medium": 110_000, "small": 32_000, "micro": 9_000}
SEASON = [0.95, 0.62, 1.08, 1.05, 1.0, 0.98, 0.94, 0.96, 1.12, 1.05, 1.15, 1.1]  # February: Spring Festival


@dataclass
class Profile:
    """How one customer buys and pays."""

    size: str
    term_days: int
    payer: str
    trend: str
    currency: str
    monthly: float
    orders_a_month: float
    turns: float = 0.6  # how much of the two years is over when who leaves leaves, or who is new comes
    margin: float = 0.2  # share of the price that remains


@dataclass
class DrawnInvoice:
    customer: int
    number: str
    on: dt.date
    term_days: int
    amount: Decimal
    currency: str
    cost: Decimal | None
    credit: Decimal  # amount of the credit note for a complaint, usually nothing

    @property
    def due_on(self) -> dt.date:
        return self.on + dt.timedelta(days=self.term_days)


@dataclass
class DrawnReceipt:
    customer: int
    on: dt.date
    amount: Decimal
    currency: str
    instrument: str
    reference: str
    lines: list[tuple[int, Decimal]] = field(default_factory=list)  # index of the invoice, amount


def draw_profiles(company: DemoCompany, sizes: list[str]) -> list[Profile]:
    """Draw how each customer buys and pays."""
    rng, later = company.stream("profiles"), company.stream("turns")
    profiles = []
    for size in sizes:
        export = rng.random() < 0.05
        profiles.append(
            Profile(
                size=size,
                term_days=rng.choices([0, 30, 45, 60, 90], [5, 45, 20, 22, 8])[0],
                payer=rng.choices(list(PAYERS), [share for share, *_rest in PAYERS.values()])[0],
                trend=rng.choices(list(TRENDS), list(TRENDS.values()))[0],
                currency=FOREIGN if export else base_currency(),
                monthly=MONTHLY_AMOUNT[size] * math.exp(rng.gauss(0, 0.45)) / (7 if export else 1),
                orders_a_month={"large": 1.35, "medium": 0.84, "small": 0.48, "micro": 0.28}[size],
                margin=later.choices([later.gauss(0.21, 0.05), later.uniform(-0.06, 0.03)], [96, 4])[0],
            )
        )
        profiles[-1].turns = later.uniform(0.35, 0.95) if profiles[-1].trend == "leaving" else later.uniform(0.4, 0.85)
    return profiles


def demand(profile: Profile, done: float, on: dt.date) -> float:
    """Share of the usual orders at a moment; `done` runs from 0 at the start of the simulation to 1 at its end."""
    level = {
        "steady": 1.0,
        "growing": 0.6 + 0.9 * done,
        "shrinking": 1.3 - 0.9 * done,
        "leaving": max(min(1.0, (profile.turns - done) * 8), 0.0),
        "new": 0.0 if done < profile.turns else 1.1,
    }[profile.trend]
    return level * SEASON[on.month - 1]


def rhythm(profile: Profile, level: float, days_since: int) -> float:
    """Customers order when their stock runs out: seldom soon after the last order, soon when the usual gap is over."""
    gap = 30.4 / (profile.orders_a_month * max(level, 0.05))
    return 0.15 if days_since < 0.6 * gap else 1.3 if days_since < gap else 3.0


def draw_invoices(company: DemoCompany, profiles: list[Profile]) -> list[DrawnInvoice]:
    """Draw the invoices day by day, so that numbers rise with the date as they do in a company."""
    rng = company.stream("invoices")
    days = (company.end_on - company.start_on).days
    drawn: list[DrawnInvoice] = []
    bought: dict[int, int] = {}  # the day of the customer's last order
    for offset in range(days):
        on = company.start_on + dt.timedelta(days=offset)
        if on.weekday() >= 5:
            continue
        for index, profile in enumerate(profiles):
            level = demand(profile, offset / days, on)
            chance = profile.orders_a_month * level * rhythm(profile, level, offset - bought.get(index, -99)) / 21.7
            if rng.random() >= chance:
                continue
            bought[index] = offset
            amount = Decimal(profile.monthly / profile.orders_a_month * math.exp(rng.gauss(-0.08, 0.4))).quantize(CENT)
            amount = max(amount, Decimal("80.00"))
            cost = (amount * Decimal(str(round(1 - profile.margin + rng.uniform(-0.04, 0.04), 3)))).quantize(CENT)
            drawn.append(
                DrawnInvoice(
                    customer=index,
                    number=f"INV{on:%y%m}{len(drawn) + 1:05d}",
                    on=on,
                    term_days=profile.term_days,
                    amount=amount,
                    currency=profile.currency,
                    cost=cost if rng.random() < 0.85 else None,
                    credit=(amount * Decimal(rng.choice(["0.05", "0.1", "0.2"]))).quantize(CENT)
                    if rng.random() < 0.02
                    else Decimal(0),
                )
            )
    return drawn


def payment_date(rng: random.Random, invoice: DrawnInvoice, payer: str) -> dt.date:
    """When the customer pays: around the due date, on a working day, bad payers with a long tail."""
    _share, mean, spread, _partial = PAYERS[payer]
    delay = rng.gauss(mean, spread)
    if payer == "bad" and rng.random() < 0.2:
        delay += rng.uniform(60, 300)
    on = max(invoice.on, invoice.due_on + dt.timedelta(days=round(delay)))
    return on + dt.timedelta(days=(7 - on.weekday()) if on.weekday() >= 5 else 0)


def draw_receipts(company: DemoCompany, profiles: list[Profile], invoices: list[DrawnInvoice]) -> list[DrawnReceipt]:
    """Draw what was paid: one receipt for what a customer pays on a day; some pay in part, some do not say for what."""
    rng = company.stream("receipts")
    parts: dict[tuple[int, dt.date], list[tuple[int, Decimal]]] = {}
    for position, invoice in enumerate(invoices):
        profile = profiles[invoice.customer]
        on = payment_date(rng, invoice, profile.payer)
        pay = invoice.amount - invoice.credit
        if rng.random() < PAYERS[profile.payer][3]:
            first = (invoice.amount * Decimal(rng.choice(["0.3", "0.5", "0.7"]))).quantize(CENT)
            if on <= company.end_on:
                parts.setdefault((invoice.customer, on), []).append((position, first))
            pay -= first
            on += dt.timedelta(days=rng.randrange(14, 90))
        if on <= company.end_on:
            parts.setdefault((invoice.customer, on), []).append((position, pay))
    drawn = []
    for (customer, on), lines in sorted(parts.items(), key=lambda item: (item[0][1], item[0][0])):
        untold = rng.random() < 0.15 and (company.end_on - on).days < 12
        instrument = rng.choices(["transfer", "cheque", "acceptance_bill", "cash"], [91, 3, 4, 2])[0]
        recent = (company.end_on - on).days < 60
        extra = Decimal(rng.choice(["500.00", "2000.00"]) if rng.random() < (0.05 if recent else 0.002) else "0.00")
        drawn.append(
            DrawnReceipt(
                customer=customer,
                on=on,
                amount=sum((amount for _position, amount in lines), extra),
                currency=profiles[customer].currency,
                instrument=instrument,
                reference="" if untold or rng.random() < 0.3 else " ".join(invoices[p].number for p, _a in lines[:4]),
                lines=[] if untold else lines,
            )
        )
    return drawn


def build_terms(company: DemoCompany, profiles: list[Profile]) -> None:
    """Limits and terms: most fit the business, some are too small, a few were never set."""
    from credit.instruments import Instrument
    from credit.models import AccountStatus, Settlement
    from credit.services import OpeningTerms, set_opening_terms

    rng, rows = company.stream("terms"), []
    customers = zip(company.shared["customers"], profiles, strict=True)
    for number, ((customer_id, _item), profile) in enumerate(customers):
        rate = RATE if profile.currency == FOREIGN else Decimal(1)
        need = Decimal(profile.monthly) * rate * Decimal(profile.term_days + 30) / 30
        limit = (need * Decimal(str(round(rng.uniform(0.9, 2.6), 2))) / 10_000).quantize(Decimal(1)) * 10_000
        settlement = rng.choices([Settlement.ROLLING, Settlement.MONTHLY], [80, 20])[0]
        status = rng.choices([AccountStatus.NORMAL, AccountStatus.WATCH, AccountStatus.FROZEN], [90, 8, 2])[0]
        rows.append(
            OpeningTerms(
                customer_id=customer_id,
                limit=None if rng.random() < 0.06 else max(limit, Decimal(10_000)),
                term_days=profile.term_days,
                settlement=Settlement.CASH if profile.term_days == 0 else settlement,
                status=status,
                instruments=[Instrument.TRANSFER] if number % TRANSFER_ONLY == 4 else None,
                next_review_on=company.end_on + dt.timedelta(days=rng.randrange(-20, 90)),
            )
        )
    set_opening_terms(rows=rows, reason="Annual review", on=company.start_on)


def month_of(on: dt.date) -> tuple[int, int]:
    return on.year, on.month


def build_receivables(company: DemoCompany) -> None:
    """Post two years month by month: invoices, the credit notes of complaints, then what was paid."""
    from crm.core.models import Currency, LegalEntity, Rate
    from receivables.models import InvoiceKind
    from receivables.services import (
        InvoiceRow,
        Line,
        ReceiptRow,
        bounce_receipt,
        clear_receipts,
        post_invoices,
        post_receipts,
    )  # fmt: skip

    rng = company.stream("posting")
    entity = LegalEntity.objects.create(
        code="OA",
        name_zh="开账贸易有限公司",
        name_en="OpenAccount Trading Co., Ltd.",
        uscc="91310115MA1K4BXX0H",
        address="上海市浦东新区张江路88号",
        address_en="88 Zhangjiang Road, Pudong New Area, Shanghai, China",
        bank_details="中国银行上海分行 4563 5100",
        bank_details_en="Bank of China, Shanghai Branch, account 4563 5100",
    )
    rate, on = RATE, company.start_on.replace(day=1)
    while on <= company.end_on:
        if base_currency() != FOREIGN:
            Rate.objects.create(currency=Currency.objects.get(code=FOREIGN), date=on, rate=rate)
        rate += Decimal(rng.randrange(-60, 60)) / 1000
        on = (on + dt.timedelta(days=32)).replace(day=1)

    customers = [customer_id for customer_id, _item in company.shared["customers"]]
    profiles = draw_profiles(company, [item.size for _id, item in company.shared["customers"]])
    build_terms(company, profiles)
    invoices = draw_invoices(company, profiles)
    receipts = draw_receipts(company, profiles, invoices)
    months = sorted({month_of(item.on) for item in invoices} | {month_of(item.on) for item in receipts})
    ids: dict[int, int] = {}
    waiting: list[tuple[dt.date, int]] = []  # cheques and bills by the day they clear
    for month in months:
        billed = [(place, item) for place, item in enumerate(invoices) if month_of(item.on) == month]
        result = post_invoices(
            actor=None,
            rows=[
                InvoiceRow(
                    legal_entity_id=entity.pk,
                    customer_id=customers[item.customer],
                    number=item.number,
                    on=item.on,
                    currency=item.currency,
                    amount=item.amount,
                    due_on=item.due_on,
                    term_days=item.term_days,
                    cost=item.cost,
                )
                for _place, item in billed
            ],
        )
        ids.update(zip((place for place, _item in billed), result.invoice_ids, strict=True))
        complaints = [(place, item) for place, item in billed if item.credit]
        post_invoices(
            actor=None,
            rows=[
                InvoiceRow(
                    legal_entity_id=entity.pk,
                    customer_id=customers[item.customer],
                    number=f"CN{item.number[3:]}",
                    on=item.on,
                    currency=item.currency,
                    amount=item.credit,
                    kind=InvoiceKind.CREDIT_NOTE,
                    corrects_id=ids[place],
                    due_on=item.on,
                    note="Damaged in transit",
                )
                for place, item in complaints
            ],
        )
        paid = [item for item in receipts if month_of(item.on) == month]
        result = post_receipts(
            actor=None,
            rows=[
                ReceiptRow(
                    legal_entity_id=entity.pk,
                    customer_id=customers[item.customer],
                    on=item.on,
                    currency=item.currency,
                    amount=item.amount,
                    instrument=item.instrument,
                    reference=item.reference,
                    lines=[Line(invoice_id=ids[place], amount=amount) for place, amount in item.lines],
                )
                for item in paid
            ],
        )
        for pk, item in zip(result.receipt_ids, paid, strict=True):
            if item.instrument in DAYS_TO_CLEAR:
                waiting.append((item.on + dt.timedelta(days=DAYS_TO_CLEAR[item.instrument]), pk))
    clearing: dict[int, dt.date] = {}
    for on, pk in sorted(waiting):
        if on > company.end_on:
            continue
        if rng.random() < 0.02:
            clear_receipts(actor=None, days=clearing)
            clearing = {}
            bounce_receipt(actor=None, receipt_id=pk, on=on, reason="Insufficient funds")
        else:
            clearing[pk] = on
    clear_receipts(actor=None, days=clearing)


def has_no_documents() -> bool:
    from receivables.models import Invoice, Receipt

    return not Invoice.objects.exists() and not Receipt.objects.exists()


DEMO_RECEIVABLES = DemoStep(key="receivables", order=50, build=build_receivables, is_empty=has_no_documents)
