"""Reads of credit across its tables."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Min, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from credit.instruments import all_instruments
from credit.models import AccountGrade, CreditAccount, CreditCheck, CreditCheckPolicy, OpenByDueDate, Rating
from credit.models.ratings import IN_FORCE
from credit.rules.checks import HELD, LIFTED, check
from crm.core.money import ZERO


@dataclass(frozen=True)
class AccountSummary:
    """How a credit account stands today, in base currency. `limit` None = never set (counts as 0 in headroom)."""

    limit: Decimal | None
    reserved: Decimal
    receivable: Decimal
    unallocated: Decimal
    uncleared: Decimal
    prepaid: Decimal
    counts_unallocated: bool
    exposure: Decimal
    headroom: Decimal
    overdue: Decimal
    oldest_due_on: dt.date | None
    days_overdue: int

    @property
    def is_over_limit(self) -> bool:
        """Whether a limit was set and is exceeded; a limit never set is a matter of its own."""
        return self.limit is not None and self.headroom < 0


def account_summary(account: CreditAccount, today: dt.date) -> AccountSummary:
    """Limit, parts of the exposure, headroom and what is overdue, from credit's own tables alone (one query)."""
    late = OpenByDueDate.objects.filter(account=account, due_on__lt=today, open_amount__gt=0).aggregate(
        amount=Sum("open_amount"), oldest=Min("due_on")
    )
    oldest: dt.date | None = late["oldest"]
    return AccountSummary(
        limit=account.terms_on(today).limit,
        reserved=account.reserved,
        receivable=account.receivable,
        unallocated=account.unallocated,
        uncleared=account.uncleared,
        prepaid=account.prepaid,
        counts_unallocated=account.counts_unallocated,
        exposure=account.exposure,
        headroom=account.headroom_on(today),
        overdue=late["amount"] or ZERO,
        oldest_due_on=oldest,
        days_overdue=(today - oldest).days if oldest else 0,
    )


def accepted_instead(customer_id: int, instrument: str) -> list[str]:
    """What the customer's account accepts, where that is not this payment form; nothing where it is (one query)."""
    refusing = CreditAccount.objects.filter(customer=customer_id).exclude(instruments__contains=[instrument])
    return refusing.values_list("instruments", flat=True).first() or []


def restricted_instruments(customer_ids: Collection[int]) -> dict[int, list[str]]:
    """What the accounts of these customers accept, by customer; those that accept everything are left out."""
    some = CreditAccount.objects.filter(customer__in=customer_ids).exclude(instruments=all_instruments())
    return dict(some.values_list("customer_id", "instruments"))


def grade_of(customer_id: int) -> str:
    """The grade of a customer now, AAA to D; empty if it is not rated."""
    return grades_of([customer_id])[customer_id]


def grades_of(customer_ids: Collection[int]) -> dict[int, str]:
    """The grades of customers now, empty for those not rated (one query)."""
    rated = AccountGrade.objects.filter(account__customer__in=customer_ids)
    return dict.fromkeys(customer_ids, "") | dict(rated.values_list("account__customer_id", "grade"))


def grades_before(rating_ids: Collection[int]) -> dict[int, str]:
    """By rating the grade that comes back when it is lifted: of the newest in force before it, empty for none."""
    earlier = Rating.objects.filter(account=OuterRef("account"), pk__lt=OuterRef("pk"), state__in=IN_FORCE)
    before = Subquery(earlier.order_by("-pk").values("grade")[:1])
    return dict(Rating.objects.filter(pk__in=rating_ids).values_list("pk", Coalesce(before, Value(""))))


@dataclass(frozen=True)
class PolicyTrial:
    """What another policy would have decided about the last checks, on the figures they saw."""

    looked_at: int
    newly_held: list[CreditCheck]
    newly_released: list[CreditCheck]


def try_policy(policy: CreditCheckPolicy, *, last: int = 1000) -> PolicyTrial:
    """Decide the last checks once more (one query); what was lifted counts as lifted still.

    The oldest due date is the one that was seen, by the tolerance of the policy of then.
    """
    held: list[CreditCheck] = []
    released: list[CreditCheck] = []
    checks = list(CreditCheck.objects.select_related("account__customer")[:last])
    for seen in checks:
        decision, _reasons = check(
            seen.figures,
            seen.order,
            policy.for_rules,
            lifted={finding.code for finding in seen.findings if finding.severity == LIFTED},
        )
        if decision != seen.decision:
            (held if decision == HELD else released).append(seen)
    return PolicyTrial(len(checks), held, released)
