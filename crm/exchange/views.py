"""Pages of the exchange: the import wizard step by step, and the export of a list."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.core.columns import Column
from crm.core.dates import business_today
from crm.core.display import state_badge
from crm.core.errors import Busy, DomainError, NotAllowed
from crm.core.filters import ListFilterSet, SearchFilter
from crm.core.lists import Action, Empty, ListView
from crm.core.pages import FormView, refusals_told
from crm.core.permissions import Guarded, requires, visible_or_404
from crm.exchange.errors import FileRefused
from crm.exchange.export import AT_ONCE, EXPORT_RUN, FORMATS, export_name, exportable, write_export
from crm.exchange.forms import MappingForm, UploadForm, encodings
from crm.exchange.kinds import AUTOMATIC, ENCODING, ImportKind, RowStatus, import_kind, kinds_for
from crm.exchange.models import Import
from crm.exchange.selectors import causes_of, shown_rows
from crm.exchange.services import choose_encoding, choose_sheet, discard, receive_file, start_apply, start_check
from crm.jobs.services import mark_seen, start_run

PERMISSION = "exchange.add_import"
PARTS = ("faulty", "warned", "new", "changed", "unchanged")


class ImportFilter(ListFilterSet):
    q = SearchFilter(field_name="file_name", lookup_expr="icontains", placeholder=gettext_lazy("File name"))


class ImportList(ListView):
    """Files that were brought in, and how far each of them got."""

    key = "imports"
    title = gettext_lazy("Imports")
    permission = PERMISSION
    model = Import
    filterset_class = ImportFilter
    exportable = False
    select_related = ("check_run", "apply_run", "created_by")
    columns = (
        Column("file_name", gettext_lazy("File"), order_by="file_name", detail=lambda row: row.kind_label),
        Column("state", gettext_lazy("State"), "badge", value=lambda row: state_badge(row)),  # noqa: PLW0108
        Column("rows", gettext_lazy("Rows"), "number", value=lambda row: row.counts.get("rows")),
        Column("new", gettext_lazy("New"), "number", value=lambda row: row.counts.get("new")),
        Column("changed", gettext_lazy("Changed"), "number", value=lambda row: row.counts.get("changed")),
        Column("faulty", gettext_lazy("Faulty"), "number", value=lambda row: row.counts.get("faulty")),
        Column("created_by", gettext_lazy("By"), order_by="created_by__name"),
        Column("created_at", gettext_lazy("Uploaded"), "datetime", order_by="created_at"),
        Column("applied_at", gettext_lazy("Applied"), "datetime", order_by="applied_at"),
    )
    actions = (
        Action("new", gettext_lazy("Import a file"), "exchange:new", PERMISSION, icon="file-import", primary=True),
    )
    empty = Empty(
        gettext_lazy("Nothing was imported yet"),
        gettext_lazy("Bring customers, invoices and receipts in from Excel or text files. A dry run comes first."),
        Action("new", gettext_lazy("Import a file"), "exchange:new"),
    )


class NewImport(FormView):
    """The first step: the file."""

    form_class = UploadForm
    permission = PERMISSION
    title = gettext_lazy("Import a file")
    submit = gettext_lazy("Upload")
    template_name = "exchange/new.html"

    def form_kwargs(self) -> dict[str, Any]:
        asked = self.request.GET.get("kind", "")
        return {"user": self.request.user, "initial": {"kind": asked}}

    def perform(self, form: Any) -> str:
        data = form.cleaned_data
        found = receive_file(
            actor=self.request.user,
            kind=data["kind"],
            file=data["file"],
            file_name=data["file"].name,
            today=business_today(),
            profile_id=int(data["profile"]) if data["profile"] else None,
            encoding=data["encoding"] or AUTOMATIC,
        )
        return reverse("exchange:columns", args=[found.pk])

    def cancel_url(self) -> str:
        return reverse("exchange:imports")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"kinds": list(kinds_for(request.user)), "stage": 1}


def own_import(request: HttpRequest, pk: int) -> tuple[Import, ImportKind]:
    """The import, if the user may see it, and its kind."""
    records = Import.objects.select_related("check_run", "apply_run", "created_by", "profile")
    found = visible_or_404(records, request.user, pk=pk)
    kind = found.import_kind
    if kind is None or not request.user.has_perm(kind.permission):
        raise Http404
    return found, kind


class ImportColumns(Guarded):
    """The second step: which column is which field, and how the file writes things."""

    permission = PERMISSION

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        found, kind = own_import(request, pk)
        if found.applied_at or found.discarded_at:
            return HttpResponseRedirect(found.get_absolute_url())
        return self.show(request, found, MappingForm(found, kind))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        found, kind = own_import(request, pk)
        if request.POST.get("do") == "sheet":
            choose_sheet(actor=request.user, import_id=found.pk, sheet=request.POST.get("sheet", ""))
            return HttpResponseRedirect(request.path)
        if request.POST.get("do") == "encoding":
            try:
                choose_encoding(actor=request.user, import_id=found.pk, encoding=request.POST.get("encoding", ""))
            except FileRefused as error:
                messages.error(request, str(error))
            return HttpResponseRedirect(request.path)
        form = MappingForm(found, kind, request.POST)
        if form.is_valid():
            try:
                start_check(
                    actor=request.user,
                    import_id=found.pk,
                    mapping=form.mapping,
                    options=form.options,
                    profile_name=form.cleaned_data["profile_name"],
                )
            except (Busy, NotAllowed):
                raise
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                return HttpResponseRedirect(found.get_absolute_url())
        return self.show(request, found, form, 422)

    def show(self, request: HttpRequest, found: Import, form: MappingForm, status: int = 200) -> HttpResponse:
        samples = [
            (head, " · ".join(cell for row in found.samples if place < len(row) and (cell := row[place]))[:160])
            for place, head in enumerate(found.heads)
        ]
        context = {"record": found, "form": form, "samples": samples, "sample_of": dict(samples), "stage": 2}
        context["encodings"] = encodings()
        context["encoding"] = found.options.get(ENCODING.key, AUTOMATIC)
        return render(request, "exchange/columns.html", context, status=status)


class ImportPage(Guarded):
    """The third and fourth step: the dry run and its outcome, applying, and what was done."""

    permission = PERMISSION

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        found, kind = own_import(request, pk)
        for run in (found.check_run, found.apply_run):
            if run is not None and run.ended:
                mark_seen(run_id=run.pk, actor=request.user)
        if found.state == "uploaded" and found.check_run is None:
            return HttpResponseRedirect(reverse("exchange:columns", args=[found.pk]))
        return render(request, "exchange/import.html", self.context(request, found, kind))

    def context(self, request: HttpRequest, found: Import, kind: ImportKind) -> dict[str, Any]:
        run = found.current_run
        done = bool(found.counts)
        part = request.GET.get("part", "")
        if part not in PARTS:
            part = next((name for name in PARTS if found.counts.get(name)), "new")
        labels = kind.note_labels()
        return {
            "record": found,
            "kind": kind,
            "run": run,
            "own": found.created_by_id == request.user.pk,
            "stage": 4 if found.apply_run else 3,
            "tiles": [(status.label, found.counts.get(status, 0), status.value) for status in RowStatus if done],
            "notes": [(labels[key], value) for key, value in found.counts.items() if key in labels],
            "causes": causes_of(found) if done else [],
            "parts": [(key, part_label(key), found.counts.get(key, 0)) for key in PARTS] if done else [],
            "part": part,
            "columns": [spec for spec in kind.fields if found.mapping.get(spec.key)],
            "rows": shown_rows(found, kind, part) if done else [],
            "applied": [(labels.get(key, key), value) for key, value in found.applied.items() if key in labels],
            "links": links_of(kind),
        }


def part_label(key: str) -> str:
    return _("With warnings") if key == "warned" else str(RowStatus(key).label)


def links_of(kind: ImportKind) -> list[tuple[Any, str]]:
    """Where to look at what was imported."""
    links = []
    for label, name in kind.links():
        try:
            links.append((label, reverse(name)))
        except NoReverseMatch:
            continue
    return links


@requires(PERMISSION)
@require_POST
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Apply the whole file, or say why not."""
    found, _kind = own_import(request, pk)
    with refusals_told(request):
        start_apply(actor=request.user, import_id=found.pk, leave_out_faulty=bool(request.POST.get("leave_out_faulty")))
    return HttpResponseRedirect(found.get_absolute_url())


