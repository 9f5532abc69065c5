"""Grades of the demo company: statements and visits of some customers, a review accepted, a few proposals open."""

import datetime as dt
from decimal import Decimal
from typing import Any

from crm.core.demo import DemoCompany, DemoStep

WITH_PAPERS, OWN, VISITED, PROPOSED = 220, 2, 60, 3
REPS = ("alice", "bob", "charlie")
EVIDENCE = "实地走访，查看厂房、库存与近期订单"


def rated_accounts(company: DemoCompany) -> list[Any]:
    from credit.models import CreditAccount

    accounts = list(
        CreditAccount.objects.filter(customer__owner__username__in=REPS, customer__merged_into=None, limit__gt=0)
        .select_related("customer__owner")
        .order_by("pk")
    )
    company.stream("ratings").shuffle(accounts)
    return accounts


def people() -> dict[str, Any]:
    from crm.accounts.models import User

    return {user.username: user for user in User.objects.all()}


def build_ratings(company: DemoCompany) -> None:
    """The review of the quarter, which the night has sent on its way, approved by all; then some are rated anew."""
    from credit.services.ratings import rate_customer
    from credit.services.reviews import review_ratings, submit_review

    users, on = people(), company.end_on
    review = review_ratings(on=on)
    if review.changed and review.approval_id is None:
        review = submit_review(actor=users["carol"], review_id=review.pk, reason="季度评级复核", on=on)
    if review.approval_id is not None:
        approve(review.approval_id, on=on)
    for account in rated_accounts(company)[:PROPOSED]:
        rate_customer(actor=users["carol"], customer_id=account.customer_id, reason="年报已更新，申请重新评级", on=on)


def enter_papers(company: DemoCompany) -> None:
    """Last year's statement of each account, and what a visit found for some."""
    from credit.rules import ratings as rules
    from credit.services.evidence import confirm_statement, record_investigation, record_statement

    users, rng = people(), company.stream("rating_papers")
    for place, account in enumerate(rated_accounts(company)[:WITH_PAPERS]):
        revenue = round(account.limit * rng.randrange(20, 60))
        assets = round(revenue * Decimal(rng.randrange(50, 110)) / 100)
        current = round(assets * Decimal(rng.randrange(45, 75)) / 100)
        liabilities = round(assets * Decimal(rng.randrange(25, 80)) / 100)
        own = place < OWN
        statement = record_statement(
            actor=account.customer.owner if own else users["carol"],
            customer_id=account.customer_id,
            year=company.end_on.year - 1,
            audited=rng.random() < 0.4,
            total_assets=Decimal(assets),
            liabilities=Decimal(liabilities),
            current_assets=Decimal(current),
            current_liabilities=Decimal(round(liabilities * Decimal("0.8"))),
            inventory=Decimal(round(current * Decimal("0.35"))),
            receivables=Decimal(round(current * Decimal("0.4"))),
            revenue=Decimal(revenue),
            profit=Decimal(round(revenue * Decimal(rng.randrange(-3, 12)) / 100)),
        )
        if own and place:  # the first of the owners' own waits for carol
            confirm_statement(actor=users["carol"], statement_id=statement.pk)
        if place < VISITED:
            record_investigation(
                actor=users["carol"],
                customer_id=account.customer_id,
                on=company.end_on - dt.timedelta(days=rng.randrange(5, 90)),
                answers={topic: (rng.randrange(2, 6), EVIDENCE) for topic in rules.TOPICS},
            )


def approve(approval_id: int, *, on: dt.date) -> None:
    """Every step of a request, by the first person it was given to."""
    from crm.approvals.models import RequestStep, StepState, Verb
    from crm.approvals.services import decide

    while step := RequestStep.objects.filter(request=approval_id, state=StepState.OPEN).first():
        actor = step.assignments.select_related("user").order_by("pk")[0].user
        decide(request_id=approval_id, step_id=step.pk, actor=actor, verb=Verb.APPROVE, on=on)


def no_papers() -> bool:
    from credit.models import FinancialStatement

    return not FinancialStatement.objects.exists()


def nothing_rated() -> bool:
    from credit.models import Rating

    return not Rating.objects.exists()


DEMO_PAPERS = DemoStep(key="rating_papers", order=90, build=enter_papers, is_empty=no_papers)
DEMO_RATINGS = DemoStep(key="ratings", order=120, build=build_ratings, is_empty=nothing_rated)
