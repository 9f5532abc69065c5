"""The review of orders for what is made to order, before they are released: somebody else says that it can be made."""

import datetime as dt
from typing import Any

from contracts.errors import NothingToReview, OrderChanged, OwnOrderReviewed, PromisedTooEarly
from contracts.models import Order, OrderReview, OrderState
from contracts.notices import tell_of_review
from contracts.services.orders import lock_order, record_order_event
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.locks import atomic_or_busy

MAY_REVIEW = "contracts.review_order"


def review_order(
    *,
    actor: Any,
    order_id: int,
    version: int,
    verdict: str,
    on: dt.date,
    note: str = "",
    promised_on: dt.date | None = None,
) -> OrderReview:
    """Say of an edition of a draft that it can be made, perhaps by `promised_on`, or send it back with a reason.

    Sent twice, it is said once. A day is promised with an approval only.

    Raises NotAllowed, OrderUnknown, NothingToReview, OrderChanged (another edition), OwnOrderReviewed, ReasonMissing,
    PromisedTooEarly.
    """
    if not actor.has_perm(MAY_REVIEW):
        raise NotAllowed
    verdict, note = OrderReview.Verdict(verdict), note.strip()
    if verdict == OrderReview.Verdict.RETURNED:
        promised_on = None
        if not note:
            raise ReasonMissing
    if promised_on is not None and promised_on < on:
        raise PromisedTooEarly(day=on)
    with atomic_or_busy():
        order: Order = lock_order(actor, order_id)
        if order.state != OrderState.DRAFT or not order.is_custom:
            raise NothingToReview(number=order.number)
        if order.version != version:
            raise OrderChanged(number=order.number)
        if not may_review(actor, order):
            raise OwnOrderReviewed
        said = {"verdict": verdict, "note": note, "promised_on": promised_on, "reviewed_by": actor}
        last: OrderReview | None = order.reviews.filter(edition=version).first()
        if last is not None and all(getattr(last, name) == value for name, value in said.items()):
            return last
        review: OrderReview = OrderReview.objects.create(order=order, edition=version, on=on, **said)
        promised = promised_on.isoformat() if promised_on else ""
        record_order_event(order, "order_reviewed", on, actor, verdict=verdict.value, promised=promised)
        tell_of_review(review, actor=actor)
    return review


def may_review(user: Any, order: Order) -> bool:
    """Whether somebody may review an order he or she sees: nobody reviews what he or she wrote."""
    return bool(user.has_perm(MAY_REVIEW)) and user.pk not in (order.created_by_id, *order.author_ids)
