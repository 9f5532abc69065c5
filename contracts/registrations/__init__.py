"""What contracts tells the house, one subject after the other."""

from contracts.demo.contracts import DEMO_CONTRACTS
from contracts.demo.groups import DEMO_GROUP
from contracts.registrations.contracts import register_contracts
from contracts.registrations.orders import register_orders
from crm.core.registry import registry


def register() -> None:
    """Each subject registers its own."""
    register_contracts()
    register_orders()
    registry.add(DEMO_CONTRACTS, DEMO_GROUP)
