"""Filters of lists: their look, and the chips that say what is filtered and take it away again."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import django_filters
from django import forms
from django.db.models import Model
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.columns import Column
from crm.core.display import Text, isodate
from crm.core.widgets import DateInput, MoneyField

EMPTY: tuple[Any, ...] = (None, "", [], ())
RESERVED = frozenset({"sort", "page", "cols", "part"})


class SearchInput(forms.TextInput):
    input_type = "search"


class SearchFilter(django_filters.CharFilter):
    """The text box of a list: `q = SearchFilter(method="search")`, what it searches stands in its placeholder."""

    def __init__(self, *args: Any, placeholder: Text = "", **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Search"))
        kwargs["widget"] = SearchInput(attrs={"placeholder": placeholder or kwargs["label"], "autocomplete": "off"})
        super().__init__(*args, **kwargs)


class DateFilter(django_filters.DateFilter):
    """One business date; use two of them, `due_from` and `due_to`, for a period."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", DateInput())
        super().__init__(*args, **kwargs)


class AmountFilter(django_filters.NumberFilter):
    """One end of a range of amounts, typed with or without thousands separators."""

    field_class = MoneyField


class YesNoSelect(django_filters.widgets.BooleanWidget):
    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.choices = [("", gettext_lazy("Any")), ("true", gettext_lazy("Yes")), ("false", gettext_lazy("No"))]


class YesNoFilter(django_filters.BooleanFilter):
    """Yes, no, or no matter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", YesNoSelect())
        super().__init__(*args, **kwargs)


class ListFilterSet(django_filters.FilterSet):
    """Base of every list's filters. Values that make no sense are ignored and named beside their field.

    `only` names the filters to build: a page asks for one or two of twenty, and each costs as much as three rows.
    """

    base_filters: dict[str, Any]

    def __init__(self, *args: Any, only: Collection[str] | None = None, **kwargs: Any) -> None:
        if only is not None:
            self.base_filters = {name: found for name, found in self.base_filters.items() if name in only}
        super().__init__(*args, **kwargs)
        for field in self.form.fields.values():
            if getattr(field, "empty_label", None) is not None:
                field.empty_label = gettext_lazy("Any")
            if isinstance(field, forms.MultipleChoiceField) and not isinstance(field, forms.ModelMultipleChoiceField):
                choices: Any = field.choices
                field.widget = forms.CheckboxSelectMultiple(choices=choices)
            widget = field.widget
            if isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.HiddenInput):
                continue
            css = "form-select" if isinstance(widget, forms.Select) else "form-control"
            widget.attrs["class"] = f"{widget.attrs.get('class', '')} {css} {css}-sm".strip()


@dataclass(frozen=True)
class Chip:
    """One active filter in words; `query` is the page without it."""

    label: Text
    value: str
    query: str


@lru_cache(maxsize=200)
def with_column_filters(
    filterset: type[ListFilterSet], columns: tuple[Column, ...]
) -> tuple[type[ListFilterSet], dict[str, Column]]:
    """The filter set with what columns bring along, and which column each of those filters needs annotated."""
    owners: dict[str, Column] = {}
    attributes: dict[str, Any] = {}
    for column in columns:
        for name, found in column.filters().items():
            attributes[name] = found
            owners[name] = column
    if not attributes:
        return filterset, {}
    return type(filterset.__name__, (filterset,), attributes), owners


def chips(filterset: ListFilterSet, params: QueryDict) -> list[Chip]:
    """What is filtered, one chip a value; each knows the address without it."""
    form, names = filterset.form, set(type(filterset).base_filters)
    found: list[Chip] = []
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name) if form.is_bound and hasattr(form, "cleaned_data") else None
        if isinstance(value, bool) or (value not in EMPTY and value is not False):
            label = field.label or name
            for raw, text in words(field, value):
                found.append(Chip(label, text, without(params, name, raw, names)))
    return found


def words(field: forms.Field, value: Any) -> Iterator[tuple[str | None, str]]:
    """The values of a filter in the reader's language; a single value has no raw part to take away alone."""
    labels = {str(key): str(label) for key, label in flat_choices(field)}
    if isinstance(value, bool):
        yield None, _("Yes") if value else _("No")
    elif isinstance(value, slice):
        yield None, f"{isodate(value.start) or '…'} – {isodate(value.stop) or '…'}"
    elif isinstance(value, Model | str):
        yield None, labels.get(str(value), str(value))
    elif hasattr(value, "__iter__"):
        for part in value:
            raw = str(part.pk) if isinstance(part, Model) else str(part)
            yield raw, str(part) if isinstance(part, Model) else labels.get(raw, raw)
    elif hasattr(value, "year"):
        yield None, isodate(value)
    else:
        yield None, str(value)


def flat_choices(field: forms.Field) -> Iterator[tuple[Any, Any]]:
    if isinstance(field, forms.ModelChoiceField) or not hasattr(field, "choices"):
        return
    for key, label in field.choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield key, label


def without(params: QueryDict, name: str, raw: str | None, names: set[str]) -> str:
    """The query string without one filter, or without one value of it; the page goes back to the first."""
    changed = params.copy()
    changed.pop("page", None)
    if raw is not None:
        changed.setlist(name, [value for value in params.getlist(name) if value != raw])
    else:
        for key in list(params):
            if key == name or (key.startswith(f"{name}_") and key not in names):
                changed.pop(key, None)
    return f"?{changed.urlencode()}"


def clean_query(params: QueryDict) -> str:
    """The query string without empty parameters and without the parts only htmx asks for."""
    changed = params.copy()
    for key in list(changed):
        values = [value for value in changed.getlist(key) if value != ""]
        if not values or key == "part":
            changed.pop(key)
        else:
            changed.setlist(key, values)
    if changed.get("page") == "1":
        changed.pop("page")
    return changed.urlencode()
