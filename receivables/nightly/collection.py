"""What collection does at night: learn the collection rates, escalate and prepare letters, tell who has to act."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Count, Sum
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.accounts import roles
from crm.accounts.models import Team, User
from crm.core.display import money
from crm.core.money import ZERO, base_currency
from crm.core.registry import NightlyStep, NoticeKind
from crm.jobs.worker import Work
from crm.notices.models import Notice
from crm.notices.services import notify
from receivables.errors.collection import LetterOvertaken
from receivables.models import CaseStep, Dispute, Instalment, InstalmentPlan, Letter, PaymentPromise
from receivables.services.collection.escalation import escalate_night, night
from receivables.services.collection.letters import prepare_night
from receivables.services.collection.rates import refresh_collection_rates
from receivables.services.collection.sending import PERMISSION, release_interrupted

PIECE = 10_000  # customers
LAST = 2**62
SOON = dt.timedelta(days=3)  # before its day the owner is told of an instalment
STARTS = """
SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM customers_customer) numbered
WHERE (place - 1) %% %s = 0 ORDER BY id
"""


def learn(work: Work) -> None:
    with work.final():
        for rate in refresh_collection_rates(on=work.today):
            work.note("rate", days=rate.days_from, rate=str(rate.rate))
        work.counts = {"rates": 1}


def pieces(on: dt.date) -> Sequence[dict[str, Any]]:
    """Ranges of customers, each from a key to below the next; the last takes whoever comes meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(STARTS, [PIECE])
        starts = [row[0] for row in cursor.fetchall()]
    bounds = [0, *starts[1:], LAST]
    return [{"from": low, "below": high} for low, high in pairwise(bounds)]


def escalate_piece(work: Work) -> None:
    piece = work.piece or {"from": 0, "below": LAST}
    mine = {"customer_id__gte": piece["from"], "customer_id__lt": piece["below"]}
    with work.final(), night(on=work.today, customers=(piece["from"], piece["below"])) as found:
        release_interrupted(Letter.objects.filter(**mine))
        escalated = escalate_night(found)
        prepared = prepare_night(found)
        work.counts = {**escalated.figures(), **prepared.figures()}


def tell_people(work: Work) -> None:
    """Once a night each, also when the step is repeated: who got cases, whose customers broke their word, whose
    disputes ran out of time, who sends letters that could not be sent.
    """
    with work.final():
        told = tell_of_steps(work.today) + tell_of_promises(work.today) + tell_of_disputes(work.today)
        told += tell_of_letters(work.today)
        work.counts = {"notices": told + tell_of_plans(work.today) + tell_of_instalments(work.today)}


def address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def tell_of_steps(on: dt.date) -> int:
    """Supervisors, managers and legal learn of the cases that came to them."""
    taken = (
        CaseStep.objects.filter(on=on, policy_step__actor__in=("supervisor", "manager", "legal"))
        .order_by()
        .values_list("policy_step__actor", "case__customer__team")
        .annotate(cases=Count("pk"), total=Sum("amount"))
    )
    superiors = Superiors()
    sums: dict[User, list[Any]] = defaultdict(lambda: [0, ZERO])
    for actor, team_id, cases, total in taken:
        for user in superiors.legal if actor == "legal" else superiors.of_team(team_id):
            sums[user][0] += cases
            sums[user][1] += total
    gone = told_already("cases_escalated", on)
    for user, (cases, total) in sums.items():
        if user.pk in gone:
            continue
        figures = {"count": cases, "amount": str(total), "currency": base_currency(), "on": str(on)}
        notify(users=[user], kind="cases_escalated", params=figures, url=address("receivables:cases"))
    return sum(user.pk not in gone for user in sums)


