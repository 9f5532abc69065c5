"""What was agreed with a customer: limit, term, settlement, status. Every change has a reason and is kept."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pghistory
from django.utils.translation import gettext as _

from credit.errors import TermsChanged, TermsInvalid
from credit.models import TERMS, CreditAccount
from crm.core.dates import business_today
from crm.core.display import money
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.locks import atomic_or_busy
from customers.services import record_event


def set_terms(
    *,
    account_id: int,
    actor: Any,
    reason: str,
    limit: Decimal | None,
    term_days: int,
    settlement: str,
    status: str,
    next_review_on: dt.date | None = None,
    counts_unallocated: bool = True,
    seen: str = "",
    on: dt.date | None = None,
) -> CreditAccount:
    """Set the terms of an account; limit None = never set. `on` is the business date of the change (default today).

    `seen` is what the account's `terms_as_text` was when the actor looked, where known. Raises TermsChanged when it is
    another now, TermsInvalid, ReasonMissing, NotAllowed.
    """
    if actor is not None and not actor.has_perm("credit.set_limit"):
        raise NotAllowed
    if not reason.strip():
        raise ReasonMissing
    if (limit is not None and limit < 0) or term_days < 0:
        raise TermsInvalid
    with atomic_or_busy(), pghistory.context(reason=reason.strip(), user=actor.pk if actor else None):
        accounts = CreditAccount.objects.all() if actor is None else CreditAccount.objects.visible_to(actor)
        account = accounts.select_for_update(no_key=True, of=("self",)).filter(pk=account_id).first()
        if account is None:
            raise NotAllowed
        if seen and seen != account.terms_as_text:
            raise TermsChanged(
                limit=str(_("never set") if account.limit is None else money(account.limit)),
                term_days=account.term_days,
                status=str(account.get_status_display()),
            )
        wanted = {
            "limit": limit,
            "term_days": term_days,
            "settlement": settlement,
            "status": status,
            "next_review_on": next_review_on,
            "counts_unallocated": counts_unallocated,
        }
        before = {name: getattr(account, name) for name in TERMS}
        changed = [name for name in TERMS if before[name] != wanted[name]]
        if not changed:
            return account
        for name in changed:
            setattr(account, name, wanted[name])
        if "status" in changed:
            account.stopped_from = ""  # what a person decides is not collection's to lift
        account.save(update_fields=[*changed, "stopped_from"])
        record_event(
            customer_id=account.customer_id,
            kind="terms_changed",
            on=on or business_today(),
            data={
                "reason": reason.strip(),
                "changes": {name: [_plain(before[name]), _plain(wanted[name])] for name in changed},
            },
            actor_id=actor.pk if actor else None,
        )
    return account


def _plain(value: Any) -> Any:
    """A figure as JSON keeps it: amounts and dates as text."""
    return value if value is None or isinstance(value, bool | int | str) else str(value)
