"""Import of products and orders."""

from contracts.imports.orders import ORDERS
from contracts.imports.products import PRODUCTS

__all__ = ["ORDERS", "PRODUCTS"]
