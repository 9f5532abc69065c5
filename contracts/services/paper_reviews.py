"""The customer's own contract: it counts for the order it came with once legal has read and accepted it."""

import datetime as dt
from typing import Any

from django.db.models import OuterRef, Subquery

from contracts.errors import NothingToAccept, OrderChanged, OwnContractAccepted
from contracts.models import Order, OrderPaper, OrderState, PaperReview
from contracts.notices import tell_of_contract
from contracts.services.orders import lock_order, record_order_event
from credit.models import Payment
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.locks import atomic_or_busy

MAY_ACCEPT = "contracts.accept_contract"
LAST_REVIEW = PaperReview.objects.filter(paper=OuterRef("pk")).order_by("-pk")


def review_contract(
    *, actor: Any, order_id: int, paper_id: int, version: int, verdict: str, on: dt.date, note: str = ""
) -> PaperReview:
    """Say of the customer's own contract, the newest, that it counts for the draft it came with, or why it does not.

    Sent twice, it is said once.

    Raises NotAllowed, OrderUnknown, OrderChanged (another edition), NothingToAccept, OwnContractAccepted,
    ReasonMissing.
    """
    if not actor.has_perm(MAY_ACCEPT):
        raise NotAllowed
    verdict, note = PaperReview.Verdict(verdict), note.strip()
    if verdict == PaperReview.Verdict.REFUSED and not note:
        raise ReasonMissing
    with atomic_or_busy():
        order: Order = lock_order(actor, order_id)
        if order.version != version:
            raise OrderChanged(number=order.number)
        paper: Any = purchase_contracts(order).last()
        if paper is None or paper.pk != paper_id or not awaits_contract(order, paper):
            raise NothingToAccept(number=order.number)
        if not may_accept(actor, order, paper):
            raise OwnContractAccepted
        said = {"verdict": verdict, "note": note, "reviewed_by": actor}
        last: PaperReview | None = paper.reviews.first()
        if last is not None and all(getattr(last, name) == value for name, value in said.items()):
            return last
        review: PaperReview = PaperReview.objects.create(paper=paper, on=on, **said)
        record_order_event(order, "order_contract_read", on, actor, verdict=verdict.value)
        tell_of_contract(order, review, actor=actor)
    return review


def awaits_contract(order: Order, paper: OrderPaper) -> bool:
    """Whether a paper is a contract of the customer's own, of a draft as it stands that goes under none of ours."""
    current = paper.kind == OrderPaper.Kind.PURCHASE and paper.edition == order.version
    on_credit_alone = order.payment == Payment.CREDIT and order.contract_id is None
    return current and on_credit_alone and order.state == OrderState.DRAFT


def may_accept(user: Any, order: Order, paper: OrderPaper) -> bool:
    """Whether somebody may say of a contract that it counts: nobody who wrote the order or brought the contract."""
    own = (order.created_by_id, *order.author_ids, paper.uploaded_by_id)
    return bool(user.has_perm(MAY_ACCEPT)) and user.pk not in own


def purchase_contracts(order: Order) -> Any:
    """The customer's own contracts that were added to an order as it stands, with the last `verdict` on each."""
    found = order.papers.filter(kind=OrderPaper.Kind.PURCHASE, edition=order.version)
    return found.annotate(
        verdict=Subquery(LAST_REVIEW.values("verdict")[:1]), verdict_note=Subquery(LAST_REVIEW.values("note")[:1])
    )


def accepted_contract(order: Order) -> OrderPaper | None:
    """The customer's own contract that an order, as it stands, goes under: the newest of its files, once accepted."""
    newest: Any = purchase_contracts(order).last()
    return newest if newest is not None and newest.verdict == PaperReview.Verdict.ACCEPTED else None
