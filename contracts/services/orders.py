"""Orders: drafted, changed, copied, cancelled, closed; contracts.services.releasing checks and releases them.

Locks are taken in the order accounts, contracts, orders.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from decimal import Decimal
from typing import Any

from contracts.errors import (
    ContractOfAnother,
    NothingToCancel,
    NotInvoiced,
    OrderChanged,
    OrderDayNotTaken,
    OrderEmpty,
    OrderNotOpen,
    OrderUnknown,
    TooManyLines,
    WantedTooEarly,
)
from contracts.models import Channel, Contract, Order, OrderLine, OrderState, Product
from contracts.rules import orders as rules
from contracts.services.pricing import Terms, check_discount, check_total, fill_line, price_line, terms_of
from contracts.services.versions import version_on
from credit.instruments import Instrument
from credit.models import Payment, Reservation
from credit.services import (
    cancel,
    drop_hold,
    end_release,
    lock_account,
)
from crm.approvals.models import Ending
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.idempotency import claim, fingerprint_of
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO
from crm.core.setbased import new_ids
from customers.models import Customer
from customers.services import record_event

SOURCE = "order"  # what reservations and checks call an order
MAY_DRAFT = "contracts.add_order"


@dataclass(frozen=True)
class LineInput:
    """A line as it is asked for: the discount is in percent of the list price, None is the one agreed that day."""

    product_id: int
    quantity: Decimal
    discount: Decimal | None = ZERO


def draft_order(
    *,
    actor: Any,
    customer_id: int,
    legal_entity_id: int,
    currency: str,
    lines: Sequence[LineInput],
    on: dt.date,
    contract_id: int | None = None,
    payment: str = Payment.CREDIT,
    instrument: str = "",
    channel: str = Channel.WRITTEN,
    wanted_on: dt.date | None = None,
    reference: str = "",
    note: str = "",
    copied_from_id: int | None = None,
    today: dt.date | None = None,
    idempotency_key: str = "",
) -> Order:
    """Draft an order for a customer the actor sees, at the prices of its contract, else list prices less the discount.

    `today` is the business day it is typed on, where that is not its date `on`: discounts are those of that day.
    `instrument` is the payment form of an order paid in advance; on credit the contract says it. Sent again with its
    key, the order that was drafted is answered, whatever became of its products and its contract since.

    Raises NotAllowed, IdempotencyConflict, OrderDayNotTaken, OrderEmpty, TooManyLines, QuantityNotPositive,
    ProductNotSold, AmountTooLarge, BelowSmallestCoin, PriceFixed, DiscountTooHigh, ContractOfAnother, WantedTooEarly,
    RateMissing.
    """
    seen = Customer.objects.visible_to(actor).filter(pk=customer_id).select_related("owner").first()
    if not actor.has_perm(MAY_DRAFT) or seen is None:
        raise NotAllowed
    head: dict[str, Any] = {
        "legal_entity_id": legal_entity_id,
        "currency": currency,
        "payment": Payment(payment),
        "instrument": own_instrument(payment, instrument),
        "channel": Channel(channel),
        "on": on,
        "wanted_on": wanted_on,
        "reference": reference.strip(),
        "note": note.strip(),
        "copied_from_id": copied_from_id,
    }
    with atomic_or_busy():
        [pk] = new_ids(Order, 1)
        figures = fingerprint_of(customer=customer_id, contract=contract_id, lines=list(map(astuple, lines)), **head)
        claimed = claim("draft_order", idempotency_key, figures, [pk])
        if claimed.earlier:
            earlier: Order = Order.objects.get(pk=claimed.earlier[0])
            return earlier
        today = check_day(on, today)
        check_wanted(wanted_on, on)
        contract = check_contract(
            contract_id, customer_id=customer_id, legal_entity_id=legal_entity_id, currency=currency, on=on
        )
        priced = price_lines(
            actor=actor,
            customer_id=customer_id,
            currency=currency,
            lines=lines,
            contract=contract,
            on=on,
            today=today,
        )
        order: Order = Order.objects.create(
            pk=pk,
            number=f"SO{pk:07d}",
            customer=seen,
            contract=contract,
            owner=seen.owner or actor,
            total=sum((line.amount for line in priced), ZERO),
            is_custom=has_custom(priced),
            author_ids=[actor.pk],
            created_by=actor,
            **head,
        )
        write_lines(order, priced)
        record_order_event(order, "order_drafted", on, actor)
    return order


def change_order(
    *,
    actor: Any,
    order_id: int,
    version: int,
    lines: Sequence[LineInput],
    on: dt.date,
    contract_id: int | None,
    payment: str,
    instrument: str = "",
    channel: str = "",
    wanted_on: dt.date | None = None,
    reference: str = "",
    note: str = "",
    today: dt.date | None = None,
) -> Order:
    """Change an open order; one that was held is a draft again and must be checked anew.

    What both directors let go, or are asked to, was the order as it was: a request for its release is withdrawn, and a
    release that was approved counts no longer, nor does a review. How it came stays unless `channel` says otherwise.

    Raises NotAllowed, OrderUnknown, OrderChanged (another edition), OrderNotOpen, and what draft_order raises.
    """
    if not actor.has_perm(MAY_DRAFT):
        raise NotAllowed
    found = Order.objects.visible_to(actor).filter(pk=order_id).first()
    if found is None:
        raise OrderUnknown
    today = check_day(on, today)
    with atomic_or_busy():
        if found.state == OrderState.HELD:
            lock_account(customer_id=found.customer_id)  # its hold is dropped, and holds are looked at under this lock
        order = lock_order(actor, order_id)
        if not order.is_open:
            raise OrderNotOpen(number=order.number)
        if order.version != version or order.state != found.state:
            raise OrderChanged(number=order.number)
        check_wanted(wanted_on, on)
        order.contract = check_contract(
            contract_id,
            customer_id=order.customer_id,
            legal_entity_id=order.legal_entity_id,
            currency=order.currency,
            on=on,
        )
        priced = price_lines(
            actor=actor,
            customer_id=order.customer_id,
            currency=order.currency,
            lines=lines,
            contract=order.contract,
            on=on,
            today=today,
        )
        order.payment, order.on = Payment(payment), on
        order.instrument = own_instrument(payment, instrument)
        order.channel = Channel(channel or order.channel)
        order.wanted_on, order.reference, order.note = wanted_on, reference.strip(), note.strip()
        order.total = sum((line.amount for line in priced), ZERO)
        order.is_custom = has_custom(priced)
        order.author_ids = [*{*order.author_ids, actor.pk}]
        if order.state == OrderState.HELD:
            drop_hold(source_kind=SOURCE, source_id=order.pk)
        end_release(source_kind=SOURCE, source_id=order.pk, why=Ending.CHANGED, on=today, actor=actor)
        order.state, order.held_on = OrderState.DRAFT, None
        order.purchase_contract = None
        order.version += 1
        order.save()
        order.lines.all().delete()
        write_lines(order, priced)
    return order


def copy_order(*, actor: Any, order_id: int, on: dt.date, idempotency_key: str = "") -> Order:
    """Draft a new order like another one, at today's prices; it is checked like any new one.

    Papers are not copied: one by telephone needs a confirmation of its own.

    Raises NotAllowed, OrderUnknown, and what draft_order raises (a discount the actor may not give).
    """
    source = Order.objects.visible_to(actor).filter(pk=order_id).first()
    if source is None:
        raise OrderUnknown
    lines = [
        LineInput(line.product_id, line.quantity, line.discount or (None if line.by_contract else ZERO))
        for line in source.lines.order_by("position")
    ]
    return draft_order(
        actor=actor,
        customer_id=source.customer_id,
        legal_entity_id=source.legal_entity_id,
        currency=source.currency,
        contract_id=source.contract_id,
        payment=source.payment,
        instrument=source.instrument,
        channel=source.channel,
        reference=source.reference,
        note=source.note,
        lines=lines,
        on=on,
        copied_from_id=source.pk,
        idempotency_key=idempotency_key,
    )


def own_instrument(payment: str, instrument: str) -> str:
    """The payment form an order names itself: only one paid in advance does."""
    return Instrument(instrument).value if instrument and payment == Payment.PREPAID else ""


def check_contract(
    contract_id: int | None, *, customer_id: int, legal_entity_id: int, currency: str, on: dt.date
) -> Contract | None:
    """The contract of an order is the same customer's, legal entity's and in the same currency.

    Gives the version of it that holds on the day. Raises ContractOfAnother.
    """
    if contract_id is None:
        return None
    contract = Contract.objects.filter(pk=contract_id).defer("search_text", "values").first()
    if contract is None or (contract.customer_id, contract.legal_entity_id, contract.currency) != (
        customer_id,
        legal_entity_id,
        currency,
    ):
        raise ContractOfAnother(contract=contract.number if contract else "")
    return version_on(contract, on)


def cancel_order(*, actor: Any, order_id: int, reason: str, on: dt.date) -> Order:
    """Cancel an order, or what is left of it: the rest of its reservation is free again.

    Raises NotAllowed, OrderUnknown, ReasonMissing, NothingToCancel.
    """
    if not actor.has_perm("contracts.cancel_order"):
        raise NotAllowed
    if not reason.strip():
        raise ReasonMissing
    found = Order.objects.visible_to(actor).filter(pk=order_id).first()
    if found is None:
        raise OrderUnknown
    with atomic_or_busy():
        lock_account(customer_id=found.customer_id)
        order = lock_order(actor, order_id)
        if order.state not in (*rules.OPEN, OrderState.RELEASED):
            raise NothingToCancel(number=order.number)
        if order.state == OrderState.HELD:
            drop_hold(source_kind=SOURCE, source_id=order.pk)
        end_release(source_kind=SOURCE, source_id=order.pk, why=Ending.CANCELLED, on=on, actor=actor)
        free_rest(order, on=on, actor=actor)
        if order.delivered_total or any(line.delivered for line in order.lines.all()):
            order.state = OrderState(
                rules.state_after([line.filled for line in order.lines.all()], rest_cancelled=True)
            )
        else:
            order.state = OrderState.CANCELLED
        order.cancelled_on, order.cancel_reason = on, reason.strip()
        order.save(update_fields=["state", "cancelled_on", "cancel_reason"])
        record_order_event(order, "order_cancelled", on, actor)
    return order


def free_rest(order: Order, *, on: dt.date, actor: Any) -> None:
    """What will never be delivered is given back; what was delivered and not invoiced yet stays reserved."""
    reservation = Reservation.objects.filter(source_kind=SOURCE, source_id=order.pk).order_by("pk").last()
    if reservation is None:
        return
    delivered = sum((delivery.base_amount for delivery in order.deliveries.filter(reversal=None)), ZERO)
    still_needed = delivered - reservation.consumed
    cancel(
        source_kind=SOURCE,
        source_id=order.pk,
        on=on,
        actor_id=actor.pk if actor else None,
        keep=still_needed,
    )


def close_order(*, actor: Any, order_id: int, on: dt.date) -> Order:
    """Close an order all of which is invoiced. Raises NotAllowed, OrderUnknown, NotInvoiced."""
    if not actor.has_perm("contracts.release_order"):
        raise NotAllowed
    with atomic_or_busy():
        order = lock_order(actor, order_id)
        if order.state == OrderState.CLOSED:
            return order
        if order.state != OrderState.INVOICED:
            raise NotInvoiced(number=order.number)
        order.state = OrderState.CLOSED
        order.save(update_fields=["state"])
        record_order_event(order, "order_closed", on, actor)
    return order


def lock_order(actor: Any, order_id: int) -> Order:
    """An order the actor sees, locked. Raises OrderUnknown."""
    visible = Order.objects.visible_to(actor).filter(pk=order_id).order_by().values("pk")
    order: Order | None = Order.objects.filter(pk__in=visible).select_for_update(no_key=True, of=("self",)).first()
    if order is None:
        raise OrderUnknown
    return order


def price_lines(
    *,
    actor: Any,
    customer_id: int,
    currency: str,
    lines: Sequence[LineInput],
    contract: Contract | None,
    on: dt.date,
    today: dt.date,
) -> list[OrderLine]:
    """The lines of an order at the rate of its date, as far as the actor may give their discounts today.

    What a line of the contract names costs what it says there, whatever the list price and the discount agreed.

    Raises OrderEmpty, TooManyLines, RateMissing, CurrencyUnknown, ProductNotSold, QuantityNotPositive, AmountTooLarge,
    PriceFixed, BelowSmallestCoin, DiscountTooHigh.
    """
    if not lines:
        raise OrderEmpty
    products = Product.objects.in_bulk({line.product_id for line in lines})
    terms = terms_of(actor=actor, customer_id=customer_id, currency=currency, contract=contract, on=on, today=today)
    return lines_at(terms, products, lines)


def lines_at(terms: Terms, products: Mapping[int, Product], lines: Sequence[LineInput]) -> list[OrderLine]:
    """The lines of an order at terms and products that were read; raises what price_lines raises of lines."""
    if len(lines) > rules.MOST_LINES:
        raise TooManyLines(most=rules.MOST_LINES)
    made = []
    for position, line in enumerate(lines, 1):
        priced = price_line(terms, products.get(line.product_id), line.discount)
        priced.position = position
        made.append(fill_line(terms, priced, line.quantity))
    check_total(made)
    for each in made:
        check_discount(terms, each)
    return made


def check_day(on: dt.date, today: dt.date | None) -> dt.date:
    """The day an order is typed on; its date may lie a month back at most. Raises OrderDayNotTaken."""
    if today is None:
        return on
    first = rules.first_order_day(today)
    if not first <= on <= today:
        raise OrderDayNotTaken(first=first, last=today)
    return today


def check_wanted(wanted_on: dt.date | None, on: dt.date) -> None:
    """Raises WantedTooEarly."""
    if wanted_on is not None and wanted_on < on:
        raise WantedTooEarly(day=on)


def has_custom(lines: Sequence[OrderLine]) -> bool:
    """Whether a product of the lines is made to order."""
    return any(line.product.is_custom for line in lines)


def write_lines(order: Order, lines: Sequence[OrderLine]) -> None:
    for line in lines:
        line.order = order
    OrderLine.objects.bulk_create(lines)


def record_order_event(order: Order, kind: str, on: dt.date, actor: Any, **more: Any) -> None:
    """Keep on the timeline of the customer what became of an order; `more` are figures and codes of the event."""
    record_event(
        customer_id=order.customer_id,
        kind=kind,
        on=on,
        data={
            "id": order.pk,
            "number": order.number,
            "amount": str(order.total),
            "currency": order.currency,
            **more,
        },
        actor_id=actor.pk if actor else None,
    )