class Superiors:
    """Who stands above a sales rep: the managers of the team and of those above it, else the sales directors."""

    def __init__(self) -> None:
        people = get_user_model().objects.filter(is_active=True).select_related("team")
        self.legal = list(people.filter(groups__name=roles.LEGAL))
        self.managers = list(people.filter(groups__name=roles.SALES_MANAGER))
        self.directors = list(people.filter(groups__name=roles.SALES_DIRECTOR))
        self.paths = dict(Team.objects.values_list("pk", "path"))

    def of_team(self, team_id: int | None) -> list[User]:
        path = self.paths.get(team_id or 0, "")
        above = [user for user in self.managers if user.team and path.startswith(user.team.path)]
        return above or self.directors


def tell_of_promises(on: dt.date) -> int:
    """Owners learn which promises of their customers were broken."""
    broken = (
        PaymentPromise.objects.filter(judged_on=on, state=PaymentPromise.State.BROKEN, customer__owner__isnull=False)
        .order_by()
        .values_list("customer__owner")
        .annotate(count=Count("pk"))
    )
    return tell_each(broken, "promises_broken", on, once=True)


def tell_of_disputes(on: dt.date) -> int:
    """Owners of disputes learn, once, that the time to settle them has run out."""
    late = Dispute.objects.filter(state=Dispute.State.OPEN, due_on__lt=on, noticed_on__isnull=True)
    told = tell_each(late.order_by().values_list("owner").annotate(count=Count("pk")), "disputes_run_out", on)
    late.update(noticed_on=on)
    return told


def tell_of_plans(on: dt.date) -> int:
    """Owners learn which instalment plans of their customers were broken."""
    broken = (
        InstalmentPlan.objects.filter(ended_on=on, state=InstalmentPlan.State.BROKEN, customer__owner__isnull=False)
        .order_by()
        .values_list("customer__owner")
        .annotate(count=Count("pk"))
    )
    return tell_each(broken, "plans_broken", on, "receivables:plans", once=True)


def tell_of_instalments(on: dt.date) -> int:
    """Owners learn, once, that a row of a running plan of their customers is due soon."""
    soon = Instalment.objects.filter(
        state=Instalment.State.OPEN,
        plan__state=InstalmentPlan.State.RUNNING,
        due_on__lte=on + SOON,
        noticed_on__isnull=True,
    )
    owned = soon.filter(plan__customer__owner__isnull=False).order_by()
    counts = owned.values_list("plan__customer__owner").annotate(count=Count("pk"))
    told = tell_each(counts, "instalments_due", on, "receivables:plans")
    soon.update(noticed_on=on)
    return told


def tell_of_letters(on: dt.date) -> int:
    """Whoever may send letters learns how many could not be sent and wait for somebody to look at them."""
    failed = Letter.objects.filter(state=Letter.State.ERROR).exclude(error_code=LetterOvertaken.code).count()
    if not failed:
        return 0
    backend = "django.contrib.auth.backends.ModelBackend"
    senders = get_user_model().objects.with_perm(PERMISSION, include_superusers=False, backend=backend)
    counts = ((pk, failed) for pk in senders.values_list("pk", flat=True))
    return tell_each(counts, "letters_failed", on, "receivables:letters", once=True)


def told_already(kind: str, on: dt.date) -> set[int]:
    """Who has the notice of a night."""
    return set(Notice.objects.filter(kind=kind, params__on=str(on)).values_list("user_id", flat=True))


def tell_each(
    counts: Iterable[Any], kind: str, on: dt.date, page: str = "receivables:cases", *, once: bool = False
) -> int:
    """Tell each user their number; `once` leaves out who was told in this night."""
    gone = told_already(kind, on) if once else set()
    by_user = {pk: count for pk, count in counts if pk not in gone}
    users = get_user_model().objects.in_bulk(by_user)
    for pk, user in users.items():
        notify(
            users=[user],
            kind=kind,
            params={"count": by_user[pk], "on": str(on)},
            url=address(page),
        )
    return len(users)


