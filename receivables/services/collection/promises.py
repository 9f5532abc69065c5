"""Promises to pay: a valid one pauses the case, the night judges it by the money that came."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crm.core.errors import AmountNotPositive
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO, base_currency
from customers.services import record_event
from receivables.errors.collection import CurrencyNotBilled, PromiseDatePast, PromiseStandsAlready, PromiseTooFar
from receivables.models import Case, Invoice, InvoiceKind, PaymentPromise
from receivables.services.access import actor_id_of
from receivables.services.collection.locking import lock_case


@dataclass(frozen=True)
class PromiseTerms:
    """What is promised; the base currency unless another is named. `replace` when an open promise gives way to it."""

    amount: Decimal
    promised_on: dt.date
    currency: str = ""
    replace: bool = False


def record_promise(*, actor: Any, case_id: int, terms: PromiseTerms, on: dt.date, note: str = "") -> PaymentPromise:
    """Keep a promise; the case pauses until it is judged. Raises PromiseStandsAlready, PromiseTooFar."""
    with atomic_or_busy():
        return add_promise(actor, lock_case(actor=actor, case_id=case_id), terms, on, note)


def add_promise(actor: Any, case: Case, terms: PromiseTerms, on: dt.date, note: str) -> PaymentPromise:
    currency = terms.currency or base_currency()
    if terms.amount <= ZERO:
        raise AmountNotPositive(amount=terms.amount)
    if terms.promised_on < on:
        raise PromiseDatePast(on=on)
    latest = on + dt.timedelta(days=case.policy.longest_promise_days)
    if terms.promised_on > latest and actor is not None and not actor.has_perm("receivables.opt_out_of_dunning"):
        raise PromiseTooFar(latest=latest)
    billed = Invoice.objects.filter(
        customer_id=case.customer_id, legal_entity_id=case.legal_entity_id, currency=currency
    ).exclude(kind=InvoiceKind.CREDIT_NOTE)
    if not billed.exists():
        raise CurrencyNotBilled(currency=currency)
    standing = case.promises.filter(state=PaymentPromise.State.OPEN).first()
    if standing is not None:
        if not terms.replace:
            raise PromiseStandsAlready(
                amount=standing.amount, currency=standing.currency, promised_on=standing.promised_on
            )
        standing.state, standing.judged_on = PaymentPromise.State.REPLACED, on
        standing.save(update_fields=["state", "judged_on"])
    promise = PaymentPromise.objects.create(
        case=case,
        customer_id=case.customer_id,
        currency=currency,
        amount=terms.amount,
        on=on,
        promised_on=terms.promised_on,
        note=note.strip()[:500],
        created_by_id=actor_id_of(actor),
    )
    if case.paused_by != Case.Pause.OPT_OUT:
        case.paused_by = Case.Pause.PROMISE
        case.paused_until = terms.promised_on + dt.timedelta(days=case.policy.promise_grace_days)
        case.save(update_fields=["paused_by", "paused_until"])
    record_event(
        customer_id=case.customer_id,
        kind="promise_given",
        on=on,
        data={
            "case": case.pk,
            "amount": str(terms.amount),
            "currency": currency,
            "promised_on": str(terms.promised_on),
            "replaced": standing is not None,
        },
        actor_id=actor_id_of(actor),
    )
    return promise
