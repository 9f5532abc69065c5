"""Papers of an order: taken in after a look at what they are, kept in private storage; once checked they stay."""

from dataclasses import asdict
from functools import partial
from typing import Any

from django.core.files.base import File
from django.db import transaction

from contracts.errors import PaperReviewed, PaperStays, TooManyPapers
from contracts.models import Order, OrderPaper
from contracts.notices import tell_legal
from contracts.services.orders import MAY_DRAFT, lock_order
from contracts.services.paper_reviews import awaits_contract
from credit.errors import AttachmentRefused
from credit.services.attachments import MEGABYTES, MOST
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.uploads import PAPERS, accepted


def add_paper(*, actor: Any, order_id: int, kind: str, file: File, name: str) -> OrderPaper:
    """Add a paper to an order as it stands, whatever became of it: name and content must agree. Sent again for the same
    edition it is the one there is.

    Raises NotAllowed, OrderUnknown, AttachmentRefused, TooManyPapers.
    """
    if not actor.has_perm(MAY_DRAFT):
        raise NotAllowed
    paper = accepted(file, name, kinds=PAPERS, megabytes=MEGABYTES, refused=AttachmentRefused)
    with atomic_or_busy():
        order: Order = lock_order(actor, order_id)
        said = {"edition": order.version, "kind": OrderPaper.Kind(kind)}
        earlier: OrderPaper | None = order.papers.filter(**said, checksum=paper.checksum).first()
        if earlier is not None:
            return earlier
        if order.papers.count() >= MOST:
            raise TooManyPapers(count=MOST)
        made = OrderPaper(order=order, **said, **asdict(paper), uploaded_by=actor)
        made.file.save(paper.name, file, save=False)
        made.save()
        if awaits_contract(order, made):
            tell_legal(order)
    return made


def remove_paper(*, actor: Any, order_id: int, paper_id: int) -> None:
    """Take a paper out of a draft that was never checked; one that is gone already is no mistake.

    Raises NotAllowed, OrderUnknown, PaperStays, PaperReviewed.
    """
    if not actor.has_perm(MAY_DRAFT):
        raise NotAllowed
    with atomic_or_busy():
        order: Order = lock_order(actor, order_id)
        if not order.is_unchecked:
            raise PaperStays(number=order.number)
        found = order.papers.filter(pk=paper_id).first()
        if found is None:
            return
        if found.reviews.exists():
            raise PaperReviewed
        storage, name = found.file.storage, str(found.file.name)
        found.delete()
        transaction.on_commit(partial(storage.delete, name))
