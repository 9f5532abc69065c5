"""What becomes of the release of a held document when the document itself changes or goes.

Two directors let go what they read: a document that was changed is another one.
"""

import datetime as dt
from typing import Any

from credit.models import CreditRequest, Lift
from crm.approvals.models import Ending
from crm.approvals.services import end_request
from crm.core.locks import atomic_or_busy


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
