"""What people do with a case: speak with the customer, file the cause, finish a step."""

import datetime as dt
from typing import Any

from crm.core.locks import atomic_or_busy
from customers.services import record_event
from receivables.errors.collection import CulpritMissing, OutcomeIncomplete, StepIsDone
from receivables.models import CaseStep, CauseCode, CollectionContact, OverdueCause, PolicyStep
from receivables.services.access import actor_id_of
from receivables.services.collection.disputes import DisputeTerms, add_dispute
from receivables.services.collection.locking import lock_case
from receivables.services.collection.promises import PromiseTerms, add_promise


def log_contact(
    *,
    actor: Any,
    case_id: int,
    outcome: str,
    on: dt.date,
    channel: str = CollectionContact.Channel.CALL,
    note: str = "",
    contact_id: int | None = None,
    next_on: dt.date | None = None,
    promise: PromiseTerms | None = None,
    dispute: DisputeTerms | None = None,
) -> CollectionContact:
    """Keep what was said, with the promise or dispute that came of it; whoever was reached need not be called again
    for the step at hand.
    """
    outcomes = CollectionContact.Outcome
    if (promise is not None) != (outcome == outcomes.PROMISED) or (dispute is not None) != (
        outcome == outcomes.DISPUTED
    ):
        raise OutcomeIncomplete
    with atomic_or_busy():
        case = lock_case(actor=actor, case_id=case_id)
        promised = add_promise(actor, case, promise, on, note) if promise else None
        disputed = add_dispute(actor, case, dispute, on) if dispute else None
        contact = CollectionContact.objects.create(
            case=case,
            customer_id=case.customer_id,
            channel=channel,
            outcome=outcome,
            on=on,
            contact_id=contact_id,
            note=note.strip(),
            next_on=next_on,
            promise=promised,
            dispute=disputed,
            created_by_id=actor_id_of(actor),
        )
        case.last_contact = contact
        case.next_on = next_on or (promised.promised_on if promised else None)
        case.save(update_fields=["last_contact", "next_on"])
        if outcome != outcomes.UNREACHABLE:
            calls = PolicyStep.objects.filter(action=PolicyStep.Action.TASK, actor=PolicyStep.Actor.REP).values("pk")
            case.steps.filter(state=CaseStep.State.TODO, policy_step__in=calls).update(
                state=CaseStep.State.DONE, done_on=on, done_by_id=actor_id_of(actor)
            )
        record_event(
            customer_id=case.customer_id,
            kind="collection_contact",
            on=on,
            data={"case": case.pk, "channel": channel, "outcome": outcome, "note": note.strip()[:200]},
            actor_id=actor_id_of(actor),
        )
    return contact


def file_cause(
    *, actor: Any, case_id: int, cause_id: int, on: dt.date, culprit_id: int | None = None, note: str = ""
) -> OverdueCause:
    """File why a case is overdue; a cause of our own making names whose it was. The step that asks for it is done."""
    with atomic_or_busy():
        case = lock_case(actor=actor, case_id=case_id)
        cause = CauseCode.objects.get(pk=cause_id)
        if cause.own_fault and culprit_id is None:
            raise CulpritMissing
        filed = OverdueCause.objects.create(
            case=case,
            customer_id=case.customer_id,
            cycle=case.cycle,
            cause=cause,
            culprit_id=culprit_id if cause.own_fault else None,
            note=note.strip()[:500],
            on=on,
            created_by_id=actor_id_of(actor),
        )
        asking = PolicyStep.objects.filter(action=PolicyStep.Action.CAUSE).values("pk")
        case.steps.filter(state=CaseStep.State.TODO, policy_step__in=asking).update(
            state=CaseStep.State.DONE, done_on=on, done_by_id=actor_id_of(actor)
        )
        record_event(
            customer_id=case.customer_id,
            kind="overdue_cause",
            on=on,
            data={
                "case": case.pk,
                "cause_zh": cause.name_zh,
                "cause_en": cause.name_en,
                "culprit": str(filed.culprit) if filed.culprit_id else "",
                "note": filed.note[:200],
            },
            actor_id=actor_id_of(actor),
        )
    return filed


def finish_step(*, actor: Any, case_step_id: int, on: dt.date, note: str = "") -> CaseStep:
    """A task is done; its note says what came of it."""
    with atomic_or_busy():
        case_id = CaseStep.objects.values_list("case_id", flat=True).get(pk=case_step_id)
        lock_case(actor=actor, case_id=case_id)
        step: CaseStep = CaseStep.objects.select_for_update(no_key=True).get(pk=case_step_id)
        if step.state != CaseStep.State.TODO:
            raise StepIsDone
        step.state, step.done_on, step.done_by_id = CaseStep.State.DONE, on, actor_id_of(actor)
        step.note = note.strip()[:255]
        step.save(update_fields=["state", "done_on", "done_by", "note"])
    return step
