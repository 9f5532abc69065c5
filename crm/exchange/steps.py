"""The steps of the two runs of an import: the dry run (read, compare, report) and the apply run (apply, verify)."""

from collections.abc import Iterator
from typing import IO, Any

from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.core.registry import registry
from crm.exchange import staging
from crm.exchange.errors import (
    AlreadyApplied,
    ChangedSinceCheck,
    ColumnsMissing,
    FaultyRows,
    FileGone,
    KindNotKnown,
    NothingToApply,
    Superseded,
)
from crm.exchange.guess import known_words
from crm.exchange.issues import ISSUES
from crm.exchange.kinds import ImportKind, ParsedRow, Planner, RowStatus, chosen_encoding
from crm.exchange.models import Import
from crm.exchange.readers import open_sheet
from crm.exchange.reading import RowReader
from crm.jobs.kinds import RunKind, StepKind, Text
from crm.jobs.models import Run
from crm.jobs.worker import Work

CHECK_RUN, APPLY_RUN = "exchange.check", "exchange.apply"


def subject(work: Work) -> tuple[Import, ImportKind]:
    """The import this run works on, with its kind."""
    found: Import = Import.objects.get(pk=work.params["import"])
    kind = found.import_kind
    if kind is None:
        raise KindNotKnown
    return found, kind


def to_check(work: Work) -> tuple[Import, ImportKind]:
    """The import, if this is still its dry run: an old run that is tried again must not undo a newer one."""
    found, kind = subject(work)
    if found.check_run_id != work.run.pk or found.applied_at or found.discarded_at:
        raise Superseded
    return found, kind


def planner_of(work: Work, found: Import, kind: ImportKind, *, to_apply: bool = False) -> Planner:
    values = staging.values_of(found.pk, fine_only=to_apply)
    planner = kind.planner(options=found.options, actor=work.actor, today=work.today, values=values)
    if to_apply:
        planner.lock()
    planner.prepare()
    return planner


def open_file(found: Import) -> IO[bytes]:
    """The uploaded file; raises FileGone when its time to be kept is over."""
    if not found.file.name or not found.file.storage.exists(found.file.name):
        raise FileGone
    file: IO[bytes] = found.file.open("rb")
    return file


def read(work: Work) -> None:
    """Parse the file once into staging rows."""
    found, kind = to_check(work)
    missing = [str(spec.label) for spec in kind.fields if spec.required and not found.mapping.get(spec.key)]
    if missing:
        raise ColumnsMissing(fields=_(", ").join(missing))
    with work.fenced():
        staging.clear(found.pk)
    with open_file(found) as file:
        encoding = chosen_encoding(found.options)
        sheet = open_sheet(file, sheet=found.sheet, words=known_words(kind), encoding=encoding)
        gone = sorted(set(found.mapping.values()) - set(sheet.heads))
        if gone:
            raise ColumnsMissing(fields=_(", ").join(gone))
        reader = RowReader(kind, sheet.heads, found.mapping, found.options)
        total, count, rows = max(sheet.total - sheet.head_row, 0), 0, []
        for item in reader.rows(sheet):
            rows.append(item)
            if len(rows) >= staging.CHUNK:
                count += write_rows(work, found, kind, rows)
                work.progress(count, max(total, count))
        count += write_rows(work, found, kind, rows)
    staging.analyze()
    work.counts = {"rows": count}


def write_rows(work: Work, found: Import, kind: ImportKind, rows: list[tuple[ParsedRow, list[str]]]) -> int:
    with work.fenced():
        staging.stage(found.pk, kind, rows)
    count = len(rows)
    rows.clear()
    return count


def compare(work: Work) -> None:
    """Compare every readable row with what exists, and count."""
    found, kind = to_check(work)
    planner = planner_of(work, found, kind)
    warnings = [code for code, issue in ISSUES.items() if not issue.is_error]
    total, done = int(work.run.counts.get("rows", 0)), 0
    for rows in staging.chunks(found.pk, kind):
        stored = [(row.status, row.issues) for row in rows]
        fresh(rows)
        planner.compare(rows)
        differing = [row for row, was in zip(rows, stored, strict=True) if (row.status, row.issues) != was]
        with work.fenced():
            staging.write_findings(found.pk, differing, warnings)
        done += len(rows)
        work.progress(done, max(total, done))
    counts = {**staging.count(found.pk), **planner.notes()}
    with work.final():
        work.counts = counts
        Import.objects.filter(pk=found.pk).update(counts=counts, causes=staging.causes(found.pk))


