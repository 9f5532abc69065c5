"""What orders put on other pages: a panel of the customer page, cards of 'My day', search, timeline, menu."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.filters import (
    by_number,
    contracts_to_accept,
    deliveries_by_number,
    deliveries_made,
    orders_to_deliver,
    orders_to_review,
)
from contracts.models import Order, OrderState
from contracts.services.order_reviews import MAY_REVIEW
from contracts.services.orders import SOURCE
from contracts.services.paper_reviews import MAY_ACCEPT
from contracts.services.pricing import agreed_discount
from contracts.views.order_lists import SEE, delivery_url
from crm.accounts.roles import LEGAL
from crm.core.addresses import record_url
from crm.core.dates import business_today
from crm.core.display import isodate, money
from crm.core.registry import (
    DayCard,
    DayCardContent,
    DayCardRow,
    MenuItem,
    Panel,
    SearchHit,
    SearchProvider,
    SourceLink,
    TimelineKind,
)

ROWS = 8
TOP = 5
HITS = 8


def orders_panel(request: HttpRequest, customer: Any) -> dict[str, Any]:
    """The newest orders of a customer, and the discount agreed."""
    user: Any = request.user
    found = list(Order.objects.filter(customer=customer).order_by("-pk")[: ROWS + 1])
    return {
        "customer": customer,
        "orders": found[:ROWS],
        "has_more": len(found) > ROWS,
        "agreed": agreed_discount(customer_id=customer.pk, on=business_today()),
        "may_draft": user.has_perm("contracts.add_order"),
        "may_agree": user.has_perm("contracts.add_customerdiscount"),
    }


PANELS = (
    Panel(
        key="orders",
        title=gettext_lazy("Orders"),
        template="contracts/panels/orders.html",
        context=orders_panel,
        permission=SEE,
        order=24,
    ),
)


def held_card(user: Any) -> DayCardContent:
    """Orders on hold, the oldest first."""
    found = Order.objects.visible_to(user).filter(state=OrderState.HELD)
    rows = found.select_related("customer").order_by("held_on", "pk")[:TOP]
    return DayCardContent(
        count=found.count(),
        rows=[
            DayCardRow(
                label=order.customer.name,
                url=order.get_absolute_url(),
                detail=_("%(number)s · on hold since %(day)s · %(currency)s")
                % {"number": order.number, "day": isodate(order.held_on), "currency": order.currency},
                amount=order.total,
                tone="danger",
            )
            for order in rows
        ],
        url=reverse("contracts:holds")
        if user.has_perm("contracts.see_holds")
        else f"{reverse('contracts:orders')}?state={OrderState.HELD}",
        empty=_("No order is on hold."),
    )


def warehouse_card(user: Any) -> DayCardContent:
    """Released orders, the one that is wanted first on top."""
    found = orders_to_deliver(user)
    rows = found.select_related("customer").order_by("wanted_on", "pk")[:TOP]
    return DayCardContent(
        count=found.count(),
        rows=[
            DayCardRow(
                label=order.customer.name,
                url=delivery_url(order),
                detail=" · ".join(part for part in (order.number, isodate(order.wanted_on)) if part),
                tone="info",
            )
            for order in rows
        ],
        url=reverse("contracts:warehouse"),
        empty=_("Nothing to deliver."),
    )


def review_card(user: Any) -> DayCardContent:
    """Orders that wait for somebody to say that they can be made, and were written by others; the oldest first."""
    return waiting_card(orders_to_review(user), "to_review", _("No order waits for a review."))


def accept_card(user: Any) -> DayCardContent:
    """Orders that go under a contract of the customer's own, which somebody else brought; the oldest first."""
    return waiting_card(contracts_to_accept(user), "to_accept", _("No contract of a customer waits to be read."))


