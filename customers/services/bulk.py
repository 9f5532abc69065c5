"""Many customers at once: new ones created, known ones brought up to date, with the rules of the single services."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

import pghistory
from django.db import IntegrityError, connection
from django.utils import timezone

from crm.core.errors import DomainError
from crm.core.locks import atomic_or_busy
from crm.core.setbased import CHUNK, array, array_types, arrays_of, columns_of, insert_rows_sql, new_ids
from customers.errors import CodeTaken, FieldInvalid, FieldTooLong, NotFilledIn, RowRepeated, RowsFaulty, UsccTaken
from customers.models import Assignment, Customer, CustomerState, ExternalRef, StateChange
from customers.services.access import actor_id, check, taken
from customers.services.events import EventRow, record_events
from customers.services.fields import LIMITS, PROFILE_FIELDS, check_identity, cleaned, known_codes, label
from customers.services.ownership import default_owner_id, fit_owner
from customers.services.profile import derive

DERIVED = ("core_name", "pinyin", "search_text", "phone_digits")
STATES = frozenset(CustomerState.values)
NAMED_BY = frozenset(
    {"code", "name", "short_name", "english_name", "other_names", "uscc", "foreign_number", "kind", "phone"}
)


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer as a file tells it. None = the file says nothing about it, '' = it is empty.

    A known customer is found by its key in the other system (`source_key`, or its code there), else by `code`. Owner,
    team and state count for new customers only: those of a known one change by their own use cases, with a reason.
    `other_names` are further spellings in the file; they are added to those already known.
    """

    code: str = ""
    name: str | None = None
    kind: str | None = None
    category: str | None = None
    short_name: str | None = None
    english_name: str | None = None
    uscc: str | None = None
    foreign_number: str | None = None
    identity_number: str | None = None
    industry_id: str | None = None
    region_id: str | None = None
    country: str | None = None
    address: str | None = None
    english_address: str | None = None
    phone: str | None = None
    email: str | None = None
    website: str | None = None
    size: str | None = None
    ownership: str | None = None
    founded_on: dt.date | None = None
    registered_capital: Decimal | None = None
    registered_capital_currency: str | None = None
    legal_representative: str | None = None
    legal_form: str | None = None
    proprietor: str | None = None
    proprietor_residence: str | None = None
    notes: str | None = None
    state: str = CustomerState.ACTIVE
    owner_id: int | None = None
    team_id: int | None = None
    source_key: str = ""
    other_names: Sequence[str] = ()

    def given(self) -> dict[str, Any]:
        """The profile fields the file says something about."""
        return {name: value for name in ROW_FIELDS if (value := getattr(self, name)) is not None}


ROW_FIELDS = tuple(
    item.name
    for item in fields(CustomerRow)
    if item.name in PROFILE_FIELDS and item.name not in {"code", "other_names"}
)


@dataclass(frozen=True)
class RowFault:
    """Why one row cannot be taken over; `index` is its position, from 0."""

    index: int
    error: DomainError


@dataclass
class Plan:
    """What taking over the rows would do; made for the dry run and again, under locks, when it is done."""

    new: list[tuple[int, dict[str, Any]]] = field(default_factory=list)  # (index, profile)
    changed: list[tuple[int, int, dict[str, Any]]] = field(default_factory=list)  # (index, id, changed fields)
    unchanged: list[tuple[int, int]] = field(default_factory=list)  # (index, id)
    faults: list[RowFault] = field(default_factory=list)
    known: dict[int, dict[str, Any]] = field(default_factory=dict)  # id -> profile as it stands
    new_refs: set[int] = field(default_factory=set)  # indexes of rows whose key is not known yet


@dataclass(frozen=True)
class UpsertResult:
    """What was done; `ids` has the record of each row, in the order of the rows."""

    created_ids: Sequence[int]
    changed_ids: Sequence[int]
    ids: Sequence[int]

    @property
    def new(self) -> int:
        return len(self.created_ids)

    @property
    def changed(self) -> int:
        return len(self.changed_ids)

    @property
    def unchanged(self) -> int:
        return len(self.ids) - self.new - self.changed


