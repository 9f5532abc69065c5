"""Pages of contract templates: the list, a template with its versions, the editor of a version with its preview."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from contracts.clause_text import KNOWN, Piece, holds, known_names, redline, write
from contracts.errors import VersionChanged, VersionNotDraft
from contracts.forms.templates import NewTemplateForm, NewVersionForm, VersionForm, clause_words, typed_clauses
from contracts.models import Clause, Template, TemplateVersion, VersionState
from contracts.rules.library import LIBRARY
from contracts.selectors.library import standings
from contracts.services.templates import (
    MAY_PUBLISH,
    MAY_WRITE,
    create_template,
    discard_version,
    faults_of,
    new_version,
    publish_version,
    retire_version,
    return_to_draft,
    save_version,
    send_to_review,
    take_back_version,
)
from contracts.views.conflicts import Conflict, Difference, conflict_of, keeping
from crm.core.display import Text
from crm.core.pages import ConfirmView, FormView, RowsView, refusals_told
from crm.core.permissions import Guarded, requires

SEE = "contracts.view_template"
SAMPLES: dict[str, Any] = {
    "date": "2026-01-31",
    "number": "30",
    "money": "123456.78",
    "base_money": "123456.78",
    "words": "123456.78",
    "currency": "CNY",
}
SAMPLE_CODES = {name: variable.codes[0] for name, variable in KNOWN.items() if variable.codes}


class TemplateList(Guarded):
    """Every template, with its versions in force and in work."""

    permission = SEE

    def get(self, request: HttpRequest) -> HttpResponse:
        templates = (
            Template.objects.exclude(kind=LIBRARY)
            .annotate(uses=Count("versions__contracts", distinct=True))
            .order_by("pk")
        )
        standing = TemplateVersion.objects.exclude(state__in=(VersionState.RETIRED, VersionState.DISCARDED)).order_by(
            "-language"
        )
        published: dict[int, list[TemplateVersion]] = {}
        in_work: dict[int, list[TemplateVersion]] = {}
        for version in standing:
            found = published if version.state == VersionState.PUBLISHED else in_work
            found.setdefault(version.template_id, []).append(version)
        rows = [(each, published.get(each.pk, []), in_work.get(each.pk, [])) for each in templates]
        user: Any = request.user
        context = {"rows": rows, "may_write": user.has_perm(MAY_WRITE)}
        return render(request, "contracts/templates/list.html", context)


class TemplatePage(Guarded):
    """A template with all its versions."""

    permission = SEE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        template = get_object_or_404(Template, pk=pk)
        versions = template.versions.select_related("reviewer", "created_by").annotate(uses=Count("contracts"))
        user: Any = request.user
        context = {"record": template, "versions": versions, "may_write": user.has_perm(MAY_WRITE)}
        return render(request, "contracts/templates/page.html", context)


class VersionPage(Guarded):
    """A version: its clauses, what is wrong with it, and what can be done."""

    permission = SEE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = get_object_or_404(TemplateVersion.objects.select_related("template", "reviewer"), pk=pk)
        clauses = list(version.clauses.all())
        user: Any = request.user
        own = user.pk in version.author_ids
        review = version.state == VersionState.LEGAL_REVIEW
        draft = version.state == VersionState.DRAFT
        before = None
        if draft or review:
            published = version.template.versions.filter(language=version.language, state=VersionState.PUBLISHED)
            before = published.first()
        taken = standings(version, clauses)
        context = {
            "record": version,
            "clauses": [(*each, taken.get(each[0].pk)) for each in compared(clauses, before)],
            "before": before,
            "left_out": gone(clauses, before),
            "steps": version.steps.select_related("by"),
            "may_retire": version.state == VersionState.PUBLISHED and user.has_perm(MAY_PUBLISH),
            "may_take_back": review and own and user.has_perm(MAY_WRITE),
            "faults": faults_of(version.variables, clauses, is_library=version.template.is_library) if draft else [],
            "is_draft": draft,
            "may_write": user.has_perm(MAY_WRITE),
            "may_publish": review and user.has_perm(MAY_PUBLISH) and not own,
            "may_return": review and user.has_perm(MAY_PUBLISH),
            "own_review": review and user.has_perm(MAY_PUBLISH) and own,
        }
        return render(request, "contracts/templates/version.html", context)


def compared(clauses: list[Clause], before: TemplateVersion | None) -> list[tuple[Clause, str, Sequence[Piece]]]:
    """Each clause with what is new about it against the version in force: 'new', 'changed' with a redline, or ''."""
    old = {clause.key: clause for clause in before.clauses.all()} if before else {}
    found: list[tuple[Clause, str, Sequence[Piece]]] = []
    for clause in clauses:
        same = old.get(clause.key)
        if before is None or (same is not None and same.words == clause.words):
            found.append((clause, "", ()))
        elif same is None:
            found.append((clause, "new", ()))
        else:
            found.append((clause, "changed", redline(same.words, clause.words)))
    return found


def gone(clauses: list[Clause], before: TemplateVersion | None) -> list[Clause]:
    """Clauses of the version in force that are left out."""
    kept = {clause.key for clause in clauses}
    return [clause for clause in before.clauses.all() if clause.key not in kept] if before else []


class NewTemplate(FormView):
    """A template that the company does not have yet: its first versions are drafts, the first of them is opened."""

    form_class, permission = NewTemplateForm, MAY_WRITE
    title, submit = gettext_lazy("New template"), gettext_lazy("Begin the template")
    intro = gettext_lazy(
        "Its first version is a draft. It can be used once somebody other than its authors has reviewed and published "
        "it."
    )

    def perform(self, form: NewTemplateForm) -> str:
        source: Template | None = form.cleaned_data["copy_of"]
        made = create_template(
            actor=self.request.user,
            copy_of_id=source.pk if source else None,
            **{name: form.cleaned_data[name] for name in ("kind", "name_zh", "name_en", "code", "languages")},
        )
        first = made.versions.order_by("-language")[0]  # the Chinese one, where there is one
        return reverse("contracts:edit_version", args=[first.pk])

    def done_message(self) -> Text:
        return _("The template is begun. Its other versions stand on its page.")

    def cancel_url(self) -> str:
        return reverse("contracts:templates")


class NewVersion(FormView):
    """The next version of a template, in one language."""

    form_class, permission = NewVersionForm, MAY_WRITE
    title, submit = gettext_lazy("New version"), gettext_lazy("Begin the version")
    intro = gettext_lazy("It begins as a copy of the newest version in that language.")
    template: Template

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.template = get_object_or_404(Template, **kwargs)

    def perform(self, form: NewVersionForm) -> str:
        made = new_version(
            actor=self.request.user, template_id=self.template.pk, language=form.cleaned_data["language"]
        )
        return made.get_absolute_url()

    def cancel_url(self) -> str:
        return self.template.get_absolute_url()


class EditVersion(RowsView):
    """The editor of a draft version: clauses beside a preview that follows."""

    form_class, permission, wide = VersionForm, MAY_WRITE, True
    template_name = "contracts/templates/edit.html"
    conflict: Conflict | None = None
    version: TemplateVersion

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.version = get_object_or_404(TemplateVersion.objects.select_related("template"), **kwargs)
        if self.version.state != VersionState.DRAFT:
            raise VersionNotDraft

    def page_title(self) -> str:
        return str(self.version)

    def form_kwargs(self) -> dict[str, Any]:
        return {"version": self.version}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"version": self.version, "known": KNOWN.items(), **keeping(self.conflict)}

    def perform(self, form: VersionForm) -> str:
        data = form.cleaned_data
        try:
            save_version(
                actor=self.request.user,
                version_id=self.version.pk,
                edition=data["edition"],
                title=data["title"],
                variables=data["variables"],
                clauses=clause_words(form.clauses),
            )
        except VersionChanged:
            self.show_conflict(form)
            raise
        return self.version.get_absolute_url()

    def show_conflict(self, form: VersionForm) -> None:
        self.version.refresh_from_db()
        saved = {clause.key: clause.text for clause in self.version.clauses.all()}
        typed = {clause["key"]: clause["text"] for clause in clause_words(form.clauses)}
        names = {clause.key: clause.title for clause in self.version.clauses.all()}
        names |= {clause["key"]: clause["title"] for clause in clause_words(form.clauses)}
        found = [
            Difference(str(form.fields["title"].label), self.version.title, form.cleaned_data["title"]),
            *(Difference(title, saved.get(key, ""), typed.get(key, "")) for key, title in names.items()),
        ]
        self.conflict = conflict_of(self.version, "edition", form, self.request.user, found, url=self.request.path)

    def cancel_url(self) -> str:
        return self.version.get_absolute_url()


@requires(MAY_WRITE)
@require_POST
def preview_version(request: HttpRequest, pk: int) -> HttpResponse:
    """The version as it is being written, with samples for its variables, and what is not known in it."""
    version = get_object_or_404(TemplateVersion.objects.select_related("template"), pk=pk)
    form = VersionForm(data=request.POST, version=version)
    form.is_valid()
    own = form.cleaned_data.get("variables", version.variables)
    known = known_names(own)
    samples = sample_values(own, version.language)
    drafted = drafted_clauses(form)
    written = []
    for clause in drafted:
        found = write(clause.text, samples, known, language=version.language)
        written.append((clause.title, found.text, holds(clause.condition, samples, known, SAMPLE_CODES)))
    faults = (
        [_("The own variables cannot be read.")]
        if "variables" in form.errors
        else faults_of(own, drafted, is_library=version.template.is_library)
    )
    keys = Counter(clause.key for clause in drafted if clause.key)
    faults += [_("Two clauses have the same key: %(key)s") % {"key": key} for key, count in keys.items() if count > 1]
    faults += [
        f"{row['title'].value() or _('Clause')}: {error}"
        for row in form.clauses.forms
        for name in ("key", "title", "text", "position")
        for error in row.errors.get(name, ())
    ]
    return render(
        request,
        "contracts/templates/preview.html",
        {"version": version, "title": form["title"].value(), "clauses": written, "faults": faults},
    )


def drafted_clauses(form: VersionForm) -> list[Clause]:
    """The clauses as they were typed, in the order in which they are saved, whatever is wrong with them."""
    return [
        Clause(
            elements=typed.get("elements") or [],
            **{name: typed.get(name) or "" for name in ("key", "title", "text", "condition")},
        )
        for typed in typed_clauses(form.clauses)
    ]


def sample_values(own: Any, language: str) -> dict[str, Any]:
    """A sample for each variable: a figure or day by its kind, its meaning for a text."""
    values = {name: SAMPLES.get(variable.kind, f"〈{variable.meaning}〉") for name, variable in KNOWN.items()}
    values["contract.currency"] = "CNY"
    for each in own:
        label = each["label_zh"] if language == "zh" else each["label_en"]
        values[each["name"]] = SAMPLES.get(each["kind"], f"〈{label}〉")
    return values


def act(request: HttpRequest, pk: int, done: str, service: Any) -> HttpResponse:
    version = get_object_or_404(TemplateVersion, pk=pk)
    with refusals_told(request):
        service(actor=request.user, version_id=version.pk)
        messages.success(request, done)
    return HttpResponseRedirect(version.get_absolute_url())


@requires(MAY_WRITE)
@require_POST
def review_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a draft to legal."""
    return act(request, pk, _("The version is in legal review."), send_to_review)


