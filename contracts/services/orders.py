"""Orders: drafted, changed, copied, checked and released, cancelled, closed.

Locks are taken in the order accounts, contracts, orders: a check locks the account first, then the order is read again,
and what was checked must still be what it says.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Value
from django.db.models.functions import Coalesce

from contracts import order_rules as rules
from contracts.models import Contract, ContractState, Order, OrderLine, OrderState, Product
from contracts.order_errors import (
    ContractMissing,
    ContractNotInForce,
    ContractOfAnother,
    NothingToCancel,
    NotInvoiced,
    OrderChanged,
    OrderDayNotTaken,
    OrderEmpty,
    OrderNotOpen,
    OrderUnknown,
    ProductNotSold,
    QuantityNotPositive,
)
from contracts.services.pricing import check_discounts, list_price_in
from contracts.services.signing import begin_performance
from contracts.services.versions import version_on
from credit.instruments import Instrument
from credit.models import Payment, Reservation
from credit.services import CheckResult, cancel, check_and_reserve, drop_hold, lock_account, preview_check
from crm.core.errors import NotAllowed, ReasonMissing
from crm.core.idempotency import claim, fingerprint_of
from crm.core.locks import atomic_or_busy
from crm.core.money import ZERO, to_base
from crm.core.rates import rate_on
from crm.core.setbased import new_ids
from customers.models import Customer
from customers.services import record_event

SOURCE = "order"  # what reservations and checks call an order
MAY_DRAFT = "contracts.add_order"


@dataclass(frozen=True)
class LineInput:
    """A line as it is asked for: the discount is in percent of the list price."""

    product_id: int
    quantity: Decimal
    discount: Decimal = ZERO


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
    wanted_on: dt.date | None = None,
    reference: str = "",
    note: str = "",
    copied_from_id: int | None = None,
    today: dt.date | None = None,
    idempotency_key: str = "",
) -> Order:
    """Draft an order for a customer the actor sees; prices are the list prices less the discount.

    `today` is the business day it is typed on, where that is not its date `on`: discounts are those of that day.
    `instrument` is the payment form of an order paid in advance; on credit the contract says it.

    Raises NotAllowed, OrderDayNotTaken, OrderEmpty, QuantityNotPositive, ProductNotSold, DiscountTooHigh,
    ContractOfAnother, RateMissing.
    """
    seen = Customer.objects.visible_to(actor).filter(pk=customer_id).select_related("owner").first()
    if not actor.has_perm(MAY_DRAFT) or seen is None:
        raise NotAllowed
    today = check_day(on, today)
    priced = price_lines(actor=actor, customer_id=customer_id, currency=currency, lines=lines, on=on, today=today)
    contract = check_contract(
        contract_id, customer_id=customer_id, legal_entity_id=legal_entity_id, currency=currency, on=on
    )
    with atomic_or_busy():
        [pk] = new_ids(Order, 1)
        asked = fingerprint_of(
            customer=customer_id,
            legal_entity=legal_entity_id,
            currency=currency,
            lines=[(line.product_id, line.quantity, line.discount) for line in lines],
            said=(on, contract_id, payment, instrument, wanted_on, reference, note, copied_from_id),
        )
        claimed = claim("draft_order", idempotency_key, asked, [pk])
        if claimed.earlier:
            earlier: Order = Order.objects.get(pk=claimed.earlier[0])
            return earlier
        order: Order = Order.objects.create(
            pk=pk,
            number=f"SO{pk:07d}",
            customer=seen,
            legal_entity_id=legal_entity_id,
            contract=contract,
            payment=Payment(payment),
            instrument=own_instrument(payment, instrument),
            owner=seen.owner or actor,
            on=on,
            wanted_on=wanted_on,
            reference=reference.strip(),
            note=note.strip(),
            currency=currency,
            total=sum((line.amount for line in priced), ZERO),
            copied_from_id=copied_from_id,
            created_by=actor,
        )
        write_lines(order, priced)
        tell(order, "order_drafted", on, actor)
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
    wanted_on: dt.date | None = None,
    reference: str = "",
    note: str = "",
    today: dt.date | None = None,
) -> Order:
    """Change an open order; one that was held is a draft again and must be checked anew.

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
        priced = price_lines(
            actor=actor, customer_id=order.customer_id, currency=order.currency, lines=lines, on=on, today=today
        )
        order.contract = check_contract(
            contract_id,
            customer_id=order.customer_id,
            legal_entity_id=order.legal_entity_id,
            currency=order.currency,
            on=on,
        )
        order.payment, order.on = Payment(payment), on
        order.instrument = own_instrument(payment, instrument)
        order.wanted_on, order.reference, order.note = wanted_on, reference.strip(), note.strip()
        order.total = sum((line.amount for line in priced), ZERO)
        if order.state == OrderState.HELD:
            drop_hold(source_kind=SOURCE, source_id=order.pk)
        order.state, order.held_on = OrderState.DRAFT, None
        order.version += 1
        order.save()
        order.lines.all().delete()
        write_lines(order, priced)
    return order


