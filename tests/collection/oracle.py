"""What the night decides in SQL, said once more in Python: tests hold the one against the other."""

import datetime as dt

from receivables.rules.collection import Rung, reached_after


def is_due(step: Rung, *, days_overdue: int, term_days: int, days_since_step: int | None, raised: bool = False) -> bool:
    """Whether the next step is taken now. A broken promise raises it: neither its day nor the gap is waited for."""
    if days_since_step is not None and days_since_step < 1:
        return False
    if raised:
        return True
    waited = days_since_step is None or days_since_step >= step.gap_days
    return waited and days_overdue >= reached_after(step.days, step.fraction, term_days)


def is_new_cycle(stepped_on: dt.date | None, oldest_due_on: dt.date | None) -> bool:
    """Whether everything the last step was about is paid: nothing open was overdue on the day of that step."""
    return stepped_on is not None and oldest_due_on is not None and oldest_due_on >= stepped_on
