"""What is entered about a customer for its rating: statements, their confirmation by another person, investigations."""

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.errors import InvestigationEmpty, OwnStatement, StatementUnusable, StatementUnusual
from credit.models import FinancialStatement, Investigation, InvestigationAnswer, StatementConfirmation
from credit.models.evidence import FIGURES
from credit.rules import ratings as rules
from credit.services.entries import lock_account
from credit.services.ratings import check_may
from crm.core.dates import business_today
from crm.core.locks import atomic_or_busy
from customers.models import Customer

MAY_ENTER, MAY_INVESTIGATE = "credit.add_financialstatement", "credit.add_investigation"
MAY_CONFIRM = "credit.add_statementconfirmation"
STATEMENT_FAULTS = {
    "empty": gettext_lazy("no figure is given"),
    "negative": gettext_lazy("only the profit can be negative"),
    "year": gettext_lazy("its year is not over yet"),
    "old": gettext_lazy("its year is too long ago"),
    "current_assets": gettext_lazy("current assets are more than total assets"),
    "current_liabilities": gettext_lazy("current liabilities are more than total liabilities"),
}
STATEMENT_ODDITIES = {
    "liabilities": gettext_lazy("liabilities are more than three times the assets"),
    "liquidity": gettext_lazy("current assets are more than twenty times the current liabilities"),
    "profit": gettext_lazy("profit or loss is more than the revenue"),
    "inventory": gettext_lazy("inventory and receivables are more than the current assets"),
    "audited": gettext_lazy("an audited statement of this year was entered before, and this one is not audited"),
}


def record_statement(
    *,
    actor: Any,
    customer_id: int,
    year: int,
    audited: bool = False,
    note: str = "",
    accept_unusual: Collection[str] = (),
    on: dt.date | None = None,
    **figures: Decimal | None,
) -> FinancialStatement:
    """Enter the statement of a year that is over, in base currency; it counts instead of one entered before, which
    stays. It counts at once where who enters it could confirm it for others; else when that is done
    (`confirm_statement`).

    Figures that hardly any company has are refused, all of them named, until `accept_unusual` says of each
    (`STATEMENT_ODDITIES`) that the paper says so.
    Raises NotAllowed, StatementUnusable, StatementUnusual.
    """
    check_may(actor, MAY_ENTER, customer_id)
    given = {name: figures.get(name) for name in FIGURES}
    fault = rules.statement_fault(given, year, on=on or business_today())
    if fault:
        raise StatementUnusable(what=STATEMENT_FAULTS[fault])
    odd = rules.statement_oddities(given)
    known = FinancialStatement.objects.filter(account__customer=customer_id, year=year)
    if not audited and known.order_by("-pk").values_list("audited", flat=True).first():
        odd.append("audited")
    if not set(odd) <= set(accept_unusual):
        raise StatementUnusual(what=_(", ").join(str(STATEMENT_ODDITIES[code]) for code in odd), codes=odd)
    with atomic_or_busy():
        account = lock_account(customer_id=customer_id)
        made: FinancialStatement = FinancialStatement.objects.create(
            account=account,
            year=year,
            audited=audited,
            note=note.strip(),
            needs_confirmation=needs_confirmation(actor, account.customer),
            created_by=actor,
            **given,
        )
    return made


def needs_confirmation(actor: Any, customer: Customer) -> bool:
    """Whether somebody else has to confirm what this person enters: all but those who may confirm statements and do not
    look after the customer.
    """
    return customer.owner_id == actor.pk or not actor.has_perm(MAY_CONFIRM)


def confirm_statement(*, actor: Any, statement_id: int) -> StatementConfirmation:
    """Somebody else has compared a statement with the paper: exactly these figures count from now on. Said twice it is
    said once.

    Raises NotAllowed, OwnStatement.
    """
    statement = FinancialStatement.objects.select_related("account__customer").get(pk=statement_id)
    customer = statement.account.customer
    check_may(actor, MAY_CONFIRM, customer.pk)
    if actor.pk in (statement.created_by_id, customer.owner_id):
        raise OwnStatement
    with atomic_or_busy():
        lock_account(customer_id=customer.pk)
        made: StatementConfirmation = StatementConfirmation.objects.get_or_create(
            statement=statement, defaults={"confirmed_by": actor}
        )[0]
    return made


def record_investigation(
    *, actor: Any, customer_id: int, on: dt.date, answers: Mapping[str, tuple[int, str]]
) -> Investigation:
    """Enter what was found out on a day: by item a score from 1 to 5 and what it rests on.

    Raises NotAllowed, InvestigationEmpty.
    """
    check_may(actor, MAY_INVESTIGATE, customer_id)
    usable = answers and all(
        topic in rules.TOPICS and rules.LEAST_SCORE <= score <= rules.MOST_SCORE and evidence.strip()
        for topic, (score, evidence) in answers.items()
    )
    if not usable or on > business_today():
        raise InvestigationEmpty
    with atomic_or_busy():
        account = lock_account(customer_id=customer_id)
        made: Investigation = Investigation.objects.create(account=account, on=on, created_by=actor)
        InvestigationAnswer.objects.bulk_create(
            InvestigationAnswer(investigation=made, topic=topic, score=score, evidence=evidence.strip())
            for topic, (score, evidence) in answers.items()
        )
    return made
