"""Papers of an order: taken in after a look at what they are, kept in private storage; once checked they stay."""

from dataclasses import asdict
from functools import partial
from typing import Any

from django.core.files.base import File
from django.db import transaction

from contracts.errors import NoteWithoutDelivery, OrderUnknown, PaperReviewed, PaperStays, TooManyPapers
from contracts.models import Delivery, Order, OrderPaper
from contracts.notices import tell_legal
from contracts.services.deliveries import MAY_DELIVER
from contracts.services.orders import MAY_DRAFT, lock_order
from contracts.services.paper_reviews import awaits_contract
from credit.errors import AttachmentRefused
from credit.services.attachments import MEGABYTES, MOST
from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.uploads import PAPERS, Accepted, accepted


def add_paper(*, actor: Any, order_id: int, kind: str, file: File, name: str) -> OrderPaper:
    """Add a paper to an order as it stands, whatever became of it: name and content must agree. Sent again for the same
    edition it is the one there is.

    Raises NotAllowed, OrderUnknown, NoteWithoutDelivery, AttachmentRefused, TooManyPapers.
    """
    if not actor.has_perm(MAY_DRAFT):
        raise NotAllowed
    if kind == OrderPaper.Kind.RETURNED:
        raise NoteWithoutDelivery
    paper = looked_at(file, name)
    with atomic_or_busy():
        return keep(lock_order(actor, order_id), None, OrderPaper.Kind(kind), paper, file=file, actor=actor)


def add_signed_note(*, actor: Any, delivery_id: int, file: File, name: str) -> OrderPaper:
    """Add the customer's signed copy of its note to a delivery, taken back or not; sent again it is the one there is.

    The warehouse adds it for every customer, who drafts orders for those he or she sees.
    Raises NotAllowed, OrderUnknown, AttachmentRefused, TooManyPapers.
    """
    delivers = actor.has_perm(MAY_DELIVER)
    if not delivers and not actor.has_perm(MAY_DRAFT):
        raise NotAllowed
    seen = Delivery.objects.all() if delivers else Delivery.objects.visible_to(actor)
    delivery = seen.filter(pk=delivery_id).first()
    if delivery is None:
        raise OrderUnknown
    paper = looked_at(file, name)
    with atomic_or_busy():
        order = Order.objects.select_for_update(no_key=True, of=("self",)).get(pk=delivery.order_id)
        return keep(order, delivery, OrderPaper.Kind.RETURNED, paper, file=file, actor=actor)


def looked_at(file: File, name: str) -> Accepted:
    """A file that is what its name says. Raises AttachmentRefused."""
    return accepted(file, name, kinds=PAPERS, megabytes=MEGABYTES, refused=AttachmentRefused)


def keep(
    order: Order, delivery: Delivery | None, kind: OrderPaper.Kind, paper: Accepted, *, file: File, actor: Any
) -> OrderPaper:
    """Keep a paper of a locked order, or of one of its deliveries; one that is there already is answered.

    Raises TooManyPapers.
    """
    beside = order.papers.filter(delivery=delivery)
    earlier: OrderPaper | None = beside.filter(edition=order.version, kind=kind, checksum=paper.checksum).first()
    if earlier is not None:
        return earlier
    if beside.count() >= MOST:
        raise TooManyPapers(count=MOST)
    made = OrderPaper(
        order=order, edition=order.version, delivery=delivery, kind=kind, **asdict(paper), uploaded_by=actor
    )
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