def plan_customers(*, actor: Any, rows: Sequence[CustomerRow], source: str = "") -> Plan:
    """What `upsert_customers` would do, and every row it would refuse with the reason. Writes nothing."""
    check(actor, "customers.add_customer", "customers.change_customer")
    return make_plan(actor, rows, source, lock=False)


def upsert_customers(*, actor: Any, rows: Sequence[CustomerRow], today: dt.date, source: str = "") -> UpsertResult:
    """Create and change customers, all or nothing: with one faulty row nothing is written.

    `source` names the system the rows come from; each customer then keeps its key there.
    """
    check(actor, "customers.add_customer", "customers.change_customer")
    with atomic_or_busy(), pghistory.context(user=actor_id(actor)):
        plan = make_plan(actor, rows, source, lock=True)
        if plan.faults:
            raise RowsFaulty(count=len(plan.faults), faults=plan.faults)
        ids = dict(plan.unchanged)
        ids |= {index: pk for index, pk, _changes in plan.changed}
        try:
            created = insert_new(actor, rows, plan, today)
            update_changed(actor, plan, today)
        except IntegrityError as error:
            raise taken(error, code="", uscc="") from error
        ids |= created
        insert_refs(rows, plan, source, ids)
    return UpsertResult(
        list(created.values()),
        [pk for _index, pk, _changes in plan.changed],
        [ids[index] for index in range(len(rows))],
    )


def make_plan(actor: Any, rows: Sequence[CustomerRow], source: str, *, lock: bool) -> Plan:
    """Compare every row with what is there, under the rules of the single services."""
    comparison = Comparison(actor, rows, source, lock=lock)
    for index, row in enumerate(rows):
        try:
            comparison.place(index, row)
        except DomainError as error:
            comparison.plan.faults.append(RowFault(index, error))
    return comparison.plan


class Comparison:
    """What is known of all rows together, so that none of them needs a query of its own, and the plan they make."""

    def __init__(self, actor: Any, rows: Sequence[CustomerRow], source: str, *, lock: bool) -> None:
        self.plan, self.source = Plan(), source
        self.by_ref = customers_by_key(source, rows)
        self.known = self.plan.known = profiles_of(
            codes={row.code.strip() for row in rows}, ids=set(self.by_ref.values()), lock=lock
        )
        self.by_code = {profile["code"]: pk for pk, profile in self.known.items()}
        self.by_uscc = registered({row.uscc for row in rows if row.uscc})
        self.seen = visible_ids(actor, self.known)
        self.codes = known_codes()
        self.owners = OwnerCheck(actor)
        self.first: dict[Any, int] = {}

    def place(self, index: int, row: CustomerRow) -> None:
        """Put a row where it belongs: new, changed or unchanged. Raises what speaks against it."""
        given = cleaned(row.given(), known=self.codes)
        code = row.code.strip()
        ref = row.source_key or code if self.source else ""
        pk = self.by_ref.get(ref)
        if pk is None:
            pk = self.by_code.get(code)
        elif code and code != self.known[pk]["code"]:
            if code in self.by_code:
                raise CodeTaken(code=code)
            given["code"] = code
        self.check_code(index, row, code, pk)
        number = given.get("uscc")
        if number and (self.by_uscc.get(number, pk) != pk or self.first.setdefault(("uscc", number), index) != index):
            raise UsccTaken(uscc=number)
        standing = self.known[pk]["identity_number"] if pk else ""
        check_identity(given.get("identity_number", ""), standing=standing)
        if row.other_names:
            given["other_names"] = other_names(row, self.known[pk] if pk else {})
        if ref and ref not in self.by_ref:
            self.plan.new_refs.add(index)
        if "name" in given and not given["name"]:
            raise NotFilledIn(field=label("name"))
        if pk is None:
            self.check_new(row, given)
            self.plan.new.append((index, {**given, "code": code}))
        elif changes := {name: value for name, value in given.items() if self.known[pk][name] != value}:
            self.plan.changed.append((index, pk, changes))
        else:
            self.plan.unchanged.append((index, pk))

    def check_code(self, index: int, row: CustomerRow, code: str, pk: int | None) -> None:
        """A number that fits, of one row only, and not that of a customer the actor does not see."""
        if not code and pk is None:
            raise NotFilledIn(field=label("code"))
        if len(code) > LIMITS["code"]:
            raise FieldTooLong(field=label("code"), limit=LIMITS["code"])
        first = self.first.setdefault(("customer", pk or code), index)
        if first != index:
            raise RowRepeated(code=code or row.source_key, first=first)
        if pk is not None and pk not in self.seen:
            raise CodeTaken(code=code or row.source_key)

    def check_new(self, row: CustomerRow, given: dict[str, Any]) -> None:
        """What a new customer needs beyond what every row does."""
        if not given.get("name"):
            raise NotFilledIn(field=label("name"))
        if row.state not in STATES:
            raise FieldInvalid(field=Customer._meta.get_field("state").verbose_name, value=row.state)
        self.owners.check(row.owner_id)


