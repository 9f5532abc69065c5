"""What is agreed with customers and what they order."""

from contracts.models.annexes import Annex, AnnexKind
from contracts.models.content import ContractClause, ContractLine
from contracts.models.contracts import (
    Contract,
    ContractChange,
    ContractState,
    SealRequest,
    SignedScan,
    Submission,
)
from contracts.models.order_papers import OrderPaper
from contracts.models.order_reviews import OrderReview
from contracts.models.orders import Channel, Delivery, DeliveryLine, DeliveryReversal, Order, OrderLine, OrderState
from contracts.models.originals import OriginalLoan
from contracts.models.paper_reviews import PaperReview
from contracts.models.payment_plan import PaymentPart, PlanDue
from contracts.models.products import CustomerDiscount, DiscountFloor, Product
from contracts.models.templates import (
    TEMPLATE_KINDS,
    Clause,
    ContractKind,
    ContractLanguage,
    Element,
    Template,
    TemplateVersion,
    VersionState,
    VersionStep,
)

__all__ = [
    "TEMPLATE_KINDS",
    "Annex",
    "AnnexKind",
    "Channel",
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
    "DeliveryReversal",
    "DiscountFloor",
    "Element",
    "Order",
    "OrderLine",
    "OrderPaper",
    "OrderReview",
    "OrderState",
    "OriginalLoan",
    "PaperReview",
    "PaymentPart",
    "PlanDue",
    "Product",
    "SealRequest",
    "SignedScan",
    "Submission",
    "Template",
    "TemplateVersion",
    "VersionState",
    "VersionStep",
]
