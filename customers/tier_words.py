"""The figures a tier is judged by, in the reader's words."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.display import Text, number, percent
from customers.models import CustomerState
from customers.selectors.tiers import Weighed
from customers.tier_rules import Criterion

CRITERIA: dict[str, Text] = {
    Criterion.TRADING: gettext_lazy("Trading status"),
    Criterion.CONTRIBUTION: gettext_lazy("Contribution of those before it"),
    Criterion.FREQUENCY: gettext_lazy("Purchase days in 12 months"),
    Criterion.RECENCY: gettext_lazy("Days since the last purchase"),
    Criterion.GRADE: gettext_lazy("Credit grade"),
}


def words_of(row: Weighed) -> tuple[str, str, str]:
    """The figure of a criterion, what the customer's tier asks and what the next better one asks."""
    asked, asked_next = bound(row.criterion, row.asked), bound(row.criterion, row.asked_next)
    return figure(row.criterion, row.figure), asked, asked_next


def figure(criterion: Criterion, value: Any) -> str:
    if value is None or value == "":
        return _("not rated") if criterion is Criterion.GRADE else "–"
    if criterion is Criterion.TRADING:
        return str(CustomerState(value).label)
    if criterion is Criterion.CONTRIBUTION:
        return percent(Decimal(str(round(value, 4))))
    return str(value) if criterion is Criterion.GRADE else number(value)


def bound(criterion: Criterion, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if criterion is Criterion.CONTRIBUTION:
        return _("below %(percent)s") % {"percent": percent(value / 100)}
    if criterion is Criterion.FREQUENCY:
        return _("at least %(days)s") % {"days": number(value)}
    if criterion is Criterion.RECENCY:
        return _("at most %(days)s") % {"days": number(value)}
    return _("%(grade)s or better") % {"grade": value}
