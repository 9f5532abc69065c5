"""What contracts tells the house, one subject after the other."""

from contracts.contract_registrations import register_contracts
from contracts.demo import DEMO_CONTRACTS
from contracts.group_demo import DEMO_GROUP
from contracts.order_registrations import register_orders
from crm.core.registry import registry


def register() -> None:
    """Each subject (contract_registrations, order_registrations) registers its own."""
    register_contracts()
    register_orders()
    registry.add(DEMO_CONTRACTS, DEMO_GROUP)
