"""Charts as data: what static/js/charts.js draws, what the table beside it says, and where each mark leads.

A figure's text is made here, to the cent and in the reader's language; what is drawn is its float.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from crm.core.display import DASH, Text, money, number, percent
from crm.core.money import base_currency


def days(value: Any) -> str:
    """'43.2 d': a figure of days."""
    return "" if value is None else _("%(days)s d") % {"days": f"{Decimal(value):.1f}"}


FORMATS: dict[str, Callable[[Any], str]] = {"money": money, "percent": percent, "days": days, "count": number}


@dataclass(frozen=True)
class Cell:
    """A cell of the table: its text, where it leads, its class."""

    text: Text
    url: str = ""
    css: str = "num"
    detail: Text = ""  # a quiet second line


def figure(value: Any, unit: str = "money", url: str = "") -> Cell:
    """A figure as a cell; what is not known is a dash, and leads nowhere, as does zero."""
    text = DASH if value is None else FORMATS[unit](value)
    return Cell(text, url if value else "")


def word(text: Text, url: str = "", detail: Text = "") -> Cell:
    return Cell(text, url, "", detail)


@dataclass(frozen=True)
class Table:
    """A table of a dashboard; the first cell of a row names it. `aside` leads to all of what it shows the first of."""

    key: str
    title: Text
    heads: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    foot: Sequence[Cell] = ()
    aside: Cell | None = None
    note: Text = ""
    empty: Text = ""


def heads(*labels: Text, words: int = 1) -> list[Cell]:
    """Heads of a table: the first ones stand over words, the others over figures."""
    return [Cell(label, "", "" if place < words else "num") for place, label in enumerate(labels)]


@dataclass(frozen=True)
class Series:
    """One line, set of bars, or edge of a band. `urls` lead to the rows behind each value."""

    name: Text
    values: Sequence[Any]
    urls: Sequence[str] = ()
    look: str = "line"  # line, dashed, dotted, bar, floor, band
    tone: str = "accent"  # a colour of static/css/charts.css
    stack: str = ""
    axis: int = 0
    texts: Sequence[str] = ()  # what the tooltip says where it is not the value itself


@dataclass(frozen=True)
class Chart:
    """A chart whose title says the finding. `rows` is the table beside it; without, the series make it."""

    key: str
    finding: Text
    labels: Sequence[str]
    series: Sequence[Series]
    note: Text = ""
    units: Sequence[str] = ("money",)  # one for each value axis
    axes: Sequence[Text] = ("",)
    horizontal: bool = False
    label_title: Text = ""
    label_urls: Sequence[str] = ()
    heads: Sequence[Text] = ()
    rows: Sequence[Sequence[Cell]] = ()
    tall: bool = False
    empty: Text = ""

    def with_currency(self) -> "Chart":
        """The same chart, its note naming the base currency where it says %(currency)s."""
        return replace(self, note=str(self.note) % {"currency": base_currency()})

    @property
    def is_empty(self) -> bool:
        return not self.labels or not any(value for series in self.series for value in series.values)

    @property
    def data_id(self) -> str:
        return f"chart-{self.key}-data"

    @cached_property
    def data(self) -> dict[str, Any]:
        """What the page hands to the script."""
        return {
            "labels": [str(label) for label in self.labels],
            "units": list(self.units),
            "axes": [str(name) for name in self.axes],
            "horizontal": self.horizontal,
            "series": [self.series_data(series) for series in self.series],
        }

    def series_data(self, series: Series) -> dict[str, Any]:
        unit = self.units[series.axis]
        texts = series.texts or [FORMATS[unit](value) if value is not None else "" for value in series.values]
        return {
            "name": str(series.name),
            "look": series.look,
            "tone": series.tone,
            "stack": series.stack,
            "axis": series.axis,
            "values": [None if value is None else float(value) for value in series.values],
            "texts": [str(text) for text in texts] if series.look != "floor" else [""] * len(series.values),
            "urls": list(series.urls) or [""] * len(series.values),
        }

    @cached_property
    def table_heads(self) -> list[Text]:
        return list(self.heads) or [self.label_title, *(series.name for series in self.told)]

    @property
    def told(self) -> list[Series]:
        return [series for series in self.series if series.look not in ("floor", "band")]

    @cached_property
    def table_rows(self) -> list[list[Cell]]:
        if self.rows:
            return [list(row) for row in self.rows]
        found = []
        for place, label in enumerate(self.labels):
            cells = [word(label, self.label_urls[place] if self.label_urls else "")]
            for series in self.told:
                url = series.urls[place] if series.urls else ""
                cells.append(figure(series.values[place], self.units[series.axis], url))
            found.append(cells)
        return found


@dataclass(frozen=True)
class Spot:
    """A point of a map: where it stands, what it says, where it leads."""

    x: float
    y: float
    text: str
    url: str


@dataclass(frozen=True)
class Plane:
    """A map of points in groups; its table is `rows`."""

    key: str
    finding: Text
    groups: Sequence[tuple[Text, str, Sequence[Spot]]]  # name, colour, points
    units: Sequence[str] = ("count", "money")
    axes: Sequence[Text] = ("", "")
    scales: Sequence[dict[str, Any]] = ({}, {})
    note: Text = ""
    heads: Sequence[Text] = ()
    rows: Sequence[Sequence[Cell]] = field(default_factory=list)
    tall: bool = True
    empty: Text = ""

    @property
    def is_empty(self) -> bool:
        return not any(points for _name, _tone, points in self.groups)

    @property
    def data_id(self) -> str:
        return f"chart-{self.key}-data"

    @property
    def table_heads(self) -> Sequence[Text]:
        return self.heads

    @property
    def table_rows(self) -> Sequence[Sequence[Cell]]:
        return self.rows

    @property
    def data(self) -> dict[str, Any]:
        return {
            "plane": True,
            "units": list(self.units),
            "axes": [str(name) for name in self.axes],
            "scales": list(self.scales),
            "series": [
                {
                    "name": str(name),
                    "tone": tone,
                    "points": [{"x": spot.x, "y": spot.y, "text": spot.text, "url": spot.url} for spot in points],
                }
                for name, tone, points in self.groups
            ],
        }
