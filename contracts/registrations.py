"""What contracts tells the house, one subject after the other."""


def register() -> None:
    """Each subject (contract_registrations, order_registrations) registers its own."""