@requires(PERMISSION)
@require_POST
def put_away(request: HttpRequest, pk: int) -> HttpResponse:
    """Discard an upload that is not to be applied."""
    found, _kind = own_import(request, pk)
    discard(actor=request.user, import_id=found.pk)
    messages.success(request, _("The upload is discarded; nothing of it was imported."))
    return HttpResponseRedirect(reverse("exchange:imports"))


@requires(PERMISSION)
def template(request: HttpRequest, key: str) -> HttpResponseBase:
    """An empty workbook with the heads of a kind and a sheet that explains them."""
    kind = import_kind(key)
    if kind is None or not request.user.has_perm(kind.permission):
        raise Http404
    name = f"{key.replace('_', '-')}.xlsx"
    from crm.exchange.workbook import write_template

    return FileResponse(write_template(kind), as_attachment=True, filename=name, content_type=FORMATS["xlsx"])


@requires("exchange.export_list")
@require_POST
def export(request: HttpRequest, key: str) -> HttpResponseBase:
    """The list as the user sees it: at once when it is small, else in the background."""
    user, query = request.user, request.POST.get("query", "")
    file_format = request.POST.get("format", "xlsx")
    view = exportable(key, user)
    if file_format not in FORMATS:
        raise Http404
    today = business_today()
    selection = view.selection(user, query)
    if len(selection.filtered.order_by().values("pk")[: AT_ONCE + 1]) <= AT_ONCE:
        file = write_export(selection, file_format, lambda done, total: None)
        name = export_name(view, today, file_format)
        return FileResponse(file, as_attachment=True, filename=name, content_type=FORMATS[file_format])
    params = {"list": key, "query": query, "format": file_format}
    run = start_run(kind=EXPORT_RUN, params=params, actor=user, on=today)
    return HttpResponseRedirect(run.get_absolute_url())
