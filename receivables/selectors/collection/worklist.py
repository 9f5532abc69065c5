"""Whom to call first: open cases in the order of what a call is likely to bring."""

import datetime as dt
from typing import Any

from django.db.models import Q, QuerySet

from receivables.models import Case
from receivables.rules.collection import FormulaLine, formula_lines

SHOWN = (
    "customer",
    "customer__owner",
    "legal_entity",
    "policy",
    "step",
    "last_contact",
    "last_contact__created_by",
)


def work_list(
    user: Any, on: dt.date, *, paused: bool = False, actor: str = "", ordering: str = "-expected"
) -> QuerySet[Case]:
    """The open cases the user may see, in one statement; the figures were worked out in the night.

    Without `paused` those that wait for a promise, an opt-out or a dispute, or for the day agreed with the customer,
    are left out. `actor` keeps those whose last step is for that actor (PolicyStep.Actor).
    """
    cases: QuerySet[Case] = Case.objects.visible_to(user).filter(state=Case.State.OPEN)
    if not paused:
        cases = cases.filter(Q(next_on__isnull=True) | Q(next_on__lte=on), paused_by="")
    if actor:
        cases = cases.filter(step__actor=actor)
    return cases.select_related(*SHOWN).order_by(ordering, "pk")


def formula_of(case: Case) -> list[FormulaLine]:
    """What the expected recovery of a case is made of; the lines add up to `case.expected`."""
    return formula_lines(case.formula)
