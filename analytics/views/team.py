"""The dashboard of a sales manager: what is owed, how it is paid, on whom the team depends, who moves, who leaves."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import links
from analytics.charts import Cell, Chart, Series, Table, days, figure, heads, word
from analytics.measures import days_sales_outstanding, top_share
from analytics.selectors.receivables import (
    Measures,
    Point,
    billed_by_owner,
    by_owner,
    customers_with_balance,
    history,
    lines_of_owners,
    measures_at,
    month_points,
    period_to,
    today_point,
    total_of,
    yearly_turnover,
)
from analytics.services.snapshots import RECENT_DAYS, default_bounds
from analytics.views.base import AnalyticsPage, Tile
from analytics.views.parts import flow_table, leaving_table
from analytics.views.receivable_charts import ageing_chart, dso_chart, effectiveness_chart, trend_chart
from analytics.views.supply import supply_tiles
from crm.core import display
from crm.core.display import isodate, percent
from crm.core.money import ZERO, base_currency
from receivables.columns.ageing import group_name
from receivables.selectors.ageing import AgeingLine
from receivables.selectors.groupings import GROUPINGS, NONE

MONTHS_SHOWN = 24
MONTHS_BEFORE = 4  # those the measures of the first month shown look back on
TOP = 10
MOVES_OF = dt.timedelta(days=90)


class TeamDashboard(AnalyticsPage):
    """Receivables, concentration, segments and risk of the customers the user sees."""

    tab = "team"
    title = gettext_lazy("Team dashboard")
    permission = "analytics.see_team_dashboard"
    template_name = "analytics/team.html"
    by_entity = True

    def context(self, request: HttpRequest) -> dict[str, Any]:
        self.bounds = default_bounds()
        self.daily = request.GET.get("span") == "days"
        debtors = customers_with_balance(self.user, self.today, self.entity_id, TOP)
        self.total = total_of(debtors.totals, len(self.bounds) + 1)
        self.owners = by_owner(self.user, self.today, self.entity_id)
        self.period = period_to(self.today)
        self.read_points()
        measured = [measures_at(self.months, place) for place in range(len(self.months))]
        shown = self.months[-MONTHS_SHOWN - 1 :]
        shown_measures = measured[-MONTHS_SHOWN - 1 :]
        trend = self.recent if self.daily else shown
        since = self.today - MOVES_OF
        return {
            "base": base_currency(),
            "daily": self.daily,
            "tiles": self.tiles(measured[-1]),
            "supply": [] if self.entity else supply_tiles(self.user, self.today, approvals=False),
            "charts": [
                trend_chart(trend, self.entity_id, daily=self.daily),
                ageing_chart(trend, self.bounds, self.entity_id, daily=self.daily),
                dso_chart(shown, shown_measures, self.entity_id),
                effectiveness_chart(shown, shown_measures, self.entity_id),
            ],
            "concentration": self.concentration(debtors.lines),
            "owners": self.owner_table(),
            "flows": flow_table(self.user, since, self.today),
            "leaving": leaving_table(self.user, TOP),
        }

    def read_points(self) -> None:
        """The days kept, and today as the documents have it now."""
        begin = (self.today.replace(day=1) - dt.timedelta(days=31 * (MONTHS_SHOWN + MONTHS_BEFORE))).replace(day=1)
        points = history(self.user, begin=begin, end=self.today, legal_entity_id=self.entity_id)
        self.billed_by_owner = billed_by_owner(self.user, self.period, self.entity_id)
        billed_3m = sum(self.billed_by_owner.values(), ZERO)
        now = today_point(self.user, self.total, self.today, billed_3m, self.entity_id)
        self.months = month_points(points, now)
        recent = [p for p in points if self.today - dt.timedelta(days=RECENT_DAYS) <= p.on < self.today]
        self.recent: list[Point] = [*recent, now]

    def tiles(self, measures: Measures) -> list[Tile]:
        entity, today = self.entity_id, self.today
        share = self.total.overdue_share
        turned = yearly_turnover(self.months)
        billed_in = _("%(billed)s billed in %(days)s days") % {
            "billed": display.figure(measures.billed),
            "days": measures.period.days,
        }
        return [
            Tile(_("Receivable"), display.figure(self.total.receivable), links.aged(today, "receivable", entity)),
            Tile(
                _("Overdue"),
                display.figure(self.total.overdue),
                links.aged(today, "overdue", entity),
                [word(_("%(share)s of what is owed") % {"share": percent(share)}, links.ageing(today, entity))],
            ),
            Tile(_("DSO"), days(measures.dso), "", [word(billed_in, links.billed(measures.period, entity))]),
            Tile(
                _("Best possible DSO"),
                days(measures.best_dso),
                "",
                [
                    word(
                        _("%(amount)s not due") % {"amount": display.figure(measures.not_due)},
                        links.aged(today, "b0", entity),
                    )
                ],
            ),
            Tile(
                _("Collection effectiveness"),
                "" if measures.effectiveness is None else percent(measures.effectiveness),
                "",
                [
                    word(
                        _("%(amount)s owed on %(day)s")
                        % {"amount": display.figure(measures.opening), "day": isodate(measures.period.opens_on)},
                        links.aged(measures.period.opens_on, "receivable", entity),
                    )
                ]
                if measures.opening is not None
                else [],
            ),
            Tile(
                _("Turnover"),
                "" if turned is None else _("%(times)s a year") % {"times": f"{turned:.1f}"},
                "",
                [word(_("how often what is owed becomes money"))],
            ),
        ]

    def concentration(self, lines: Sequence[AgeingLine]) -> Chart:
        """The largest debtors and what share of all they owe."""
        total = self.total.receivable
        share = top_share([line.receivable for line in lines], total)
        names = [group_name(GROUPINGS["customer"], line) for line in lines]
        urls = [links.aged(self.today, "receivable", self.entity_id, key=line.key) for line in lines]
        late = [links.aged(self.today, "overdue", self.entity_id, key=line.key) for line in lines]
        cumulated, rows = ZERO, []
        for line, name, url, late_url in zip(lines, names, urls, late, strict=True):
            cumulated += line.receivable
            rows.append(
                [
                    word(name, line.label.get_absolute_url() if line.label else ""),
                    figure(line.receivable, url=url),
                    figure(top_share([line.receivable], total), "percent"),
                    figure(top_share([cumulated], total), "percent"),
                    figure(line.overdue, url=late_url),
                ]
            )
        return Chart(
            key="concentration",
            finding=_("The %(count)s largest debtors owe %(share)s of everything")
            % {"count": len(lines), "share": percent(share or Decimal(0))},
            note=_("Open invoices today by customer, %(currency)s") % {"currency": base_currency()},
            labels=names,
            horizontal=True,
            series=[
                Series(
                    _("Not due"),
                    [line.not_due for line in lines],
                    [links.aged(self.today, "b0", self.entity_id, key=line.key) for line in lines],
                    look="bar",
                    tone="b0",
                    stack="owed",
                ),
                Series(_("Overdue"), [line.overdue for line in lines], late, look="bar", tone="b5", stack="owed"),
            ],
            heads=[_("Customer"), _("Receivable"), _("Share of all"), _("Cumulated"), _("Overdue")],
            rows=rows,
            empty=_("Nobody owes anything."),
        )

    def owner_table(self) -> Table:
        return Table(
            key="owners",
            title=_("Who looks after what is owed"),
            heads=heads(
                _("Owner"),
                _("Receivable"),
                _("Overdue"),
                _("Overdue share"),
                _("Unallocated"),
                _("Billed in 3 months"),
                _("DSO"),
            ),
            rows=[self.owner_row(line) for line in lines_of_owners(self.owners.lines, self.billed_by_owner)],
            foot=self.owner_total(),
            empty=_("Nobody owes anything."),
        )

    def owner_row(self, line: AgeingLine) -> list[Cell]:
        owner = None if line.key == NONE else int(line.key)
        billed = self.billed_by_owner.get(owner, ZERO)

        def cell(amount: Decimal, name: str) -> Cell:
            return figure(amount, url=links.aged(self.today, name, self.entity_id, group="owner", key=line.key))

        whose = links.customers(owner=owner) if owner else links.customers(unassigned="true")
        return [
            word(group_name(GROUPINGS["owner"], line), whose),
            cell(line.receivable, "receivable"),
            cell(line.overdue, "overdue"),
            figure(line.overdue_share, "percent"),
            cell(line.unallocated, "unallocated"),
            figure(billed, url=links.billed(self.period, self.entity_id, owner=owner, unassigned=owner is None)),
            figure(days_sales_outstanding(line.receivable, billed, self.period.days), "days"),
        ]

    def owner_total(self) -> list[Cell]:
        billed = sum(self.billed_by_owner.values(), ZERO)
        entity = self.entity_id
        return [
            word(_("Total")),
            figure(self.total.receivable, url=links.aged(self.today, "receivable", entity)),
            figure(self.total.overdue, url=links.aged(self.today, "overdue", entity)),
            figure(self.total.overdue_share, "percent"),
            figure(self.total.unallocated, url=links.aged(self.today, "unallocated", entity)),
            figure(billed, url=links.billed(self.period, entity)),
            figure(days_sales_outstanding(self.total.receivable, billed, self.period.days), "days"),
        ]
