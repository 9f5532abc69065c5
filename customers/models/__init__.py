"""Customers: one profile for every company or person we sell to, and who looks after it."""

from customers.models.contact import Contact
from customers.models.customer import (
    CompanySize,
    Customer,
    CustomerCategory,
    CustomerKind,
    CustomerState,
    ExternalRef,
    LegalForm,
    Ownership,
)
from customers.models.history import Assignment, CustomerShare, StateChange, TimelineEvent
from customers.models.lists import DuplicatePolicy, Industry, PublicList, Region
from customers.models.tier import CustomerTier, Tier, TierChange, TierPolicy, TierRule, TierSource

__all__ = [
    "Assignment", "CompanySize", "Contact", "Customer", "CustomerCategory", "CustomerKind", "CustomerShare",
    "CustomerState", "CustomerTier", "DuplicatePolicy", "ExternalRef", "Industry", "LegalForm", "Ownership",
    "PublicList", "Region", "StateChange", "Tier", "TierChange", "TierPolicy", "TierRule", "TierSource",
    "TimelineEvent",
]  # fmt: skip
