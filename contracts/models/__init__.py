"""What is agreed with customers and what they order."""

from contracts.models.contracts import (
    Contract,
    ContractClause,
    ContractLine,
    ContractState,
    SealRequest,
    SignedScan,
    Submission,
)
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
    "ContractClause",
    "ContractKind",
    "ContractLanguage",
    "ContractLine",
    "ContractState",
    "Element",
    "SealRequest",
    "SignedScan",
    "Submission",
    "Template",
    "TemplateVersion",
    "VersionState",
]