@requires(MAY_WRITE)
@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """An author takes a version back from legal review."""
    return act(request, pk, _("The version is a draft again."), take_back_version)


class OfVersion(ConfirmView):
    """A step of a version that is not taken without saying why."""

    version: TemplateVersion
    service: ClassVar[Any]

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.version = get_object_or_404(TemplateVersion.objects.select_related("template"), **kwargs)

    def page_title(self) -> str:
        return f"{self.title}: {self.version}"

    def perform(self, form: Any) -> str:
        type(self).service(actor=self.request.user, version_id=self.version.pk, reason=form.cleaned_data["reason"])
        return self.version.get_absolute_url()

    def cancel_url(self) -> str:
        return self.version.get_absolute_url()


class ReturnVersion(OfVersion):
    """Legal wants other words."""

    permission, danger, service = MAY_PUBLISH, False, staticmethod(return_to_draft)
    title, submit = gettext_lazy("Back to draft"), gettext_lazy("Return to its authors")
    done = gettext_lazy("The version is a draft again.")
    consequences = gettext_lazy("Its authors are told why and can change its words.")


class RetireVersion(OfVersion):
    """A published version is used no more."""

    permission, service = MAY_PUBLISH, staticmethod(retire_version)
    title, submit = gettext_lazy("Retire the version"), gettext_lazy("Retire")
    done = gettext_lazy("The version is retired.")
    consequences = gettext_lazy(
        "No contract can be drafted from this template in this language until another version is published. Contracts "
        "drafted from it stay as they are."
    )


class DiscardVersion(OfVersion):
    """A draft is given up."""

    permission, service = MAY_WRITE, staticmethod(discard_version)
    title, submit = gettext_lazy("Discard the draft"), gettext_lazy("Discard")
    done = gettext_lazy("The draft is discarded.")
    consequences = gettext_lazy("It cannot be taken up again. Another version can be begun.")


@requires(MAY_PUBLISH)
@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish a reviewed version."""
    return act(request, pk, _("The version is published."), publish_version)
