"""The demo company's nights: the segments of the last weeks, forecasts that can be checked, and the night of today."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from crm.core.demo import DemoCompany, DemoStep
from crm.core.errors import Busy
from crm.core.registry import registry

EARLIER = (14, 7)  # days before today on which segments were found, so that there is somebody who moved; few enough to
# find the same groups again
TIERED = 120  # days before today on which customers had their first tiers, so that some have moved since
FORECASTS = 12  # weeks of forecasts that are over by now
UNLUCKY = "late_payment"  # the step that fails in a night of the history; nothing comes after it
HISTORY = ((3, "failed"), (2, "repeated"), (1, ""))  # nights before the newest, and what happened in them
LEFT_OUT = {"verify", "digest"}  # the command verifies by itself, and nobody waits for mail


def build_analytics(company: DemoCompany) -> None:
    from django.db import connection

    from analytics.services.features import write_features
    from analytics.services.forecast import write_forecast
    from analytics.services.late_payment import find_payments
    from analytics.services.segments import find_segments, write_segments
    from crm.jobs.nightly import run_now

    with connection.cursor() as cursor:
        # Everything was just written in one transaction: tell the server how much.
        cursor.execute("ANALYZE receivables_invoice, receivables_allocation, receivables_receipt")
    for days in EARLIER:
        on = company.end_on - dt.timedelta(days=days)
        write_features(on=on)
        write_segments(find_segments(on=on))
    tier_customers(company)
    for week in range(FORECASTS, 0, -1):
        on = company.end_on - dt.timedelta(days=7 * week)
        write_forecast(on=on, from_open=find_payments(on=on, with_model=False).by_week.tolist())
    night = run_now(on=company.end_on, steps=[key for key in registry.nightly_steps if key not in LEFT_OUT])
    for back, mishap in HISTORY:
        past_night(company, night, company.end_on - dt.timedelta(days=back), mishap)


def tier_customers(company: DemoCompany) -> None:
    """The tiers of some months ago, and one that the sales director has set since."""
    from analytics.services.contribution import work_out_contribution
    from analytics.services.features import write_features
    from analytics.services.tiers import find_tiers, write_tiers
    from customers.models import CustomerTier
    from customers.services import set_tier

    on = company.end_on - dt.timedelta(days=TIERED)
    write_features(on=on)
    work_out_contribution(on=on)
    write_tiers(find_tiers(on=on))
    chosen = CustomerTier.objects.filter(tier="ordinary", customer__state="active").order_by("pk").first()
    if chosen is not None:
        set_tier(
            actor=company.shared["users"]["diana"],
            customer_id=chosen.pk,
            tier="vip",
            reason="新厂区项目，全年采购框架在谈",
            today=company.end_on - dt.timedelta(days=9),
            until=company.end_on + dt.timedelta(days=80),
        )


def past_night(company: DemoCompany, newest: Any, on: dt.date, mishap: str) -> None:
    """A night that is over, as its workers would have left it: the runs of the newest one, earlier.

    In one night a step that nothing waits for found its records taken as often as it was tried, and stayed failed, for
    the next night did it; in another it failed as well and was repeated in the morning.
    """
    from crm.jobs.models import Night, Note, Run, RunState, Step
    from crm.jobs.nightly import in_order
    from crm.jobs.worker import MAX_ATTEMPTS

    rng = company.stream(f"night {on}")
    clock = ZoneInfo(settings.BUSINESS_TIME_ZONE)
    night = Night.objects.create(on=on)
    began = moment = dt.datetime.combine(on, dt.time(2), clock)
    order = {step.key: place for place, step in enumerate(in_order())}
    runs, steps, notes = [], [], []
    # The repeated step comes last: it was done when all others were.
    for run in sorted(
        newest.runs.prefetch_related("notes", "steps"),
        key=lambda run: (mishap == "repeated" and run.nightly_step == UNLUCKY, order[run.nightly_step], run.pk),
    ):
        unlucky = mishap if run.nightly_step == UNLUCKY else ""
        if unlucky == "repeated":
            moment = dt.datetime.combine(on, dt.time(8, 40), clock)
        ended = moment + dt.timedelta(seconds=rng.uniform(0.4, 9))
        failed = unlucky == "failed"
        copy = Run(
            kind=run.kind,
            on=on,
            state=RunState.FAILED if failed else run.state,
            done=0 if failed else run.done,
            total=0 if failed else run.total,
            counts={} if failed else {name: 0 if name == "moved" else value for name, value in run.counts.items()},
            error_code=Busy.code if failed else "",
            # Of a failed step that is repeated the claim goes on and the attempts begin again.
            claim={"failed": MAX_ATTEMPTS, "repeated": MAX_ATTEMPTS + 2}.get(unlucky, 1),
            attempts=MAX_ATTEMPTS if failed else 1,
            worker=run.worker,
            heartbeat_at=ended,
            started_at=moment,
            ended_at=ended,
            night=night,
            nightly_step=run.nightly_step,
            after=run.after,
            follows=run.follows,
            piece=run.piece,
        )
        runs.append(copy)
        for step in run.steps.all():
            state = RunState.FAILED if failed else step.state
            counts = {} if failed else copy.counts
            steps.append(
                Step(run=copy, key=step.key, position=step.position, state=state, claim=copy.claim, counts=counts,
                     started_at=moment, ended_at=ended)
            )  # fmt: skip
        if not failed:
            notes += [(Note(run=copy, attempt=1, code=n.code, figures=n.figures), ended) for n in run.notes.all()]
        moment = ended
    Run.objects.bulk_create(runs)
    Step.objects.bulk_create(steps)
    Note.objects.bulk_create([note for note, _at in notes])
    for note, at in notes:  # written now, but told of then
        note.at = at
    Note.objects.bulk_update([note for note, _at in notes], ["at"])
    Run.objects.filter(night=night).update(created_at=began)
    Night.objects.filter(pk=night.pk).update(started_at=began)


def has_no_features() -> bool:
    from analytics.models import CustomerFeatures

    return not CustomerFeatures.objects.exists()


DEMO_ANALYTICS = DemoStep(key="analytics", order=100, build=build_analytics, is_empty=has_no_features)