class OwnerCheck:
    """Whether the actor may make somebody the owner of new customers, asked once for each owner."""

    def __init__(self, actor: Any) -> None:
        self.actor = actor
        self.answers: dict[int, DomainError | None] = {}

    def check(self, owner_id: int | None) -> None:
        if owner_id is None:
            return
        if owner_id not in self.answers:
            try:
                fit_owner(actor=self.actor, owner_id=owner_id)
                self.answers[owner_id] = None
            except DomainError as error:
                self.answers[owner_id] = error
        answer = self.answers[owner_id]
        if answer is not None:
            raise answer


def other_names(row: CustomerRow, profile: dict[str, Any]) -> str:
    """The spellings known already, then the new ones, as many as the field holds."""
    known = [name.strip() for name in profile.get("other_names", "").split(";") if name.strip()]
    legal = row.name or profile.get("name", "")
    names = dict.fromkeys([*known, *(" ".join(name.replace(";", " ").split()) for name in row.other_names)])
    names.pop(legal, None)
    names.pop("", None)
    text = ""
    for name in names:
        longer = f"{text}; {name}" if text else name
        if len(longer) > LIMITS["other_names"]:
            break
        text = longer
    return text


def customers_by_key(source: str, rows: Sequence[CustomerRow]) -> dict[str, int]:
    """Customers already known by their keys in the other system."""
    if not source:
        return {}
    wanted = [row.source_key or row.code.strip() for row in rows]
    found: dict[str, int] = {}
    for start in range(0, len(wanted), CHUNK):
        refs = ExternalRef.objects.filter(source=source, kind="customer", key__in=wanted[start : start + CHUNK])
        found |= dict(refs.values_list("key", "customer_id"))
    return found