def waiting_card(found: Any, name: str, empty: str) -> DayCardContent:
    """Drafts that wait for somebody, and the filter of the list that finds them all."""
    rows = found.select_related("customer").order_by("pk")[:TOP]
    return DayCardContent(
        count=found.count(),
        rows=[
            DayCardRow(
                label=order.customer.name,
                url=order.get_absolute_url(),
                detail=" · ".join(part for part in (order.number, isodate(order.wanted_on)) if part),
                tone="warning",
            )
            for order in rows
        ],
        url=f"{reverse('contracts:orders')}?{name}=true",
        empty=empty,
    )


DAY_CARDS = (
    DayCard("orders_to_review", gettext_lazy("Orders to review"), MAY_REVIEW, review_card, order=24),
    DayCard(
        "contracts_to_accept",
        gettext_lazy("Customers' contracts to read"),
        MAY_ACCEPT,
        accept_card,
        order=24,
        order_of={LEGAL: 4},
    ),
    DayCard("orders_on_hold", gettext_lazy("Orders on hold"), SEE, held_card, order=25),
    DayCard("orders_to_deliver", gettext_lazy("To deliver"), "contracts.deliver_order", warehouse_card, order=26),
)


def search_orders(user: Any, text: str) -> Iterable[SearchHit]:
    text = text.strip()
    if len(text) < 2:
        return []
    begins = Q(number__startswith=text.upper())
    found = Order.objects.visible_to(user).filter(begins).select_related("customer").order_by("number")[:HITS]
    return [
        SearchHit(
            label=order.number,
            url=order.get_absolute_url(),
            detail=" · ".join([order.customer.name, f"{money(order.total)} {order.currency}", str(order.state_badge)]),
        )
        for order in found
    ]


def search_to_deliver(user: Any, text: str) -> Iterable[SearchHit]:
    """What the warehouse may deliver; no money is shown."""
    if len(text.strip()) < 2:
        return []
    found = by_number(orders_to_deliver(user), text).select_related("customer").order_by("number")[:HITS]
    return [SearchHit(label=order.number, url=delivery_url(order), detail=order.customer.name) for order in found]


def search_deliveries(user: Any, text: str) -> Iterable[SearchHit]:
    """What the warehouse has delivered."""
    if len(text.strip()) < 2:
        return []
    found = deliveries_by_number(deliveries_made(user), text).select_related("order__customer").order_by("-pk")[:HITS]
    return [
        SearchHit(
            label=delivery.number,
            url=f"{reverse('contracts:deliveries_made')}?q={delivery.number}",
            detail=" · ".join([delivery.order.customer.name, delivery.order.number, isodate(delivery.on)]),
        )
        for delivery in found
    ]


DELIVER = "contracts.deliver_order"
SEARCHES = (
    SearchProvider(
        "to_deliver", gettext_lazy("To deliver"), DELIVER, search_to_deliver, 29, list_url="contracts:warehouse"
    ),
    SearchProvider(
        "deliveries",
        gettext_lazy("Deliveries made"),
        DELIVER,
        search_deliveries,
        30,
        list_url="contracts:deliveries_made",
    ),
    SearchProvider("orders", gettext_lazy("Orders"), SEE, search_orders, order=28, list_url="contracts:orders"),
)


def words(data: Mapping[str, Any]) -> dict[str, str]:
    try:
        amount = money(Decimal(str(data["amount"])))
    except (KeyError, InvalidOperation):
        amount = ""
    return {
        "number": str(data.get("number", "")),
        "amount": f"{amount} {data.get('currency', '')}".strip(),
        "delivery": str(data.get("delivery", "")),
    }


def order_url(data: dict[str, Any]) -> str:
    return record_url("contracts:order", data["id"]) if data.get("id") else ""


def discount_agreed(data: dict[str, Any]) -> str:
    values = {"percent": data.get("percent", ""), "from": data.get("from", ""), "until": data.get("until", "")}
    if values["until"]:
        return _("Discount of %(percent)s %% agreed from %(from)s until %(until)s") % values
    return _("Discount of %(percent)s %% agreed from %(from)s") % values


