"""Customers that may be the same company as a new one: by number, registration code, name, phone and e-mail.

Everyone is compared with every customer, but sees only those visible: of the others just that there are some.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Lower

from customers.models import Contact, Customer, DuplicatePolicy
from customers.names import core_name, phone_digits
from customers.rules import MatchPolicy, check_uscc, compact_identity, name_similarity

# The index finds what shares this part of its trigrams; the policy then decides on the names themselves.
CANDIDATE_SIMILARITY = 0.25
CANDIDATES = 50


class Reason(StrEnum):
    """Why a customer may be the same one, the strongest first."""

    CODE = "code"
    USCC = "uscc"
    FOREIGN_NUMBER = "foreign_number"
    IDENTITY = "identity_number"
    NAME = "name"
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True)
class Candidate:
    """A customer the reader sees, with the reasons and, for a like name, its similarity from 0 to 100."""

    customer: Customer
    reasons: Sequence[Reason]
    similarity: int


@dataclass(frozen=True)
class Similar:
    """What was found: visible candidates, and how many belong to colleagues (nothing else is told about those)."""

    candidates: Sequence[Candidate] = ()
    hidden: int = 0

    @property
    def found(self) -> bool:
        return bool(self.candidates or self.hidden)


def policy() -> MatchPolicy:
    """The policy in force; without a row the defaults of the rules."""
    row = DuplicatePolicy.objects.first()
    return MatchPolicy() if row is None else MatchPolicy(row.similarity, row.shown)


def similar_customers(
    *,
    actor: Any,
    name: str = "",
    code: str = "",
    uscc: str = "",
    foreign_number: str = "",
    identity_number: str = "",
    country: str = "",
    phone: str = "",
    email: str = "",
    person: bool = False,
    but: int | None = None,
) -> Similar:
    """Customers that may be the one described, best first; `but` leaves out the customer that is being edited."""
    rule = policy()
    reasons: dict[int, set[Reason]] = {}
    alike: dict[int, int] = {}
    for pk, score in by_name(core_name(name, person=person) if name.strip() else "", rule.similarity):
        reasons.setdefault(pk, set()).add(Reason.NAME)
        alike[pk] = score
    registration = check_uscc(uscc)[0] if uscc.strip() else ""
    found = by_keys(code.strip(), registration, phone_digits(phone), email)
    found += by_documents(" ".join(foreign_number.split()), country.strip(), compact_identity(identity_number))
    for pk, reason in found:
        reasons.setdefault(pk, set()).add(reason)
    reasons.pop(but or 0, None)
    if not reasons:
        return Similar()
    visible = Customer.objects.filter(pk__in=reasons).select_related("owner")
    if actor is not None:
        visible = visible.visible_to(actor)
    order = list(Reason)
    candidates = [
        Candidate(customer, sorted(reasons[customer.pk], key=order.index), alike.get(customer.pk, 0))
        for customer in visible
    ]
    candidates.sort(key=lambda found: (order.index(found.reasons[0]), -found.similarity, found.customer.pk))
    return Similar(candidates[: rule.shown], len(reasons) - len(candidates))


def by_name(core: str, at_least: int) -> list[tuple[int, int]]:
    """Customers with a like core name: (id, similarity). The trigram index proposes, the rule decides."""
    if not core:
        return []
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(CANDIDATE_SIMILARITY)])
        proposed = (
            Customer.objects.filter(Q(core_name__trigram_similar=core), merged_into__isnull=True)
            .annotate(trigrams=TrigramSimilarity("core_name", core))
            .order_by("-trigrams", "pk")
            .values_list("pk", "core_name")[:CANDIDATES]
        )
        scored = [(pk, name_similarity(core, other)) for pk, other in proposed]
    return [(pk, score) for pk, score in scored if score >= at_least]


def by_documents(foreign: str, country: str, identity: str) -> list[tuple[int, Reason]]:
    """Customers with the same number in the register of the same country, or the same identity document."""
    found: list[tuple[int, Reason]] = []
    for value, condition, reason in (
        (foreign, Q(foreign_number=foreign.upper(), country=country.upper()), Reason.FOREIGN_NUMBER),
        (identity, Q(identity_number=identity), Reason.IDENTITY),
    ):
        if value:
            same = Customer.objects.filter(condition, merged_into__isnull=True).values_list("pk", flat=True)
            found += [(pk, reason) for pk in same[:CANDIDATES]]
    return found


def by_keys(code: str, uscc: str, digits: str, email: str) -> list[tuple[int, Reason]]:
    """Customers, and customers of contacts, with the same number, registration code, phone or address."""
    found: list[tuple[int, Reason]] = []
    mail = email.strip().lower()
    living = Customer.objects.filter(merged_into__isnull=True)
    for value, condition, reason in (
        (code, Q(code=code), Reason.CODE),
        (uscc, Q(uscc=uscc), Reason.USCC),
        (digits, Q(phone_digits=digits), Reason.PHONE),
    ):
        if value:
            found += [(pk, reason) for pk in living.filter(condition).values_list("pk", flat=True)[:CANDIDATES]]
    contacts = Contact.objects.filter(is_active=True)
    if digits:
        same = contacts.filter(phone_digits=digits).values_list("customer_id", flat=True)[:CANDIDATES]
        found += [(pk, Reason.PHONE) for pk in same]
    if mail:
        for query, field in ((living, "pk"), (contacts, "customer_id")):
            same = query.alias(mail=Lower("email")).exclude(email="").filter(mail=mail).values_list(field, flat=True)
            found += [(pk, Reason.EMAIL) for pk in same[:CANDIDATES]]
    return found
