"""The demo company's nights: the segments of the last months, forecasts that can be checked, and the night of today."""

import datetime as dt

from crm.core.demo import DemoCompany, DemoStep
from crm.core.registry import registry

MONTHS_BEFORE = (60, 30)  # days before today on which segments were found, so that there is somebody who moved
FORECASTS = 12  # weeks of forecasts that are over by now
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
    for days in MONTHS_BEFORE:
        on = company.end_on - dt.timedelta(days=days)
        write_features(on=on)
        write_segments(find_segments(on=on))
    for week in range(FORECASTS, 0, -1):
        on = company.end_on - dt.timedelta(days=7 * week)
        write_forecast(on=on, from_open=find_payments(on=on, with_model=False).by_week.tolist())
    run_now(on=company.end_on, steps=[key for key in registry.nightly_steps if key not in LEFT_OUT])


def has_no_features() -> bool:
    from analytics.models import CustomerFeatures

    return not CustomerFeatures.objects.exists()


DEMO_ANALYTICS = DemoStep(key="analytics", order=100, build=build_analytics, is_empty=has_no_features)
