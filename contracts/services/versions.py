"""Amendments and renewals: further versions of one contract.

A version is begun from the one in force, whose words, lines, plan, annexes and terms it copies, and goes the way of a
contract. The version in force stays what it is until the new one is signed and its first day has come; then it is
superseded.

Whatever concerns several versions locks all of them first, the oldest first.
"""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from django.db.models import Max

from contracts.contract_text import search_text_of
from contracts.errors import CustomerBarred, VersionUnderWay, VersionWaits
from contracts.models import (
    Annex,
    Contract,
    ContractChange,
    ContractClause,
    ContractLine,
    ContractState,
    PaymentPart,
)
from contracts.rules import contracts as rules
from contracts.services.approving import event_data
from contracts.services.drafting import BARRED, MAY_DRAFT, check_figures, lock_contract, must_be, write_rows
from crm.core.dates import business_today
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from customers.models import Customer
from customers.services import record_event

COPIED = (
    "customer", "legal_entity", "template_version", "kind", "title", "language", "owner", "currency", "amount",
    "term_days", "settlement", "instruments", "ends_on", "values", "customer_signatory", "customer_authority",
    "our_signatory", "our_authority", "deviates", "changed_keys",
)  # fmt: skip
OF_CLAUSE = ("position", "key", "elements", "title", "text", "template_text", "is_fixed", "condition")
OF_LINE = ("position", "product_id", "description", "specification", "unit", "quantity", "price", "amount")
OF_ANNEX = (
    "position", "kind", "title", "name", "file", "size", "content_type", "checksum", "uploaded_by_id", "uploaded_at",
)  # fmt: skip
OF_PART = ("position", "share", "amount", "due", "due_on", "days", "note")


def open_version(
    *,
    actor: Any,
    contract_id: int,
    change: str,
    starts_on: dt.date,
    ends_on: dt.date | None = None,
    on: dt.date | None = None,
) -> Contract:
    """Begin an amendment or a renewal of the version in force, as a draft.

    Once it is signed it holds from `starts_on`. It takes no number of the year. Without `ends_on` the last day stays.

    Raises NotAllowed, StateForbids, VersionUnderWay, VersionWaits, CustomerBarred, StartsBeforeReplaced,
    DaysNotInOrder.
    """
    today = on or business_today()
    if not actor.has_perm(MAY_DRAFT):
        raise NotAllowed
    with atomic_or_busy():
        lock_versions(contract_id, on=today)
        source = lock_contract(actor, contract_id, MAY_DRAFT)
        must_be(source, ContractState.SIGNED, ContractState.IN_PERFORMANCE)
        refuse_under_way(source)
        if Customer.objects.get(pk=source.customer_id).state in BARRED:
            raise CustomerBarred
        kind = ContractChange(change)
        last = Contract.objects.filter(root=source.root_id).aggregate(last=Max("revision"))["last"]
        made = Contract(
            number=rules.number_of_version(source.base_number, last + 1),
            root_id=source.root_id,
            revision=last + 1,
            change=kind,
            replaces=source,
            term=last + 1 if kind == ContractChange.RENEWAL else source.term,
            is_current=False,
            starts_on=starts_on,
            created_by=actor,
            author_ids=[actor.pk],
            **{name: getattr(source, name) for name in COPIED},
        )
        made.ends_on = ends_on or source.ends_on
        check_figures(made)
        clauses = copies(ContractClause, OF_CLAUSE, source.clauses.all())
        lines = copies(ContractLine, OF_LINE, source.lines.all())
        annexes = copies(Annex, OF_ANNEX, source.annexes.annexed())
        made.search_text = search_text_of(made, clauses, lines, annexes)
        made.save()
        write_rows(made, clauses, lines, annexes, copies(PaymentPart, OF_PART, source.plan.all()))
        record_event(
            customer_id=made.customer_id,
            kind="contract_version_begun",
            on=today,
            data={**event_data(made), "change": kind.value, "replaces": source.number},
            actor_id=actor.pk,
        )
    return made


