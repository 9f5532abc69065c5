"""Contracts and orders in the administration: each subject in a module of its own."""

from contracts.admin import contracts, orders

__all__ = ["contracts", "orders"]
