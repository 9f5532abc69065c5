"""Runs and their steps: the truth about background work. Celery only says 'look for work'.

A run is claimed by a conditional update that raises its claim number; whatever a worker writes carries that number, so
a worker that lost its claim writes nothing. While it works it beats every ten seconds; a run without a beat for a
minute is taken from its worker (crm.jobs.worker.sweep).
"""

from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.files.storage import Storage, storages
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.core.models import user_field
from crm.core.registry import NightlyStep, registry
from crm.jobs.errors import Unexpected, sentence
from crm.jobs.kinds import RunKind, run_kind


def private_storage() -> Storage:
    """Files nobody reaches but through a view that checks who asks."""
    return storages["private"]


def result_path(run: "Run", filename: str) -> str:
    """A name nobody can guess; the ending is kept for the browser."""
    ending = filename.rpartition(".")[2][:5]
    return f"runs/{uuid4().hex}.{ending}"


class RunState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    BLOCKED = "blocked", _("Held back")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


ENDED = (RunState.DONE, RunState.FAILED, RunState.CANCELLED)


class RunQuerySet(models.QuerySet[Any]):
    """Reads of runs."""

    def ready(self) -> Self:
        """Runs that may be claimed now. Those of a night wait until every step they come after is done in that night,
        every step they follow has ended or is held back, and no earlier night is still running; a step that took no
        part in the night is waited for by nobody.
        """
        night = Run.objects.filter(night=OuterRef("night"))
        missing = night.exclude(state=RunState.DONE).filter(is_one_of(F("nightly_step"), OuterRef("after")))
        open_runs = night.filter(state__in=(RunState.WAITING, RunState.RUNNING))
        under_way = open_runs.filter(is_one_of(F("nightly_step"), OuterRef("follows")))
        earlier = Run.objects.filter(night__on__lt=OuterRef("night__on"), state=RunState.RUNNING)
        return self.filter(
            Q(not_before__isnull=True) | Q(not_before__lte=Now()),
            Q(night__isnull=True) | (~Exists(missing) & ~Exists(under_way) & ~Exists(earlier)),
            state=RunState.WAITING,
        )

    def visible_to(self, user: Any) -> Self:
        """The user's own runs; all of them for those who may look at every run."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_perm("jobs.view_run"):
            return self
        return self.filter(created_by=user)

    def unseen_by(self, user: Any) -> Self:
        """Ended runs of the user whose outcome the user has not looked at; a night has a page of its own."""
        return self.filter(created_by=user, state__in=ENDED, seen_at__isnull=True, night__isnull=True)


def is_one_of(step: Any, steps: Any) -> Func:
    """SQL: the step is in the list."""
    return Func(step, steps, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField())


class Night(models.Model):
    """The night's work for one business date: the runs of its steps. It was started once, whoever tried to."""

    on = models.DateField(_("business date"), unique=True)
    started_at = models.DateTimeField(_("started at"), auto_now_add=True)
    started_by = user_field(_("started by"), null=True)

    class Meta:
        verbose_name = _("night")
        verbose_name_plural = _("nights")
        ordering = ["-on"]
        permissions = [("rerun_night", _("Can repeat steps of a night"))]

    def __str__(self) -> str:
        return self.on.isoformat()

    def get_absolute_url(self) -> str:
        return reverse("jobs:night", args=[self.pk])


