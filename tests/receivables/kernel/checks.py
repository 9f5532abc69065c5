"""What tests of the kernel ask after every step."""

from typing import Any

from django.apps import apps

from credit.verification import verify_credit
from receivables.verification.documents import verify_receivables

TABLES = (
    "receivables.Invoice", "receivables.Receipt", "receivables.Allocation", "receivables.Reversal",
    "credit.CreditAccount", "credit.CreditEntry", "credit.OpenByDueDate", "credit.Reservation",
    "customers.TimelineEvent", "core.IdempotencyKey", "core.LegalEntity",
)  # fmt: skip


def differences() -> list[Any]:
    return [*verify_credit(), *verify_receivables()]


def everything() -> dict[str, list[Any]]:
    """Every row of money and of what hangs on it, to compare before and after a denial."""
    return {name: list(apps.get_model(name).objects.order_by("pk").values_list()) for name in TABLES}
