"""What was agreed with a customer: limit, term, settlement, payment forms, status. A change has a cause and is kept.

Terms change by an approved request (credit.services.requests), and by nothing else, but for three ways that grant
nobody more: a stricter status set at once (by a person, or because an instrument bounced), a temporary increase that
ends, and supply stopped by collection. The first
load of a new installation sets terms where there were none (docs/adr/0017).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

import pghistory
from django.db.models import Q

from credit.errors import NotStricter, OpeningOver, TermsInvalid
from credit.instruments import all_instruments, in_order
from credit.models import AccountStatus, CreditAccount
from credit.rules import requests as request_rules
from credit.services.entries import lock_account, lock_accounts
from crm.core.dates import business_today
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.locks import atomic_or_busy
from customers.services import EventRow, record_events


def change_terms(
    *, account: CreditAccount, wanted: Mapping[str, Any], reason: str, actor_id: int | None, on: dt.date
) -> list[str]:
    """Set terms of a locked account, inside the caller's transaction; answers the names of what changed.

    Keeps the history with its reason, and tells the timeline.
    """
    changes = _assign_terms(account, wanted)
    if not changes:
        return []
    # What a person decides is not collection's to lift.
    written = [*changes, "stopped_from"] if "status" in changes else list(changes)
    with pghistory.context(reason=reason, user=actor_id):
        account.save(update_fields=written)
    record_events([_event_of(account, changes, reason, actor_id, on)])
    return list(changes)


def _assign_terms(account: CreditAccount, wanted: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set what differs, not yet saved; answers before and after of each name, as JSON keeps it."""
    before = {name: getattr(account, name) for name in wanted}
    changed = [name for name in wanted if before[name] != wanted[name]]
    for name in changed:
        setattr(account, name, wanted[name])
    if "status" in changed:
        account.stopped_from = ""
    return {name: [_plain(before[name]), _plain(wanted[name])] for name in changed}


def _event_of(
    account: CreditAccount, changes: dict[str, list[Any]], reason: str, actor_id: int | None, on: dt.date
) -> EventRow:
    return EventRow(account.customer_id, "terms_changed", on, {"reason": reason, "changes": changes}, actor_id)


def lock_visible_account(account_id: int, actor: Any) -> CreditAccount:
    """The account, locked; one the actor does not see is refused."""
    accounts = CreditAccount.objects.visible_to(actor)
    account: CreditAccount | None = accounts.select_for_update(no_key=True, of=("self",)).filter(pk=account_id).first()
    if account is None:
        raise NotAllowed
    return account


@dataclass(frozen=True)
class OpeningTerms:
    """The terms a customer begins with; `limit` in base currency, None where none is set.

    Without `instruments` every payment form is accepted.
    """

    customer_id: int
    limit: Decimal | None
    term_days: int
    settlement: str
    status: str
    next_review_on: dt.date | None = None
    counts_unallocated: bool = True
    instruments: Sequence[str] | None = None


def set_opening_terms(*, rows: Sequence[OpeningTerms], reason: str, on: dt.date) -> None:
    """The first load of many customers at once, all or none: terms of accounts nobody has set or asked for yet.

    For the system alone, never for a person.

    Raises OpeningOver, TermsInvalid, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing
    for row in rows:
        check_terms(row.limit, row.term_days, row.instruments)
    names = [field.name for field in fields(OpeningTerms) if field.name != "customer_id"]
    with atomic_or_busy():
        accounts = lock_accounts(customer_ids=[row.customer_id for row in rows])
        theirs = CreditAccount.objects.filter(pk__in=[account.pk for account in accounts.values()])
        set_or_asked = theirs.filter(Q(limit__isnull=False) | Q(requests__number__isnull=False)).first()
        if set_or_asked is not None:
            raise OpeningOver(customer=str(set_or_asked))
        changed = [
            (accounts[row.customer_id], changes)
            for row in rows
            if (changes := _assign_terms(accounts[row.customer_id], opening(row, names)))
        ]
        with pghistory.context(reason=reason.strip(), user=None):
            CreditAccount.objects.bulk_update([account for account, _changes in changed], [*names, "stopped_from"])
        record_events([_event_of(account, changes, reason.strip(), None, on) for account, changes in changed])


def opening(row: OpeningTerms, names: Sequence[str]) -> dict[str, Any]:
    """The columns of an account that begins with these terms."""
    return {name: getattr(row, name) for name in names} | {"instruments": accepted(row.instruments)}


def accepted(instruments: Sequence[str] | None) -> list[str]:
    return all_instruments() if instruments is None else in_order(instruments)


def check_terms(limit: Decimal | None, term_days: int, instruments: Sequence[str] | None) -> None:
    if (limit is not None and limit < 0) or term_days < 0 or (instruments is not None and not instruments):
        raise TermsInvalid


def restrict_account(
    *, account_id: int, actor: Any, status: str, reason: str, on: dt.date | None = None
) -> CreditAccount:
    """Set a stricter status at once: watch, frozen, cash only. What grants less needs no approval; what lifts it does.

    Raises NotAllowed, ReasonMissing, NotStricter.
    """
    if actor is not None and not actor.has_perm("credit.restrict_account"):
        raise NotAllowed
    if not reason.strip():
        raise ReasonMissing
    with atomic_or_busy():
        account = lock_visible_account(account_id, actor)
        if not request_rules.tightens(account.status, AccountStatus(status).value):
            raise NotStricter
        change_terms(
            account=account,
            wanted={"status": AccountStatus(status).value},
            reason=reason.strip(),
            actor_id=actor.pk if actor else None,
            on=on or business_today(),
        )
    return account


def make_cash_only(*, customer_id: int, reason: str, on: dt.date, actor_id: int | None = None) -> bool:
    """An instrument bounced: from now on the customer pays in cash, until a request with proof of solvency is approved.

    Answers whether that is new.
    """
    with atomic_or_busy():
        account = lock_account(customer_id=customer_id)
        changed = change_terms(
            account=account, wanted={"status": AccountStatus.CASH_ONLY.value}, reason=reason, actor_id=actor_id, on=on
        )
    return bool(changed)


def _plain(value: Any) -> Any:
    """A figure as JSON keeps it: amounts and dates as text."""
    return value if value is None or isinstance(value, bool | int | str | list) else str(value)
