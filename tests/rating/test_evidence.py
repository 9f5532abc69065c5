"""Statements: whose they are, when they count, and where it can be read."""

from decimal import Decimal
from importlib import import_module
from typing import Any

import pgtrigger
import pytest
from django.apps import apps
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from credit.errors import OwnStatement, StatementUnusual
from credit.models import FinancialStatement, StatementConfirmation
from credit.panels.ratings import statements_card
from credit.selectors.evidence import statements_of
from credit.selectors.limits import limit_sheet, statement_of
from credit.selectors.rating_inputs import gather
from credit.services import confirm_statement, record_investigation, record_statement
from credit.services.scorecards import scorecard_in_force
from credit.views.evidence import StatementsToConfirm
from crm.accounts import roles
from crm.accounts.models import User
from crm.core.dates import business_today
from crm.core.errors import NotAllowed
from customers.models import Assignment, Customer, CustomerShare
from tests.factories import Company, make_user, money
from tests.rating.making import TODAY, account_for, pays, proposed

pytestmark = pytest.mark.django_db
MIGRATION = import_module("credit.migrations.0013_confirmed_statements")


def controller() -> User:
    return make_user("carol", role=roles.CREDIT_CONTROLLER)


def entered(company: Company, actor: User, liabilities: int, year: int = 2025, **more: Any) -> FinancialStatement:
    return record_statement(
        actor=actor,
        customer_id=company.customer.pk,
        year=year,
        total_assets=money(100),
        liabilities=money(liabilities),
        **more,
    )


def debt(company: Company) -> Decimal | None:
    """What a rating and a limit would rest on: they agree."""
    account = account_for(company.customer)
    found = gather([account.pk], on=TODAY, version=scorecard_in_force())[account.pk]
    statement = statement_of(account, TODAY)
    assert found.statement_id == (statement.pk if statement else None)
    ratio: Any = found.inputs.get("debt_ratio")
    return ratio


def test_the_owners_statement_counts_when_another_has_confirmed_exactly_these_figures(company: Company) -> None:
    carol = controller()
    entered(company, carol, 50, year=2024)
    own = entered(company, company.alice, 10)
    assert (own.needs_confirmation, debt(company)) == (True, Decimal("0.5000"))
    for actor, refusal in ((company.alice, NotAllowed), (company.anna, NotAllowed), (company.charlie, NotAllowed)):
        with pytest.raises(refusal):
            confirm_statement(actor=actor, statement_id=own.pk)
    assert not StatementConfirmation.objects.exists()
    first = confirm_statement(actor=carol, statement_id=own.pk)
    assert (confirm_statement(actor=carol, statement_id=own.pk), debt(company)) == (first, Decimal("0.1000"))
    entered(company, company.alice, 1)  # other figures are another statement: the confirmed one still counts
    assert debt(company) == Decimal("0.1000")
    entered(company, carol, 30)
    assert debt(company) == Decimal("0.3000")
    with pytest.raises(DatabaseError), transaction.atomic():
        StatementConfirmation.objects.update(confirmed_by=company.alice)


def test_nobody_confirms_for_a_customer_or_a_statement_of_their_own(company: Company) -> None:
    carol, frank = controller(), make_user("frank", role=roles.FINANCE_MANAGER)
    Customer.objects.filter(pk=company.customer.pk).update(owner=carol)
    for actor in (carol, frank):
        statement = entered(company, actor, 40)
        with pytest.raises(OwnStatement):
            confirm_statement(actor=actor, statement_id=statement.pk)
    with pytest.raises(OwnStatement):
        confirm_statement(actor=carol, statement_id=statement.pk)
    assert not StatementConfirmation.objects.exists()


def test_whoever_looks_after_the_customer_then_or_now_is_its_owner(company: Company) -> None:
    carol = controller()
    entered(company, company.alice, 40)
    of_carol = entered(company, carol, 40)
    for owner, counting in ((company.alice, True), (company.bob, True), (None, True), (carol, False)):
        Customer.objects.filter(pk=company.customer.pk).update(owner=owner)
        assert list(FinancialStatement.objects.counting()) == ([of_carol] if counting else [])


def test_only_who_may_confirm_statements_enters_one_that_counts_at_once(company: Company) -> None:
    CustomerShare.objects.create(customer=company.customer, user=company.charlie, reason="Account team")
    for actor, waits in ((company.mona, True), (company.charlie, True), (company.anna, True), (company.fiona, False)):
        assert entered(company, actor, 40).needs_confirmation is waits
    assert FinancialStatement.objects.counting().get().created_by == company.fiona