def profiles_of(*, codes: set[str], ids: set[int], lock: bool) -> dict[int, dict[str, Any]]:
    """Profiles as they stand, by id; locked in the order of their keys when they are about to change."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM customers_customer WHERE code = ANY(%s) OR id = ANY(%s) ORDER BY id"
            + (" FOR NO KEY UPDATE" if lock else ""),
            [sorted(codes), sorted(ids)],
        )
        found = [row[0] for row in cursor.fetchall()]
    profiles: dict[int, dict[str, Any]] = {}
    for start in range(0, len(found), CHUNK):
        chunk = Customer.objects.filter(pk__in=found[start : start + CHUNK]).order_by("pk")
        profiles |= {row["id"]: row for row in chunk.values("id", "version", *PROFILE_FIELDS)}
    return profiles


def registered(numbers: set[str]) -> dict[str, int]:
    """Which customer has which registration code."""
    wanted = sorted(number.replace(" ", "").replace("-", "").upper() for number in numbers)
    with connection.cursor() as cursor:
        cursor.execute("SELECT uscc, id FROM customers_customer WHERE uscc <> '' AND uscc = ANY(%s)", [wanted])
        return dict(cursor.fetchall())


def visible_ids(actor: Any, profiles: dict[int, Any]) -> set[int]:
    if actor is None:
        return set(profiles)
    ids = list(profiles)
    seen: set[int] = set()
    for start in range(0, len(ids), CHUNK):
        found = Customer.objects.visible_to(actor).filter(pk__in=ids[start : start + CHUNK])
        seen.update(found.values_list("pk", flat=True))
    return seen


def insert_new(actor: Any, rows: Sequence[CustomerRow], plan: Plan, today: dt.date) -> dict[int, int]:
    """Write the new customers with their first state, first owner and event."""
    if not plan.new:
        return {}
    names = tuple(item.attname for item in Customer._meta.concrete_fields)
    by, own = actor_id(actor), default_owner_id(actor)
    teams: dict[int, int | None] = dict(owner_teams({rows[index].owner_id or own for index, _given in plan.new}))
    created: list[Customer] = []
    now = timezone.now()
    for (index, given), pk in zip(plan.new, new_ids(Customer, len(plan.new)), strict=True):
        row = rows[index]
        owner = row.owner_id or own
        customer = Customer(
            **given,
            pk=pk,
            state=row.state,
            owner_id=owner,
            team_id=row.team_id or (teams.get(owner) if owner else None),
            created_by_id=by,
            created_at=now,
        )
        derive(customer)
        created.append(customer)
    insert_all(Customer, names, columns_of(created, names))
    count = len(created)
    insert_all(
        StateChange,
        ("customer_id", "from_state", "to_state", "on", "cause", "created_by_id", "created_at"),
        [
            *([c.pk for c in created], [""] * count, [c.state for c in created]),
            *([today] * count, [""] * count, [by] * count, [now] * count),
        ],
    )
    kept = [c for c in created if c.owner_id or c.team_id]
    count = len(kept)
    insert_all(
        Assignment,
        ("customer_id", "owner_id", "team_id", "on", "reason", "created_by_id", "created_at"),
        [
            *([c.pk for c in kept], [c.owner_id for c in kept], [c.team_id for c in kept]),
            *([today] * count, [""] * count, [by] * count, [now] * count),
        ],
    )
    record_events(EventRow(customer.pk, "customer_created", today, actor_id=by) for customer in created)
    return {index: customer.pk for (index, _given), customer in zip(plan.new, created, strict=True)}


def owner_teams(owners: set[int | None]) -> list[tuple[int, int | None]]:
    from crm.accounts.models import User

    return list(User.objects.filter(pk__in=[pk for pk in owners if pk]).values_list("pk", "team_id"))


def insert_all(model: Any, names: tuple[str, ...], columns: Sequence[list[Any]]) -> None:
    """Insert rows given as one list for each field."""
    for start in range(0, len(columns[0]), CHUNK):
        with connection.cursor() as cursor:
            cursor.execute(insert_rows_sql(model, names), [array(column[start : start + CHUNK]) for column in columns])


def update_changed(actor: Any, plan: Plan, today: dt.date) -> None:
    """Write what changed, every changed field in one statement, and the events."""
    touched = [(pk, changes) for _index, pk, changes in plan.changed if changes]
    if not touched:
        return
    names = sorted({name for _pk, changes in touched for name in changes})
    if NAMED_BY.intersection(names):
        names += DERIVED
    customers: list[Customer] = []
    for pk, changes in touched:
        profile = {**plan.known[pk], **changes}
        customer = Customer(**{**profile, "version": profile["version"] + 1})
        derive(customer)
        customers.append(customer)
    columns = ("id", "version", *names)
    targets = [column_of(name) for name in columns[1:]]
    arrays = ", ".join(f"%s::{kind}" for kind in array_types(Customer, columns))
    sql = (
        f"UPDATE customers_customer SET {', '.join(f'{name} = given.{name}' for name in targets)} "
        f"FROM unnest({arrays}) AS given (id, {', '.join(targets)}) WHERE customers_customer.id = given.id"
    )
    for start in range(0, len(customers), CHUNK):
        with connection.cursor() as cursor:
            cursor.execute(sql, arrays_of(customers[start : start + CHUNK], columns))
    record_events(
        EventRow(
            pk,
            "customer_updated",
            today,
            {"fields": sorted(name.removesuffix("_id") for name in changes)},
            actor_id(actor),
        )
        for pk, changes in touched
    )


def column_of(name: str) -> str:
    field: Any = Customer._meta.get_field(name.removesuffix("_id"))
    return str(field.column)


def insert_refs(rows: Sequence[CustomerRow], plan: Plan, source: str, ids: dict[int, int]) -> None:
    """Remember the keys that were not known yet."""
    ExternalRef.objects.bulk_create(
        [
            ExternalRef(customer_id=ids[index], source=source, key=rows[index].source_key or rows[index].code.strip())
            for index in sorted(plan.new_refs)
        ],
        batch_size=5000,
    )
