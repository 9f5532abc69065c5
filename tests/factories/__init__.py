"""What tests are made of: plain functions, each with sensible defaults, money only through the services.

    company = make_company()          # the fixed cast and one legal entity, in one go (see Company)
    company.alice, .bob, ...          # alice: sales rep, owner of `customer`; bob: rep of the same team; charlie: rep
                                      # of another team; mona: manager of alice's team; fiona: finance director (posts,
                                      # reverses, closes); greg: general manager; anna: accountant (posts only)
    make_customer(owner=..., **fields)
    make_rate("USD", "7.10", on="2026-01-01")
    make_account(customer, limit="100000", term_days=30, settlement="rolling")
    make_group_limit(head, "500000")  # of a company and all below it (`parent=` of make_customer), after they are made
    reserve(customer_id=customer.pk, source_kind="order", source_id=1, amount=money(9), on=...)  # with no check of it
    make_invoice(customer, "1000.00", on="2026-01-10", due_on=None, currency="CNY", number=None, kind="invoice", ...)
    make_credit_note(customer, "100.00", corrects=invoice)
    make_receipt(customer, "400.00", on="2026-02-01", lines=[(invoice, "400.00")], instrument="transfer")
    allocate_receipt(receipt, (invoice, "50.00"), on="2026-02-02")

Amounts and dates may be given as text. The system itself posts unless `actor=` is given. Documents are read again from
the database before they are handed out. Currencies and roles are there already: they are seeded after every migrate.
"""

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import connection, transaction

from credit.models import (
    AccountGrade,
    Balance,
    CreditAccount,
    Rating,
    RatingState,
    Reservation,
    ScorecardVersion,
    Settlement,
    Trigger,
    Verb,
)
from credit.services import Movement, lock_account, record
from credit.services.groups import set_group_limit
from crm.accounts import roles
from crm.accounts.models import Team, User
from crm.approvals.rules import GRADES
from crm.core.models import LegalEntity, Rate
from customers.models import Customer
from receivables import services
from receivables.models import Allocation, Instrument, Invoice, InvoiceKind, Receipt

TODAY = dt.date(2026, 3, 31)
counter = itertools.count(1)


def day(value: str | dt.date) -> dt.date:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


def money(value: str | int | Decimal) -> Decimal:
    return Decimal(value).quantize(Decimal("0.01"))


def make_team(name: str = "", parent: Team | None = None) -> Team:
    return make_teams((name or f"Team {next(counter)}", parent))[0]


def make_teams(*wanted: tuple[str, Team | str | None]) -> list[Team]:
    """Teams given by name and superior, a team or the name of one before it, in two statements."""
    made: dict[str, Team] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('accounts_team', 'id')) FROM generate_series(1, %s)", [len(wanted)]
        )
        keys = [key for (key,) in cursor.fetchall()]
    for key, (name, superior) in zip(keys, wanted, strict=True):
        parent = made[superior] if isinstance(superior, str) else superior
        path = f"{parent.path if parent else '/'}{key}/"
        made[name] = Team(pk=key, name_zh=name, name_en=name, parent=parent, path=path)
    return Team.objects.bulk_create(made.values())


@cache
def hashed_password() -> str:
    return make_password("a long password 1")


def make_user(username: str = "", role: str = roles.SALES_REP, team: Team | None = None, **fields: Any) -> User:
    """A user with one role; a user of that name is handed out again."""
    return make_users((username or f"user{next(counter)}", role, team), **fields)[0]


def make_users(*wanted: tuple[str, str, Team | None], **fields: Any) -> list[User]:
    """Users given by name, role and team, in a handful of statements however many they are."""
    known = {user.username: user for user in User.objects.filter(username__in=[name for name, _, _ in wanted])}
    fields = {"language": "en", "password": hashed_password(), **fields}
    new = [
        (User(username=name, name=name.capitalize(), team=team, **fields), role)
        for name, role, team in wanted
        if name not in known
    ]
    if new:
        User.objects.bulk_create([user for user, _ in new])
        groups = {group.name: group for group in Group.objects.filter(name__in={role for _, role in new})}
        User.groups.through.objects.bulk_create(
            [User.groups.through(user=user, group=groups[role]) for user, role in new]
        )
    known.update({user.username: user for user, _ in new})
    return [known[name] for name, _, _ in wanted]


