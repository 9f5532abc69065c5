"""The limit proposal of a customer: the figures, and what the credit policy makes of them."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Min, Q, Sum

from credit.limit_rules import Figures, Proposal, propose
from credit.models import CreditAccount, CreditEntry, CreditRequest, FinancialStatement
from credit.policy_models import CreditPolicy
from credit.scorecard_models import ScorecardVersion
from credit.selectors import grade_of
from credit.services.credit_policies import policy_in_force
from crm.approvals.models import RequestState
from crm.core.dates import months_before
from crm.core.money import base_currency, round_money
from crm.core.versions import PolicyState
from customers.models import Customer

MONTHS = 12
DAYS = 365
# What others grant counts once it was submitted, and unless the request was turned down or taken back.
HEARD = (RequestState.SUBMITTED, RequestState.RETURNED, RequestState.APPROVED)


@dataclass(frozen=True)
class Sheet:
    """A proposal with the policy it follows and the account it is for."""

    policy: CreditPolicy
    figures: Figures
    proposal: Proposal


def monthly_purchases(account: CreditAccount, on: dt.date) -> Decimal | None:
    """What was charged in the last 12 months, a month on average; over the months since the first charge, where it is
    younger. None where nothing was charged.
    """
    since = on - dt.timedelta(days=DAYS)
    charged = CreditEntry.objects.filter(account=account, on__lt=on, on__gte=since).filter(
        Q(balance="receivable", verb="charge") | Q(balance="unallocated", verb="charge")
    )
    found = charged.aggregate(
        billed=Sum("base_amount", filter=Q(balance="receivable")),
        credited=Sum("base_amount", filter=Q(balance="unallocated")),
        first=Min("on"),
    )
    if not found["billed"]:
        return None
    months = min(Decimal(MONTHS), max(Decimal(1), Decimal((on - found["first"]).days) / 30))
    return round_money((found["billed"] - (found["credited"] or 0)) / months)


def capital_of(customer_id: int) -> Decimal | None:
    """The registered capital of a customer where it is in base currency."""
    known = Customer.objects.filter(pk=customer_id, registered_capital_currency=base_currency())
    found: Decimal | None = known.values_list("registered_capital", flat=True).first()
    return found


def statement_of(account: CreditAccount, on: dt.date) -> FinancialStatement | None:
    """The newest statement that tells the net worth and is not too old by the scorecard in force."""
    found = FinancialStatement.objects.filter(account=account, total_assets__isnull=False, liabilities__isnull=False)
    card = ScorecardVersion.objects.filter(state=PolicyState.ACTIVE).first()
    if card is not None:
        found = found.filter(year__gte=months_before(on, card.statement_months).year)
    return found.first()


def limit_sheet(account: CreditAccount, on: dt.date) -> Sheet | None:
    """What the figures support now; None where no policy is in force."""
    policy = policy_in_force()
    if policy is None:
        return None
    statement = statement_of(account, on)
    reference = (
        CreditRequest.objects.filter(account=account, reference_limit__isnull=False, approval__state__in=HEARD)
        .values_list("reference_limit", flat=True)
        .first()
    )
    figures = Figures(
        grade=grade_of(account.customer_id),
        term_days=account.term_days,
        monthly_purchases=monthly_purchases(account, on),
        net_worth=(statement.total_assets or Decimal(0)) - (statement.liabilities or Decimal(0)) if statement else None,
        reference=reference,
        capital=capital_of(account.customer_id) if policy.capital_percent else None,
    )
    return Sheet(policy, figures, propose(figures, policy.terms))
