"""A case's life drawn at random, and what the night did compared with the pure rules, night by night."""

import datetime as dt
import random
from contextlib import suppress
from decimal import Decimal

import pytest

from crm.core.errors import DomainError
from receivables.models import Case, Dispute, Invoice, PolicyStep
from receivables.rules.collection import next_rung
from receivables.services.collection import (
    DisputeTerms,
    PromiseTerms,
    open_dispute,
    prepare_letters,
    record_promise,
    resolve_dispute,
)
from receivables.verification.collection import verify_collection
from tests.collection.nights import DAY, night
from tests.collection.oracle import is_due, is_new_cycle
from tests.factories import Company, make_invoice, make_receipt

pytestmark = pytest.mark.django_db
START = dt.date(2026, 1, 5)


def something_happens(company: Company, rng: random.Random, on: dt.date) -> None:
    """One thing of a day: a bill, a payment, a promise, a dispute or its end; what the rules refuse does not happen."""
    open_now = list(Invoice.objects.filter(open_amount__gt=0).order_by("pk"))
    case = Case.objects.filter(state="open").first()
    what = rng.choice(["bill", "bill", "pay", "pay part", "promise", "dispute", "resolve", "nothing", "nothing"])
    if what == "bill":
        term = rng.choice([5, 10, 15])
        make_invoice(company.customer, rng.choice(["90.00", "400.00"]), on=on, due_on=on + DAY * term, term_days=term)
    elif what.startswith("pay") and open_now:
        invoice = rng.choice(open_now)
        amount = invoice.open_amount if what == "pay" else (invoice.open_amount / 2).quantize(Decimal("0.01"))
        make_receipt(company.customer, amount, on=on, lines=[(invoice, amount)])
    elif what == "promise" and case:
        terms = PromiseTerms(Decimal("200.00"), on + DAY * rng.randrange(1, 6), replace=rng.random() < 0.3)
        record_promise(actor=None, case_id=case.pk, terms=terms, on=on)
    elif what == "dispute" and open_now:
        invoice = rng.choice(open_now)
        part = (invoice.open_amount * rng.choice([1, Decimal("0.5")])).quantize(Decimal("0.01"))
        open_dispute(actor=None, terms=DisputeTerms(invoice.pk, part, "price", company.alice.pk), on=on)
    elif what == "resolve":
        dispute = Dispute.objects.filter(state="open").order_by("pk").first()
        if dispute:
            resolve_dispute(actor=None, dispute_id=dispute.pk, outcome="we_are_right", resolution="checked", on=on)


def expected_step(case: Case | None, now: Case, on: dt.date) -> str | None:
    """The step the rules call for, from the case as it was before the night and its figures of the night."""
    raised = now.raise_next or (case is not None and case.raise_next)
    if now.paused_by or now.overdue <= now.policy.tolerance:
        return None
    taken = [
        step.policy_step.code for step in now.steps.filter(cycle=now.cycle, on__lt=on).select_related("policy_step")
    ]
    step = next_rung(list(PolicyStep.objects.filter(policy=now.policy)), term_days=now.term_days, taken=taken)
    before = case.stepped_on if case is not None and case.pk == now.pk else None
    due = step is not None and is_due(
        step,
        days_overdue=now.days_overdue(on),
        term_days=now.term_days,
        days_since_step=(on - before).days if before else None,
        raised=raised,
    )
    return step.code if due and step is not None else None


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(3))
def test_the_night_does_what_the_rules_say(company: Company, seed: int) -> None:
    rng, on, taken = random.Random(seed), START + DAY, 0
    make_invoice(company.customer, "500.00", on=START - 10 * DAY, due_on=START, term_days=10)
    for _number in range(28):
        case = Case.objects.filter(state="open").first()
        oldest = min(
            (invoice.due_on for invoice in Invoice.objects.filter(open_amount__gt=0, due_on__lt=on, on__lt=on)),
            default=None,
        )
        broken = night(on).promises_broken
        now = Case.objects.filter(state="open").select_related("policy").first()
        step = now.steps.filter(on=on).select_related("policy_step").first() if now else None
        if now is not None and not broken:
            assert (step.policy_step.code if step else None) == expected_step(case, now, on)
        if now is not None and case is not None and now.pk == case.pk and case.step_id:
            assert (now.cycle > case.cycle) == is_new_cycle(case.stepped_on, oldest)
        taken += step is not None
        prepare_letters(on=on)
        assert list(verify_collection()) == []
        with suppress(DomainError):
            something_happens(company, rng, on)
        assert list(verify_collection()) == []
        on += DAY
    assert taken
