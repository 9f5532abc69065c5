"""Words for the codes that the night stores: features and reasons, in the reader's language."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.models import CustomerFeatures
from crm.core.display import Text, money, number, percent

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
}


def known_feature(code: str) -> bool:
    """Whether there is a word for a feature; those of payment prediction are many and bear none."""
    return code in FEATURES or any(field.name == code for field in CustomerFeatures._meta.get_fields())


def feature_label(code: str) -> Text:
    """What a feature is called, as the model calls it."""
    label: Text = FEATURES.get(code, "")
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
        return money(Decimal(str(value)))
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
        return money(Decimal(str(value)))
    if code in SHARES:
        return percent(Decimal(str(value)))
    return number(round(Decimal(str(value)), 0))
