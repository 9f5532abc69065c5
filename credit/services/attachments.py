"""Papers of a request: taken in after a look at what they are, kept in private storage."""

from dataclasses import asdict
from functools import partial
from typing import Any

from django.core.files.base import File
from django.db import transaction

from credit.errors import AttachmentRefused, RequestSubmitted, TooManyAttachments
from credit.models import Attachment, CreditRequest
from credit.services.requests import MAY_ASK, lock_draft
from crm.approvals.models import RequestState
from crm.approvals.services.progress import lock_request
from crm.core.locks import atomic_or_busy
from crm.core.uploads import PAPERS, accepted

MEGABYTES = 10
MOST = 20


def add_attachment(*, actor: Any, request_id: int, kind: str, file: File, name: str) -> Attachment:
    """Add a paper to a draft, or to one's request while a question about it is open: name and content must agree.

    Raises NotAllowed, RequestSubmitted, AttachmentRefused, TooManyAttachments.
    """
    paper = accepted(file, name, kinds=PAPERS, megabytes=MEGABYTES, refused=AttachmentRefused)
    with atomic_or_busy():
        request = lock_to_add(actor, request_id)
        if request.attachments.count() >= MOST:
            raise TooManyAttachments(count=MOST)
        made = Attachment(
            request=request,
            kind=Attachment.Kind(kind),
            **asdict(paper),
            uploaded_by=actor,
        )
        made.file.save(paper.name, file, save=False)
        made.save()
    return made


def lock_to_add(actor: Any, request_id: int) -> CreditRequest:
    """A request that takes another paper, locked: a draft, or what its applicant was asked about and has not answered.

    Raises NotAllowed, RequestSubmitted.
    """
    own = CreditRequest.objects.filter(pk=request_id, approval__applicant=actor, approval__state=RequestState.RETURNED)
    returned: CreditRequest | None = own.first() if actor.has_perm(MAY_ASK) else None
    if returned is None or returned.approval_id is None:
        return lock_draft(actor, request_id)
    if lock_request(returned.approval_id).state != RequestState.RETURNED:
        raise RequestSubmitted
    return returned


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
