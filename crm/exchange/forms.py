"""Forms of the import wizard."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from crm.exchange.errors import OptionInvalid
from crm.exchange.kinds import ENCODING, FieldSpec, ImportKind, OptionSpec, kinds_for
from crm.exchange.models import Import, ImportProfile


def encodings() -> list[tuple[str, Any]]:
    """The encodings a text file can be read in, the one that is found out first."""
    return list(ENCODING.choices()) if ENCODING.choices else []


class UploadForm(forms.Form):
    """Which file, and what it holds."""

    kind = forms.ChoiceField(label=_("What does the file hold?"))
    file = forms.FileField(
        label=_("File"), widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv,.txt,.tsv"}), max_length=200
    )
    profile = forms.ChoiceField(
        label=_("Columns as in"),
        required=False,
        help_text=_("A profile kept from an earlier import. Without one it is chosen by the heads of the file."),
    )

    encoding = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["encoding"].label, self.fields["encoding"].help_text = str(ENCODING.label), str(ENCODING.help)
        self.fields["encoding"].choices = encodings()  # type: ignore[attr-defined]
        self.kinds = list(kinds_for(user))
        self.fields["kind"].choices = [(kind.key, kind.label) for kind in self.kinds]  # type: ignore[attr-defined]
        labels = {kind.key: kind.label for kind in self.kinds}
        profiles = ImportProfile.objects.filter(kind__in=labels)
        self.fields["profile"].choices = [  # type: ignore[attr-defined]
            ("", _("Chosen by the heads")),
            *((str(profile.pk), f"{labels[profile.kind]}: {profile.name}") for profile in profiles),
        ]
        self.fields["file"].help_text = _(".xlsx, or text with commas, semicolons or tabs; up to %(limit)s MB.") % {
            "limit": settings.EXCHANGE_MAX_UPLOAD_MB
        }


class MappingForm(forms.Form):
    """Which column is which field, the options of the file, and the name to keep both by."""

    def __init__(self, found: Import, kind: ImportKind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found, self.kind = found, kind
        heads = [("", _("not in this file")), *((head, head) for head in found.heads)]
        for spec in kind.fields:
            self.fields[f"map-{spec.key}"] = forms.ChoiceField(
                choices=heads, required=False, label=str(spec.label), initial=found.mapping.get(spec.key, "")
            )
        for option in self.shown_options:
            self.fields[f"option-{option.key}"] = option_field(option, found.options.get(option.key, option.default))
        self.fields["profile_name"] = forms.CharField(
            label=_("Keep columns and options as a profile named"),
            max_length=80,
            required=False,
            initial=found.profile.name if found.profile else "",
            help_text=_("The next file with the same heads is then read the same way. Empty: it is not kept."),
        )
        for name, field in self.fields.items():
            css = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            if isinstance(field.widget, forms.CheckboxInput):
                css = "form-check-input"
            field.widget.attrs["class"] = f"{css} form-select-sm" if name.startswith("map-") else css

    @property
    def mapping(self) -> dict[str, str]:
        return {spec.key: self.cleaned_data[f"map-{spec.key}"] for spec in self.kind.fields}

    @property
    def shown_options(self) -> list[OptionSpec]:
        """All but the encoding: another one makes other heads, so it is chosen above them."""
        return [option for option in self.kind.all_options if option is not ENCODING]

    @property
    def options(self) -> dict[str, Any]:
        chosen = {option.key: self.cleaned_data[f"option-{option.key}"] for option in self.shown_options}
        return {**chosen, ENCODING.key: self.found.options.get(ENCODING.key, ENCODING.default)}

    def clean(self) -> dict[str, Any] | None:
        """A required field needs a column, and a column is read as one field only."""
        cleaned = super().clean() or {}
        used: dict[str, FieldSpec] = {}
        for spec in self.kind.fields:
            name = f"map-{spec.key}"
            head = cleaned.get(name)
            if not head:
                if spec.required and name not in self.errors:
                    self.add_error(name, _("Choose a column."))
            elif head in used:
                self.add_error(name, _("This column is already read as %(field)s.") % {"field": used[head].label})
            else:
                used[head] = spec
        for option in self.shown_options:
            try:
                option.clean(cleaned.get(f"option-{option.key}", ""))
            except OptionInvalid as error:
                self.add_error(f"option-{option.key}", str(error))
        return cleaned

    def rows(self) -> Iterator[tuple[FieldSpec, forms.BoundField]]:
        for spec in self.kind.fields:
            yield spec, self[f"map-{spec.key}"]

    def option_fields(self) -> Iterator[forms.BoundField]:
        for option in self.shown_options:
            yield self[f"option-{option.key}"]


def option_field(option: OptionSpec, value: str) -> forms.Field:
    texts: dict[str, Any] = {"label": option.label, "help_text": option.help}
    if option.kind == "yes":
        return forms.BooleanField(required=False, initial=bool(value), **texts)
    if option.kind == "choice" and option.choices is not None:
        choices = list(option.choices())
        return forms.ChoiceField(choices=choices, required=False, initial=value, **texts)
    widget = forms.NumberInput(attrs={"min": 0}) if option.kind == "number" else forms.TextInput()
    return forms.CharField(required=False, initial=value, widget=widget, max_length=40, **texts)
