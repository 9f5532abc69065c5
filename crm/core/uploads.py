"""Files that people bring: taken only when the name and the content agree on what they are."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.core.files.base import File
from django.http import FileResponse, Http404

from crm.core.errors import DomainError

# By the end of the name: how the content begins, and the type it is served as.
Kinds = Mapping[str, tuple[bytes, str]]

SCANS: Kinds = {
    ".pdf": (b"%PDF-", "application/pdf"),
    ".png": (b"\x89PNG\r\n\x1a\n", "image/png"),
    ".jpg": (b"\xff\xd8\xff", "image/jpeg"),
    ".jpeg": (b"\xff\xd8\xff", "image/jpeg"),
}
ZIP = b"PK\x03\x04"
OFFICE = "application/vnd.openxmlformats-officedocument."
PAPERS: Kinds = {
    **SCANS,
    ".docx": (ZIP, f"{OFFICE}wordprocessingml.document"),
    ".xlsx": (ZIP, f"{OFFICE}spreadsheetml.sheet"),
}
LONGEST_NAME = 200


@dataclass(frozen=True)
class Accepted:
    """What is kept of a file beside its content: name without folders, size in bytes, SHA-256."""

    name: str
    size: int
    content_type: str
    checksum: str


def accepted(file: File, name: str, *, kinds: Kinds, megabytes: int, refused: type[DomainError]) -> Accepted:
    """A file of one of these kinds, not heavier than that; else raises `refused` with its name and the limit."""
    name = PurePath(name.replace("\\", "/")).name[-LONGEST_NAME:]
    begins_with, content_type = kinds.get(PurePath(name).suffix.lower(), (b"", ""))
    file.seek(0)
    if not content_type or not file.read(16).startswith(begins_with) or file.size > megabytes * 1024 * 1024:
        raise refused(name=name, megabytes=megabytes)
    return Accepted(name, file.size, content_type, checksum_of(file))


def as_stored(file: File) -> tuple[int, str] | None:
    """Size in bytes and SHA-256 of a kept file as it lies in storage now; None where it is lost."""
    try:
        with file.open("rb") as found:
            return found.size, checksum_of(found)
    except OSError:
        return None


def checksum_of(file: File) -> str:
    """SHA-256 of a file, which is read from its beginning and left there."""
    file.seek(0)
    checksum = hashlib.sha256()
    for chunk in file.chunks():
        checksum.update(chunk)
    file.seek(0)
    return checksum.hexdigest()


def handed_out(kept: Any) -> FileResponse:
    """An accepted file under the name it came with: saved, never shown in our own pages; 404 where it is lost."""
    if not kept.file.storage.exists(str(kept.file.name)):
        raise Http404
    found = kept.file.open("rb")
    return FileResponse(found, as_attachment=True, filename=kept.name, content_type=kept.content_type)
