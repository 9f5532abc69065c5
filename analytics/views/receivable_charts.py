"""Charts of receivables over time, shared by the dashboards: each mark leads to the documents behind it."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from analytics import links
from analytics.charts import Chart, Series, days, figure, word
from analytics.selectors.receivables import Measures, Period, Point
from analytics.services.snapshots import month_end
from analytics.views.base import change
from crm.core.display import isodate, money, money_short, percent
from crm.core.money import base_currency
from receivables.columns.ageing import bucket_labels


def signed_percent(share: Decimal) -> str:
    """'+4.1%' or '-4.1%'."""
    return f"{'+' if share >= 0 else ''}{percent(share)}"


def label_of(point: Point) -> str:
    """The end of a month by its month, any other day by its date."""
    return f"{point.on:%Y-%m}" if point.on == month_end(point.on) else isodate(point.on)


def a_year_before(points: Sequence[Point]) -> Point | None:
    """The point that ends the month twelve months before the last one, if it is kept."""
    if not points:
        return None
    last = points[-1].on
    return next((p for p in points if (p.on.year, p.on.month) == (last.year - 1, last.month)), None)


def trend_chart(points: Sequence[Point], entity: int | None, *, daily: bool) -> Chart:
    """What is owed and what of it is overdue; the table has the flows of the month beside them."""
    last, before = points[-1], a_year_before(points)
    finding = _("%(receivable)s is owed, %(overdue)s of it is overdue") % {
        "receivable": money_short(last.receivable),
        "overdue": percent(last.overdue_share or Decimal(0)),
    }
    if before is not None and (grown := change(last.receivable, before.receivable)) is not None:
        finding = _("%(receivable)s is owed, %(change)s against a year ago; %(overdue)s of it is overdue") % {
            "receivable": money_short(last.receivable),
            "change": signed_percent(grown),
            "overdue": percent(last.overdue_share or Decimal(0)),
        }
    months = [Period(point.on.replace(day=1), point.on) for point in points]
    rows = [
        [
            word(label_of(point), links.ageing(point.on, entity)),
            figure(point.receivable, url=links.aged(point.on, "receivable", entity)),
            figure(point.overdue, url=links.aged(point.on, "overdue", entity)),
            figure(point.overdue_share, "percent"),
            figure(point.unallocated, url=links.aged(point.on, "unallocated", entity)),
            figure(point.disputed, url=links.disputes(entity) if point is last else ""),
            figure(point.billed, url=links.billed(month, entity)),
            figure(point.received, url=links.received(month, entity)),
        ]
        for point, month in zip(points, months, strict=True)
    ]
    return Chart(
        key="trend",
        finding=finding,
        note=_("Open invoices at the end of each day, %(currency)s")
        if daily
        else _("Open invoices at the end of each month and today, %(currency)s"),
        labels=[label_of(point) for point in points],
        series=[
            Series(
                _("Receivable"),
                [point.receivable for point in points],
                [links.aged(point.on, "receivable", entity) for point in points],
            ),
            Series(
                _("Overdue"),
                [point.overdue for point in points],
                [links.aged(point.on, "overdue", entity) for point in points],
                look="dashed",
                tone="danger",
            ),
        ],
        heads=[
            _("Day") if daily else _("Month"),
            _("Receivable"),
            _("Overdue"),
            _("Overdue share"),
            _("Unallocated"),
            _("Disputed"),
            _("Billed in the month"),
            _("Received in the month"),
        ],
        rows=list(reversed(rows)),
        empty=_("The first day is kept tonight; the trend begins with it."),
    ).with_currency()


def ageing_chart(points: Sequence[Point], bounds: Sequence[int], entity: int | None, *, daily: bool) -> Chart:
    """The buckets over time: what grows old shows as a darker layer that thickens."""
    names = [_("Not due"), *bucket_labels(bounds)]
    last = points[-1]
    old = sum(last.amounts[4:], Decimal(0)) if len(last.amounts) > 4 else last.amounts[-1]
    finding = _("%(amount)s, %(share)s of all that is owed, is overdue for more than %(days)s days") % {
        "amount": money_short(old),
        "share": percent(old / last.receivable if last.receivable else Decimal(0)),
        "days": bounds[2] if len(bounds) > 2 else bounds[-1],
    }
    return Chart(
        key="ageing",
        finding=finding,
        note=_("Open invoices by days overdue at the end of each day, %(currency)s")
        if daily
        else _("Open invoices by days overdue at the end of each month and today, %(currency)s"),
        labels=[label_of(point) for point in points],
        label_title=_("Day") if daily else _("Month"),
        label_urls=[links.ageing(point.on, entity) for point in points],
        series=[
            Series(
                name,
                [point.amounts[place] for point in points],
                [links.aged(point.on, f"b{place}", entity) for point in points],
                look="bar",
                tone=f"b{place}",
                stack="ageing",
            )
            for place, name in enumerate(names)
        ],
        empty=_("The first day is kept tonight; the trend begins with it."),
    ).with_currency()


def dso_chart(points: Sequence[Point], measured: Sequence[Measures], entity: int | None) -> Chart:
    """DSO, what it would be if everybody paid on the due date, and the count-back figure without the season."""
    known = [measures for measures in measured if measures.dso is not None]
    last = known[-1] if known else None
    finding = _("Not enough months are known for DSO yet")
    if last is not None and last.delinquent is not None:
        finding = _("DSO is %(dso)s; late payment costs %(late)s of it") % {
            "dso": days(last.dso),
            "late": days(last.delinquent),
        }
    rows = [
        [
            word(label_of(point)),
            figure(measures.receivable, url=links.aged(point.on, "receivable", entity)),
            figure(measures.not_due, url=links.aged(point.on, "b0", entity)),
            figure(measures.billed, url=links.billed(measures.period, entity)),
            figure(measures.dso, "days"),
            figure(measures.best_dso, "days"),
            figure(measures.delinquent, "days"),
            figure(measures.count_back, "days"),
        ]
        for point, measures in zip(points, measured, strict=True)
    ]
    urls = [links.aged(point.on, "receivable", entity) for point in points]
    return Chart(
        key="dso",
        finding=finding,
        note=_("Days; receivable / billed in the month and the two before × their days"),
        labels=[label_of(point) for point in points],
        units=["days"],
        series=[
            Series(_("DSO"), [measures.dso for measures in measured], urls),
            Series(
                _("Best possible DSO"),
                [measures.best_dso for measures in measured],
                [links.aged(point.on, "b0", entity) for point in points],
                look="dashed",
                tone="success",
            ),
            Series(_("DSO, counted back"), [m.count_back for m in measured], urls, look="dotted", tone="quiet"),
        ],
        heads=[
            _("Month"),
            _("Receivable"),
            _("Not due"),
            _("Billed in 3 months"),
            _("DSO"),
            _("Best possible DSO"),
            _("Average days delinquent"),
            _("DSO, counted back"),
        ],
        rows=list(reversed(rows)),
        empty=_("DSO needs three months of billing."),
    )


def effectiveness_chart(points: Sequence[Point], measured: Sequence[Measures], entity: int | None) -> Chart:
    """Of what could have been collected in three months, the share that was."""
    last = next((measures for measures in reversed(measured) if measures.effectiveness is not None), None)
    finding = _("Collection effectiveness is not known yet")
    if last is not None and last.effectiveness is not None:
        finding = _("%(share)s of what could be collected in three months was collected") % {
            "share": percent(last.effectiveness)
        }
    rows = [
        [
            word(label_of(point)),
            figure(measures.opening, url=links.aged(measures.period.opens_on, "receivable", entity)),
            figure(measures.billed, url=links.billed(measures.period, entity)),
            figure(measures.receivable, url=links.aged(point.on, "receivable", entity)),
            figure(measures.not_due, url=links.aged(point.on, "b0", entity)),
            figure(measures.effectiveness, "percent"),
        ]
        for point, measures in zip(points, measured, strict=True)
    ]
    return Chart(
        key="effectiveness",
        finding=finding,
        note=_("Collection effectiveness index over the month and the two before; 100% is everything"),
        labels=[label_of(point) for point in points],
        units=["percent"],
        series=[
            Series(
                _("Collection effectiveness"),
                [measures.effectiveness for measures in measured],
                [links.aged(point.on, "receivable", entity) for point in points],
                tone="success",
            )
        ],
        heads=[
            _("Month"),
            _("Receivable before"),
            _("Billed in 3 months"),
            _("Receivable"),
            _("Not due"),
            _("Collection effectiveness"),
        ],
        rows=list(reversed(rows)),
        empty=_("Collection effectiveness needs the day before the three months."),
    )


def base_amount(value: Decimal) -> str:
    """'1,234.50 CNY'."""
    return f"{money(value)} {base_currency()}"
