"""What to do about a customer that may leave: decided by what it is worth and how likely it leaves."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from analytics.models import RiskBand, Standing, ValueClass

VISIT, CALL_NOW, CALL_SOON, WRITE, WIN_BACK, LET_GO, WATCH, NONE = (
    "visit", "call_now", "call_soon", "write", "win_back", "let_go", "watch", "none",
)  # fmt: skip

ACTIONS: dict[str, Any] = {
    VISIT: _("Visit this week, with the manager"),
    CALL_NOW: _("Call this week and ask what has changed"),
    CALL_SOON: _("Call within two weeks and agree on the next order"),
    WRITE: _("Write, and offer what was bought before"),
    WIN_BACK: _("Try to win back, or record why it was lost"),
    LET_GO: _("Let go unless the margin gets better"),
    WATCH: _("Watch; the next night tells more"),
    NONE: _("Nothing to do"),
}


def next_action(*, standing: str, band: str, value_class: str) -> str:
    """The code of the next action. The more a customer is worth, the more personal it is."""
    if standing == Standing.GONE:
        return LET_GO if value_class == ValueClass.LOSS else WIN_BACK
    if standing != Standing.SCORED:
        return WATCH
    if band == RiskBand.LOW:
        return NONE
    if value_class == ValueClass.LOSS:
        return LET_GO
    if band == RiskBand.HIGH:
        return {ValueClass.KEY: VISIT, ValueClass.GROWTH: CALL_NOW}.get(ValueClass(value_class or "ordinary"), WRITE)
    return CALL_SOON if value_class in (ValueClass.KEY, ValueClass.GROWTH) else WATCH
