"""The limit proposal of a customer: the figures, and what the credit policy makes of them."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from credit.models import Balance, CreditAccount, CreditEntry, CreditRequest, FinancialStatement, Verb
from credit.models.policies import CreditPolicy, PolicyClass
from credit.rules.limits import Figures, Proposal, propose
from credit.rules.ratings import is_young
from credit.rules.requests import NEW, TERM
from credit.selectors.accounts import grade_of
from credit.selectors.evidence import statements_to_confirm, years_that_count
from crm.approvals.models import RequestState
from crm.core.money import ZERO, base_currency, round_money
from crm.core.registry import registry
from crm.core.versions import PolicyState
from customers.models import Customer

MONTHS = 12
DAYS = 365
BILLED = "invoice"  # the kind of source that charges an account
# What others grant counts once it was submitted, and unless the request was turned down or taken back.
HEARD = (RequestState.SUBMITTED, RequestState.RETURNED, RequestState.APPROVED)


@dataclass(frozen=True)
class Sheet:
    """A proposal with the policy it follows and the account it is for."""

    policy: CreditPolicy
    figures: Figures
    proposal: Proposal
    statement: FinancialStatement | None = None  # which the net worth is taken from
    to_confirm: bool = False  # it would be another one if somebody confirmed that

    @property
    def of_class(self) -> PolicyClass:
        """What the policy gives the class of the customer."""
        return next(row for row in self.policy.classes.all() if row.credit_class == self.proposal.credit_class)


def policy_in_force() -> CreditPolicy | None:
    """The credit policy that counts now, with its classes."""
    return CreditPolicy.objects.filter(state=PolicyState.ACTIVE).prefetch_related("classes").first()


def billed_for_goods(account: CreditAccount, on: dt.date) -> list[tuple[str, dt.date, Decimal]]:
    """Balance, day and amount of the invoices and credit notes for goods of the last 12 months; what was reversed was
    none, nor are debit notes.
    """
    since = on - dt.timedelta(days=DAYS)
    entries = CreditEntry.objects.filter(account=account, on__lt=on, on__gte=since, source_kind=BILLED)
    rows = list(
        entries.filter(verb__in=(Verb.CHARGE, Verb.REVERSE)).values_list(
            "source_id", "verb", "balance", "on", "base_amount"
        )
    )
    undone = {source_id for source_id, verb, *_rest in rows if verb == Verb.REVERSE}
    charged = [(source_id, *rest) for source_id, _verb, *rest in rows if source_id not in undone]
    bought = purchases_of({source_id for source_id, *_rest in charged})
    return [(balance, day, amount) for source_id, balance, day, amount in charged if source_id in bought]


def monthly_purchases(account: CreditAccount, on: dt.date) -> Decimal | None:
    """What was billed for goods in the last 12 months less credit notes, a month on average; over the months since the
    first purchase, where it is younger. None where nothing was bought.
    """
    billed = credited = ZERO
    first = on
    for balance, day, amount in billed_for_goods(account, on):
        first = min(first, day)
        if balance == Balance.RECEIVABLE:
            billed += amount
        else:
            credited += amount
    if not billed:
        return None
    months = min(Decimal(MONTHS), max(Decimal(1), Decimal((on - first).days) / 30))
    return round_money((billed - credited) / months)


def usual_purchase(account: CreditAccount, on: dt.date) -> Decimal | None:
    """An invoice for goods of the last 12 months, on average. None where nothing was bought."""
    amounts = [amount for balance, _day, amount in billed_for_goods(account, on) if balance == Balance.RECEIVABLE]
    return round_money(sum(amounts, ZERO) / len(amounts)) if amounts else None


def purchases_of(source_ids: Collection[int]) -> Collection[int]:
    """Those of the billed documents that are purchases, as their app knows them."""
    link = registry.source_links.get(BILLED)
    return link.purchases(source_ids) if link is not None and link.purchases is not None else source_ids


def capital_of(customer_id: int) -> Decimal | None:
    """The registered capital of a customer where it is in base currency."""
    known = Customer.objects.filter(pk=customer_id, registered_capital_currency=base_currency())
    found: Decimal | None = known.values_list("registered_capital", flat=True).first()
    return found


def statement_of(account: CreditAccount, on: dt.date) -> FinancialStatement | None:
    """The newest statement of a year that is over which tells the net worth and is not too old by the scorecard."""
    found = FinancialStatement.objects.counting().telling_net_worth()
    found = found.filter(account=account, year__range=years_that_count(on))
    return found.select_related("created_by", "confirmation__confirmed_by").first()


def next_review(account: CreditAccount, on: dt.date) -> dt.date:
    """When an account is looked at again after a decision about its limit: as the policy says of its class."""
    policy = policy_in_force()
    days = policy.terms.of_grade(grade_of(account.customer_id)).review_days if policy is not None else DAYS
    return on + dt.timedelta(days=days)


def limit_sheet(account: CreditAccount, on: dt.date, asked: CreditRequest | None = None) -> Sheet | None:
    """What the figures support now; None where no policy is in force.

    For a request it is what they support of what is asked: its term, its purchases expected, its own reference.
    """
    policy = policy_in_force()
    if policy is None:
        return None
    terms = policy.terms
    statement = statement_of(account, on)
    founded_on = account.customer.founded_on
    term_days, reference = account.term_days, None
    if asked is not None:
        reference = asked.reference_limit
        if asked.kind in (NEW, TERM) and asked.wanted_term_days is not None:
            term_days = asked.wanted_term_days
    reference = reference or (
        CreditRequest.objects.filter(account=account, reference_limit__isnull=False, approval__state__in=HEARD)
        .values_list("reference_limit", flat=True)
        .first()
    )
    figures = Figures(
        grade=grade_of(account.customer_id),
        term_days=term_days,
        monthly_purchases=monthly_purchases(account, on),
        net_worth=(statement.total_assets or Decimal(0)) - (statement.liabilities or Decimal(0)) if statement else None,
        reference=reference,
        capital=capital_of(account.customer_id) if policy.capital_percent else None,
        usual_purchase=usual_purchase(account, on) if any(row.one_purchase for row in terms.classes.values()) else None,
        purchase_estimate=asked.purchase_estimate if asked is not None else None,
        is_young=founded_on is not None and is_young(founded_on, on, terms.young_years),
    )
    waiting = statements_to_confirm(on).telling_net_worth().filter(account=account).exists()
    return Sheet(policy, figures, propose(figures, terms), statement, waiting)
