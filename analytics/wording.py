"""Words for the codes that the night stores: features and reasons, in the reader's language."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.models import CustomerFeatures
from crm.core.display import Text

# A sentence for each code of a reason; the figures it names are those stored with the code.
REASONS: dict[str, Any] = {
    "silence": gettext_lazy("Bought nothing for %(value)s days; usually every %(usual)s days"),
}


def feature_label(code: str) -> Text:
    """What a feature is called, as the model calls it; a code that is no field reads as it stands."""
    try:
        label: Text = CustomerFeatures._meta.get_field(code).verbose_name
    except FieldDoesNotExist:
        return code.replace("_", " ")
    return label


def reason_sentence(reason: dict[str, Any]) -> str:
    """One reason with its figures."""
    sentence = REASONS.get(reason.get("code", ""))
    if sentence is not None:
        return str(sentence) % {name: shown(value) for name, value in reason.items()}
    if "before" in reason and "after" in reason:
        return _("%(feature)s: now %(after)s, before %(before)s") % {
            "feature": feature_label(reason["code"]),
            "after": shown(reason["after"]),
            "before": shown(reason["before"]),
        }
    return str(feature_label(reason.get("code", "")))


def shown(value: Any) -> Any:
    return round(value, 1) if isinstance(value, float) else value
