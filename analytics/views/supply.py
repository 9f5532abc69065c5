"""What waits between an order and its delivery: holds, approvals, overrides, contracts that end."""

import datetime as dt
from typing import Any

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from analytics import links
from analytics.charts import word
from analytics.views.base import Tile
from contracts.models import Contract, Order, OrderState
from credit.models import CreditCheck
from crm.approvals.models import UNDECIDED, Request
from crm.core.display import isodate, money, number

OVERRIDES_OF = dt.timedelta(days=30)
ENDING_WITHIN = dt.timedelta(days=60)


def supply_tiles(user: Any, today: dt.date, *, approvals: bool = True) -> list[Tile]:
    """A figure for each of them the user may look at, leading to exactly the rows behind it (one query each).

    Without `approvals` for a page whose readers see in its head what waits for them.
    """
    made = {
        "contracts.see_holds": on_hold,
        "approvals.view_request": waiting,
        "credit.view_creditcheck": overrides,
        "contracts.view_contract": ending,
    }
    if not approvals:
        del made["approvals.view_request"]
    return [tile(user, today) for permission, tile in made.items() if user.has_perm(permission)]


def on_hold(user: Any, today: dt.date) -> Tile:
    held = Order.objects.visible_to(user).filter(state=OrderState.HELD)
    found = held.order_by().aggregate(count=Count("pk"), total=Sum("base_total"))
    notes = [word(_("%(count)s orders") % {"count": number(found["count"])})]
    value = money(found["total"]) if found["count"] else ""
    return Tile(_("Orders on hold"), value, links.address("contracts:holds"), notes)


def waiting(user: Any, today: dt.date) -> Tile:
    count = Request.objects.visible_to(user).filter(state__in=UNDECIDED).count()
    url = f"{links.address('approvals:requests')}?{'&'.join(f'state={state}' for state in UNDECIDED)}"
    return Tile(_("Approvals waiting"), number(count) if count else "", url)


def overrides(user: Any, today: dt.date) -> Tile:
    """Orders released in spite of what the check found, on the word of both directors."""
    since = today - OVERRIDES_OF
    lifted = CreditCheck.objects.visible_to(user).filter(lift__isnull=False, on__gte=since)
    found = lifted.order_by().aggregate(count=Count("pk"), total=Sum("amount"))
    notes = [word(_("%(count)s since %(day)s") % {"count": number(found["count"]), "day": isodate(since)})]
    url = links.address("credit:checks", lifted="true", on_after=since)
    return Tile(_("Released by both directors"), money(found["total"]) if found["count"] else "", url, notes)


def ending(user: Any, today: dt.date) -> Tile:
    until = today + ENDING_WITHIN
    count = Contract.objects.visible_to(user).current().ending(today, until).count()
    url = links.address("contracts:contracts", in_force="true", ends_before=until)
    return Tile(
        _("Contracts ending"), number(count) if count else "", url, [word(_("until %(day)s") % {"day": isodate(until)})]
    )
