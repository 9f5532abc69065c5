"""The queue of orders on hold: why each waits, how much is missing, and what would let it go."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from contracts.models import Order, OrderState
from contracts.order_filters import OrderFilter
from credit.check_words import in_words
from crm.core.columns import Column
from crm.core.lists import Empty, ListView, Preset
from customers.columns import customer_column


def reasons_of(order: Order) -> str:
    """The reasons of the last check in words, those that hold it first."""
    return " · ".join(str(reason.label) for reason in held_by(order))


def held_by(order: Order) -> list[Any]:
    check = order.last_check
    return in_words(finding for finding in check.findings if finding.severity == "hold") if check else []


def said_of(order: Order) -> str:
    return " ".join(reason.sentence for reason in held_by(order))


def proposals_of(order: Order) -> str:
    return " ".join(reason.proposal for reason in held_by(order))


CHECK: Any = {"related": ("last_check",)}


class HoldQueue(ListView):
    """Orders on hold, the one that waits longest on top."""

    key = "holds"
    title = _("Orders on hold")
    permission = "contracts.see_holds"
    model = Order
    filterset_class = OrderFilter
    default_order = ("held_on", "pk")
    columns = (
        Column("number", _("Order"), url=Order.get_absolute_url, order_by="number"),
        customer_column(),
        Column("held_on", _("On hold since"), "date", order_by="held_on"),
        Column("amount", _("Amount"), "money", value="last_check.amount", order_by="last_check__amount", **CHECK),
        Column("exposure", _("Exposure"), "money", value="last_check.exposure", default=False, **CHECK),
        Column("left", _("Left afterwards"), "money", value="last_check.left_after", **CHECK),
        Column("reasons", _("Reason"), value=reasons_of, wraps=True, **CHECK),
        Column("said", _("Figures"), value=said_of, default=False, wraps=True, **CHECK),
        Column("proposals", _("What would release it"), value=proposals_of, wraps=True, **CHECK),
        Column("owner", _("Owner"), related=("owner",), order_by="owner__name", default=False),
    )
    presets = (Preset("all", _("All")), Preset("mine", _("Mine"), "mine=true"))
    empty = Empty(_("No order is on hold"), _("Orders the credit check holds wait here until something changes."))

    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[Any]:
        return Order.objects.visible_to(user).filter(state=OrderState.HELD)
