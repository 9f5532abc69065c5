"""Receivables: documents, how their age is cut, and collection, each subject in a module of its own."""

from credit.instruments import Instrument
from receivables.models.ageing import AgeingScheme
from receivables.models.collection import (
    Case,
    CaseStep,
    CollectionContact,
    Dispute,
    DunningOptOut,
    OverdueCause,
    PaymentPromise,
)
from receivables.models.documents import (
    Allocation,
    AllocationQuerySet,
    Document,
    Invoice,
    InvoiceKind,
    Receipt,
    Reversal,
)
from receivables.models.instalments import Instalment, InstalmentInvoice, InstalmentPlan
from receivables.models.letters import Letter, LetterLine
from receivables.models.order_invoices import DeliveryInvoice, InvoiceLine
from receivables.models.policy import CauseCode, CollectionPolicy, LetterTemplate, PolicyStep
from receivables.models.prediction import CollectionRate, PaymentPrediction

__all__ = [
    "AgeingScheme",
    "Allocation",
    "AllocationQuerySet",
    "Case",
    "CaseStep",
    "CauseCode",
    "CollectionContact",
    "CollectionPolicy",
    "CollectionRate",
    "DeliveryInvoice",
    "Dispute",
    "Document",
    "DunningOptOut",
    "Instalment",
    "InstalmentInvoice",
    "InstalmentPlan",
    "Instrument",
    "Invoice",
    "InvoiceKind",
    "InvoiceLine",
    "Letter",
    "LetterLine",
    "LetterTemplate",
    "OverdueCause",
    "PaymentPrediction",
    "PaymentPromise",
    "PolicyStep",
    "Receipt",
    "Reversal",
]
