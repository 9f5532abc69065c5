"""What the pages of analytics tell the house: menu, dashboards and who sees them, snapshots of the night and the demo.

dashboard of a sales manager   sales managers and director, credit controller, management, administrator
dashboard of finance           finance, credit controller, management, administrator
"""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from analytics.columns import LIST_COLUMNS
from analytics.models import SnapshotDay
from analytics.night import SNAPSHOT
from analytics.panels import DAY_CARDS, PANEL
from analytics.services.snapshots import take_snapshots
from analytics.verification import verify_snapshots
from crm.accounts import roles
from crm.core.demo import DemoCompany, DemoStep
from crm.core.registry import Grant, MenuItem, registry

LEADING = (*roles.MANAGEMENT, roles.CREDIT_CONTROLLER, roles.ADMINISTRATOR)
TEAM = (roles.SALES_MANAGER, roles.SALES_DIRECTOR, *LEADING)
FINANCE = (*roles.FINANCE, *LEADING)

MENU = MenuItem("analytics", _("Analysis"), "analytics:home", "trending-up", "analytics.view_customersegment", order=55)


def keep_demo_days(company: DemoCompany) -> None:
    """All the days a company of that age would have kept, up to yesterday."""
    take_snapshots(until=company.end_on - dt.timedelta(days=1), most=None)


DEMO = DemoStep(key="snapshots", order=90, build=keep_demo_days, is_empty=lambda: not SnapshotDay.objects.exists())


def register_house() -> None:
    for role in TEAM:
        registry.add(Grant(role, ["analytics.see_team_dashboard"]))
    for role in FINANCE:
        registry.add(Grant(role, ["analytics.see_finance_dashboard"]))
    registry.add(SNAPSHOT, DEMO, MENU, PANEL, *DAY_CARDS, *LIST_COLUMNS)
    registry.verifiers["analytics"] = verify_snapshots
