"""What is agreed with customers and what they order."""

from contracts.models.content import ContractClause, ContractLine
from contracts.models.contracts import (
    Contract,
    ContractChange,
    ContractState,
    SealRequest,
    SignedScan,
    Submission,
)
from contracts.models.orders import Delivery, DeliveryLine, Order, OrderLine, OrderState
from contracts.models.originals import OriginalLoan
from contracts.models.payment_plan import PaymentPart, PlanDue
from contracts.models.products import CustomerDiscount, DiscountFloor, Product
from contracts.models.templates import (
    Clause,
    ContractKind,
    ContractLanguage,
    Element,
    Template,
    TemplateVersion,
    VersionState,
)

__all__ = [
    "Clause",
    "Contract",
    "ContractChange",
    "ContractClause",
    "ContractKind",
    "ContractLanguage",
    "ContractLine",
    "ContractState",
    "CustomerDiscount",
    "Delivery",
    "DeliveryLine",
    "DiscountFloor",
    "Element",
    "Order",
    "OrderLine",
    "OrderState",
    "OriginalLoan",
    "PaymentPart",
    "PlanDue",
    "Product",
    "SealRequest",
    "SignedScan",
    "Submission",
    "Template",
    "TemplateVersion",
    "VersionState",
]
