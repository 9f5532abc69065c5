"""Imports: an uploaded file, how its columns are read, its rows as staged, and the runs that check and apply it."""

from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.core.models import user_field
from crm.exchange.issues import ISSUES, Issue
from crm.exchange.kinds import ImportKind, RowStatus, import_kind
from crm.jobs.models import Run, RunState, private_storage


def upload_path(instance: "Import", filename: str) -> str:
    """A name nobody can guess; what the user called the file stands in `file_name`."""
    return f"imports/{uuid4().hex}"


class ImportProfile(models.Model):
    """How the files of one source are read: which head is which field, and the options. Shared by all who import."""

    kind = models.CharField(_("kind"), max_length=40)
    name = models.CharField(_("name"), max_length=80)
    mapping = models.JSONField(_("columns"), default=dict)
    options = models.JSONField(_("options"), default=dict)
    created_by = user_field(_("created by"), null=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("import profile")
        verbose_name_plural = _("import profiles")
        ordering = ["kind", "name"]
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="import_profile_once")]

    def __str__(self) -> str:
        return self.name


class ImportQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """The user's own imports; all of them for those who may look at every import."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_perm("exchange.view_import"):
            return self
        return self.filter(created_by=user)


class ImportState(models.TextChoices):
    """Where an import stands, derived from its runs."""

    UPLOADED = "uploaded", _("Columns to be mapped")
    CHECKING = "checking", _("Dry run under way")
    CHECKED = "checked", _("Dry run done")
    APPLYING = "applying", _("Being applied")
    APPLIED = "applied", _("Applied")
    DISCARDED = "discarded", _("Discarded")


class Import(models.Model):
    """One uploaded file on its way into the books. Nothing of it counts before it is applied, and then all of it."""

    kind = models.CharField(_("kind"), max_length=40)
    file = models.FileField(_("file"), storage=private_storage, upload_to=upload_path, blank=True)
    file_name = models.CharField(_("file name"), max_length=200)
    file_hash = models.CharField(_("checksum"), max_length=64)
    file_kind = models.CharField(_("format"), max_length=8)
    encoding = models.CharField(_("encoding"), max_length=20, blank=True)
    separator = models.CharField(_("separator"), max_length=1, blank=True)
    sheet = models.CharField(_("sheet"), max_length=120, blank=True)
    sheets = models.JSONField(_("sheets"), default=list)
    heads = models.JSONField(_("heads"), default=list)
    samples = models.JSONField(_("samples"), default=list)
    mapping = models.JSONField(_("columns"), default=dict)
    options = models.JSONField(_("options"), default=dict)
    profile = models.ForeignKey(
        ImportProfile, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("profile")
    )
    on = models.DateField(_("business date"))
    leave_out_faulty = models.BooleanField(
        _("faulty rows left out"), default=False, help_text=_("The user chose to apply the rest without them.")
    )
    counts = models.JSONField(_("figures of the dry run"), default=dict, encoder=DjangoJSONEncoder)
    causes = models.JSONField(_("causes by number of rows"), default=dict)
    check_run = models.ForeignKey(
        Run, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("dry run")
    )
    apply_run = models.ForeignKey(
        Run, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("applied by")
    )
    applied = models.JSONField(_("figures of what was applied"), default=dict, encoder=DjangoJSONEncoder)
    applied_at = models.DateTimeField(_("applied at"), null=True)
    discarded_at = models.DateTimeField(_("discarded at"), null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="imports",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]
        permissions = [("export_list", _("Can export lists"))]

    state_tones = {"uploaded": "neutral", "checking": "info", "checked": "warning", "applying": "info"}
    state_tones |= {"applied": "success", "discarded": "neutral"}

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("exchange:import", args=[self.pk])

    @property
    def import_kind(self) -> ImportKind | None:
        return import_kind(self.kind)

    @property
    def kind_label(self) -> str:
        kind = self.import_kind
        return str(kind.label) if kind else self.kind

    @property
    def state(self) -> str:
        if self.applied_at:
            return ImportState.APPLIED
        if self.discarded_at:
            return ImportState.DISCARDED
        if self.apply_run and not self.apply_run.ended:
            return ImportState.APPLYING
        if self.check_run and not self.check_run.ended:
            return ImportState.CHECKING
        if self.check_run and self.check_run.state == RunState.DONE:
            return ImportState.CHECKED
        return ImportState.UPLOADED

    def get_state_display(self) -> str:
        return str(ImportState(self.state).label)

    @property
    def current_run(self) -> Run | None:
        """The run that works on this import now, or the last one that did."""
        return self.apply_run or self.check_run

    @property
    def faulty(self) -> int:
        return int(self.counts.get("faulty", 0))

    @property
    def to_apply(self) -> int:
        return int(self.counts.get("new", 0)) + int(self.counts.get("changed", 0))


class StagingRow(models.Model):
    """A row of the file: its cells as they stood there, what they were read as, and what is wrong with it.

    Filled by COPY and read in chunks; deleted some days after the import ended.
    """

    import_id = models.BigIntegerField(_("import"))
    number = models.PositiveIntegerField(_("row"))
    key = models.CharField(_("key"), max_length=200)
    readable = models.BooleanField(_("readable"))
    status = models.CharField(_("status"), max_length=9, choices=RowStatus)
    warned = models.BooleanField(_("warned"), default=False)
    cells = models.JSONField(_("cells"))
    data = models.JSONField(_("values"))
    issues = models.JSONField(_("causes found in reading"))
    findings = models.JSONField(_("causes found in comparing"))

    class Meta:
        verbose_name = _("staged row")
        verbose_name_plural = _("staged rows")
        constraints = [models.UniqueConstraint(fields=["import_id", "number"], name="staging_row_once")]
        indexes = [
            models.Index(
                fields=["import_id", "status", "number"], name="staging_by_status", condition=~models.Q(status="new")
            ),
        ]

    @property
    def found(self) -> list[Issue]:
        """The causes, ready to be told."""
        return [Issue(*issue) for issue in [*self.issues, *self.findings]]


__all__ = ["ISSUES", "Import", "ImportProfile", "ImportState", "StagingRow"]
