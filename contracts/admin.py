"""Contracts and orders in the administration: each subject in a module of its own."""

from contracts import order_admin

__all__ = ["order_admin"]
