"""Annexes of a draft: files taken in after a look at what they are, put in order, taken out again."""

from dataclasses import asdict
from functools import partial
from typing import Any

import pghistory
from django.core.files.base import File
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from contracts.errors import AnnexedAlready, AnnexRefused, TooManyAnnexes
from contracts.models import Annex, AnnexKind
from contracts.services.drafting import lock_draft, save_edition
from crm.core.locks import atomic_or_busy
from crm.core.uploads import PAPERS, accepted

MEGABYTES = 20
MOST = 20


def add_annex(*, actor: Any, contract_id: int, kind: str, title: str, file: File, name: str) -> Annex:
    """Annex a file to a draft, behind those it has; the actor is one of the authors of the draft from now on.

    The same file sent twice is annexed once. Without a title it bears the name of the file.

    Raises NotAllowed, ContractNotDraft, AnnexRefused, TooManyAnnexes, AnnexedAlready (under another title or kind).
    """
    paper = accepted(file, name, kinds=PAPERS, megabytes=MEGABYTES, refused=AnnexRefused)
    title = title.strip() or paper.name[:120]
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        contract = lock_draft(actor, contract_id, None)
        same: Annex | None = contract.annexes.annexed().filter(checksum=paper.checksum).first()
        if same is not None:
            if (same.kind, same.title) == (kind, title):
                return same
            raise AnnexedAlready(title=same.title)
        if contract.annexes.annexed().count() >= MOST:
            raise TooManyAnnexes(count=MOST)
        last = contract.annexes.aggregate(last=Max("position"))["last"] or 0
        made = Annex(
            contract=contract,
            position=last + 1,
            kind=AnnexKind(kind),
            title=title,
            **asdict(paper),
            uploaded_by=actor,
        )
        made.file.save(paper.name, file, save=False)
        made.save()
        save_edition(contract, actor)
    return made


def move_annex(*, actor: Any, contract_id: int, annex_id: int) -> None:
    """Let an annex of a draft change places with the one before it. Raises NotAllowed, ContractNotDraft."""
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        contract = lock_draft(actor, contract_id, None)
        annex = contract.annexes.annexed().filter(pk=annex_id).first()
        before = contract.annexes.annexed().filter(position__lt=annex.position).last() if annex else None
        if annex is None or before is None:
            return
        annex.position, before.position = before.position, annex.position
        Annex.objects.bulk_update([annex, before], ["position"])
        save_edition(contract, actor)


def remove_annex(*, actor: Any, contract_id: int, annex_id: int) -> None:
    """Take an annex out of a draft. Once the contract was submitted, it is kept beside it, for what was decided on it.

    Of a draft that never was, the file goes unless another version names it.

    Raises NotAllowed, ContractNotDraft.
    """
    with atomic_or_busy(), pghistory.context(user=actor.pk):
        contract = lock_draft(actor, contract_id, None)
        found = contract.annexes.annexed().filter(pk=annex_id).first()
        if found is None:
            return
        if contract.submissions.exists():
            found.removed_at = timezone.now()
            found.save(update_fields=["removed_at"])
        else:
            storage, name = found.file.storage, str(found.file.name)
            found.delete()
            if not Annex.objects.filter(file=name).exists():
                transaction.on_commit(partial(storage.delete, name))
        save_edition(contract, actor)
