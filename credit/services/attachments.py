"""Papers of a request: taken in after a look at what they are, kept in private storage."""

import hashlib
from functools import partial
from pathlib import PurePath
from typing import Any

from django.core.files.base import File
from django.db import transaction

from credit.models import Attachment
from credit.request_errors import AttachmentRefused, TooManyAttachments
from credit.services.requests import lock_draft
from crm.core.locks import atomic_or_busy

MEGABYTES = 10
MOST = 20
ZIP = b"PK\x03\x04"
OFFICE = "application/vnd.openxmlformats-officedocument."
# By the end of the name: how the content begins, and the type it is served as.
KINDS: dict[str, tuple[bytes, str]] = {
    ".pdf": (b"%PDF-", "application/pdf"),
    ".png": (b"\x89PNG\r\n\x1a\n", "image/png"),
    ".jpg": (b"\xff\xd8\xff", "image/jpeg"),
    ".jpeg": (b"\xff\xd8\xff", "image/jpeg"),
    ".docx": (ZIP, f"{OFFICE}wordprocessingml.document"),
    ".xlsx": (ZIP, f"{OFFICE}spreadsheetml.sheet"),
}


def add_attachment(*, actor: Any, request_id: int, kind: str, file: File, name: str) -> Attachment:
    """Add a paper to a draft: its name and its content must agree on what it is.

    Raises NotAllowed, RequestSubmitted, AttachmentRefused, TooManyAttachments.
    """
    name = PurePath(name.replace("\\", "/")).name[-200:]
    found = KINDS.get(PurePath(name).suffix.lower())
    file.seek(0)
    begins = file.read(16)
    if found is None or not begins.startswith(found[0]) or file.size > MEGABYTES * 1024 * 1024:
        raise AttachmentRefused(name=name, megabytes=MEGABYTES)
    file.seek(0)
    checksum = hashlib.sha256()
    for chunk in file.chunks():
        checksum.update(chunk)
    file.seek(0)
    with atomic_or_busy():
        request = lock_draft(actor, request_id)
        if request.attachments.count() >= MOST:
            raise TooManyAttachments(count=MOST)
        made = Attachment(
            request=request,
            kind=Attachment.Kind(kind),
            name=name,
            size=file.size,
            content_type=found[1],
            checksum=checksum.hexdigest(),
            uploaded_by=actor,
        )
        made.file.save(name, file, save=False)
        made.save()
    return made


def remove_attachment(*, actor: Any, request_id: int, attachment_id: int) -> None:
    """Take a paper out of a draft. Raises NotAllowed, RequestSubmitted."""
    with atomic_or_busy():
        request = lock_draft(actor, request_id)
        found = request.attachments.filter(pk=attachment_id).first()
        if found is None:
            return
        storage, name = found.file.storage, str(found.file.name)
        found.delete()
        transaction.on_commit(partial(storage.delete, name))
