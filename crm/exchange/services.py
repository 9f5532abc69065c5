"""Use cases of import and export: take a file in, say how it is read, start its dry run, apply it, put it away."""

import datetime as dt
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import PurePath
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from crm.exchange.errors import (
    AlreadyApplied,
    ColumnsMissing,
    FaultyRows,
    FileEmpty,
    FileTooLarge,
    KindNotKnown,
    NoRows,
    NotChecked,
    NothingToApply,
    StillWorking,
)
from crm.exchange.guess import guess_mapping, known_words
from crm.exchange.kinds import AUTOMATIC, ENCODING, ImportKind, chosen_encoding, import_kind
from crm.exchange.models import Import, ImportProfile, StagingRow
from crm.exchange.readers import Sheet, open_sheet
from crm.exchange.reading import shown
from crm.exchange.steps import APPLY_RUN, CHECK_RUN, open_file, params_of
from crm.jobs.models import Run, RunState
from crm.jobs.services import start_run

SAMPLE_ROWS = 5


def require_importer(actor: Any, kind_key: str) -> ImportKind:
    """The kind, if the actor may import it; None is the system itself. Raises KindNotKnown, NotAllowed."""
    kind = import_kind(kind_key)
    if kind is None:
        raise KindNotKnown
    if actor is not None and not (actor.has_perm("exchange.add_import") and actor.has_perm(kind.permission)):
        raise NotAllowed
    return kind


def receive_file(
    *,
    actor: Any,
    kind: str,
    file: IO[bytes],
    file_name: str,
    today: dt.date,
    profile_id: int | None = None,
    sheet: str = "",
    encoding: str = AUTOMATIC,
) -> Import:
    """Take a file in: checked by its content, kept in private storage, its columns guessed.

    `encoding` is that of a text file, as in the option; found out, the one of a profile counts.
    Raises FileRefused with the reason; then nothing is kept.
    """
    known = require_importer(actor, kind)
    profile = ImportProfile.objects.filter(pk=profile_id, kind=kind).first() if profile_id else None
    with tempfile.TemporaryFile() as copy:
        digest = copied(file, copy)
        options = known.clean_options({**kept_options(known, profile), **named(encoding)})
        words = known_words(known)
        seen = open_sheet(copy, sheet=sheet, words=words, encoding=chosen_encoding(options))
        samples = sample_rows(seen)
        if profile is None and (profile := fitting_profile(known, seen.heads)):
            options = known.clean_options({**kept_options(known, profile), **named(encoding)})
            if chosen_encoding(options) not in ("", seen.encoding):
                seen = open_sheet(copy, sheet=sheet, words=words, encoding=chosen_encoding(options))
                samples = sample_rows(seen)
        found = Import(
            kind=kind,
            file_name=PurePath(file_name.replace("\\", "/")).name[:200] or "file",
            file_hash=digest,
            sheets=seen.names,
            created_by=actor,
            on=today,
            profile=profile,
            options=options,
        )
        take_sheet(found, known, seen, samples, profile.mapping if profile else {})
        copy.seek(0)
        with atomic_or_busy():
            found.file.save("upload", File(copy), save=False)
            found.save()
    return found


def named(encoding: str) -> dict[str, str]:
    """The option of an encoding somebody named; without one, what is kept counts."""
    return {} if encoding == AUTOMATIC else {ENCODING.key: encoding}


def copied(file: IO[bytes], copy: IO[bytes]) -> str:
    """Copy an upload as far as the limit allows; returns its checksum."""
    limit = settings.EXCHANGE_MAX_UPLOAD_MB
    digest, size = sha256(), 0
    while chunk := file.read(1 << 20):
        size += len(chunk)
        if size > limit * 1_000_000:
            raise FileTooLarge(limit=limit)
        digest.update(chunk)
        copy.write(chunk)
    if not size:
        raise FileEmpty
    copy.seek(0)
    return digest.hexdigest()


def sample_rows(sheet: Sheet) -> list[list[str]]:
    """The first rows as text; the rest of the file is left unread."""
    samples = []
    for line in sheet.lines():
        samples.append([shown(cell) for cell in line.cells])
        if len(samples) == SAMPLE_ROWS:
            break
    if not samples:
        raise NoRows
    return samples


def fitting_profile(kind: ImportKind, heads: list[str]) -> ImportProfile | None:
    """The newest profile all of whose columns are in the file: the same source sends the same heads."""
    for profile in ImportProfile.objects.filter(kind=kind.key).order_by("-changed_at")[:50]:
        if profile.mapping and set(profile.mapping.values()) <= set(heads):
            return profile
    return None


def kept_options(kind: ImportKind, profile: ImportProfile | None) -> dict[str, str]:
    """The profile's options that the kind still knows."""
    known = {spec.key for spec in kind.all_options}
    return {key: value for key, value in (profile.options if profile else {}).items() if key in known}


def take_sheet(
    found: Import, kind: ImportKind, sheet: Sheet, samples: list[list[str]], mapping: Mapping[str, str]
) -> None:
    found.file_kind, found.encoding, found.separator = sheet.kind, sheet.encoding, sheet.separator
    found.sheet, found.heads, found.samples = sheet.name, sheet.heads, samples
    found.mapping = guess_mapping(kind, sheet.heads, samples, mapping)


def choose_sheet(*, actor: Any, import_id: int, sheet: str) -> Import:
    """Read another sheet of the workbook; its columns are guessed anew."""
    with atomic_or_busy():
        found, kind = locked(import_id, actor)
        read_anew(found, kind, sheet)
        found.check_run, found.counts, found.causes = None, {}, {}
        found.save()
    return found


