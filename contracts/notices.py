"""Who is told what became of an order: its owner when others move it, the warehouse when it may leave."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.models import Order, OrderReview, OrderState, PaperReview
from credit.models import CreditCheck
from credit.words.checks import moves_in_words
from crm.accounts import roles
from crm.accounts.models import User
from crm.core.addresses import page_url
from crm.core.registry import NoticeKind
from crm.notices.services import Telling, notify_all

HELD, RELEASED, RETURNED, TO_DELIVER = "order_held", "order_released", "order_returned", "order_to_deliver"
REVIEWED, SENT_BACK = "order_review_approved", "order_review_returned"
TO_READ, ACCEPTED, REFUSED = "order_contract_to_read", "order_contract_accepted", "order_contract_refused"


def told(sentence: Callable[[], str]) -> Callable[[dict[str, Any]], str]:
    """The sentence of a kind, with its figures in it."""
    return lambda params: sentence() % params


def released(params: dict[str, Any]) -> str:
    """With what let it go, where it went by itself."""
    if params.get("lifted"):
        return _("Order %(number)s of %(customer)s is released: both directors approved it") % params
    if params.get("moved"):
        moved = moves_in_words(params["moved"])
        return _("Order %(number)s of %(customer)s is released: %(moved)s") % {**params, "moved": moved}
    return _("Order %(number)s of %(customer)s is released") % params


OF_OWNER = "contracts.view_order"
ORDER_NOTICES = (
    NoticeKind(
        HELD,
        gettext_lazy("Order on hold"),
        told(lambda: _("Order %(number)s of %(customer)s is on hold")),
        icon="hand-stop",
        permission=OF_OWNER,
    ),
    NoticeKind(
        RELEASED,
        gettext_lazy("Order released"),
        released,
        icon="circle-check",
        permission=OF_OWNER,
    ),
    NoticeKind(
        RETURNED,
        gettext_lazy("Order returned"),
        told(lambda: _("Order %(number)s of %(customer)s is a draft again: its contract is not in force any more")),
        icon="arrow-back-up",
        permission=OF_OWNER,
    ),
    NoticeKind(
        REVIEWED,
        gettext_lazy("Order reviewed"),
        told(lambda: _("Order %(number)s of %(customer)s was reviewed: it can be made")),
        icon="circle-check",
        permission=OF_OWNER,
    ),
    NoticeKind(
        SENT_BACK,
        gettext_lazy("Order sent back"),
        told(lambda: _("Order %(number)s of %(customer)s was sent back by its review: %(reason)s")),
        icon="arrow-back-up",
        permission=OF_OWNER,
    ),
    # Told to legal by its role.
    NoticeKind(
        TO_READ,
        gettext_lazy("Customer's contract to read"),
        told(lambda: _("%(customer)s sent a contract of its own for order %(number)s")),
        icon="file-text",
        permission=OF_OWNER,
    ),
    NoticeKind(
        ACCEPTED,
        gettext_lazy("Customer's contract accepted"),
        told(lambda: _("Legal accepted the contract of %(customer)s: order %(number)s can be released")),
        icon="circle-check",
        permission=OF_OWNER,
    ),
    NoticeKind(
        REFUSED,
        gettext_lazy("Customer's contract not accepted"),
        told(lambda: _("The contract of %(customer)s for order %(number)s was not accepted: %(reason)s")),
        icon="arrow-back-up",
        permission=OF_OWNER,
    ),
    # Told to the warehouse by its role, which sees no orders but these.
    NoticeKind(
        TO_DELIVER,
        gettext_lazy("Order to deliver"),
        told(lambda: _("Order %(number)s of %(customer)s can be delivered")),
        icon="checklist",
    ),
)


def tell_of_order(order: Order, kind: str, *, actor: Any, why: Mapping[str, Any] | None = None) -> None:
    """Tell the owner what became of an order, unless the owner did it; the warehouse of one that is released.

    The actor None is the system itself; `why` it went by itself (let_go_by) is for an owner who sees how credit stands.
    """
    params = {"number": order.number, "customer": order.customer.name}
    tellings = []
    if actor is None or actor.pk != order.owner_id:
        more = why if why and order.owner.has_perm("credit.view_creditaccount") else {}
        tellings.append(Telling(kind, {**params, **more}, order.get_absolute_url(), [order.owner_id]))
    if kind == RELEASED:
        to_deliver = f"{page_url('contracts:warehouse')}?q={order.number}"
        tellings.append(Telling(TO_DELIVER, params, to_deliver, role=roles.WAREHOUSE))
    notify_all(tellings)


def tell_of_review(review: OrderReview, *, actor: Any) -> None:
    """Tell the owner of an order, and its authors who still see it, what its review said."""
    kind = REVIEWED if review.verdict == OrderReview.Verdict.APPROVED else SENT_BACK
    tell_authors(review.order, kind, review.note, actor=actor)


def tell_legal(order: Order) -> None:
    """Tell legal that a contract of the customer's own waits to be read."""
    params = {"number": order.number, "customer": order.customer.name}
    notify_all([Telling(TO_READ, params, order.get_absolute_url(), role=roles.LEGAL)])


def tell_of_contract(order: Order, review: PaperReview, *, actor: Any) -> None:
    """Tell them what legal said of the customer's own contract."""
    kind = ACCEPTED if review.verdict == PaperReview.Verdict.ACCEPTED else REFUSED
    tell_authors(order, kind, review.note, actor=actor)


def tell_authors(order: Order, kind: str, reason: str, *, actor: Any) -> None:
    params = {"number": order.number, "customer": order.customer.name, "reason": reason}
    authors = User.objects.filter(pk__in={order.created_by_id, *order.author_ids} - {actor.pk, order.owner_id})
    seeing = [author.pk for author in authors if Order.objects.visible_to(author).filter(pk=order.pk).exists()]
    people = sorted({order.owner_id, *seeing} - {actor.pk})
    notify_all([Telling(kind, params, order.get_absolute_url(), people)])


def let_go_by(held: CreditCheck | None, check: CreditCheck) -> dict[str, Any]:
    """What let an order go by itself: both directors, or the figures that are others than when it was held."""
    if check.lift_id:
        return {"lifted": True}
    return {"moved": check.moved_since(held)} if held is not None else {}


KIND_OF = {OrderState.HELD: HELD, OrderState.RELEASED: RELEASED}
