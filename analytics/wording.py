"""Words for the codes that the night stores: features and reasons, in the reader's language."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.models import CustomerFeatures
from crm.core.display import Text, figure, number, percent

# A sentence for each reason of leaving; the figures it names are stored with the code (analytics.services.churn).
REASONS: dict[str, Any] = {
    "silence": gettext_lazy("Bought nothing for %(value)s days; usually every %(usual)s days"),
    "slowing": gettext_lazy("%(value)s days between the last two purchases; usually %(usual)s"),
    "irregular": gettext_lazy("Buys irregularly: %(value)s days of spread around %(usual)s"),
    "fewer_orders": gettext_lazy("%(value)s purchase days in 3 months, %(before)s in the 3 months before"),
    "falling_3m": gettext_lazy("Revenue of 3 months %(value)s, %(before)s in the 3 months before"),
    "falling_6m": gettext_lazy("Revenue of 6 months %(value)s, %(before)s in the 6 months before"),
    "credited": gettext_lazy("%(value)s of its purchases were credited"),
    "few_purchases": gettext_lazy("%(value)s purchase days in 12 months; customers usually have %(usual)s"),
    "small": gettext_lazy("Revenue of 12 months %(value)s; customers usually bring %(usual)s"),
    "young": gettext_lazy("A customer for %(value)s days only"),
}
AMOUNTS, SHARES = {"falling_3m", "falling_6m", "small"}, {"credited"}

# What a feature is called where it is no field of CustomerFeatures.
FEATURES: dict[str, Any] = {
    "growth": gettext_lazy("growth"),
    "silence": gettext_lazy("days silent over the usual gap"),
    "gap_variation": gettext_lazy("irregularity"),
    "slowing": gettext_lazy("last gap over the usual one"),
    "orders_change": gettext_lazy("change of purchase days"),
    "revenue_change_3m": gettext_lazy("change of revenue, 3 months"),
    "revenue_change_6m": gettext_lazy("change of revenue, 6 months"),
    "order_value": gettext_lazy("value of a purchase"),
    "last_1": gettext_lazy("days late of the last invoice"),
    "last_2": gettext_lazy("days late of the last invoice but one"),
    "last_3": gettext_lazy("days late of the last invoice but two"),
    "median_5": gettext_lazy("median days late of the last 5"),
    "median_20": gettext_lazy("median days late of the last 20"),
    "median_60": gettext_lazy("median days late of the last 60"),
    "quarter": gettext_lazy("days late of the earliest quarter"),
    "three_quarters": gettext_lazy("days late of the latest quarter"),
    "late_rate_10": gettext_lazy("share late of the last 10"),
    "spread_20": gettext_lazy("spread of days late of the last 20"),
    "fading_mean": gettext_lazy("mean days late, the newest counting most"),
    "fading_late_rate": gettext_lazy("share settled late, the newest counting most"),
    "days_since_settled": gettext_lazy("days since something was settled"),
    "weekday_mean": gettext_lazy("mean days late on the same weekday"),
    "weekday_late_rate": gettext_lazy("share settled late on the same weekday"),
    "weekday_median": gettext_lazy("median days late on the same weekday"),
    "amount_against_usual": gettext_lazy("amount against the usual one"),
    "mean_of_amount": gettext_lazy("mean days late of like amounts"),
    "late_rate_of_amount": gettext_lazy("share settled late of like amounts"),
    "pays_on_0": gettext_lazy("share settled on Mondays"),
    "pays_on_1": gettext_lazy("share settled on Tuesdays"),
    "pays_on_2": gettext_lazy("share settled on Wednesdays"),
    "pays_on_3": gettext_lazy("share settled on Thursdays"),
    "pays_on_4": gettext_lazy("share settled on Fridays"),
    "amount": gettext_lazy("amount of the invoice"),
    "overdue_open": gettext_lazy("invoices overdue at the moment"),
    "same_day": gettext_lazy("invoices due on the same day"),
    "billed_30": gettext_lazy("invoices billed in 30 days"),
}


# Features of payment prediction that are told over all of the customer's settlements and over the last days.
OVER_ALL: dict[str, Any] = {
    "count": gettext_lazy("settled invoices"),
    "late_rate": gettext_lazy("share settled late"),
    "mean": gettext_lazy("mean days late"),
    "early_rate": gettext_lazy("share settled early"),
}


def spanned_label(code: str) -> Text:
    """'mean days late (30 days)' of mean_30; nothing for other features."""
    name, _mark, span = code.rpartition("_")
    if name not in OVER_ALL or not (span == "all" or span.isdigit()):
        return ""
    if span == "all":
        return str(OVER_ALL[name])
    return _("%(feature)s (%(days)s days)") % {"feature": OVER_ALL[name], "days": span}


def feature_label(code: str) -> Text:
    """What a feature is called, as the model calls it."""
    label: Text = FEATURES.get(code, "") or spanned_label(code)
    if not label:
        try:
            field: Any = CustomerFeatures._meta.get_field(code)
        except FieldDoesNotExist:
            return code
        label = field.verbose_name
    return label


def feature_value(code: str, value: Any) -> str:
    """A feature in its own unit."""
    if value is None:
        return ""
    if code.startswith(("revenue", "margin_12m", "costed")):
        return figure(Decimal(str(value)))
    if code in ("trend", "growth", "credited_share"):
        return percent(Decimal(str(value)), 0)
    return number(round(Decimal(str(value)), 1))


def reason_sentence(reason: dict[str, Any]) -> str:
    """One reason with its figures: of leaving, or of a move to another segment."""
    code = reason.get("code", "")
    if code in REASONS:
        return str(REASONS[code]) % {name: shown(code, value) for name, value in reason.items() if name != "code"}
    return _("%(feature)s: now %(after)s, before %(before)s") % {
        "feature": feature_label(code),
        "after": feature_value(code, reason.get("after")),
        "before": feature_value(code, reason.get("before")),
    }


def shown(code: str, value: Any) -> str:
    if code in AMOUNTS:
        return figure(Decimal(str(value)))
    if code in SHARES:
        return percent(Decimal(str(value)))
    return number(round(Decimal(str(value)), 0))
