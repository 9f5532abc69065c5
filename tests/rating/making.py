"""What ratings are made of in tests: behaviour as the night would leave it, proposals and their way to a decision."""

import datetime as dt
from typing import Any

from django.db import transaction

from credit.models import PaymentBehaviour, Rating
from credit.services import lock_account, rate_customer
from crm.accounts import roles
from crm.approvals.models import Request, RequestStep, StepState, Verb
from crm.approvals.services import decide
from customers.models import Customer
from tests.factories import Company, make_user, money

TODAY = dt.date(2026, 3, 31)
DAY = dt.timedelta(days=1)


def account_for(customer: Customer) -> Any:
    with transaction.atomic():
        return lock_account(customer_id=customer.pk)


def pays(customer: Customer, rate: float = 0.99, late: float = 1.0, **more: Any) -> None:
    """How the customer paid in the last twelve months; what is said again replaces what was said before."""
    told: dict[str, Any] = {
        "on": TODAY,
        "invoices_due": 12,
        "amount_due": money(300_000),
        "amount_paid": money(int(300_000 * rate)),
        "collection_rate": rate,
        "overdue_share": 1 - rate,
        "weighted_days_late": late,
        "average_days_late": late,
        "trend": 0.0,
        "promises_made": 4,
        "promises_kept": 4,
    }
    PaymentBehaviour.objects.update_or_create(
        account=account_for(customer), window_months=12, defaults={**told, **more}
    )
    Customer.objects.filter(pk=customer.pk).update(founded_on=dt.date(2005, 1, 1), size="large", ownership="state")


def deciders() -> dict[str, Any]:
    return {
        "finance": make_user("frank", role=roles.FINANCE_MANAGER),
        "director": make_user("diana", role=roles.SALES_DIRECTOR),
    }


def proposed(company: Company, actor: Any = None, on: dt.date = TODAY, customer: Customer | None = None) -> Rating:
    """A proposal of alice's for her customer, unless somebody else is named."""
    deciders()
    wanted = customer or company.customer
    return rate_customer(actor=actor or company.alice, customer_id=wanted.pk, reason="Due", on=on)


def say(approval: Request, actor: Any, verb: Verb = Verb.APPROVE, on: dt.date = TODAY, **more: Any) -> Request:
    step = RequestStep.objects.get(request=approval, state=StepState.OPEN)
    return decide(request_id=approval.pk, step_id=step.pk, actor=actor, verb=verb, on=on, **more)


def accept(company: Company, rating: Rating, on: dt.date = TODAY) -> Rating:
    """Sales comments, finance reviews, the general manager approves."""
    assert rating.approval is not None
    for actor in (company.mona, deciders()["finance"], company.greg):
        say(rating.approval, actor, on=on)
    return Rating.objects.get(pk=rating.pk)
