from typing import Any

import pytest

from crm.accounts import roles
from receivables.models import InstalmentPlan
from tests.collection.nights import night
from tests.collection.plans import ROWS, approve, propose, rows_of
from tests.factories import Company, make_account, make_company, make_invoice, make_user


@pytest.fixture
def company(db: None) -> Company:
    """The fixed cast around one customer of alice's."""
    return make_company()


@pytest.fixture
def overdue(company: Company) -> Any:
    """1,000.00 due on 31 January, with a case since the night of 1 February."""
    make_user("frank", roles.FINANCE_MANAGER)
    make_account(company.customer, limit="100000")
    invoice = make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31", term_days=30)
    night("2026-02-01")
    return invoice


@pytest.fixture
def proposed(company: Company, overdue: Any) -> InstalmentPlan:
    return propose(company.alice, company.customer, [overdue], rows_of(*ROWS))


@pytest.fixture
def plan(proposed: InstalmentPlan) -> InstalmentPlan:
    return approve(proposed)