def copy_order(*, actor: Any, order_id: int, on: dt.date, idempotency_key: str = "") -> Order:
    """Draft a new order like another one, at today's prices; it is checked like any new one.

    Raises NotAllowed, OrderUnknown, and what draft_order raises (a discount the actor may not give).
    """
    source = Order.objects.visible_to(actor).filter(pk=order_id).first()
    if source is None:
        raise OrderUnknown
    lines = [LineInput(line.product_id, line.quantity, line.discount) for line in source.lines.order_by("position")]
    return draft_order(
        actor=actor,
        customer_id=source.customer_id,
        legal_entity_id=source.legal_entity_id,
        currency=source.currency,
        contract_id=source.contract_id,
        payment=source.payment,
        instrument=source.instrument,
        reference=source.reference,
        note=source.note,
        lines=lines,
        on=on,
        copied_from_id=source.pk,
        idempotency_key=idempotency_key,
    )


def release_order(*, actor: Any, order_id: int, version: int, on: dt.date) -> Order:
    """Have an open order checked: it is released and its headroom reserved, or held with the reasons of the check.

    Called again for a released order nothing happens. Raises NotAllowed, OrderUnknown, OrderChanged, OrderNotOpen,
    OrderEmpty, ContractMissing, ContractNotInForce, RateMissing.
    """
    if not actor.has_perm("contracts.release_order"):
        raise NotAllowed
    seen = Order.objects.visible_to(actor).filter(pk=order_id).select_related("contract")
    found: Order | None = seen.defer("contract__search_text", "contract__values").first()
    if found is None:
        raise OrderUnknown
    if found.state == OrderState.RELEASED:
        return found
    if found.version != version:
        raise OrderChanged(number=found.number)
    return check_order(order=found, actor=actor, on=on)


def check_order(*, order: Order, actor: Any, on: dt.date) -> Order:
    """The check of an order as it was read; the actor None is the system itself (a receipt arrived)."""
    if not order.is_open:
        raise OrderNotOpen(number=order.number)
    if not order.total:  # the sum of its lines
        raise OrderEmpty
    under_version(order, on)
    require_contract(order, on)
    rate = rate_on(currency=order.currency, on=on)
    base_total = to_base(order.total, rate)
    actor_id = actor.pk if actor else None
    with atomic_or_busy():
        result = check_and_reserve(
            customer_id=order.customer_id,
            source_kind=SOURCE,
            source_id=order.pk,
            amount=base_total,
            on=on,
            actor_id=actor_id,
            **payment_of(order),
        )
        contract = order.contract
        if result.is_released and contract is not None and contract.state == ContractState.SIGNED:
            begin_performance(contract=contract)
        before = note_check(order, result, rate=rate, base_total=base_total, on=on)
        if order.state != before:
            tell(order, f"order_{order.state}", on, actor)
    return order


def note_check(order: Order, result: CheckResult, *, rate: Decimal, base_total: Decimal, on: dt.date) -> str:
    """Keep what became of an order in a check, here and in the database; gives the state it had before.

    One statement finds that it still is what was checked, and changes it. Raises OrderChanged.
    """
    before = order.state
    order.rate, order.base_total, order.last_check_id = rate, base_total, result.check_id
    changes: dict[str, Any] = {
        "rate": rate,
        "base_total": base_total,
        "last_check_id": result.check_id,
        "contract_id": order.contract_id,
    }
    if result.is_released:
        order.state, order.released_on = OrderState.RELEASED, on
        changes |= {"state": order.state, "released_on": on}
    else:
        order.state, order.held_on = OrderState.HELD, order.held_on or on
        changes |= {"state": order.state, "held_on": Coalesce("held_on", Value(on))}
    same = Order.objects.filter(pk=order.pk, version=order.version)
    if same.filter(state=before).update(**changes):
        return before
    # Another check of this draft came first and held it: the later one says how it stands.
    if before != OrderState.DRAFT or not same.filter(state=OrderState.HELD).update(**changes):
        raise OrderChanged(number=order.number)
    return OrderState.HELD


def under_version(order: Order, on: dt.date) -> Order:
    """The order, under the version of its contract that holds on the day; it is kept with the check."""
    if order.contract is not None:
        order.contract = version_on(order.contract, on)
    return order


def own_instrument(payment: str, instrument: str) -> str:
    """The payment form an order names itself: only one paid in advance does."""
    return Instrument(instrument).value if instrument and payment == Payment.PREPAID else ""


