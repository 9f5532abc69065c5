"""Pure decisions of credit."""

from decimal import Decimal

from crm.core.money import ZERO


def exposure(
    *,
    reserved: Decimal,
    receivable: Decimal,
    uncleared: Decimal,
    unallocated: Decimal,
    prepaid: Decimal,
    counts_unallocated: bool,
) -> Decimal:
    """What counts against the limit; no amount counts at two stages."""
    taken = reserved + receivable + uncleared
    return taken - free_money(unallocated, prepaid) if counts_unallocated else taken


def free_money(unallocated: Decimal, prepaid: Decimal) -> Decimal:
    """Unallocated money that no order paid in advance claims."""
    return max(unallocated - prepaid, ZERO)


def headroom(limit: Decimal | None, exposure: Decimal) -> Decimal:
    """What may still be owed; a limit that was never set counts as nothing."""
    return (limit if limit is not None else ZERO) - exposure