def test_statements_from_before_count_on_unless_sales_or_the_owner_of_then_entered_them(company: Company) -> None:
    carol, dora = controller(), make_user("dora", role=roles.CREDIT_CONTROLLER)
    for owner in (carol, dora, company.alice):
        Assignment.objects.create(customer=company.customer, owner=owner, on=TODAY, reason="Handed over")
        if owner == carol:
            of_then = entered(company, carol, 40)
    Customer.objects.filter(pk=company.customer.pk).update(owner=company.bob)
    later, of_sales = entered(company, dora, 40), entered(company, company.mona, 40)
    of_owner, of_finance = entered(company, company.bob, 40), entered(company, company.fiona, 40)
    with pgtrigger.ignore("credit.FinancialStatement:append_only"):
        FinancialStatement.objects.update(needs_confirmation=False)
        MIGRATION.ask_for_confirmation(apps, None)
    rows = FinancialStatement.objects.filter(needs_confirmation=True)
    assert set(rows) == {of_then, of_sales, of_owner}
    assert set(FinancialStatement.objects.counting()) == {later, of_finance}


def test_pages_say_whose_a_statement_is_and_what_an_investigation_rests_on(company: Company) -> None:
    carol = controller()
    pays(company.customer)
    own = entered(company, company.alice, 10, year=business_today().year - 1, on=business_today(), audited=True)
    record_investigation(
        actor=company.alice, customer_id=company.customer.pk, on=TODAY, answers={"conduct": (4, "Saw the works")}
    )
    assert [row.label for row in statements_card(carol).rows] == [company.customer.name]
    assert not statements_card(company.alice).count
    client, address = Client(headers={"accept-language": "en"}), reverse("credit:evidence", args=[company.customer.pk])
    confirm = reverse("credit:confirm_statement", args=[own.pk])
    client.force_login(company.alice)
    page = client.get(address).content.decode()
    for words in ("to be confirmed, does not count", "audited", "entered by Alice", "Saw the works"):
        assert words in page or words.replace("Alice", str(company.alice)) in page, words
    assert confirm not in page
    client.force_login(carol)
    assert confirm in client.get(address).content.decode()
    assert "Total assets: 100.00" in client.get(confirm).content.decode()
    assert client.post(confirm).status_code == 302
    assert "confirmed by" in client.get(address).content.decode()
    rating = proposed(company, on=business_today())
    assert rating.statement == own
    page = client.get(rating.get_absolute_url()).content.decode()
    for words in ("What it was made of", f"of {own.year}", "confirmed by"):
        assert words in page, words
    assert not statements_card(carol).count


def test_of_each_statement_it_is_said_whether_it_counts(company: Company) -> None:
    carol = controller()
    for actor, year in ((carol, 2023), (carol, 2024), (carol, 2025), (company.alice, 2025)):
        entered(company, actor, 40, year=year)
    found = [(row.year, row.standing) for row in statements_of(company.customer.pk, TODAY)]
    assert found == [(2025, "to_confirm"), (2025, "counts"), (2024, "older"), (2023, "old")]
    assert statements_of(company.customer.pk, TODAY.replace(year=2025))[1].standing == "early"


def test_only_what_a_confirmation_could_make_count_waits_for_one(company: Company) -> None:
    """A slip that a right statement has overtaken, or one too old, is confirmed by nobody and asked of nobody."""
    carol, year = controller(), business_today().year - 1
    client, evidence = Client(headers={"accept-language": "en"}), reverse("credit:evidence", args=[company.customer.pk])
    client.force_login(carol)

    def waiting() -> list[int]:
        listed = client.get(reverse("credit:statements_to_confirm")).content.decode()
        panel = client.get(reverse("customers:panel", args=[company.customer.pk, "credit_rating"])).content.decode()
        years = [row.year for row in StatementsToConfirm.get_queryset_for(carol, "")]
        assert (evidence in listed) is bool(years)
        assert ("somebody else has to confirm it" in panel) is bool(years)
        assert statements_card(carol).count == len(years)
        sheet = limit_sheet(account_for(company.customer), business_today())
        assert sheet is not None
        assert sheet.to_confirm is bool(years)
        return years

    entered(company, company.alice, 40, year=year - 9)
    assert waiting() == []
    slip = entered(company, company.alice, 4, year=year)
    assert waiting() == [year]
    entered(company, carol, 40, year=year)
    assert waiting() == []
    confirm = reverse("credit:confirm_statement", args=[slip.pk])
    assert confirm not in client.get(evidence).content.decode()
    assert "it does not count" in client.post(confirm, follow=True).content.decode()
    newest = statement_of(account_for(company.customer), business_today())
    assert newest is not None
    assert newest.liabilities == money(40)


