"""How figures, dates and states look, in this one place: filters, tables and exports all come here."""

import datetime as dt
import html
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.core.language import in_chinese
from crm.core.money import round_money

Text = str | Promise
DASH = "–"
TONES = ("danger", "warning", "success", "info", "neutral")

# The tone of a state unless its model says otherwise in `state_tones`.
STATE_TONES: Mapping[str, str] = {
    "active": "success",
    "allocated": "success",
    "blacklisted": "danger",
    "bounced": "danger",
    "cancelled": "neutral",
    "cleared": "success",
    "closed": "neutral",
    "done": "success",
    "dormant": "warning",
    "draft": "neutral",
    "failed": "danger",
    "frozen": "danger",
    "held": "warning",
    "lost": "neutral",
    "open": "info",
    "overdue": "danger",
    "paid": "success",
    "partial": "warning",
    "posted": "info",
    "released": "success",
    "reversed": "neutral",
    "running": "info",
    "uncleared": "warning",
}


@dataclass(frozen=True)
class Badge:
    """A word with a tone: colour never stands alone."""

    label: Text
    tone: str = "neutral"

    def __html__(self) -> str:
        return badge_html(self.label, self.tone)

    def __str__(self) -> str:
        return str(self.label)


def as_decimal(value: Any) -> Decimal:
    """A figure as Decimal; floats are refused, because money never is one."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"money is Decimal, not {type(value).__name__}")
    return Decimal(value)


def money(value: Any, places: int = 2) -> str:
    """'1,234.50', '-1,234.50', a dash for zero, nothing for an amount that is not set: for the cells of a table.

    With the `places` of its currency '1,234' yen; decimals an amount has all the same are never left out.
    """
    if value is None or value == "":
        return ""
    amount = value if type(value) is Decimal and value.as_tuple().exponent == -2 else round_money(as_decimal(value))
    if places < 2 and amount != round_money(amount, places):
        places = 2
    return f"{amount:,.{places}f}" if amount else DASH


def figure(value: Any, places: int = 2) -> str:
    """As `money`, but nothing reads 0.00: for a figure that stands alone, where a dash would say that there is none."""
    text = money(value, places)
    return f"{0:.{places}f}" if text == DASH else text


def masked(number: str) -> str:
    """The end of a personal number, enough to tell two apart; of a short one nothing."""
    return f"••••{number[-4:] if len(number) >= 8 else ''}" if number else ""


def money_short(value: Any) -> str:
    """An amount for charts and tiles: 万 and 亿 in Chinese, k and M in English."""
    if value is None or value == "":
        return ""
    amount = as_decimal(value)
    units = [("亿", 8), ("万", 4)] if in_chinese() else [("bn", 9), ("M", 6), ("k", 3)]
    for unit, exponent in units:
        if abs(amount) >= Decimal(10) ** exponent:
            scaled = round_money(amount.scaleb(-exponent), 1)
            return f"{scaled:,.1f}{unit}"
    return f"{round_money(amount, 0):,.0f}" if amount else DASH


def number(value: Any) -> str:
    """A count with thousands separators."""
    if value is None or value == "":
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    text = f"{as_decimal(value):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: Any, places: int = 1) -> str:
    """A share: Decimal('0.125') reads 12.5%."""
    return "" if value is None else f"{as_decimal(value) * 100:,.{places}f}%"


def isodate(value: Any) -> str:
    """'2026-11-22' for a date or a moment, in the business time zone."""
    if value is None or value == "":
        return ""
    if isinstance(value, dt.datetime):
        value = value.astimezone(ZoneInfo(settings.BUSINESS_TIME_ZONE)).date()
    return str(value.isoformat())


def isotime(value: dt.datetime | None) -> str:
    """'2026-11-22 14:05' in the business time zone."""
    return f"{value.astimezone(ZoneInfo(settings.BUSINESS_TIME_ZONE)):%Y-%m-%d %H:%M}" if value else ""


def relative_time(value: dt.datetime, now: dt.datetime) -> str:
    """'5 minutes ago' for what is fresh, otherwise the date."""
    seconds = (now - value).total_seconds()
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        return _("%(count)s min ago") % {"count": int(seconds // 60)}
    if seconds < 86400:
        return _("%(count)s h ago") % {"count": int(seconds // 3600)}
    if seconds < 7 * 86400:
        return _("%(count)s d ago") % {"count": int(seconds // 86400)}
    return isodate(value)


def badge_html(label: Text, tone: str = "neutral") -> SafeString:
    return badge_of(str(label), tone if tone in TONES else "neutral")


@lru_cache(maxsize=1000)
def badge_of(label: str, tone: str) -> SafeString:
    return format_html('<span class="state state-{}">{}</span>', tone, label)


@cache
def words_of(model: type[models.Model], field: str) -> Mapping[Any, Text]:
    """The words of a field's codes, as the model names them; none for a state that is not a field of its own."""
    found: Any = {each.name: each for each in model._meta.concrete_fields}.get(field)
    return dict(found.flatchoices) if found else {}


def state_badge(record: models.Model, field: str = "state") -> Badge:
    """The state of a record: its word from the model's choices, its tone from `state_tones` or the common list."""
    code = str(getattr(record, field))
    tones: Mapping[str, str] = getattr(record, "state_tones", {})
    label = words_of(type(record), field).get(code) or getattr(record, f"get_{field}_display")()
    return Badge(label, tones.get(code) or STATE_TONES.get(code, "neutral"))


def escaped(value: Any) -> str:
    """A value as HTML: what brings its own is taken as it is, everything else is escaped."""
    if type(value) is str:
        return html.escape(value)
    if isinstance(value, Promise):
        value = str(value)
    return str(value.__html__()) if hasattr(value, "__html__") else html.escape(str(value))


def icon(name: str, label: Text = "") -> SafeString:
    """A picture of the icon sprite (names: static/icons.txt); without a label it is decoration."""
    if label:
        href = f"{sprite()}#{name}"
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, href)
    return plain_icon(name)


@cache
def sprite() -> str:
    return static("vendor/icons.svg")


@lru_cache(maxsize=500)
def plain_icon(name: str) -> SafeString:
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sprite(), name)
