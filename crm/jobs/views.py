"""Pages of background work: the runs, one run with its progress, its result, and the notice in the head."""

import mimetypes
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from crm.core.columns import Column
from crm.core.lists import Empty, ListView, Preset
from crm.core.pages import RecordView
from crm.core.permissions import check_permission, requires, visible_or_404
from crm.jobs.filters import RunFilter
from crm.jobs.models import ENDED, Run, RunState
from crm.jobs.services import cancel_run, mark_seen, retry_run


def summary(run: Run) -> str:
    """The error, or the first figures that say something."""
    return run.error or " · ".join(f"{label} {value:,}" for label, value in run.figures if value)


class RunList(ListView):
    """Background work: one's own, or everybody's for those who look after the installation."""

    key = "runs"
    title = _("Background work")
    permission = None
    model = Run
    filterset_class = RunFilter
    exportable = False
    select_related = ("created_by",)
    columns = (
        Column("title", _("Subject")),
        Column("label", _("Kind")),
        Column("state", _("State"), "badge", order_by="state"),
        Column("figures", _("Result"), value=summary),
        Column("created_by", _("Started by"), order_by="created_by__name"),
        Column("created_at", _("Started"), "datetime", order_by="created_at"),
        Column("ended_at", _("Ended"), "datetime", order_by="ended_at"),
    )
    presets = (
        Preset("all", _("All")),
        Preset("mine", _("Mine"), "mine=true"),
        Preset("open", _("Under way"), "state=waiting&state=running"),
        Preset("failed", _("Failed"), "state=failed"),
    )
    empty = Empty(_("Nothing has run yet"), _("Imports and large exports work in the background and are listed here."))

    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[Any]:
        return Run.objects.visible_to(user).filter(night__isnull=True)  # a night has a page of its own


class RunPage(RecordView[Run]):
    """One run: how far it is, what it found, why it failed, its result."""

    permission = None
    model = Run
    template_name = "jobs/run.html"
    select_related = ("created_by",)

    def context(self, request: HttpRequest) -> dict[str, Any]:
        mark_seen(run_id=self.record.pk, actor=request.user)
        return {"steps": list(self.record.steps.all()), **actions_of(self.record, request.user)}


def actions_of(run: Run, user: Any) -> dict[str, bool]:
    """What this user may do with the run."""
    kind = run.run_kind
    may = (run.created_by_id == user.pk or user.has_perm("jobs.change_run")) and (
        kind is not None and user.has_perm(kind.permission)
    )
    return {
        "may_cancel": may and not run.ended and not run.cancel_requested,
        "may_retry": may and run.state in (RunState.FAILED, RunState.CANCELLED),
        "may_download": bool(run.result) and kind is not None and user.has_perm(kind.permission),
    }


@requires(None)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a run is, asked every two seconds; a run that ended reloads the page that asked."""
    run = visible_or_404(Run, request.user, pk=pk)
    if run.ended:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "jobs/progress.html", {"run": run})


@requires(None)
def result(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Download the result of a run: its file has no address of its own."""
    run = visible_or_404(Run, request.user, pk=pk)
    kind = run.run_kind
    if not run.result.name or kind is None or not run.result.storage.exists(run.result.name):
        raise Http404
    check_permission(request.user, kind.permission)
    mark_seen(run_id=run.pk, actor=request.user)
    content_type = mimetypes.guess_type(run.result_name)[0] or "application/octet-stream"
    return FileResponse(run.result.open("rb"), as_attachment=True, filename=run.result_name, content_type=content_type)


@requires(None)
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    run = visible_or_404(Run, request.user, pk=pk)
    return HttpResponseRedirect(cancel_run(run_id=run.pk, actor=request.user).outcome_url)


@requires(None)
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    run = visible_or_404(Run, request.user, pk=pk)
    return HttpResponseRedirect(retry_run(run_id=run.pk, actor=request.user).outcome_url)


@requires(None)
def head(request: HttpRequest) -> HttpResponse:
    """The notice in the head: own runs under way, and own runs that ended and were not looked at yet."""
    return notice(request)


def notice(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    counts = Run.objects.filter(created_by=user, night__isnull=True).aggregate(
        open=Count("pk", filter=~Q(state__in=ENDED)), unseen=Count("pk", filter=Q(state__in=ENDED, seen_at=None))
    )
    recent: list[Run] = []
    if counts["unseen"]:
        recent = list(Run.objects.unseen_by(user).order_by("-ended_at")[:5])
    return render(request, "jobs/head.html", {**counts, "recent": recent})


@requires(None)
@require_POST
def seen(request: HttpRequest) -> HttpResponse:
    """All notices were read."""
    for pk in Run.objects.unseen_by(request.user).values_list("pk", flat=True):
        mark_seen(run_id=pk, actor=request.user)
    return notice(request)
