"""Whether the money is still there that orders paid in advance claim."""

from typing import Any

from django.db.models import Exists, ExpressionWrapper, OuterRef

from credit.models import CreditAccount, CreditCheckPolicy
from credit.rules.checks import HOLD
from crm.core.money import MoneyField
from crm.core.versions import PolicyState


def money_gone(account: CreditAccount) -> bool:
    """Whether released orders paid in advance claim more than what was received and is not matched.

    As far as the policy holds orders for it; what it lets pass may be missing. A query only where something is missing.
    """
    missing = account.prepaid - account.unallocated
    return missing > 0 and policies().filter(limit_tolerance__lt=missing).exists()


def money_gone_sql(path: str) -> Exists:
    """The same for a row that leads to its account by `path`, such as 'customer__credit_account'."""
    missing = ExpressionWrapper(OuterRef(f"{path}__prepaid") - OuterRef(f"{path}__unallocated"), MoneyField())
    return Exists(policies().filter(limit_tolerance__lt=missing))


def policies() -> Any:
    """The policy in force, where it holds orders that lack their money."""
    return CreditCheckPolicy.objects.filter(state=PolicyState.ACTIVE, prepayment=HOLD).order_by()
