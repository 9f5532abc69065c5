"""Contracts and orders in the administration: each subject in a module of its own."""

from contracts import contract_admin, order_admin

__all__ = ["contract_admin", "order_admin"]
