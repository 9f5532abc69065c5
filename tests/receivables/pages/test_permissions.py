"""Who may open and do what: every address x every role, and records of strangers; a denial changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from credit.models import CreditEntry
from crm.accounts import roles
from receivables.models import Allocation, Invoice, Receipt, Reversal
from tests.factories import (
    Company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_receipt,
    make_team,
    make_user,
)
from tests.receivables.pages.conftest import SignIn, let_go

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

SEE = {*roles.SALES, *roles.FINANCE, *roles.MANAGEMENT, roles.CREDIT_CONTROLLER, roles.ADMINISTRATOR}
POST = {*roles.FINANCE}
UNDO = {roles.FINANCE_MANAGER, roles.FINANCE_DIRECTOR}
ASSIGN = {roles.SALES_MANAGER, roles.SALES_DIRECTOR, roles.CREDIT_CONTROLLER, *roles.FINANCE}
NARROW = {roles.SALES_REP, roles.SALES_MANAGER}  # roles that do not see every customer


@dataclass
class Papers:
    """One document of each kind, all of one customer."""

    invoice: Invoice
    note: Invoice
    receipt: Receipt
    cheque: Receipt
    allocation: Allocation


@dataclass(frozen=True)
class Address:
    name: str
    allowed: set[str]
    subject: Callable[[Papers], Any] | None = None
    post: bool = True


ADDRESSES = [
    Address("invoices", SEE, post=False),
    Address("receipts", SEE, post=False),
    Address("invoice_options", SEE, post=False),
    Address("post_invoice", POST),
    Address("preview_invoice", POST, post=False),
    Address("post_receipt", POST),
    Address("matches", POST, post=False),
    Address("assign", ASSIGN),
    Address("invoice", SEE, lambda papers: papers.invoice, post=False),
    Address("invoice_credit", SEE, lambda papers: papers.invoice, post=False),
    Address("receipt", SEE, lambda papers: papers.receipt, post=False),
    Address("receipt_credit", SEE, lambda papers: papers.receipt, post=False),
    Address("ledger", SEE, lambda papers: papers.invoice.customer, post=False),
    Address("ledger_export", SEE, lambda papers: papers.invoice.customer, post=False),
    Address("assign_responsible", ASSIGN, lambda papers: papers.invoice),
    Address("reverse_invoice", UNDO, lambda papers: papers.invoice),
    Address("allocate_credit_note", POST, lambda papers: papers.note),
    Address("allocate_receipt", POST, lambda papers: papers.receipt),
    Address("clear_receipt", POST, lambda papers: papers.cheque),
    Address("bounce_receipt", UNDO, lambda papers: papers.cheque),
    Address("reverse_receipt", UNDO, lambda papers: papers.receipt),
    Address("take_back", POST, lambda papers: papers.allocation),
    Address("closing", UNDO, post=False),
]
WORDS = {"on": "2026-03-31", "reason": "because", "responsible": "0"}


def papers_of(customer: Any) -> Papers:
    invoice = make_invoice(customer, "1000")
    receipt = make_receipt(customer, "600", lines=[(invoice, "400")])
    return Papers(
        invoice=invoice,
        note=make_credit_note(customer, "50", on="2026-01-10"),
        receipt=receipt,
        cheque=make_receipt(customer, "70", instrument="cheque"),
        allocation=Allocation.objects.get(invoice=invoice),
    )


def state() -> list[Any]:
    """All that a denied request might have changed."""
    return [
        list(Invoice.objects.order_by("pk").values_list("pk", "open_amount", "reversed_on", "responsible")),
        list(Receipt.objects.order_by("pk").values_list("pk", "open_amount", "reversed_on", "cleared_on")),
        Allocation.objects.count(),
        Reversal.objects.count(),
        CreditEntry.objects.count(),
    ]


def url_of(address: Address, papers: Papers) -> str:
    args = [] if address.subject is None else [address.subject(papers).pk]
    return reverse(f"receivables:{address.name}", args=args)


@pytest.mark.parametrize("role", sorted(roles.ROLES))
def test_every_address_asks_for_its_permission(company: Company, sign_in: SignIn, role: str) -> None:
    papers = papers_of(company.customer)
    user = make_user(f"the_{role}", role, company.east)
    company.customer.shares.create(user=user, reason="so that all is visible")
    client = sign_in(user)
    before = state()
    for address in ADDRESSES:
        url = url_of(address, papers)
        allowed = role in address.allowed
        answer = client.get(url)
        let_go(answer)
        expected = 200 if allowed else 403
        assert answer.status_code == expected, f"{role} GET {address.name}: {answer.status_code}"
        if address.post and not allowed:
            status = client.post(url, WORDS).status_code
            assert status == 403, f"{role} POST {address.name}: {status}"
    assert state() == before


@pytest.mark.parametrize("role", sorted(NARROW))
def test_records_of_strangers_do_not_exist(company: Company, sign_in: SignIn, role: str) -> None:
    west = make_team("Far west", company.west)
    papers = papers_of(make_customer("Out of sight", owner=make_user("zoe", roles.SALES_REP, west)))
    client = sign_in(make_user(f"a_{role}", role, company.east))
    before = state()
    for address in ADDRESSES:
        if address.subject is None:
            continue
        url = url_of(address, papers)
        expected = 404 if role in address.allowed else 403
        statuses = [client.get(url).status_code]
        if address.post:
            statuses.append(client.post(url, WORDS).status_code)
        assert set(statuses) == {expected}, f"{role} {address.name}: {statuses}"
    assert state() == before


def test_nobody_comes_in_without_a_login(company: Company) -> None:
    papers = papers_of(company.customer)
    before = state()
    for address in ADDRESSES:
        answer = Client().post(url_of(address, papers), WORDS)
        assert answer.status_code == 302, address.name
        assert "/account/login/" in answer.headers["Location"]
    assert state() == before


def test_posted_documents_cannot_be_changed_in_the_administration(company: Company, sign_in: SignIn) -> None:
    papers = papers_of(company.customer)
    client = sign_in(company.fiona)
    before = state()
    for name, record in (
        ("invoice", papers.invoice),
        ("receipt", papers.receipt),
        ("allocation", papers.allocation),
    ):
        listed = client.get(reverse(f"admin:receivables_{name}_changelist"), {"q": str(papers.invoice.number)})
        assert listed.status_code == 200
        assert client.get(reverse(f"admin:receivables_{name}_change", args=[record.pk])).status_code == 200
        for action in ("change", "delete"):
            url = reverse(f"admin:receivables_{name}_{action}", args=[record.pk])
            assert client.post(url, {"amount": "1", "post": "yes"}).status_code == 403
        assert client.get(reverse(f"admin:receivables_{name}_add")).status_code == 403
    assert client.get(reverse("admin:receivables_reversal_changelist")).status_code == 200
    assert state() == before