class Run(models.Model):
    """One piece of background work: what was asked, by whom, how far it is, and how it ended."""

    kind = models.CharField(_("kind"), max_length=40)
    params = models.JSONField(_("parameters"), default=dict, encoder=DjangoJSONEncoder)
    on = models.DateField(_("business date"))
    state = models.CharField(_("state"), max_length=10, choices=RunState, default=RunState.WAITING)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("total"), default=0)
    counts = models.JSONField(_("figures"), default=dict, encoder=DjangoJSONEncoder)
    error_code = models.CharField(_("error"), max_length=60, blank=True)
    error_params = models.JSONField(_("error figures"), default=dict, encoder=DjangoJSONEncoder)
    claim = models.PositiveIntegerField(_("claim"), default=0)
    worker = models.CharField(_("worker"), max_length=120, blank=True)
    heartbeat_at = models.DateTimeField(_("last beat"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("not before"), null=True)
    cancel_requested = models.BooleanField(_("cancel requested"), default=False)
    result = models.FileField(_("result"), storage=private_storage, upload_to=result_path, blank=True)
    result_name = models.CharField(_("name of the result"), max_length=120, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="runs", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    seen_at = models.DateTimeField(_("seen at"), null=True)
    # Only runs of a night: the step, the steps that must be done and those that must only be over before it, and its
    # part of a step that is cut into pieces.
    night = models.ForeignKey(Night, null=True, on_delete=models.CASCADE, related_name="runs", verbose_name=_("night"))
    nightly_step = models.CharField(_("step"), max_length=40, blank=True)
    after = ArrayField(models.CharField(max_length=40), default=list, verbose_name=_("comes after"))
    follows = ArrayField(models.CharField(max_length=40), default=list, verbose_name=_("follows"))
    piece = models.JSONField(_("piece"), null=True, encoder=DjangoJSONEncoder)

    objects = RunQuerySet.as_manager()
    state_tones = {"blocked": "warning"}

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="run_step_once_a_night",
                fields=["night", "nightly_step"],
                condition=models.Q(night__isnull=False, piece__isnull=True),
            ),
            models.CheckConstraint(
                name="run_of_a_night_names_its_step",
                condition=models.Q(night__isnull=True, nightly_step="")
                | (models.Q(night__isnull=False) & ~models.Q(nightly_step="")),
            ),
            models.CheckConstraint(
                name="run_running_is_claimed",
                condition=~models.Q(state="running") | models.Q(claim__gt=0, heartbeat_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="run_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["heartbeat_at"], name="run_running", condition=models.Q(state="running")),
            models.Index(fields=["created_by", "-id"], name="run_by_user"),
            models.Index(
                fields=["night", "nightly_step"], name="run_of_night", condition=models.Q(night__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("jobs:run", args=[self.pk])

    @property
    def run_kind(self) -> RunKind | None:
        return run_kind(self.kind)

    @property
    def label(self) -> str:
        """The kind in the reader's language."""
        kind = self.run_kind
        return str(kind.label) if kind else self.kind

    @property
    def title(self) -> str:
        """What this run works on, such as the name of a file."""
        kind = self.run_kind
        return kind.title(self) if kind and kind.title else self.label

    @property
    def nightly(self) -> NightlyStep | None:
        """The registered step of a run of a night; None when the app that owned it is gone."""
        return registry.nightly_steps.get(self.nightly_step)

    @property
    def outcome_url(self) -> str:
        """The page where the outcome is looked at: of the kind, else the run's own."""
        kind = self.run_kind
        return (kind.url(self) if kind and kind.url else "") or self.get_absolute_url()

    @property
    def current_step(self) -> str:
        """What is being done right now."""
        step = self.steps.filter(state=RunState.RUNNING).first()
        return step.label if step else ""

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def error(self) -> str:
        """Why it failed, in the reader's language."""
        if not self.error_code:
            return ""
        return sentence(self.error_code, self.error_params) or str(Unexpected(error=self.error_code))

    @property
    def figures(self) -> list[tuple[str, Any]]:
        """The counts with their words, in the order of the kind."""
        kind = self.run_kind
        labels = kind.count_labels() if kind else {}
        return [(str(label), self.counts[key]) for key, label in labels.items() if key in self.counts]


class Step(models.Model):
    """A part of a run. Its mark 'done' is committed together with what it did, so it is done exactly once."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps", verbose_name=_("run"))
    key = models.CharField(_("step"), max_length=40)
    position = models.PositiveSmallIntegerField(_("position"))
    state = models.CharField(_("state"), max_length=10, choices=RunState, default=RunState.WAITING)
    claim = models.PositiveIntegerField(_("claim"), default=0)
    counts = models.JSONField(_("figures"), default=dict, encoder=DjangoJSONEncoder)
    started_at = models.DateTimeField(_("started at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="step_once_a_run")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        kind = self.run.run_kind
        return next((str(step.label) for step in kind.steps if step.key == self.key), self.key) if kind else self.key


class Note(models.Model):
    """A line of a run's log: a code and its figures, told in the reader's language by the step that wrote it."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="notes", verbose_name=_("run"))
    at = models.DateTimeField(_("at"), auto_now_add=True)
    attempt = models.PositiveSmallIntegerField(_("attempt"))
    code = models.CharField(_("code"), max_length=60)
    figures = models.JSONField(_("figures"), default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.code