def cases_escalated(data: dict[str, Any]) -> str:
    count = int(data.get("count", 0))
    values = {"count": count, "amount": money(Decimal(data.get("amount", "0"))), "currency": data.get("currency", "")}
    return (
        ngettext(
            "%(count)s overdue case came to you: %(amount)s %(currency)s",
            "%(count)s overdue cases came to you: %(amount)s %(currency)s",
            count,
        )
        % values
    )


def promises_broken(data: dict[str, Any]) -> str:
    count = int(data.get("count", 0))
    return ngettext(
        "%(count)s promise to pay of your customers was broken",
        "%(count)s promises to pay of your customers were broken",
        count,
    ) % {"count": count}


def disputes_run_out(data: dict[str, Any]) -> str:
    count = int(data.get("count", 0))
    return ngettext(
        "%(count)s dispute of yours has run out of time",
        "%(count)s disputes of yours have run out of time",
        count,
    ) % {"count": count}


def letters_failed(data: dict[str, Any]) -> str:
    count = int(data.get("count", 0))
    return ngettext(
        "%(count)s letter could not be sent and waits for you to look at it",
        "%(count)s letters could not be sent and wait for you to look at them",
        count,
    ) % {"count": count}


def plans_broken(data: dict[str, Any]) -> str:
    count = int(data.get("count", 0))
    return ngettext(
        "%(count)s instalment plan of your customers was broken",
        "%(count)s instalment plans of your customers were broken",
        count,
    ) % {"count": count}


def instalments_due(data: dict[str, Any]) -> str:
    count = int(data.get("count", 0))
    return ngettext(
        "%(count)s instalment of your customers is due soon",
        "%(count)s instalments of your customers are due soon",
        count,
    ) % {"count": count}


NOTICES = (
    NoticeKind(
        "cases_escalated", gettext_lazy("Cases came to you"), cases_escalated, permission="receivables.view_case"
    ),
    NoticeKind("promises_broken", gettext_lazy("Promise broken"), promises_broken, permission="receivables.view_case"),
    NoticeKind(
        "plans_broken",
        gettext_lazy("Instalment plan broken"),
        plans_broken,
        permission="receivables.view_instalmentplan",
    ),
    NoticeKind(
        "instalments_due", gettext_lazy("Instalment due"), instalments_due, permission="receivables.view_instalmentplan"
    ),
    NoticeKind(
        "disputes_run_out", gettext_lazy("Dispute out of time"), disputes_run_out, permission="receivables.view_case"
    ),
    NoticeKind("letters_failed", gettext_lazy("Letters not sent"), letters_failed, permission=PERMISSION),
)
STEPS = (
    NightlyStep(
        "collection_rates",
        gettext_lazy("Collection rates"),
        learn,
        after=("behaviour",),
        count_labels=lambda: {"rates": _("Rates learned")},
        notes=lambda: {"rate": gettext_lazy("From %(days)s days overdue: %(rate)s of what is open is collected")},
    ),
    NightlyStep(
        "escalation",
        gettext_lazy("Collection cases and letters"),
        escalate_piece,
        after=("behaviour", "collection_rates"),
        # What is predicted tonight orders tonight's work list; tonight's tiers choose tonight's policies.
        waits_for=("late_payment", "tiers"),
        pieces=pieces,
        count_labels=lambda: {
            "opened": _("Cases opened"),
            "closed": _("Cases closed"),
            "looked_at": _("Cases looked at"),
            "steps": _("Steps taken"),
            "promises_judged": _("Promises judged"),
            "promises_broken": _("Promises broken"),
            "plans_completed": _("Instalment plans completed"),
            "plans_broken": _("Instalment plans broken"),
            "supply_stopped": _("Supply stopped"),
            "supply_resumed": _("Supply resumed"),
            "letters": _("Letters prepared"),
            "reminders": _("Reminders prepared"),
            "replaced": _("Letters replaced"),
        },
    ),
    NightlyStep(
        "collection_notices",
        gettext_lazy("Notices of collection"),
        tell_people,
        after=("escalation",),
        count_labels=lambda: {"notices": _("Notices written")},
    ),
)
