"""How both directors are asked for the release of a held document, and what becomes of it when the document itself
changes or goes.

Two directors let go what they read: a document that was changed is another one.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core.files.base import File

from credit.errors import ReleasePast
from credit.models import Attachment, CreditRequest, Lift
from credit.services.attachments import add_attachment
from credit.services.requests import draft_release, submit_request
from crm.approvals.models import Ending
from crm.approvals.services import end_request
from crm.core.dates import business_today
from crm.core.locks import atomic_or_busy


def ask_release(
    *,
    actor: Any,
    source_kind: str,
    source_id: int,
    until: dt.date,
    reason: str,
    papers: Sequence[File] = (),
    on: dt.date | None = None,
) -> CreditRequest:
    """Ask both directors for the release of one held document, with papers: nothing is left of what is refused.

    Raises ReleasePast and what draft_release, add_attachment and submit_request raise.
    """
    today = on or business_today()
    if until < today:
        raise ReleasePast(until=until)
    kept: list[Attachment] = []
    try:
        with atomic_or_busy():
            draft = draft_release(actor=actor, source_kind=source_kind, source_id=source_id, until=until, reason=reason)
            for file in papers:
                other, name = Attachment.Kind.OTHER, str(file.name)
                kept.append(add_attachment(actor=actor, request_id=draft.pk, kind=other, file=file, name=name))
            return submit_request(actor=actor, request_id=draft.pk, on=today)
    except Exception:
        for made in kept:  # the database has forgotten them, storage has not
            made.file.storage.delete(str(made.file.name))
        raise


def end_requests(*, source_kind: str, source_id: int, why: Ending, on: dt.date, actor: Any = None) -> int:
    """The request for the release of a document that waits for a decision is withdrawn; answers how many were.

    To be called under the lock of the document's account. Raises Busy where it is being decided.
    """
    with atomic_or_busy():
        waiting = CreditRequest.objects.filter(is_open=True, source_kind=source_kind, source_id=source_id)
        found = [key for key in waiting.values_list("approval_id", flat=True) if key is not None]
        return sum(end_request(request_id=key, why=why, actor=actor, on=on) for key in found)


def end_release(*, source_kind: str, source_id: int, why: Ending, on: dt.date, actor: Any = None) -> None:
    """The running request is withdrawn, and a lift that was approved counts no longer; both stay to be read.

    To be called under the lock of the document's account, as end_requests.
    """
    with atomic_or_busy():
        end_requests(source_kind=source_kind, source_id=source_id, why=why, on=on, actor=actor)
        Lift.objects.filter(source_kind=source_kind, source_id=source_id, ended_on=None).update(ended_on=on)