def copies(model: Any, names: tuple[str, ...], rows: Any) -> list[Any]:
    return [model(**{name: getattr(row, name) for name in names}) for row in rows]


def lock_versions(contract_id: int, *, on: dt.date) -> None:
    """Lock all versions of a contract, the oldest first; one whose first day has come by `on` takes its place."""
    root = Contract.objects.filter(pk=contract_id).values("root_id")
    versions = list(Contract.objects.filter(root__in=root).select_for_update(no_key=True).order_by("pk"))
    old = next((version for version in versions if version.is_current), None)
    if old is None or old.replaced_on is None or old.replaced_on > on:
        return
    successor = next(version for version in versions if version.state in rules.IN_FORCE and version.pk != old.pk)
    take_place(old, successor)


def take_place(old: Contract, new: Contract) -> None:
    """A signed version takes the place of the one it replaces; an amendment goes on with what was begun."""
    assert old.replaced_on is not None
    was_performed = old.state == ContractState.IN_PERFORMANCE
    old.is_current = False
    if old.state in rules.IN_FORCE:
        old.state, old.ended_on = ContractState.SUPERSEDED, old.replaced_on
    old.save(update_fields=["state", "ended_on", "is_current"])
    new.is_current = True
    if was_performed and new.change == ContractChange.AMENDMENT:
        new.state = ContractState.IN_PERFORMANCE
    new.save(update_fields=["state", "is_current"])
    record_event(
        customer_id=new.customer_id,
        kind="contract_superseded",
        on=old.replaced_on,
        data={**event_data(new), "change": new.change, "replaces": old.number},
        actor_id=None,
    )


def follow(contract: Contract, *, on: dt.date) -> None:
    """A further version was signed: the day is set on which it takes the place of the one in force.

    All versions are locked. One that expired meanwhile is followed at once. Raises StateForbids.
    """
    if contract.replaces_id is None:
        return
    assert contract.starts_on is not None
    assert contract.signed_on is not None
    old = Contract.objects.get(pk=contract.replaces_id)
    must_be(old, ContractState.SIGNED, ContractState.IN_PERFORMANCE, ContractState.EXPIRED)
    old.replaced_on = rules.takes_over_on(contract.starts_on, contract.signed_on)
    old.save(update_fields=["replaced_on"])
    if old.replaced_on <= on or old.state == ContractState.EXPIRED:
        take_place(old, contract)


def refuse_under_way(contract: Contract) -> None:
    """Raises VersionUnderWay where another version is not signed yet, VersionWaits where it waits for its first day."""
    others = Contract.objects.filter(root=contract.root_id).exclude(pk=contract.pk)
    other = others.in_work().first()
    if other is None:
        return
    if other.state in rules.IN_FORCE:
        raise VersionWaits(number=other.number, day=other.starts_on)
    raise VersionUnderWay(number=other.number)


def stay_in_force(contract: Contract) -> None:
    """A signed version was terminated before its first day: the one it would have replaced stays."""
    waiting = Contract.objects.filter(replacements=contract.pk, is_current=True)
    waiting.update(replaced_on=None)


def begin_versions(*, on: dt.date, transaction: Callable[[], AbstractContextManager[None]] = atomic_or_busy) -> int:
    """Signed versions whose first day has come take the place of those they replace. May be called any time."""
    due = Contract.objects.filter(is_current=True, replaced_on__lte=on).order_by("pk")
    begun = 0
    for pk in list(due.values_list("pk", flat=True)):
        with transaction():
            lock_versions(pk, on=on)
        begun += 1
    return begun


def version_on(contract: Contract, on: dt.date) -> Contract:
    """The version of a contract that holds on a day; one query where it was ever amended or renewed."""
    if contract.is_current and (contract.replaced_on is None or on < contract.replaced_on):
        return contract
    versions = Contract.objects.filter(root=contract.root_id, signed_on__isnull=False).defer("search_text", "values")
    found: Contract | None = None
    for version in versions.order_by("revision"):
        if version.is_in_force_on(on) or (found is None and version.is_current):
            found = version
    return found or contract
