"""Pure decisions about credit requests: what is missing, what an approval makes of the terms."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from crm.core.money import ZERO
from customers.rules import COMPANY, DOCUMENT_OF, PERSON

NEW, INCREASE, DECREASE = "new", "increase", "decrease"
TERM, SETTLEMENT, TEMPORARY, UNFREEZE = "term", "settlement", "temporary", "unfreeze"
INSTRUMENT = "instrument"  # which payment forms are accepted
RELEASE = "release"  # of one held document, which changes no term
GROUP, GROUP_END = "group", "group_end"  # of the company at the head of a group, for all below it together
GROUP_KINDS = (GROUP, GROUP_END)
LIMIT_KINDS = (NEW, INCREASE, DECREASE, TEMPORARY)
GRANTING = (NEW, INCREASE, TEMPORARY)  # more credit than now: only for who was identified
UNUSUAL = ("floor_stock", "consignment")  # goods handed over before they are sold: a deviation from ordinary terms
RESTRICTING = {"normal": 0, "watch": 1, "frozen": 2, "cash_only": 3}


@dataclass(frozen=True)
class Terms:
    """The terms of an account as far as requests change them. `limit` None: never set."""

    limit: Decimal | None
    term_days: int
    settlement: str
    status: str
    regular_limit: Decimal | None = None
    temporary_until: dt.date | None = None
    instruments: Sequence[str] = ()
    next_review_on: dt.date | None = None

    @property
    def lasting_limit(self) -> Decimal | None:
        """The limit that stays: what a temporary increase goes back to, while one runs."""
        return self.limit if self.temporary_until is None else self.regular_limit

    def limit_before(self, kind: str) -> Decimal:
        """The limit a request of a kind is measured by: the lasting one, but of a further temporary increase the one
        that counts now."""
        limit = self.limit if kind == TEMPORARY else self.lasting_limit
        return limit if limit is not None else ZERO


@dataclass(frozen=True)
class Asked:
    """What a request asks for, and what it brings to be judged by."""

    kind: str
    reason: str = ""
    limit: Decimal | None = None
    term_days: int | None = None
    settlement: str = ""
    instruments: Sequence[str] = ()  # a new limit without any leaves those of the account
    until: dt.date | None = None
    temporary_days: int | None = None  # the longest temporary increase, by the policy in force
    plan: str = ""
    purchase_estimate: Decimal | None = None
    bank_reference: str = ""
    trade_reference: str = ""
    files: Collection[str] = ()
    heads_group: bool = False  # whether companies stand below this one; with its group limit now, None: none
    group_limit: Decimal | None = None
    held_amount: Decimal | None = None  # of the document to be released, while it is held and may be lifted
    profile: Collection[str] = field(default_factory=tuple)  # what the customer's profile says of what is needed
    form: str = COMPANY  # what the customer is in law
    is_unlimited: bool = False  # the owner of the customer answers with private property
    is_identified: bool = True  # and not refused as a customer


NEEDED_OF_OWNER = ("proprietor", "proprietor_residence")  # where the owner answers with private property
OF_COMPANY = ("legal_form", "legal_representative", "founded_on")


def needed_profile(form: str, *, is_unlimited: bool) -> tuple[str, ...]:
    """What the profile of a customer must say before it is given credit: fields that a person does not have are not
    asked for.
    """
    if form == PERSON:
        return (DOCUMENT_OF[PERSON],)
    return (DOCUMENT_OF[form], *OF_COMPANY, *(NEEDED_OF_OWNER if is_unlimited else ()))


def checklist(asked: Asked, now: Terms, *, exposure: Decimal, today: dt.date) -> list[tuple[str, bool]]:
    """What a request of its kind must have, and whether it has it, in the order of the form."""
    items: list[tuple[str, bool]] = []

    def need(code: str, there: Any) -> None:
        items.append((code, bool(there)))

    has_limit = now.limit is not None
    present = now.limit_before(asked.kind)
    wanted = asked.limit
    if asked.kind == NEW:
        need("no_limit_yet", not has_limit)
        need("limit", wanted is not None and wanted > 0)
        need("term", asked.term_days is not None)
        need("settlement", asked.settlement)
    elif asked.kind not in (INSTRUMENT, UNFREEZE, RELEASE, *GROUP_KINDS):
        need("has_limit", has_limit)
    if asked.kind in GRANTING:
        need("identified", asked.is_identified)
    if asked.kind in (INCREASE, TEMPORARY):
        need("limit_above", wanted is not None and wanted > present)
    if asked.kind == GROUP:
        need("heads_group", asked.heads_group)
        need("group_limit", wanted is not None and wanted > 0)
        need("group_limit_other", wanted != asked.group_limit)
    if asked.kind == GROUP_END:
        need("has_group_limit", asked.group_limit is not None)
    if asked.kind == RELEASE:
        need("held", asked.held_amount)
    if asked.kind in (TEMPORARY, RELEASE):
        need("until", asked.until is not None and asked.until >= today)
    if asked.kind == TEMPORARY and asked.temporary_days is not None:
        last = today + dt.timedelta(days=asked.temporary_days)
        need("until_within", asked.until is None or asked.until <= last)
    if asked.kind == DECREASE:
        need("limit_below", wanted is not None and ZERO <= wanted < present)
        if wanted is not None and wanted < exposure:
            need("plan", asked.plan.strip())
    if asked.kind == TERM:
        need("term_other", asked.term_days is not None and asked.term_days != now.term_days)
    if asked.kind == SETTLEMENT:
        need("settlement_other", asked.settlement and asked.settlement != now.settlement)
    if asked.kind == INSTRUMENT:
        need("instruments", asked.instruments)
        need("instruments_other", set(asked.instruments) != set(now.instruments))
    if asked.kind == UNFREEZE:
        need("restricted", now.status != "normal")
        need("plan", asked.plan.strip())
        if now.status == "cash_only":
            need("solvency", "solvency" in asked.files)
    if asked.kind in (NEW, INCREASE):
        need("purchase_estimate", asked.purchase_estimate)
    if asked.kind == NEW:
        for name in needed_profile(asked.form, is_unlimited=asked.is_unlimited):
            need(name, name in asked.profile)
        need("bank_reference", asked.bank_reference.strip())
        need("trade_reference", asked.trade_reference.strip())
        need("application", "application" in asked.files)
        need("statements", "statements" in asked.files)
    need("reason", asked.reason.strip())
    return items


def missing(asked: Asked, now: Terms, *, exposure: Decimal, today: dt.date) -> list[str]:
    """What is not there yet."""
    return [code for code, there in checklist(asked, now, exposure=exposure, today=today) if not there]


def policy_warnings(asked: Asked, *, gives_credit: bool, most_days: int) -> list[str]:
    """Where a request asks for more than the policy gives the class: it may be approved all the same, but knowingly."""
    found = []
    if asked.kind in GRANTING and not gives_credit:
        found.append("no_credit")
    if asked.kind in (NEW, TERM) and asked.term_days is not None and asked.term_days > most_days:
        found.append("term_beyond")
    return found


def routed_amount(asked: Asked, now: Terms) -> Decimal:
    """The amount that decides who approves: the limit wanted, or the one whose terms are changed."""
    if asked.kind == RELEASE:
        return asked.held_amount if asked.held_amount is not None else ZERO
    if asked.kind == GROUP_END:
        amount = asked.group_limit
    else:
        amount = asked.limit if asked.kind in (*LIMIT_KINDS, GROUP) else now.limit
    return amount if amount is not None else ZERO


def routed_days(asked: Asked, now: Terms) -> int:
    return asked.term_days if asked.kind in (NEW, TERM) and asked.term_days is not None else now.term_days


def limit_to_begin_with(proposed: Decimal | None, now: Terms) -> Decimal | None:
    """The limit that the form of a new one or of an increase begins with, which asks for more than now; None: none."""
    return None if proposed is None or proposed <= now.limit_before(INCREASE) else proposed


def keeps_direction(kind: str, granted: Decimal, now: Terms) -> bool:
    """Whether an increase still raises the limit and a decrease still lowers it, by the terms as they are now."""
    if kind in (INCREASE, TEMPORARY):
        return granted > now.limit_before(kind)
    return kind != DECREASE or granted < now.limit_before(kind)


def deviates(asked: Asked) -> bool:
    """Whether ordinary terms are left."""
    return asked.settlement in UNUSUAL


def approved_terms(asked: Asked, now: Terms, granted: Decimal, review_on: dt.date | None = None) -> dict[str, Any]:
    """What an approval changes, by the names of the account's fields; only what differs.

    A decision about the limit ends a temporary increase that runs: the later decision counts. A further temporary
    increase replaces the one that runs, and what it goes back to stays what it was. Whoever decides about the lasting
    limit has reviewed the account: the next review is due on `review_on`.
    """
    wanted: dict[str, Any] = {}
    if asked.kind in (NEW, INCREASE, DECREASE):
        wanted |= {"limit": granted, "regular_limit": None, "temporary_until": None}
    if asked.kind == TEMPORARY:
        wanted |= {"limit": granted, "regular_limit": now.lasting_limit, "temporary_until": asked.until}
    if asked.kind in (NEW, INCREASE, DECREASE) and review_on is not None:
        wanted["next_review_on"] = review_on
    if asked.kind in (NEW, TERM):
        wanted["term_days"] = asked.term_days
    if asked.kind in (NEW, SETTLEMENT):
        wanted["settlement"] = asked.settlement
    if asked.kind in (NEW, INSTRUMENT) and asked.instruments:
        wanted["instruments"] = list(asked.instruments)
    if asked.kind == UNFREEZE:
        wanted["status"] = "normal"
    return {name: value for name, value in wanted.items() if value != getattr(now, name)}


def limit_on(now: Terms, day: dt.date) -> Decimal | None:
    """The limit that counts on a day: a temporary one up to and including its last day."""
    over = now.temporary_until is not None and day > now.temporary_until
    return now.regular_limit if over else now.limit


def tightens(before: str, after: str) -> bool:
    """Whether a status is stricter than another; only that needs no approval."""
    return RESTRICTING[after] > RESTRICTING[before]
