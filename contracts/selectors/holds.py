"""What ends the hold of an order, or ended it."""

import datetime as dt

from contracts.models import Order, OrderState
from credit.models import CreditCheck, CreditRequest


def will_go(asked: CreditRequest, order: Order, on: dt.date) -> bool:
    """Whether an order on hold goes by what both directors approved, as soon as it is looked at again."""
    check, lift = order.last_check, getattr(asked, "lift", None)
    if check is None or lift is None or order.state != OrderState.HELD:
        return False
    found: bool = lift.lets_go(check, on)
    return found


def held_before(order: Order) -> CreditCheck | None:
    """The check that held an order which went by itself later; None of one on hold or released by somebody."""
    check = order.last_check
    if check is None or check.created_by_id is not None or order.held_on is None or order.state == OrderState.HELD:
        return None
    same = CreditCheck.objects.filter(source_kind=check.source_kind, source_id=check.source_id, pk__lt=check.pk)
    return same.order_by("-pk").first()
