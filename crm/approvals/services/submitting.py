"""A request sets out: its chain is picked, its steps are copied, and the first of them is asked."""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from crm.accounts.models import Team
from crm.approvals.errors import NobodyToDecide, NoChain, NoRule
from crm.approvals.kinds import approval_kind
from crm.approvals.models import ChainRule, ChainStep, ChainVersion, Decision, Request, RequestStep, Verb
from crm.approvals.rules import Facts, route
from crm.approvals.selectors.people import People
from crm.approvals.services.progress import open_next
from crm.core.display import money
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.locks import atomic_or_busy
from crm.core.versions import PolicyState


def pick_rule(*, kind: str, facts: Facts, chain: ChainVersion | None = None) -> ChainRule:
    """The rule of the chain in force (or of that chain) that fits the figures. Raises NoChain, NoRule."""
    found = chain or ChainVersion.objects.filter(kind=kind, state=PolicyState.ACTIVE).first()
    if found is None:
        raise NoChain(kind=str(approval_kind(kind).label))
    rule = route(list(found.rules.all()), facts)
    if rule is None:
        raise NoRule(amount=money(facts.amount) if facts.amount else "0.00", days=facts.days)
    return rule


def check_steps(steps: list[ChainStep], people: People) -> None:
    """Each step, or its fall-back, has somebody who is not the applicant or an author. Raises NobodyToDecide."""
    for step in steps:
        if not people.candidates(step)[0]:
            raise NobodyToDecide(step=step.name)


def submit(
    *,
    kind: str,
    variant: str,
    label: str,
    applicant: Any,
    customer_id: int,
    customer_name: str,
    amount: Decimal,
    days: int,
    grade: str = "",
    deviation: bool = False,
    reason: str = "",
    needs_reason: bool = True,
    figures: dict[str, Any],
    team: Team | None = None,
    author_ids: Collection[int] = (),
    by_itself: bool = False,
    on: dt.date,
) -> Request:
    """Send a request on its way; the first step's people are told.

    The subject's app calls this in its own transaction, after it has checked and locked its record, and keeps the
    one-to-one. `figures` are those it was asked on. `team` is whose superiors decide (default the applicant's).
    `author_ids` wrote what is decided: like the applicant, none of them decides it.
    `needs_reason`: False where what is asked says all.
    `by_itself`: the product asks in the applicant's name, without words; the applicant answers questions, is told the
    end and never decides.

    Raises NoChain, NoRule, NobodyToDecide, ReasonMissing.
    """
    if not applicant.has_perm("approvals.view_request"):
        raise NotAllowed
    if needs_reason and not by_itself and not reason.strip():
        raise ReasonMissing
    facts = Facts(amount, days, grade, deviation, variant)
    with atomic_or_busy():
        rule = pick_rule(kind=kind, facts=facts)
        steps = list(rule.steps.select_related("user"))
        people = People(applicant.pk, team or applicant.team, author_ids)
        check_steps(steps, people)
        request = Request.objects.create(
            kind=kind,
            variant=variant,
            label=label,
            customer_key=customer_id,
            customer_name=customer_name,
            amount=amount,
            granted=amount,
            days=days,
            grade=grade,
            deviation=deviation,
            reason=reason.strip(),
            applicant=applicant,
            author_ids=sorted(author_ids),
            team=team or applicant.team,
            chain=rule.chain,
            rule=rule,
            submitted_on=on,
            waits_since=on,
            expires_on=on + dt.timedelta(days=rule.chain.expires_after_days),
        )
        RequestStep.objects.bulk_create(
            RequestStep(
                request=request, **{name: getattr(step, name) for name in ChainStep.COPIED} | {"position": position}
            )
            for position, step in enumerate(steps, 1)
        )
        Decision.objects.create(
            request=request,
            verb=Verb.SUBMIT,
            actor=None if by_itself else applicant,
            principal=applicant,
            amount=amount,
            reason=reason.strip(),
            figures=figures,
            on=on,
        )
        open_next(request, people=people, on=on)
    return request