def choose_encoding(*, actor: Any, import_id: int, encoding: str) -> Import:
    """Read a text file in another encoding; its columns are guessed anew. Raises OptionInvalid, EncodingUnknown."""
    with atomic_or_busy():
        found, kind = locked(import_id, actor)
        found.options = kind.clean_options({**found.options, ENCODING.key: encoding})
        read_anew(found, kind, found.sheet)
        found.check_run, found.counts, found.causes = None, {}, {}
        found.save()
    return found


def read_anew(found: Import, kind: ImportKind, sheet: str) -> None:
    """Heads, first values and columns of the file as it is read now."""
    with open_file(found) as file:
        seen = open_sheet(file, sheet=sheet, words=known_words(kind), encoding=chosen_encoding(found.options))
        take_sheet(found, kind, seen, sample_rows(seen), found.mapping)


def start_check(
    *,
    actor: Any,
    import_id: int,
    mapping: Mapping[str, str],
    options: Mapping[str, Any],
    profile_name: str = "",
) -> Run:
    """Keep how the columns are read (as a profile too, if it is named) and start the dry run.

    The columns are those of the file in the encoding of the options.
    Raises ColumnsMissing, OptionInvalid, EncodingUnknown, StillWorking.
    """
    with atomic_or_busy():
        found, kind = locked(import_id, actor)
        chosen = {key: head for key, head in mapping.items() if head}
        before, found.options = found.options, kind.clean_options(options)
        if chosen_encoding(found.options) != chosen_encoding(before):
            read_anew(found, kind, found.sheet)
        check_mapping(kind, found, chosen)
        found.mapping = chosen
        if profile_name.strip():
            found.profile = keep_profile(actor, kind, profile_name.strip()[:80], found)
        run = start_run(kind=CHECK_RUN, params=params_of(found), actor=actor, on=found.on)
        found.check_run, found.apply_run, found.counts, found.causes = run, None, {}, {}
        found.leave_out_faulty = False
        found.save()
    return run


def check_mapping(kind: ImportKind, found: Import, mapping: Mapping[str, str]) -> None:
    """Every required field has a column of the file; no other field is named."""
    known = {spec.key for spec in kind.fields}
    missing = [str(spec.label) for spec in kind.fields if spec.required and spec.key not in mapping]
    strange = [head for key, head in mapping.items() if key not in known or head not in found.heads]
    if missing or strange:
        raise ColumnsMissing(fields=_(", ").join([*missing, *strange]))


def keep_profile(actor: Any, kind: ImportKind, name: str, found: Import) -> ImportProfile:
    """Keep mapping and options under a name; the name is the profile's key within its kind."""
    profile, _created = ImportProfile.objects.update_or_create(
        kind=kind.key,
        name=name,
        defaults={"mapping": found.mapping, "options": found.options},
        create_defaults={"mapping": found.mapping, "options": found.options, "created_by": actor},
    )
    return profile


def start_apply(*, actor: Any, import_id: int, leave_out_faulty: bool = False) -> Run:
    """Start applying a checked import: all of it, or all but its faulty rows if the user says so.

    Raises NotChecked, FaultyRows, NothingToApply, AlreadyApplied, StillWorking.
    """
    with atomic_or_busy():
        found, _kind = locked(import_id, actor)
        if found.check_run is None or found.check_run.state != RunState.DONE:
            raise NotChecked
        if found.faulty and not (leave_out_faulty and found.to_apply):
            raise FaultyRows(count=found.faulty)
        if not found.to_apply:
            raise NothingToApply
        run = start_run(kind=APPLY_RUN, params=params_of(found), actor=actor, on=found.on)
        found.apply_run, found.leave_out_faulty = run, leave_out_faulty and bool(found.faulty)
        found.save(update_fields=["apply_run", "leave_out_faulty"])
    return run


def discard(*, actor: Any, import_id: int) -> None:
    """Put an import away that was not applied: its file and staged rows are deleted."""
    with atomic_or_busy():
        found, _kind = locked(import_id, actor)
        StagingRow.objects.filter(import_id=found.pk).delete()
        name, storage = found.file.name, found.file.storage
        found.file, found.samples = "", []
        found.discarded_at = Now()
        found.save(update_fields=["file", "samples", "discarded_at"])
    if name:
        storage.delete(name)


def locked(import_id: int, actor: Any) -> tuple[Import, ImportKind]:
    """The import under lock, if the actor may work on it and nothing else does."""
    found: Import = (
        Import.objects.select_for_update(no_key=True, of=("self",))
        .select_related("check_run", "apply_run")
        .get(pk=import_id)
    )
    kind = require_importer(actor, found.kind)
    if actor is not None and found.created_by_id != actor.pk:
        raise NotAllowed
    if found.applied_at or found.discarded_at:
        raise AlreadyApplied
    if any(run is not None and not run.ended for run in (found.check_run, found.apply_run)):
        raise StillWorking
    return found, kind


def purge_imports(days: int) -> int:
    """Delete files and staged rows of imports that have been lying for `days`; what was done stays on record."""
    old = Import.objects.filter(created_at__lt=Now() - dt.timedelta(days=days)).exclude(file="")
    count = 0
    for found in old.select_related("check_run", "apply_run"):
        if any(run is not None and not run.ended for run in (found.check_run, found.apply_run)):
            continue
        StagingRow.objects.filter(import_id=found.pk).delete()
        found.file.delete(save=False)
        Import.objects.filter(pk=found.pk).update(file="", samples=[])
        count += 1
    return count