def make_entity(code: str = "OA", **fields: Any) -> LegalEntity:
    found = LegalEntity.objects.filter(code=code).first()
    return found or LegalEntity.objects.create(
        code=code, **{"name_zh": f"开账 {code}", "name_en": f"OpenAccount {code}", **fields}
    )


def make_rate(currency: str, rate: str, on: str | dt.date = "2020-01-01") -> Rate:
    return Rate.objects.update_or_create(currency_id=currency, date=day(on), defaults={"rate": Decimal(rate)})[0]


def make_customer(name: str = "", owner: User | None = None, team: Team | None = None, **fields: Any) -> Customer:
    """A customer looked after by `owner`, in the owner's team unless another is given."""
    number = next(counter)
    name = name or f"Customer {number}"
    fields.setdefault("code", f"T{number:05d}")
    for derived in ("core_name", "pinyin", "search_text"):
        fields.setdefault(derived, name.lower())
    return Customer.objects.create(name=name, owner=owner, team=team or (owner.team if owner else None), **fields)


def make_account(
    customer: Customer,
    limit: str | None = None,
    term_days: int = 30,
    settlement: str = Settlement.ROLLING,
    **terms: Any,
) -> CreditAccount:
    """The customer's credit account with these terms, set without a history of its own."""
    terms |= {"limit": None if limit is None else money(limit), "term_days": term_days, "settlement": settlement}
    if not CreditAccount.objects.filter(customer=customer).update(**terms):
        CreditAccount.objects.create(customer=customer, **terms)
    return account_of(customer)


def give_grade(customer: Customer, grade: str, since: dt.date) -> None:
    """The customer's account has this grade from now on, by a rating without a history of its own."""
    account, _made = CreditAccount.objects.get_or_create(customer=customer)
    rating = Rating.objects.create(
        account=account,
        scorecard=ScorecardVersion.objects.earliest("pk"),
        on=since,
        trigger=Trigger.values[0],
        state=RatingState.ACCEPTED,
        known=100,
        grade=grade,
        decided_on=since,
    )
    AccountGrade.objects.create(account=account, grade=grade, rank=GRADES.index(grade), rating=rating, since=since)


def make_group_limit(head: Customer, limit: str | None) -> CreditAccount:
    """The group limit of a company and all below it, set (None: ended) without a request; answers its account."""
    CreditAccount.objects.get_or_create(customer=head)
    with transaction.atomic():
        set_group_limit(
            account=account_of(head),
            limit=None if limit is None else money(limit),
            reason="for a test",
            actor_id=None,
            on=TODAY,
        )
    return account_of(head)


def reserve(
    *, customer_id: int, source_kind: str, source_id: int, amount: Decimal, on: dt.date, actor_id: int | None = None
) -> Reservation:
    """Headroom held for a source with no check of it: what check_and_reserve leaves of a released order besides."""
    account = lock_account(customer_id=customer_id)
    reservation: Reservation = Reservation.objects.create(
        account=account, source_kind=source_kind, source_id=source_id, balance=Balance.RESERVED, on=on, amount=amount
    )
    moved = Movement(Balance.RESERVED, Verb.RESERVE, amount, "CNY", amount, on, None, source_kind, source_id)
    record(account=account, movements=[moved], actor_id=actor_id)
    return reservation