def test_an_older_statement_that_the_limit_rests_on_is_not_called_replaced(company: Company) -> None:
    carol, customer = controller(), company.customer
    for actor, year in ((carol, 2024), (company.alice, 2024)):
        entered(company, actor, 40, year=year)
    record_statement(actor=carol, customer_id=customer.pk, year=2025, revenue=money(100))
    waits, with_both = FinancialStatement.objects.filter(year=2024)
    assert statement_of(account_for(customer), TODAY) == with_both
    standings = [row.standing for row in statements_of(customer.pk, TODAY)]
    assert standings == ["counts", "to_confirm", "limit"]
    confirm_statement(actor=carol, statement_id=waits.pk)
    assert statement_of(account_for(customer), TODAY) == waits
    standings = [row.standing for row in statements_of(customer.pk, TODAY)]
    assert standings == ["counts", "limit", "replaced"]


@pytest.mark.parametrize(
    ("code", "figures"),
    [
        ("liabilities", {"total_assets": 10, "liabilities": 31}),
        ("profit", {"revenue": 10, "profit": -11}),
        ("profit", {"revenue": 0, "profit": -5}),
        ("liquidity", {"current_assets": 210, "total_assets": 300, "current_liabilities": 10, "liabilities": 100}),
        ("inventory", {"current_assets": 10, "total_assets": 50, "inventory": 6, "receivables": 5}),
    ],
)
def test_figures_that_hardly_any_company_has_are_asked_about(
    company: Company, code: str, figures: dict[str, int]
) -> None:
    amounts: dict[str, Any] = {name: money(value) for name, value in figures.items()}
    with pytest.raises(StatementUnusual):
        record_statement(actor=company.fiona, customer_id=company.customer.pk, year=2025, **amounts)
    assert not FinancialStatement.objects.exists()
    client = Client(headers={"accept-language": "en"})
    client.force_login(company.fiona)
    address = reverse("credit:new_statement", args=[company.customer.pk])
    asked = client.post(address, {"year": 2025, **figures})
    assert asked.status_code == 422
    assert "The paper says so" in asked.content.decode()
    assert client.post(address, {"year": 2025, **figures, "accept_unusual": [code]}).status_code == 302
    assert FinancialStatement.objects.get().year == 2025


def test_one_that_is_not_audited_in_place_of_one_that_is_asks_too(company: Company) -> None:
    said: dict[str, Any] = {"actor": company.fiona, "customer_id": company.customer.pk, "year": 2025}
    record_statement(**said, revenue=money(100), audited=True)
    with pytest.raises(StatementUnusual):
        record_statement(**said, revenue=money(120))
    record_statement(**{**said, "year": 2024}, revenue=money(120))
    record_statement(**said, revenue=money(120), accept_unusual=["audited"])
    record_statement(**said, revenue=money(130))
    standings = [row.standing for row in statements_of(company.customer.pk, TODAY)]
    assert standings == ["counts", "replaced", "replaced", "older"]


def test_each_unusual_figure_is_named_and_accepted_by_itself(company: Company) -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(company.fiona)
    address = reverse("credit:new_statement", args=[company.customer.pk])
    figures = {"year": 2025, "total_assets": 10, "liabilities": 31, "revenue": 10, "profit": 11}
    asked = client.post(address, figures).content.decode()
    assert "more than three times the assets, profit or loss is more than the revenue" in asked
    again = client.post(address, {**figures, "accept_unusual": ["liabilities"]})
    boxes = [line for line in again.content.decode().split("<") if 'type="checkbox"' in line and "accept" in line]
    assert (again.status_code, FinancialStatement.objects.exists()) == (422, False)
    assert [("checked" in box, 'value="profit"' in box) for box in boxes] == [(True, False), (False, True)]
    both = client.post(address, {**figures, "accept_unusual": ["liabilities", "profit"]})
    assert (both.status_code, FinancialStatement.objects.count()) == (302, 1)