def reviewed(data: dict[str, Any]) -> str:
    values = {**words(data), "day": data.get("promised", "")}
    if data.get("verdict") != "approved":
        return _("Order %(number)s sent back by its review") % values
    if values["day"]:
        return _("Order %(number)s reviewed: it can be made, promised for %(day)s") % values
    return _("Order %(number)s reviewed: it can be made") % values


def contract_read(data: dict[str, Any]) -> str:
    if data.get("verdict") == "accepted":
        return _("Customer's own contract accepted for order %(number)s") % words(data)
    return _("Customer's own contract not accepted for order %(number)s") % words(data)


SEE_ORDERS: dict[str, Any] = {"url": order_url, "permission": SEE}
KINDS = (
    TimelineKind(
        "order_drafted",
        gettext_lazy("Order drafted"),
        "file-text",
        lambda data: _("Order %(number)s over %(amount)s drafted") % words(data),
        **SEE_ORDERS,
    ),
    TimelineKind(
        "order_contract_read", gettext_lazy("Customer's contract read"), "file-text", contract_read, **SEE_ORDERS
    ),
    TimelineKind("order_reviewed", gettext_lazy("Order reviewed"), "checks", reviewed, **SEE_ORDERS),
    TimelineKind(
        "order_held",
        gettext_lazy("Order on hold"),
        "ban",
        lambda data: _("Order %(number)s over %(amount)s put on hold by the credit check") % words(data),
        **SEE_ORDERS,
    ),
    TimelineKind(
        "order_released",
        gettext_lazy("Order released"),
        "circle-check",
        lambda data: _("Order %(number)s over %(amount)s released") % words(data),
        **SEE_ORDERS,
    ),
    TimelineKind(
        "order_returned",
        gettext_lazy("Order returned"),
        "arrow-back-up",
        lambda data: _("Order %(number)s is a draft again: its contract is not in force any more") % words(data),
        **SEE_ORDERS,
    ),
    TimelineKind(
        "order_delivered",
        gettext_lazy("Delivery"),
        "checks",
        lambda data: _("Delivery %(delivery)s of order %(number)s left") % words(data),
        **SEE_ORDERS,
    ),
    TimelineKind(
        "delivery_reversed",
        gettext_lazy("Delivery taken back"),
        "arrow-back-up",
        lambda data: _("Delivery %(delivery)s of order %(number)s taken back: it was recorded wrongly") % words(data),
        **SEE_ORDERS,
    ),
    TimelineKind(
        "order_cancelled",
        gettext_lazy("Order cancelled"),
        "arrow-back-up",
        lambda data: _("Order %(number)s, or what was left of it, cancelled") % words(data),
        **SEE_ORDERS,
    ),
    TimelineKind(
        "order_closed",
        gettext_lazy("Order closed"),
        "checks",
        lambda data: _("Order %(number)s closed") % words(data),
        **SEE_ORDERS,
    ),
    TimelineKind("discount_agreed", gettext_lazy("Discount"), "scale", discount_agreed, permission=SEE),
)


def numbers_of(ids: Iterable[int]) -> Mapping[int, str]:
    return dict(Order.objects.filter(pk__in=ids).values_list("pk", "number"))


SOURCE_LINKS = (
    SourceLink(
        SOURCE,
        lambda pk: record_url("contracts:order", pk),
        SEE,
        gettext_lazy("Order"),
        numbers_of,
    ),
)

MENU = (
    MenuItem("orders", gettext_lazy("Orders"), "contracts:orders", "list-details", SEE, order=27),
    MenuItem("holds", gettext_lazy("Orders on hold"), "contracts:holds", "hand-stop", "contracts.see_holds", order=28),
    MenuItem(
        "warehouse", gettext_lazy("To deliver"), "contracts:warehouse", "checklist", "contracts.deliver_order", 28
    ),
    MenuItem("products", gettext_lazy("Products"), "contracts:products", "tag", "contracts.view_product", 29),
)
