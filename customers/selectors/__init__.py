"""Reads of customers across models."""

from customers.selectors.duplicates import Candidate, Reason, Similar, similar_customers
from customers.selectors.duplicates_of_rows import RowDuplicate, duplicates_of_rows

__all__ = ["Candidate", "Reason", "RowDuplicate", "Similar", "duplicates_of_rows", "similar_customers"]
