"""Why a case rests when nobody has taken its customer out of dunning, and until when; as the night finds it too."""

import datetime as dt

from crm.core.money import ZERO
from receivables.models import Case, Instalment, InstalmentPlan, PaymentPromise


def pause_of(case: Case) -> tuple[str, dt.date | None]:
    """An open promise, else an instalment plan or disputes that leave nothing else to chase, else nothing."""
    grace = dt.timedelta(days=case.policy.promise_grace_days)
    promise = case.promises.filter(state=PaymentPromise.State.OPEN).first()
    if promise is not None:
        return Case.Pause.PROMISE, promise.promised_on + grace
    if case.overdue > case.policy.tolerance:
        return "", None
    if case.planned <= ZERO:
        return (Case.Pause.DISPUTE, None) if case.disputed > ZERO else ("", None)
    following = (
        Instalment.objects.filter(
            plan__customer=case.customer_id,
            plan__legal_entity=case.legal_entity_id,
            plan__state=InstalmentPlan.State.RUNNING,
            state=Instalment.State.OPEN,
        )
        .order_by("due_on")
        .first()
    )
    return (Case.Pause.PLAN, following.due_on + grace) if following else ("", None)
