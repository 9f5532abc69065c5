"""What contracts and their templates decide: legal elements, states, what deviates. Pure: no database, no clock."""

import datetime as dt

# Kinds of template
SALES, FRAMEWORK, SERVICE, DEALER, CREDIT_TERMS, RECONCILIATION = (
    "sales",
    "framework",
    "service",
    "dealer",
    "credit_terms",
    "reconciliation",
)

# Elements a contract needs to bind (Civil Code art. 470 and what selling on credit adds)
PARTIES, SUBJECT, QUANTITY, PRICE, PAYMENT_FORM, PAYMENT_DATE = (
    "parties",
    "subject",
    "quantity",
    "price",
    "payment_form",
    "payment_date",
)
DELIVERY, ACCEPTANCE, DUTIES, TERM, LIABILITY, SIGNATORIES = (
    "delivery",
    "acceptance",
    "duties",
    "term",
    "liability",
    "signatories",
)
ELEMENTS = (
    PARTIES, SUBJECT, QUANTITY, PRICE, PAYMENT_FORM, PAYMENT_DATE, DELIVERY, ACCEPTANCE, DUTIES, TERM, LIABILITY,
    SIGNATORIES,
)  # fmt: skip
WITH_LINES = (SALES, SERVICE)  # kinds whose subject, quantity and price stand in lines

DRAFT, IN_APPROVAL, APPROVED, SIGNED, IN_PERFORMANCE, COMPLETED, TERMINATED, EXPIRED = (
    "draft",
    "in_approval",
    "approved",
    "signed",
    "in_performance",
    "completed",
    "terminated",
    "expired",
)
IN_FORCE = (SIGNED, IN_PERFORMANCE)
OVER = (COMPLETED, TERMINATED, EXPIRED)


def in_force_on(day: dt.date, *, state: str, starts_on: dt.date | None, ends_on: dt.date | None) -> bool:
    """True when a signed contract binds on a day: from its first to its last day, both included."""
    return state in IN_FORCE and (starts_on is None or starts_on <= day) and (ends_on is None or day <= ends_on)