def fresh(rows: list[ParsedRow]) -> None:
    """Forget what an earlier comparison found."""
    for row in rows:
        row.status, row.issues = RowStatus.NEW, []


def report(work: Work) -> None:
    """Write the workbook of faults and warnings, if there are any."""
    from crm.exchange.workbook import write_error_workbook

    found, kind = subject(work)
    if not found.counts.get("faulty") and not found.counts.get("warned"):
        return
    with write_error_workbook(found, kind, work.progress) as file, work.final():
        work.attach(file, f"faults-{found.pk}.xlsx")


def apply(work: Work) -> None:
    """Write everything in one transaction, or nothing: what was compared is compared again inside it."""
    with work.final():
        locked: Import = Import.objects.select_for_update(no_key=True).get(pk=work.params["import"])
        if locked.applied_at:
            raise AlreadyApplied
        found, kind = subject(work)
        if found.faulty and not found.leave_out_faulty:
            raise FaultyRows(count=found.faulty)
        if not found.to_apply:
            raise NothingToApply
        total = found.to_apply
        work.progress(0, total)
        planner = planner_of(work, found, kind, to_apply=True)
        counts = planner.apply(to_write(work, found, kind, planner), lambda done: work.progress(done, total))
        if found.leave_out_faulty and found.faulty:
            counts["left_out"] = found.faulty
        work.counts = counts
        Import.objects.filter(pk=found.pk).update(applied=counts, applied_at=Now())


def to_write(work: Work, found: Import, kind: ImportKind, planner: Planner) -> Iterator[ParsedRow]:
    """New and changed rows as they compare now. Raises ChangedSinceCheck when a row that was fine is faulty now."""
    for rows in staging.chunks(found.pk, kind, fine_only=True):
        fresh(rows)
        planner.compare(rows)
        broken = sum(row.status == RowStatus.FAULTY for row in rows)
        if broken:
            raise ChangedSinceCheck(count=broken)
        yield from (row for row in rows if row.status in (RowStatus.NEW, RowStatus.CHANGED))
        work.progress(work.beat.done, work.beat.total)


def verify(work: Work) -> None:
    """Recompute every running sum of the house and count the differences; an import must leave none."""
    counts: dict[str, int] = {}
    for place, (key, verifier) in enumerate(registry.verifiers.items()):
        work.progress(place, len(registry.verifiers))
        counts[key] = sum(1 for _difference in verifier())
    work.counts = {"differences": sum(counts.values()), "verified": len(counts)}


def params_of(found: Import) -> dict[str, Any]:
    """What a run of this import is handed; the file's name is what lists call it by."""
    return {"import": found.pk, "file": found.file_name}


def title(run: Run) -> str:
    """The name of the file."""
    return str(run.params["file"])


def url(run: Run) -> str:
    return reverse("exchange:import", args=[run.params["import"]])


COUNT_LABELS = {
    "rows": _("Rows"),
    "new": _("New"),
    "changed": _("Changed"),
    "unchanged": _("Unchanged"),
    "faulty": _("Faulty"),
    "warned": _("With warnings"),
    "left_out": _("Left out"),
}


def count_labels() -> dict[str, Text]:
    labels: dict[str, Text] = dict(COUNT_LABELS)
    for kind in registry.import_kinds.values():
        labels |= kind.note_labels()
    return {**labels, "differences": _("Differences found by verify")}


CHECK = RunKind(
    key=CHECK_RUN,
    label=_("Dry run of an import"),
    steps=(
        StepKind("read", _("Read the file"), read),
        StepKind("compare", _("Compare with what exists"), compare),
        StepKind("report", _("Write the error workbook"), report),
    ),
    permission="exchange.add_import",
    title=title,
    url=url,
    count_labels=count_labels,
)
APPLY = RunKind(
    key=APPLY_RUN,
    label=_("Import"),
    steps=(StepKind("apply", _("Apply"), apply), StepKind("verify", _("Verify the books"), verify)),
    permission="exchange.add_import",
    title=title,
    url=url,
    count_labels=count_labels,
)
