"""What ageing can be asked, as a form whose values stand in the address; a value that makes no sense is left out."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth import get_user_model
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Team
from crm.core.filters import Chip, without
from crm.core.models import Currency, LegalEntity
from crm.core.widgets import DateInput, RemoteChoiceField
from customers.models import Customer, Region
from receivables.models import AgeingScheme
from receivables.selectors.ageing import AgeingQuery
from receivables.selectors.groupings import GROUPINGS, groupings_of

DATES = [("due", _("Due date")), ("invoice", _("Invoice date"))]
BASES = [("base", _("Base currency")), ("document", _("Document currencies"))]
EARLIEST, LATEST = dt.date(1990, 1, 1), dt.date(2199, 12, 31)
# Always in sight; the rest opens behind the filter button and is fetched when it is opened.
SHOWN = ("as_at", "group", "by", "basis", "scheme")


class AgeingForm(forms.Form):
    """The report's date and shape, and filters; all optional."""

    as_at = forms.DateField(label=_("As at"), widget=DateInput(), required=False)
    group = forms.ChoiceField(label=_("Group by"), required=False)
    by = forms.ChoiceField(label=_("Days from"), choices=DATES, required=False)
    basis = forms.ChoiceField(label=_("Amounts in"), choices=BASES, required=False)
    scheme = forms.ChoiceField(label=_("Buckets"), required=False)
    customer = RemoteChoiceField(
        Customer.objects.none(), url_name="customers:options", label=_("Customer"), required=False
    )
    owner = forms.ModelChoiceField(get_user_model().objects.filter(is_active=True), label=_("Owner"), required=False)
    team = forms.ModelChoiceField(Team.objects.all(), label=_("Team"), required=False)
    region = forms.ModelChoiceField(Region.objects.filter(level=1), label=_("Province"), required=False)
    entity = forms.ModelChoiceField(LegalEntity.objects.all(), label=_("Legal entity"), required=False)
    currency = forms.ModelChoiceField(Currency.objects.all(), label=_("Currency"), required=False)
    overdue = forms.BooleanField(label=_("Only overdue"), required=False)

    def __init__(self, data: QueryDict, *, user: Any, today: dt.date) -> None:
        filled = data.copy()
        for name, value in {"as_at": today.isoformat(), "group": "customer", "by": "due", "basis": "base"}.items():
            if not filled.get(name):
                filled[name] = value
        super().__init__(filled)
        self.params, self.user, self.today = data, user, today
        self.fields["customer"].queryset = Customer.objects.visible_to(user)  # type: ignore[attr-defined]
        self.schemes = {str(found.pk): found for found in AgeingScheme.objects.order_by("-is_default", "pk")}
        groups = [(name, grouping.title) for name, grouping in groupings_of(user).items()]
        self.fields["group"].choices = groups  # type: ignore[attr-defined]
        self.fields["scheme"].choices = [(pk, found.name) for pk, found in self.schemes.items()]  # type: ignore[attr-defined]
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and field.empty_label:
                field.empty_label = _("Any")
            if not isinstance(field.widget, forms.CheckboxInput):
                css = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
                field.widget.attrs["class"] = f"{css} {css}-sm"
        self.full_clean()

    def clean_as_at(self) -> dt.date | None:
        on: dt.date | None = self.cleaned_data["as_at"]
        if on is not None and not EARLIEST <= on <= LATEST:
            raise forms.ValidationError(_("Choose a date between 1990 and 2199."))
        return on

    def value(self, name: str) -> Any:
        return self.cleaned_data.get(name) if hasattr(self, "cleaned_data") else None

    @property
    def shown_fields(self) -> list[dict[str, Any]]:
        """The fields always in sight, ready to print: as widgets they would cost more than the report."""
        return [
            {
                "name": name,
                "id": f"id_{name}",
                "label": self.fields[name].label,
                "value": self.data.get(name, ""),
                "options": getattr(self.fields[name], "choices", None),
                "errors": self.errors.get(name, ()),
            }
            for name in SHOWN
        ]

    @property
    def filter_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in SHOWN]

    @property
    def bounds(self) -> tuple[int, ...]:
        """Of the chosen scheme, else of the default one, which stands first."""
        chosen = self.schemes.get(self.value("scheme") or "") or next(iter(self.schemes.values()))
        return tuple(chosen.bounds)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Filters that stay on while their fields are not fetched yet."""
        names = [field.name for field in self.filter_fields]
        return [(name, str(self.params[name])) for name in names if self.params.get(name)]

    def query(self) -> AgeingQuery:
        """What the selector is asked."""
        record = {name: self.value(name) for name in ("customer", "owner", "team", "region", "entity", "currency")}
        pk = {name: found.pk if found else None for name, found in record.items()}
        return AgeingQuery(
            user=self.user,
            as_at=self.value("as_at") or self.today,
            today=self.today,
            bounds=self.bounds,
            by=self.value("by") or "due",
            group=self.value("group") or "customer",
            basis=self.value("basis") or "base",
            customer_id=pk["customer"],
            owner_id=pk["owner"],
            team_id=pk["team"],
            region=pk["region"] or "",
            legal_entity_id=pk["entity"],
            currency=pk["currency"] or "",
            only_overdue=bool(self.value("overdue")),
            sort=self.params.get("sort", ""),
            key=self.params.get("key", ""),
        )

    @property
    def key_makes_sense(self) -> bool:
        """Whether the group that is looked into can be one of this grouping; that it exists is another question."""
        key = self.params.get("key", "")
        return not key or GROUPINGS[self.value("group") or "customer"].may_be(key)

    def carried(self, *without_names: str) -> str:
        """The query string of everything that is asked, for links into the report."""
        names = [name for name in self.fields if name not in without_names and self.params.get(name)]
        return urlencode([(name, self.params[name]) for name in names])

    def chips(self) -> list[Chip]:
        """The filters in words, each with the address without it."""
        found = []
        for field in self.filter_fields:
            value = self.value(field.name)
            if value:
                text = str(_("Yes")) if value is True else str(value)
                found.append(Chip(field.label, text, without(self.params, field.name, None, set(self.fields))))
        return found
