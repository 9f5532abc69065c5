"""Forms of contract templates: a new one, the next version, the editor of its clauses."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.clause_text import KINDS, condition_problem, known_names, own_problems
from contracts.errors import LanguageMissing
from contracts.forms.library import answered, variable_line
from contracts.forms.rows import BaseRows, is_typed
from contracts.models import (
    TEMPLATE_KINDS,
    Clause,
    ContractKind,
    ContractLanguage,
    Element,
    Template,
    TemplateVersion,
    VersionState,
)
from contracts.rules.library import LIBRARY
from contracts.selectors.library import Standing, library_in, sources, standing_of
from contracts.services.templates import condition_words
from crm.core.more_rows import wants_more
from crm.core.widgets import WholeField

MOST_CLAUSES = 60


class TemplateChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.get_kind_display()}"


class NewTemplateForm(forms.Form):
    """A template by its kind and names, and what its first versions begin with."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=TEMPLATE_KINDS)
    name_zh = forms.CharField(label=gettext_lazy("Chinese name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=120)
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Letters, digits and hyphens. Left empty, it is made of the English name."),
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"),
        choices=ContractLanguage.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[ContractLanguage.CHINESE, ContractLanguage.ENGLISH],
        error_messages={"required": LanguageMissing.message},
        help_text=gettext_lazy("A first version is begun in each."),
    )
    copy_of = TemplateChoice(
        Template.objects.filter(versions__state=VersionState.PUBLISHED).exclude(kind=LIBRARY).distinct(),
        label=gettext_lazy("Begin with"),
        required=False,
        empty_label=gettext_lazy("No clauses"),
        help_text=gettext_lazy("The clauses and own variables of the template's published version in each language."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if Template.objects.filter(kind=LIBRARY).exists():  # there is one
            kind: Any = self.fields["kind"]
            kind.choices = ContractKind.choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("name_en") and not cleaned.get("code") and "code" not in self.errors:
            cleaned["code"] = slugify(cleaned["name_en"])[:40].strip("-")
            if not cleaned["code"]:
                self.add_error("code", _("No code can be made of this English name: give one."))
        return cleaned


class NewVersionForm(forms.Form):
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=ContractLanguage.choices)


class ClauseForm(forms.Form):
    """One clause of a version; an empty one is left out, and one that is marked to be left out.

    Its place, its elements and whether it is fixed are no words: alone they make no clause.
    """

    position = WholeField(label=gettext_lazy("Position"), min_value=1, max_value=999, required=False)
    key = forms.SlugField(label=gettext_lazy("Clause key"), max_length=40, required=False)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120, required=False)
    elements = forms.MultipleChoiceField(label=gettext_lazy("Legal elements"), choices=Element.choices, required=False)
    is_fixed = forms.BooleanField(label=gettext_lazy("Fixed"), required=False)
    condition = forms.CharField(label=gettext_lazy("Condition"), max_length=120, required=False)
    text = forms.CharField(
        label=gettext_lazy("Text"), max_length=8000, required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    is_out = forms.BooleanField(label=gettext_lazy("Leave this clause out"), required=False)
    source_id = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.pop("is_out", False):
            self.errors.clear()
            return {}
        if is_typed(self, ("key", "title", "condition", "text")):
            for name in ("key", "title", "text"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("A clause needs it."))
        return cleaned


class BaseClauses(BaseRows):
    def clean(self) -> None:
        keys = [form.cleaned_data.get("key") for form in self.forms if form.cleaned_data.get("text")]
        if len(keys) != len(set(keys)):
            raise ValidationError(_("Two clauses have the same key."))


Clauses = forms.formset_factory(
    ClauseForm, formset=BaseClauses, extra=1, max_num=MOST_CLAUSES, absolute_max=MOST_CLAUSES
)


def arrival(place: int, before: int | None) -> tuple[int, int]:
    """Where a clause is sorted that had the place `before`, None for a new one.

    Moved, it stands before the one that has the place it was moved to when it came from behind it, and behind that one
    when it came from before it: so it arrives at the place that was typed.
    """
    if before is None or place == before:
        return place, 0
    return place, -1 if before > place else 1


def typed_clauses(clauses: forms.BaseFormSet) -> list[dict[str, Any]]:
    """The clauses with a text as they were typed, in the order of their places, whatever is wrong with them; those
    without a place come last.
    """
    found = [
        (arrival(typed.get("position") or 1000, form.initial.get("position")), typed)
        for form in clauses.forms
        if (typed := getattr(form, "cleaned_data", {})).get("text")
    ]
    return [typed for _place, typed in sorted(found, key=lambda each: each[0])]


def clause_words(clauses: forms.BaseFormSet) -> list[dict[str, Any]]:
    """The clauses of a valid form, as they are saved."""
    return [{**typed, "text": typed["text"].replace("\r\n", "\n").strip()} for typed in typed_clauses(clauses)]


def typed_clause(row: forms.Form) -> Clause:
    """A clause as it stands in its row, right or wrong."""
    words = {name: str(row[name].value() or "") for name in ("title", "text", "condition")}
    words["text"] = words["text"].replace("\r\n", "\n").strip()
    return Clause(is_fixed=bool(row["is_fixed"].value()), **words)


class VersionForm(forms.Form):
    """Title and own variables of a version, one variable a line in four parts; `more` asks for another clause,
    for one of the library or for a newer wording of that (contracts.forms.library).
    """

    edition = forms.IntegerField(widget=forms.HiddenInput)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    variables = forms.CharField(
        label=gettext_lazy("Own variables"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("One a line: name | kind (text, number, money, date) | Chinese label | English label."),
    )

    def __init__(self, *args: Any, version: TemplateVersion, **kwargs: Any) -> None:
        self.version = version
        data: Any = kwargs.get("data")
        if wants_more(data):
            kwargs["data"] = data = answered(data, self.library, language=version.language, most=MOST_CLAUSES)
        initial = {
            "edition": version.edition,
            "title": version.title,
            "variables": "\n".join(map(variable_line, version.variables)),
        }
        super().__init__(*args, **{**kwargs, "initial": initial})
        clauses = [clause.kept_words() for clause in version.clauses.all()]
        self.clauses = Clauses(data=data, initial=clauses, prefix="clause")

    @cached_property
    def library(self) -> dict[str, Clause]:
        """What can be taken from the library; the library itself takes nothing."""
        return {} if self.version.template.is_library else library_in(self.version.language)

    @property
    def offered(self) -> list[Clause]:
        """Clauses of the library that the version, as it is typed, does not have."""
        typed = {row["key"].value() for row in self.clauses.forms}
        return [clause for clause in self.library.values() if clause.key not in typed]

    @property
    def rows(self) -> list[tuple[forms.Form, Standing | None]]:
        """The clauses, each with how it stands to the library as far as it is from there. Two queries, or one."""
        ids = {row: str(row["source_id"].value() or "") for row in self.clauses.forms}
        named = [int(each) for each in ids.values() if each.isdecimal()]
        taken = sources(named, self.version.language) if named else {}
        return [
            (row, standing_of(typed_clause(row), taken[int(found)], self.library))
            if found.isdecimal() and int(found) in taken
            else (row, None)
            for row, found in ids.items()
        ]

    def clean_variables(self) -> list[dict[str, str]]:
        found = []
        for line in self.cleaned_data["variables"].splitlines():
            if not line.strip():
                continue
            parts = [part.strip() for part in line.split("|")]
            if len(parts) != 4 or parts[1] not in KINDS:
                raise ValidationError(_("'%(line)s' is not a variable."), params={"line": line})
            found.append(dict(zip(("name", "kind", "label_zh", "label_en"), parts, strict=True)))
        if bad := own_problems(found):
            raise ValidationError(_("'%(line)s' is not a variable."), params={"line": _(", ").join(bad)})
        return found

    def is_valid(self) -> bool:
        if not (super().is_valid() & self.clauses.is_valid()):
            return False
        known = known_names(self.cleaned_data["variables"])
        for form in self.clauses.forms:
            if problem := condition_problem(form.cleaned_data.get("condition", ""), known):
                form.add_error("condition", capfirst(condition_words(problem)))
        return all(not form.errors for form in self.clauses.forms)
