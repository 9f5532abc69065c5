"""Limits in the administration: by the roles allowed, with a reason, and visible in the history."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from credit.models import CreditAccount
from crm.accounts import roles
from customers.models import TimelineEvent
from tests.factories import Company, make_account, make_company, make_invoice, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def terms(**changes: str) -> dict[str, str]:
    return {
        "limit": "5000",
        "term_days": "45",
        "settlement": "rolling",
        "status": "normal",
        "reason": "Agreed",
        **changes,
    }


def test_two_windows_do_not_overwrite_each_other(company: Company) -> None:
    account = make_account(company.customer, "100")
    address, client = reverse("admin:credit_creditaccount_change", args=[account.pk]), as_user(company.fiona)
    seen = account.terms_as_text
    assert client.post(address, terms(seen=seen, limit="500")).status_code == 302
    answer = client.post(address, terms(seen=seen, limit="900"))
    assert answer.status_code == 200
    assert "Somebody changed these terms meanwhile" in answer.content.decode()
    account.refresh_from_db()
    assert account.limit == 500


def test_a_limit_is_set_with_a_reason_and_stands_in_every_history(company: Company) -> None:
    account = make_account(company.customer, "100")
    make_invoice(company.customer, "70.00")
    address = reverse("admin:credit_creditaccount_change", args=[account.pk])
    client = as_user(company.fiona)
    assert client.get(address).status_code == 200
    assert client.post(address, terms()).status_code == 302
    account.refresh_from_db()
    assert (account.limit, account.term_days, account.receivable) == (Decimal("5000.00"), 45, Decimal("70.00"))
    assert TimelineEvent.objects.get(kind="terms_changed").data["reason"] == "Agreed"
    assert "Agreed" in LogEntry.objects.get(object_id=str(account.pk)).change_message
    assert account.events.order_by("pgh_id").last().pgh_context.metadata["reason"] == "Agreed"


def test_without_a_reason_nothing_is_set(company: Company) -> None:
    account = make_account(company.customer, "100")
    address = reverse("admin:credit_creditaccount_change", args=[account.pk])
    assert as_user(company.fiona).post(address, terms(reason="")).status_code == 200
    account.refresh_from_db()
    assert account.limit == Decimal("100.00")


def test_running_sums_cannot_be_typed(company: Company) -> None:
    account = make_account(company.customer, "100")
    address = reverse("admin:credit_creditaccount_change", args=[account.pk])
    as_user(company.fiona).post(address, terms(receivable="999", reserved="999"))
    account.refresh_from_db()
    assert (account.receivable, account.reserved) == (Decimal("0.00"), Decimal("0.00"))


@pytest.mark.parametrize("role", [roles.ADMINISTRATOR, roles.CREDIT_CONTROLLER])
def test_who_may_only_look_changes_nothing(company: Company, role: str) -> None:
    account = make_account(company.customer, "100")
    client = as_user(make_user(role=role))
    address = reverse("admin:credit_creditaccount_change", args=[account.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, terms()).status_code == 403
    account.refresh_from_db()
    assert account.limit == Decimal("100.00")


def test_nothing_of_credit_is_added_or_deleted_here(company: Company) -> None:
    account = make_account(company.customer, "100")
    make_invoice(company.customer, "70.00")
    client = as_user(company.fiona)
    assert client.get(reverse("admin:credit_creditaccount_add")).status_code == 403
    assert (
        client.post(reverse("admin:credit_creditaccount_delete", args=[account.pk]), {"post": "yes"}).status_code == 403
    )
    for name in ("creditentry", "openbyduedate", "reservation"):
        assert client.get(reverse(f"admin:credit_{name}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:credit_{name}_add")).status_code == 403
    assert CreditAccount.objects.filter(pk=account.pk).exists()
