"""Pages of contract templates: the list, a template with its versions, the editor of a version with its preview."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from contracts.clause_text import KNOWN, holds, known_names, problems_in, write
from contracts.contract_errors import VersionNotDraft
from contracts.contract_forms import NewTemplateForm, NewVersionForm, VersionForm, clause_words
from contracts.models import Template, TemplateVersion, VersionState
from contracts.services.templates import (
    MAY_PUBLISH,
    MAY_WRITE,
    create_template,
    faults_of,
    new_version,
    publish_version,
    return_to_draft,
    save_version,
    send_to_review,
)
from crm.core.display import Text
from crm.core.pages import FormView, RowsView, refusals_told
from crm.core.permissions import Guarded, requires

SEE = "contracts.view_template"
SAMPLES: dict[str, Any] = {
    "date": "2026-01-31",
    "number": "30",
    "money": "123456.78",
    "words": "123456.78",
    "currency": "CNY",
}


class TemplateList(Guarded):
    """Every template, with its versions in force and in work."""

    permission = SEE

    def get(self, request: HttpRequest) -> HttpResponse:
        templates = Template.objects.annotate(uses=Count("versions__contracts", distinct=True)).order_by("pk")
        standing = TemplateVersion.objects.exclude(state=VersionState.RETIRED).order_by("-language")
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
        context = {
            "record": version,
            "clauses": clauses,
            "faults": faults_of(version.variables, clauses) if version.state == VersionState.DRAFT else [],
            "is_draft": version.state == VersionState.DRAFT,
            "may_write": user.has_perm(MAY_WRITE),
            "may_publish": review and user.has_perm(MAY_PUBLISH) and not own,
            "may_return": review and user.has_perm(MAY_PUBLISH),
            "own_review": review and user.has_perm(MAY_PUBLISH) and own,
        }
        return render(request, "contracts/templates/version.html", context)


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
        return {"version": self.version, "known": KNOWN.items()}

    def perform(self, form: VersionForm) -> str:
        data = form.cleaned_data
        save_version(
            actor=self.request.user,
            version_id=self.version.pk,
            edition=data["edition"],
            title=data["title"],
            variables=data["variables"],
            clauses=clause_words(form.clauses),
        )
        return self.version.get_absolute_url()

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
    written: list[tuple[str, str, bool]] = []
    faults = [_("The own variables cannot be read.")] if "variables" in form.errors else []
    for clause in drafted_clauses(form):
        found = write(clause["text"], samples, known, language=version.language)
        written.append((clause["title"], found.text, holds(clause["condition"], samples)))
        faults += [f"{clause['title']}: {word}" for _kind, word in problems_in(clause["text"], known)]
    return render(
        request,
        "contracts/templates/preview.html",
        {"version": version, "title": version.title, "clauses": written, "faults": faults},
    )


def drafted_clauses(form: VersionForm) -> list[dict[str, Any]]:
    """The clauses as they were typed, in their order, whatever is wrong with them."""
    found = []
    for place, row in enumerate(form.clauses.forms):
        data = getattr(row, "cleaned_data", {})
        if data.get("text"):
            found.append((data.get("position") or 1000 + place, data))
    return [
        {"title": data.get("title", ""), "text": data["text"], "condition": data.get("condition", "")}
        for _position, data in sorted(found, key=lambda pair: pair[0])
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


@requires(MAY_PUBLISH)
@require_POST
def return_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Legal wants other words."""
    return act(request, pk, _("The version is a draft again."), return_to_draft)


@requires(MAY_PUBLISH)
@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish a reviewed version."""
    return act(request, pk, _("The version is published."), publish_version)
