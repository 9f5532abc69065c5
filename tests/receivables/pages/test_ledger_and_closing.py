"""The ledger of a customer as at any date, its workbook, and closing dates."""

import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from crm.core.models import LegalEntity
from tests.factories import Company, day, make_customer, make_entity, make_invoice, make_receipt
from tests.receivables.pages.conftest import SignIn, let_go

pytestmark = pytest.mark.django_db


def test_the_ledger_runs_from_opening_to_the_date(company: Company, sign_in: SignIn) -> None:
    first = make_invoice(company.customer, "1000", on="2026-01-10", number="L-1")
    make_receipt(company.customer, "400", on="2026-02-01", lines=[(first, "400")])
    make_invoice(company.customer, "50", on="2026-03-05", number="L-2")
    client = sign_in(company.alice)
    address = reverse("receivables:ledger", args=[company.customer.pk])
    page = client.get(address).content.decode()
    assert "650.00 CNY" in page
    page = client.get(address, {"as_at": "2026-02-28", "from_on": "2026-02-01"}).content.decode()
    assert "600.00 CNY" in page
    assert "1,000.00" in page  # what was owed before
    assert "L-2" not in page
    page = client.get(address, {"as_at": "2025-12-31"}).content.decode()
    assert "No movement up to this date" in page


def test_several_currencies_are_told_in_base_or_one_by_one(company: Company, sign_in: SignIn) -> None:
    make_invoice(company.customer, "100", currency="USD")
    make_invoice(company.customer, "5")
    client = sign_in(company.anna)
    address = reverse("receivables:ledger", args=[company.customer.pk])
    assert "715.00 CNY" in client.get(address).content.decode()
    assert "100.00 USD" in client.get(address, {"currency": "USD"}).content.decode()
    assert "5.00 CNY" in client.get(address, {"currency": "CNY"}).content.decode()
    # What makes no sense is named and ignored.
    page = client.get(address, {"currency": "XXX", "as_at": "never", "legal_entity": "x"}).content.decode()
    assert "715.00 CNY" in page
    assert "Enter a valid date." in page


@pytest.mark.parametrize("lines_a_page", [20_000, 2])
def test_the_workbook_says_what_the_page_says(
    company: Company, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, lines_a_page: int
) -> None:
    monkeypatch.setattr("receivables.views.ledger.MOST_LINES", lines_a_page)
    first = make_invoice(company.customer, "1000", on="2026-01-10", number="L-1")
    make_receipt(company.customer, "400", on="2026-02-01", lines=[(first, "400")], reference="=SUM(A1)")
    answer = sign_in(company.anna).get(reverse("receivables:ledger_export", args=[company.customer.pk]))
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    let_go(answer)
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]
    assert [row[1] for row in rows] == ["Opening balance", "Invoice", "Receipt", "Allocation", "Closing balance"]
    assert [row[9] for row in rows] == [0, 1000, 600, 600, 600]
    assert rows[2][4] == "'=SUM(A1)"


@pytest.mark.thorough
def test_a_long_ledger_has_pages_and_costs_the_same(company: Company, sign_in: SignIn) -> None:
    client = sign_in(company.anna)
    address = reverse("receivables:ledger", args=[company.customer.pk])

    def cost() -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    make_invoice(company.customer, "1")
    few = cost()
    for number in range(120):
        make_invoice(company.customer, "1", on="2026-01-01", number=f"P-{number:03}")
    assert cost() == few <= 16
    page = client.get(address, {"page": "2"}).content.decode()
    assert "Brought forward" in page
    assert "Page 2 of 2" in page
    assert client.get(address, {"page": "x"}).status_code == 200
    assert "P-000" in client.get(address, {"all": "1"}).content.decode()


def test_a_strangers_ledger_does_not_exist(company: Company, sign_in: SignIn) -> None:
    stranger = make_customer("Far away", owner=company.charlie)
    for name in ("ledger", "ledger_export"):
        assert sign_in(company.alice).get(reverse(f"receivables:{name}", args=[stranger.pk])).status_code == 404


def test_closing_needs_a_reason_and_is_kept_in_the_history(company: Company, sign_in: SignIn) -> None:
    client = sign_in(company.fiona)
    address = reverse("receivables:close_period", args=[company.entity.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"closed_through": "2026-02-28", "reason": ""}).status_code == 422
    assert LegalEntity.objects.get().closed_through is None
    assert client.post(address, {"closed_through": "2026-02-28", "reason": "February is done"}).status_code == 302
    assert LegalEntity.objects.get().closed_through == day("2026-02-28")
    client.post(address, {"closed_through": "2026-01-31", "reason": "A late invoice"})
    page = client.get(reverse("receivables:closing")).content.decode()
    assert "Closing date moved from 2026-02-28 to 2026-01-31" in page
    assert "Closing date moved from – to 2026-02-28" in page
    assert "February is done" in page
    assert page.index("A late invoice") < page.index("February is done")


def test_only_the_director_moves_a_closing_date_back(company: Company, sign_in: SignIn) -> None:
    from crm.accounts import roles
    from tests.factories import make_user

    make_entity("OTHER")
    manager = sign_in(make_user("fred", roles.FINANCE_MANAGER))
    address = reverse("receivables:close_period", args=[company.entity.pk])
    assert manager.post(address, {"closed_through": "2026-02-28", "reason": "done"}).status_code == 302
    refused = manager.post(address, {"closed_through": "2026-01-31", "reason": "oh"})
    assert refused.status_code == 422
    assert "Only the finance director" in refused.content.decode()
    assert LegalEntity.objects.get(pk=company.entity.pk).closed_through == day("2026-02-28")
    accountant = sign_in(company.anna)
    assert accountant.post(address, {"closed_through": "2026-03-30", "reason": "no"}).status_code == 403
