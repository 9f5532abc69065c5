"""The limit proposal: three methods, the lowest counts; the policy behind it in versions with four eyes."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from credit.limit_rules import CLASSES, ClassTerms, Figures, Terms, class_of, propose
from credit.limit_selectors import limit_sheet, monthly_purchases
from credit.models import CreditPolicy, FinancialStatement, PolicyClass
from credit.policy_errors import CreditPolicyIncomplete
from credit.services import change_request, submit_request
from credit.services.credit_policies import activate_credit_policy, new_credit_policy, policy_in_force
from crm.accounts import roles
from crm.approvals.rules import GRADES
from crm.approvals.services import withdraw
from crm.core.dates import business_today
from crm.core.errors import NotAllowed
from crm.core.versions import OwnVersion, VersionNotDraft
from customers.models import Customer
from tests.credit_requests.making import draft, prepare
from tests.factories import Company, account_of, make_account, make_company, make_credit_note, make_invoice, make_user

ON = dt.date(2026, 3, 31)
POLICY = Terms(
    factors={grade: Decimal("0.5") for grade in GRADES} | {"A": Decimal("0.8"), "D": Decimal(0)},
    classes={
        "A": ClassTerms(True, Decimal(20), 90),
        "B": ClassTerms(True, Decimal(10), 60),
        "C": ClassTerms(True, Decimal(5), 30),
        "D": ClassTerms(False, Decimal(0), 0),
    },
    reference_percent=Decimal(50),
    unrated_grade="CCC",
)
KNOWN = Figures("A", 60, Decimal(100_000), Decimal(1_000_000), Decimal(500_000))


@pytest.fixture
def company(db: None) -> Company:
    return make_company()


def amounts(figures: Figures) -> dict[str, Decimal | None]:
    return {method.code: method.amount for method in propose(figures, POLICY).methods}


def test_each_method_by_its_formula_and_the_lowest_counts() -> None:
    assert amounts(KNOWN) == {"sales": 160_000, "net_worth": 200_000, "reference": 250_000}
    found = propose(KNOWN, POLICY)
    assert (found.amount, found.by, found.credit_class) == (160_000, "sales", "A")
    lower = propose(replace(KNOWN, net_worth=Decimal(400_000)), POLICY)
    assert (lower.amount, lower.by) == (80_000, "net_worth")


def test_amounts_go_down_to_full_thousands() -> None:
    assert amounts(replace(KNOWN, monthly_purchases=Decimal("100_624.99")))["sales"] == 160_000
    assert amounts(replace(KNOWN, monthly_purchases=Decimal("100_625.00")))["sales"] == 161_000


def test_a_term_longer_than_the_class_may_have_does_not_raise_the_limit() -> None:
    assert propose(replace(KNOWN, term_days=120), POLICY).term_days == 90
    assert amounts(replace(KNOWN, term_days=120)) == amounts(replace(KNOWN, term_days=90))


def test_a_method_without_its_figure_says_so_and_does_not_count() -> None:
    found = propose(replace(KNOWN, monthly_purchases=None, net_worth=None), POLICY)
    assert (found.amount, found.by) == (250_000, "reference")
    assert [(method.code, list(method.missing)) for method in found.methods if method.missing] == [
        ("sales", ["monthly_purchases"]),
        ("net_worth", ["net_worth"]),
    ]
    assert propose(Figures("A", 60, None, None, None), POLICY).amount is None


def test_owing_more_than_one_has_supports_nothing() -> None:
    assert propose(replace(KNOWN, net_worth=Decimal(-5)), POLICY).amount == 0


def test_a_class_without_credit_gets_nothing_and_the_unrated_count_as_the_policy_says() -> None:
    nothing = propose(replace(KNOWN, grade="D"), POLICY)
    assert (nothing.amount, nothing.no_credit) == (0, True)
    unrated = propose(replace(KNOWN, grade=""), POLICY)
    assert (unrated.grade, unrated.credit_class, unrated.term_days) == ("CCC", "C", 30)


def test_every_grade_has_its_class() -> None:
    assert set(CLASSES) == set(GRADES)
    assert [class_of(grade) for grade in ("AAA", "A", "BBB", "B", "CCC", "C", "D")] == list("AABBCCD")


class TestFigures:
    def test_purchases_are_what_was_billed_less_credit_notes_over_the_months_there_were(self, company: Company) -> None:
        make_account(company.customer, "1000")
        account = account_of(company.customer)
        assert monthly_purchases(account, ON) is None
        make_invoice(company.customer, "7000", on=ON - dt.timedelta(days=400))
        assert monthly_purchases(account, ON) is None, "longer than a year ago"
        make_invoice(company.customer, "5000", on=ON - dt.timedelta(days=60))
        make_invoice(company.customer, "2000", on=ON - dt.timedelta(days=10))
        make_credit_note(company.customer, "1000", on=ON - dt.timedelta(days=5))
        assert monthly_purchases(account, ON) == Decimal("3000.00")

    def test_the_sheet_takes_statement_and_reference(self, company: Company) -> None:
        prepare(company, "increase")
        request = draft(company, "increase")
        change_request(actor=company.alice, request_id=request.pk, reference_limit=Decimal(300_000))
        account = account_of(company.customer)
        FinancialStatement.objects.create(
            account=account, year=2025, total_assets=Decimal(900_000), liabilities=Decimal(500_000)
        )
        drafted = limit_sheet(account, ON)
        assert drafted is not None
        assert drafted.figures.reference is None, "nobody has stood by it yet"
        submitted = submit_request(actor=company.alice, request_id=request.pk, on=ON)
        sheet = limit_sheet(account, ON)
        assert sheet is not None
        assert (sheet.figures.net_worth, sheet.figures.reference) == (400_000, 300_000)
        old = limit_sheet(account, dt.date(2028, 1, 1))
        assert old is not None
        assert old.figures.net_worth is None, "a statement of long ago tells nothing"
        assert sheet.proposal.credit_class == "C"
        assert (sheet.proposal.amount, sheet.proposal.by) == (20_000, "net_worth")
        assert submitted.approval_id is not None
        withdraw(request_id=submitted.approval_id, actor=company.alice, on=ON)
        gone = limit_sheet(account, ON)
        assert gone is not None
        assert gone.figures.reference is None


class TestPage:
    def get(self, company: Company, user: Any, language: str = "en") -> Any:
        client = Client(headers={"accept-language": language})
        client.force_login(user)
        return client.get(reverse("credit:limit_sheet", args=[company.customer.pk]))

    def test_it_shows_each_step_and_which_method_counts(self, company: Company) -> None:
        make_account(company.customer, "1000", term_days=30)
        make_invoice(company.customer, "600000", on=business_today() - dt.timedelta(days=20))
        page = self.get(company, company.alice).content.decode()
        assert "The lowest: it counts" in page
        assert "180,000" in page, "600,000 a month x 30 days x 0.3 of CCC"
        assert "This method does not count." in page

    def test_a_stranger_finds_nothing(self, company: Company) -> None:
        make_account(company.customer, "1000")
        assert self.get(company, company.charlie).status_code == 404

    def test_without_a_policy_it_says_so(self, company: Company) -> None:
        make_account(company.customer, "1000")
        CreditPolicy.objects.filter(state="active").update(state="retired")
        assert "No credit policy is in force" in self.get(company, company.alice).content.decode()


def test_the_form_of_a_request_says_what_the_figures_support(company: Company) -> None:
    make_account(company.customer, "1000", term_days=30)
    make_invoice(company.customer, "600000", on=business_today() - dt.timedelta(days=20))
    client = Client(headers={"accept-language": "en"})
    client.force_login(company.alice)
    page = client.get(reverse("credit:new_request", args=[company.customer.pk, "increase"])).content.decode()
    assert "The figures support a limit of 180,000.00 (By purchases). It stands in the form to begin with." in page
    assert 'value="180000.00"' in page or 'value="180,000.00"' in page or 'value="180000"' in page
    assert reverse("credit:limit_sheet", args=[company.customer.pk]) in page
    page = client.get(reverse("credit:new_request", args=[company.customer.pk, "term"])).content.decode()
    assert "The figures support" not in page


def test_an_increase_does_not_begin_with_less_than_there_is(company: Company) -> None:
    make_account(company.customer, "500000", term_days=30)
    make_invoice(company.customer, "600000", on=business_today() - dt.timedelta(days=20))
    client = Client(headers={"accept-language": "en"})
    client.force_login(company.alice)
    page = client.get(reverse("credit:new_request", args=[company.customer.pk, "increase"])).content.decode()
    assert "The figures support a limit of 180,000.00 (By purchases)." in page
    assert "It stands in the form" not in page


def test_registered_capital_stands_for_a_net_worth_nobody_entered_where_the_policy_says_so(company: Company) -> None:
    known = replace(KNOWN, net_worth=None, capital=Decimal(2_000_000))
    assert amounts(known)["net_worth"] is None, "by default it does not count"
    counts = replace(POLICY, capital_percent=Decimal(30))
    found = next(method for method in propose(known, counts).methods if method.code == "net_worth")
    assert found.amount == 120_000, "2,000,000 x 30% x 20%"
    assert [step.code for step in found.steps] == ["capital", "capital_percent", "net_worth_percent"]
    entered = propose(replace(known, net_worth=Decimal(100_000)), counts).methods[1]
    assert entered.amount == 20_000, "a statement goes before"
    make_account(company.customer, "1000")
    Customer.objects.filter(pk=company.customer.pk).update(
        registered_capital=Decimal(2_000_000), registered_capital_currency="CNY"
    )
    account, draft_ = account_of(company.customer), CreditPolicy.objects.get(state="draft")
    sheet = limit_sheet(account, ON)
    assert sheet is not None
    assert sheet.figures.capital is None
    CreditPolicy.objects.filter(pk=draft_.pk).update(capital_percent=30)
    CreditPolicy.objects.filter(state="active").update(state="retired")
    CreditPolicy.objects.filter(pk=draft_.pk).update(state="active")
    sheet = limit_sheet(account, ON)
    assert sheet is not None
    assert sheet.figures.capital == 2_000_000
    Customer.objects.filter(pk=company.customer.pk).update(registered_capital_currency="USD")
    sheet = limit_sheet(account, ON)
    assert sheet is not None
    assert sheet.figures.capital is None, "nothing is known of what it is worth in base currency"


class TestPolicies:
    def test_two_presets_ship_of_which_one_is_in_force(self, company: Company) -> None:
        assert list(CreditPolicy.objects.order_by("version").values_list("state", flat=True)) == ["active", "draft"]
        for policy in CreditPolicy.objects.all():
            assert set(policy.terms.classes) == set("ABCD")
            assert not policy.terms.classes["D"].gives_credit

    def test_another_than_its_author_puts_a_version_into_force(self, company: Company) -> None:
        carol, frank = make_user("carol", roles.CREDIT_CONTROLLER), make_user("frank", roles.FINANCE_MANAGER)
        first = policy_in_force()
        assert first is not None
        made = new_credit_policy(actor=carol, policy_id=first.pk)
        assert (made.version, made.classes.count()) == (3, 4)
        with pytest.raises(OwnVersion):
            activate_credit_policy(actor=carol, policy_id=made.pk)
        assert policy_in_force() == first
        activate_credit_policy(actor=frank, policy_id=made.pk)
        assert policy_in_force() == made
        with pytest.raises(VersionNotDraft):
            activate_credit_policy(actor=frank, policy_id=made.pk)
        with pytest.raises(DatabaseError), transaction.atomic():
            CreditPolicy.objects.filter(pk=made.pk).update(unrated_grade="A")

    def test_an_incomplete_version_stays_a_draft(self, company: Company) -> None:
        frank = make_user("frank", roles.FINANCE_MANAGER)
        made = CreditPolicy.objects.get(state="draft")
        PolicyClass.objects.filter(policy=made, credit_class="B").delete()
        with pytest.raises(CreditPolicyIncomplete):
            activate_credit_policy(actor=frank, policy_id=made.pk)
        assert CreditPolicy.objects.get(pk=made.pk).state == "draft"

    def test_a_rep_writes_no_policy(self, company: Company) -> None:
        first = policy_in_force()
        assert first is not None
        with pytest.raises(NotAllowed):
            new_credit_policy(actor=company.alice, policy_id=first.pk)
        assert CreditPolicy.objects.count() == 2
