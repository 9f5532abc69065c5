"""The dashboard of finance: what is owed and how old it is, what comes in, what is not matched, what is chased."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import links
from analytics.charts import Cell, Chart, Series, Table, figure, heads, word
from analytics.selectors.collection import broken_promises, cases_by_step, open_disputes
from analytics.selectors.forecast import checked_weeks
from analytics.selectors.receivables import customers_with_balance, history, total_of
from analytics.services.snapshots import default_bounds
from analytics.views.base import AnalyticsPage, Tile
from analytics.views.cash import CashPage, forecast_chart
from analytics.views.supply import supply_tiles
from crm.core import display
from crm.core.display import isodate, money_short, number, percent
from crm.core.money import ZERO, base_currency
from receivables.columns.ageing import bucket_labels
from receivables.models import Invoice, InvoiceKind, Receipt

TOP = 8
WEEKS_BACK = 8  # of the forecast against what came
WEEK = dt.timedelta(days=6)  # today and the six days after it
MONTH = dt.timedelta(days=30)
DAY = dt.timedelta(days=1)


class FinanceDashboard(AnalyticsPage):
    """Ageing, cash and collection of everything the user sees."""

    tab = "finance"
    title = gettext_lazy("Finance dashboard")
    permission = "analytics.see_finance_dashboard"
    template_name = "analytics/finance.html"
    by_entity = True

    def context(self, request: HttpRequest) -> dict[str, Any]:
        self.bounds = default_bounds()
        self.total = total_of(
            customers_with_balance(self.user, self.today, self.entity_id, 1).totals, len(self.bounds) + 1
        )
        self.week = self.due_by_day()
        self.due = sum((amount for _day, _count, amount in self.week), ZERO)
        self.steps = cases_by_step(self.user, self.entity_id)
        disputes = open_disputes(self.user, self.entity_id)
        self.disputed = disputes.order_by().aggregate(count=Count("pk"), total=Sum("worth"))
        broken = broken_promises(self.user, self.today - MONTH, self.entity_id)
        return {
            "base": base_currency(),
            "tiles": self.tiles(),
            "supply": [] if self.entity else supply_tiles(self.user, self.today),
            "ageing": self.ageing_chart(),
            "due": self.due_chart(),
            "forecast": self.cash_chart(),
            "tables": [
                self.step_table(),
                self.unallocated_table(),
                self.dispute_table(disputes),
                self.promise_table(broken),
            ],
        }

    def tiles(self) -> list[Tile]:
        entity, today = self.entity_id, self.today
        month_ago = history(self.user, begin=today - MONTH, end=today - MONTH, legal_entity_id=entity)
        notes = []
        if month_ago:
            before = month_ago[-1]
            said = _("%(amount)s 30 days ago") % {"amount": display.figure(before.overdue)}
            notes = [word(said, links.aged(before.on, "overdue", entity))]
        chased = sum((count.overdue for count in self.steps), ZERO)
        return [
            Tile(_("Receivable"), display.figure(self.total.receivable), links.aged(today, "receivable", entity)),
            Tile(_("Overdue"), display.figure(self.total.overdue), links.aged(today, "overdue", entity), notes),
            Tile(
                _("Due within a week"),
                display.figure(self.due),
                links.falling_due(today, today + WEEK, entity),
                [word(_("until %(day)s") % {"day": isodate(today + WEEK)})],
            ),
            Tile(
                _("Unallocated"),
                display.figure(self.total.unallocated),
                links.aged(today, "unallocated", entity),
                [word(_("receipts and credit notes"))],
            ),
            Tile(
                _("Chased"),
                display.figure(chased),
                links.cases(entity),
                [
                    word(
                        _("%(count)s open cases") % {"count": number(sum(count.cases for count in self.steps))},
                        links.cases(entity),
                    )
                ],
            ),
            Tile(
                _("Disputed"),
                display.figure(self.disputed["total"] or ZERO),
                links.disputes(entity),
                [word(_("%(count)s open disputes") % {"count": number(self.disputed["count"])})],
            ),
        ]

    def cash_chart(self) -> Chart | None:
        """The forecast of the whole company, for who may see it."""
        if self.entity is not None or not self.user.has_perm(CashPage.permission):
            return None
        return forecast_chart(self.user, checked_weeks(self.user, WEEKS_BACK))

    def ageing_chart(self) -> Chart:
        """Today's ageing, bucket by bucket: the totals line of the report."""
        names = [_("Not due"), *bucket_labels(self.bounds)]
        urls = [links.aged(self.today, f"b{place}", self.entity_id) for place in range(len(names))]
        whole = self.total.receivable
        share = self.total.overdue_share
        rows = [
            [word(name), figure(amount, url=url), figure(amount / whole if whole else None, "percent")]
            for name, amount, url in zip(names, self.total.amounts, urls, strict=True)
        ]
        rows.append(
            [
                word(_("Total")),
                figure(whole, url=links.aged(self.today, "receivable", self.entity_id)),
                figure(Decimal(1) if whole else None, "percent"),
            ]
        )
        return Chart(
            key="ageing",
            finding=_("%(overdue)s is overdue, %(share)s of what is owed")
            % {"overdue": money_short(self.total.overdue), "share": percent(share)},
            note=_("Open invoices today by days overdue, %(currency)s") % {"currency": base_currency()},
            labels=names,
            series=[Series(_("Open"), list(self.total.amounts), urls, look="bar", tone="accent")],
            heads=[_("Bucket"), _("Open"), _("Share of all")],
            rows=rows,
            empty=_("Nobody owes anything."),
        )

    def due_by_day(self) -> list[tuple[dt.date, int, Decimal]]:
        """Open invoices that fall due from today on, day by day for a week."""
        found = Invoice.objects.visible_to(self.user).filter(
            open_amount__gt=0, due_on__gte=self.today, due_on__lte=self.today + WEEK
        )
        if self.entity is not None:
            found = found.filter(legal_entity=self.entity)
        rows = found.exclude(kind=InvoiceKind.CREDIT_NOTE).order_by().values_list("due_on")
        by_day = {day: (count, amount) for day, count, amount in rows.annotate(Count("pk"), Sum("open_base"))}
        days = [self.today + place * DAY for place in range(7)]
        return [(day, *by_day.get(day, (0, ZERO))) for day in days]

    def due_chart(self) -> Chart:
        top = max(self.week, key=lambda row: row[2])
        finding = _("Nothing falls due within a week")
        if self.due:
            finding = _("%(due)s falls due within a week, most of it on %(day)s") % {
                "due": money_short(self.due),
                "day": isodate(top[0]),
            }
        urls = [links.falling_due(day, day, self.entity_id) for day, _count, _amount in self.week]
        return Chart(
            key="due",
            finding=finding,
            note=_("Open invoices by due date, %(currency)s") % {"currency": base_currency()},
            labels=[f"{day:%m-%d}" for day, _count, _amount in self.week],
            series=[Series(_("Falls due"), [row[2] for row in self.week], urls, look="bar", tone="warning")],
            heads=[_("Due date"), _("Invoices"), _("Open")],
            rows=[
                [word(isodate(day)), figure(count, "count", url), figure(amount, url=url)]
                for (day, count, amount), url in zip(self.week, urls, strict=True)
            ],
            empty=_("No open invoice falls due from today until %(day)s.") % {"day": isodate(self.today + WEEK)},
        )

    def unallocated_table(self) -> Table:
        """The largest receipts that settle nothing yet."""
        found = Receipt.objects.visible_to(self.user).filter(open_amount__gt=0, reversed_on__isnull=True)
        if self.entity is not None:
            found = found.filter(legal_entity=self.entity)
        may = self.user.has_perm("receivables.post_receipt")
        rows = [
            [
                word(receipt.customer.name, receipt.customer.get_absolute_url()),
                word(receipt.number, links.allocate(receipt) if may else receipt.get_absolute_url()),
                Cell(isodate(receipt.on), "", "nowrap"),
                figure((self.today - receipt.on).days, "count"),
                figure(receipt.open_base, url=receipt.get_absolute_url()),
            ]
            for receipt in found.select_related("customer").order_by("-open_base", "pk")[:TOP]
        ]
        total = _("All %(amount)s") % {"amount": display.figure(self.total.unallocated)}
        return Table(
            key="unallocated",
            title=_("Largest unallocated receipts"),
            heads=heads(_("Customer"), _("Receipt"), _("Value date"), _("Days"), _("Unallocated"), words=3),
            rows=rows,
            aside=word(total, links.aged(self.today, "unallocated", self.entity_id)),
            empty=_("Every receipt is allocated."),
        )

    def step_table(self) -> Table:
        """Open cases by the last step they took, as the last night left them."""
        rows = []
        for count in self.steps:
            url = links.cases(self.entity_id, step=count.step.pk if count.step else "none")
            rows.append(
                [
                    word(count.step.name if count.step else _("No step yet"), url),
                    figure(count.cases, "count", url),
                    figure(count.paused, "count"),
                    figure(count.overdue, url=url),
                    figure(count.expected, url=url),
                ]
            )
        url = links.cases(self.entity_id)
        foot = [
            word(_("Total")),
            figure(sum(count.cases for count in self.steps), "count", url),
            figure(sum(count.paused for count in self.steps), "count"),
            figure(sum((count.overdue for count in self.steps), ZERO), url=url),
            figure(sum((count.expected for count in self.steps), ZERO), url=url),
        ]
        return Table(
            key="steps",
            title=_("Cases by step"),
            heads=heads(_("Last step"), _("Cases"), _("Paused"), _("Overdue"), _("Expected recovery")),
            rows=rows,
            foot=foot,
            note=_("As the last night left them; expected recovery is what the history of the bucket lets hope for."),
            empty=_("No case is open."),
        )

    def dispute_table(self, disputes: Any) -> Table:
        return Table(
            key="disputes",
            title=_("Disputes, the most urgent first"),
            heads=heads(_("Customer"), _("Owner"), _("To be settled by"), _("Amount"), words=3),
            rows=[self.dispute_row(dispute) for dispute in disputes[:TOP]],
            aside=word(_("All %(count)s") % {"count": number(self.disputed["count"])}, links.disputes(self.entity_id)),
            empty=_("No dispute is open."),
        )

    def promise_table(self, broken: Any) -> Table:
        count = broken.order_by().count()
        every = links.broken_promises(self.today - MONTH, self.entity_id)
        return Table(
            key="promises",
            title=_("Promises broken in 30 days"),
            heads=heads(_("Customer"), _("Promised for"), _("Currency"), _("Promised"), _("Received"), words=3),
            rows=[self.promise_row(promise) for promise in broken[:TOP]],
            aside=word(_("All %(count)s") % {"count": number(count)}, every),
            empty=_("No promise was broken."),
        )

    def dispute_row(self, dispute: Any) -> list[Cell]:
        late = (self.today - dispute.due_on).days
        clock = _("%(days)s days over") % {"days": late} if late > 0 else isodate(dispute.due_on)
        said = f"{dispute.invoice.number} · {dispute.get_reason_display()}"
        return [
            word(dispute.customer.name, dispute.customer.get_absolute_url(), said),
            Cell(dispute.owner, "", "nowrap"),
            Cell(clock, "", "nowrap amount-negative" if late > 0 else "nowrap"),
            figure(dispute.worth, url=dispute.invoice.get_absolute_url()),
        ]

    def promise_row(self, promise: Any) -> list[Cell]:
        return [
            word(promise.customer.name, promise.customer.get_absolute_url(), promise.get_state_display()),
            Cell(isodate(promise.promised_on), "", "nowrap"),
            word(promise.currency),
            figure(promise.amount, url=links.case(promise.case_id)),
            figure(promise.received),
        ]
