"""Credit in the administration is to be looked at: limits and terms change by an approved request alone."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from credit.models import CreditAccount
from crm.accounts import roles
from tests.factories import Company, make_account, make_company, make_invoice, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    "role", [roles.ADMINISTRATOR, roles.CREDIT_CONTROLLER, roles.FINANCE_MANAGER, roles.FINANCE_DIRECTOR, "superuser"]
)
def test_nobody_changes_terms_here(company: Company, role: str) -> None:
    account = make_account(company.customer, "100")
    user = make_user("root", is_superuser=True) if role == "superuser" else make_user(role=role)
    client, address = as_user(user), reverse("admin:credit_creditaccount_change", args=[account.pk])
    assert client.get(address).status_code == 200
    asked = {"limit": "5000", "term_days": "45", "settlement": "rolling", "status": "normal", "receivable": "9"}
    assert client.post(address, asked).status_code == 403
    account.refresh_from_db()
    assert (account.limit, account.term_days, account.receivable) == (Decimal("100.00"), 30, Decimal("0.00"))


def test_nothing_of_credit_is_added_or_deleted_here(company: Company) -> None:
    account = make_account(company.customer, "100")
    make_invoice(company.customer, "70.00")
    client = as_user(company.fiona)
    assert client.get(reverse("admin:credit_creditaccount_add")).status_code == 403
    assert (
        client.post(reverse("admin:credit_creditaccount_delete", args=[account.pk]), {"post": "yes"}).status_code == 403
    )
    for name in ("creditentry", "openbyduedate", "reservation", "creditrequest"):
        assert client.get(reverse(f"admin:credit_{name}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:credit_{name}_add")).status_code == 403
    assert CreditAccount.objects.filter(pk=account.pk).exists()