def make_invoice(
    customer: Customer,
    amount: str | int | Decimal = "1000.00",
    *,
    on: str | dt.date = "2026-01-10",
    due_on: str | dt.date | None = None,
    currency: str = "CNY",
    kind: str = InvoiceKind.INVOICE,
    number: str | None = None,
    entity: LegalEntity | None = None,
    corrects: Invoice | None = None,
    actor: User | None = None,
    **fields: Any,
) -> Invoice:
    invoice = services.post_invoice(
        actor=actor,
        legal_entity_id=(entity or make_entity()).pk,
        customer_id=customer.pk,
        kind=kind,
        number=number or f"INV-{next(counter):06d}",
        on=day(on),
        due_on=day(due_on) if due_on else None,
        currency=currency,
        amount=money(amount),
        corrects_id=corrects.pk if corrects else None,
        **fields,
    )
    return Invoice.objects.get(pk=invoice.pk)


def make_credit_note(
    customer: Customer, amount: str | int | Decimal = "100.00", *, corrects: Invoice | None = None, **fields: Any
) -> Invoice:
    if corrects is not None:
        fields.setdefault("entity", corrects.legal_entity)
        fields.setdefault("currency", corrects.currency)
    return make_invoice(customer, amount, kind=InvoiceKind.CREDIT_NOTE, corrects=corrects, **fields)


def as_lines(lines: Sequence[tuple[Invoice, str | Decimal]]) -> list[services.Line]:
    return [services.Line(invoice.pk, money(amount)) for invoice, amount in lines]


def make_receipt(
    customer: Customer,
    amount: str | int | Decimal = "1000.00",
    *,
    on: str | dt.date = "2026-02-01",
    currency: str = "CNY",
    instrument: str = Instrument.TRANSFER,
    lines: Sequence[tuple[Invoice, str | Decimal]] = (),
    entity: LegalEntity | None = None,
    actor: User | None = None,
    **fields: Any,
) -> Receipt:
    receipt = services.post_receipt(
        actor=actor,
        legal_entity_id=(entity or make_entity()).pk,
        customer_id=customer.pk,
        on=day(on),
        currency=currency,
        amount=money(amount),
        instrument=instrument,
        lines=as_lines(lines),
        **fields,
    )
    return Receipt.objects.get(pk=receipt.pk)


def allocate_receipt(
    receipt: Receipt,
    *lines: tuple[Invoice, str | Decimal],
    on: str | dt.date = "2026-02-01",
    actor: User | None = None,
) -> list[Allocation]:
    return services.allocate(
        actor=actor, receipt_id=receipt.pk, lines=as_lines(lines), method=Allocation.Method.MANUAL, on=day(on)
    )


@dataclass
class Company:
    """The fixed cast of the tests around one customer of alice's."""

    entity: LegalEntity
    sales: Team
    east: Team
    west: Team
    alice: User
    bob: User
    charlie: User
    mona: User
    fiona: User
    anna: User
    greg: User
    customer: Customer


def make_company() -> Company:
    """Alice and Bob sell in the east under Mona, Charlie in the west; Anna and Fiona keep the books, Greg manages."""
    sales, east, west = make_teams(("Sales", None), ("East", "Sales"), ("West", "Sales"))
    alice, bob, charlie, mona, fiona, anna, greg = make_users(
        ("alice", roles.SALES_REP, east),
        ("bob", roles.SALES_REP, east),
        ("charlie", roles.SALES_REP, west),
        ("mona", roles.SALES_MANAGER, east),
        ("fiona", roles.FINANCE_DIRECTOR, None),
        ("anna", roles.ACCOUNTANT, None),
        ("greg", roles.GENERAL_MANAGER, None),
    )
    customer = make_customer("Alice's customer", owner=alice)
    return Company(make_entity(), sales, east, west, alice, bob, charlie, mona, fiona, anna, greg, customer)


def account_of(customer: Customer) -> CreditAccount:
    """The account as it stands in the database now."""
    return CreditAccount.objects.get(customer=customer)


__all__ = [
    "TODAY", "Company", "account_of", "allocate_receipt", "as_lines", "day", "make_account",
    "make_company", "make_credit_note", "make_customer", "make_entity", "make_group_limit", "make_invoice", "make_rate",
    "make_receipt", "make_team", "make_user", "make_users", "money",
]  # fmt: skip
