"""What an editor sees whose record somebody saved in the meantime: who, when, what differs."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Model
from django.utils.translation import gettext as _

from contracts.models import OrderLine
from contracts.selectors.editing import Edit, edits_since
from crm.core.display import figure, isodate


@dataclass(frozen=True)
class Difference:
    """A field with what is saved by now and what was typed."""

    label: str
    saved: str
    typed: str


@dataclass(frozen=True)
class Conflict:
    """The last save since a record was opened, and what differs from what was typed."""

    who: str
    at: dt.datetime | None
    own: bool
    rows: Sequence[Difference]
    url: str  # the form with what is saved


def conflict_of(record: Model, field: str, form: Any, user: Any, found: Iterable[Difference], *, url: str) -> Conflict:
    """The conflict of the form of a draft, whose editions `field` counts."""
    edits = edits_since(record, field, form.cleaned_data["edition"])
    return conflict_after(edits, getattr(record, field), form, user, found, url=url)


def conflict_after(
    edits: Sequence[Edit], edition: int, form: Any, user: Any, found: Iterable[Difference], *, url: str
) -> Conflict:
    """The conflict of a form, which from now on keeps what was typed: it is sent with the edition that is saved."""
    form.data = form.data.copy()
    form.data["edition"] = edition
    last = edits[0] if edits else None
    return Conflict(
        who=(last.who if last else "") or _("the system"),
        at=last.at if last else None,
        own=bool(edits) and all(edit.user_id == user.pk for edit in edits),
        rows=[each for each in found if each.saved != each.typed],
        url=url,
    )


def keeping(conflict: Conflict | None) -> dict[str, Any]:
    """What the page of a form shows about a conflict, if there is one: its button says what it does."""
    return {"conflict": conflict, "submit": _("Keep mine")} if conflict else {"conflict": None}


def of_fields(form: forms.Form, saved: Mapping[str, Any]) -> list[Difference]:
    """The fields of a form that can be seen beside what is saved."""
    return [
        Difference(str(field.label), shown(field, saved.get(name)), shown(field, form.cleaned_data.get(name)))
        for name, field in form.fields.items()
        if not field.widget.is_hidden
    ]


def of_rows(label: str, saved: Iterable[str], typed: Iterable[str]) -> Difference:
    """Rows of a table: those that stand on one side only."""
    before, after = list(saved), list(typed)
    return Difference(
        label,
        "\n".join(row for row in before if row not in after),
        "\n".join(row for row in after if row not in before),
    )


def shown(field: forms.Field, value: Any) -> str:
    """A value as the form shows it."""
    if value in (None, "", [], ()):
        return ""
    if isinstance(value, list | tuple | set):
        return _(", ").join(shown(field, each) for each in value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    choices = dict(getattr(field, "choices", ()))
    if value in choices:
        return str(choices[value])
    if isinstance(value, dt.date):
        return isodate(value)
    if isinstance(field, forms.DecimalField) or isinstance(value, Decimal):
        return f"{Decimal(str(value)).normalize():,f}"
    return str(value)


def order_line_words(line: OrderLine) -> str:
    """A line of an order in one row."""
    return f"{line.product} · {line.quantity.normalize():,f} {line.product.unit} × {figure(line.price)}"


def line_words(line: Any) -> str:
    """A line of a contract in one row."""
    product = str(line.product) if line.product_id else ""
    price = f"{line.quantity.normalize():,f} {line.unit} × {figure(line.price)}"
    parts = [product, line.description, line.specification, price]
    return " · ".join(part for part in parts if part)