def payment_of(order: Order) -> dict[str, Any]:
    """How the order is to be paid, for the check: as its contract says, where it has one."""
    contract = order.contract if order.payment == Payment.CREDIT else None
    said = {"payment": order.payment, "instruments": order.payment_forms}
    if contract is None:
        return said
    return {**said, "settlement": contract.settlement, "term_days": contract.term_days}


def preview_order(*, order: Order, on: dt.date) -> CheckResult | None:
    """What a check of an open order would say now, without a trace; None where there is nothing to check yet.

    Raises what stands in the way of a release before any check: ContractMissing, ContractNotInForce, RateMissing.
    """
    if not order.is_open or not order.total:
        return None
    under_version(order, on)
    require_contract(order, on)
    amount = to_base(order.total, rate_on(currency=order.currency, on=on))
    return preview_check(
        customer_id=order.customer_id,
        source_kind=SOURCE,
        source_id=order.pk,
        amount=amount,
        on=on,
        **payment_of(order),
    )


def require_contract(order: Order, on: dt.date) -> None:
    """An order on credit needs a contract in force on the day. Raises ContractMissing, ContractNotInForce."""
    if order.payment == Payment.PREPAID:
        return
    contract = order.contract
    if contract is None:
        raise ContractMissing
    if not contract.is_in_force_on(on):
        raise ContractNotInForce(contract=contract.number, on=on)


def check_contract(
    contract_id: int | None, *, customer_id: int, legal_entity_id: int, currency: str, on: dt.date
) -> Contract | None:
    """The contract of an order is the same customer's, legal entity's and in the same currency.

    Gives the version of it that holds on the day. Raises ContractOfAnother.
    """
    if contract_id is None:
        return None
    contract = Contract.objects.filter(pk=contract_id).first()
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
        free_rest(order, on=on, actor=actor)
        if order.delivered_total or any(line.delivered for line in order.lines.all()):
            order.state = OrderState(
                rules.state_after([line.filled for line in order.lines.all()], rest_cancelled=True)
            )
        else:
            order.state = OrderState.CANCELLED
        order.cancelled_on, order.cancel_reason = on, reason.strip()
        order.save(update_fields=["state", "cancelled_on", "cancel_reason"])
        tell(order, "order_cancelled", on, actor)
    return order


def free_rest(order: Order, *, on: dt.date, actor: Any) -> None:
    """What will never be delivered is given back; what was delivered and not invoiced yet stays reserved."""
    reservation = Reservation.objects.filter(source_kind=SOURCE, source_id=order.pk).order_by("pk").last()
    if reservation is None:
        return
    delivered = sum((delivery.base_amount for delivery in order.deliveries.all()), ZERO)
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
        tell(order, "order_closed", on, actor)
    return order


def lock_order(actor: Any, order_id: int) -> Order:
    """An order the actor sees, locked. Raises OrderUnknown."""
    visible = Order.objects.visible_to(actor).filter(pk=order_id).order_by().values("pk")
    order: Order | None = Order.objects.filter(pk__in=visible).select_for_update(no_key=True, of=("self",)).first()
    if order is None:
        raise OrderUnknown
    return order


def price_lines(
    *, actor: Any, customer_id: int, currency: str, lines: Sequence[LineInput], on: dt.date, today: dt.date
) -> list[OrderLine]:
    """The lines of an order at the rate of its date, as far as the actor may give their discounts today."""
    if not lines:
        raise OrderEmpty
    products = Product.objects.in_bulk({line.product_id for line in lines})
    rate = rate_on(currency=currency, on=on)
    made = []
    for position, line in enumerate(lines, 1):
        product = products.get(line.product_id)
        if product is None or not product.is_active:
            raise ProductNotSold(product=product or "")
        if line.quantity <= 0:
            raise QuantityNotPositive
        list_price = list_price_in(product.price, rate)
        price = rules.net_price(list_price, line.discount)
        made.append(
            OrderLine(
                position=position,
                product=product,
                quantity=line.quantity,
                list_price=list_price,
                discount=line.discount,
                price=price,
                amount=rules.line_amount(line.quantity, price),
                cost=product.cost,
            )
        )
    check_discounts(
        actor=actor, customer_id=customer_id, on=today, given=[(str(line.product), line.discount) for line in made]
    )
    return made


def check_day(on: dt.date, today: dt.date | None) -> dt.date:
    """The day an order is typed on; its date may lie a month back at most. Raises OrderDayNotTaken."""
    if today is None:
        return on
    first = rules.first_order_day(today)
    if not first <= on <= today:
        raise OrderDayNotTaken(first=first, last=today)
    return today


def write_lines(order: Order, lines: Sequence[OrderLine]) -> None:
    for line in lines:
        line.order = order
    OrderLine.objects.bulk_create(lines)


def tell(order: Order, kind: str, on: dt.date, actor: Any, **more: Any) -> None:
    """The timeline of the customer tells what became of an order."""
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
