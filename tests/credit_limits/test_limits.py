"""The limit proposal: three methods, the lowest counts; the policy behind it in versions with four eyes."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from credit.errors import CreditPolicyIncomplete
from credit.models import CreditAccount, CreditPolicy, FinancialStatement, PolicyClass
from credit.rules.limits import CLASSES, ClassTerms, Figures, Terms, class_of, faulty_factors, propose
from credit.selectors.limits import limit_sheet, monthly_purchases, next_review, policy_in_force, usual_purchase
from credit.services import change_request, confirm_statement, record_statement, submit_request
from credit.services.credit_policies import activate_credit_policy, new_credit_policy
from credit.words.requests import proposal_of
from crm.accounts import roles
from crm.approvals.rules import GRADES
from crm.approvals.services import withdraw
from crm.core.dates import business_today
from crm.core.errors import NotAllowed
from crm.core.versions import OwnVersion, VersionNotDraft
from customers.models import Customer
from receivables.models import InvoiceKind
from receivables.services import reverse_invoice, reverse_receipt
from tests.credit_requests.making import draft, prepare
from tests.factories import (
    Company,
    account_of,
    give_grade,
    make_account,
    make_company,
    make_credit_note,
    make_invoice,
    make_receipt,
    make_user,
)

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


def test_a_young_company_is_given_a_share_of_what_the_methods_come_to() -> None:
    young = replace(POLICY, young_years=2, young_percent=Decimal("33.5"))
    grown, small = propose(KNOWN, young), propose(replace(KNOWN, is_young=True), young)
    assert (grown.amount, grown.before_young) == (160_000, None)
    assert (small.amount, small.before_young, small.by) == (53_000, 160_000, "sales")
    assert propose(replace(KNOWN, is_young=True), POLICY) == propose(KNOWN, POLICY)
    nothing = replace(KNOWN, is_young=True, monthly_purchases=None, net_worth=None, reference=None)
    assert propose(nothing, young).amount is None


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


def test_no_method_proposes_less_than_nothing() -> None:
    returned = replace(KNOWN, monthly_purchases=Decimal(-45_000), net_worth=Decimal(-1))
    assert amounts(returned) == {"sales": 0, "net_worth": 0, "reference": 250_000}
    assert propose(returned, POLICY).amount == 0


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


def test_a_class_that_is_given_some_limit_owes_at_most_one_usual_purchase(company: Company) -> None:
    terms = replace(POLICY, classes={**POLICY.classes, "A": ClassTerms(True, Decimal(20), 90, one_purchase=True)})
    known = replace(KNOWN, usual_purchase=Decimal(12_500))
    assert (propose(known, terms).amount, propose(known, terms).by) == (12_000, "one_purchase")
    assert propose(KNOWN, terms).by != "one_purchase", "nothing bought yet"
    assert propose(known, POLICY).by != "one_purchase"
    make_account(company.customer, "1000", term_days=30)
    make_invoice(company.customer, "20000", on=ON - dt.timedelta(days=20))
    make_invoice(company.customer, "10000", on=ON - dt.timedelta(days=10))
    account = account_of(company.customer)
    assert usual_purchase(account, ON) == 15_000
    CreditPolicy.objects.filter(state="active").update(state="retired")
    cautious = CreditPolicy.objects.get(state="draft")
    CreditPolicy.objects.filter(pk=cautious.pk).update(state="active")
    give_grade(company.customer, "A", ON)
    sheet = limit_sheet(account, ON)
    assert sheet is not None
    assert (sheet.proposal.amount, sheet.proposal.by) == (15_000, "one_purchase")


def test_owing_more_than_one_has_supports_nothing() -> None:
    assert propose(replace(KNOWN, net_worth=Decimal(-5)), POLICY).amount == 0


def test_a_class_without_credit_gets_nothing_and_the_unrated_count_as_the_policy_says() -> None:
    nothing = propose(replace(KNOWN, grade="D"), POLICY)
    assert (nothing.amount, nothing.no_credit) == (0, True)
    unrated = propose(replace(KNOWN, grade=""), POLICY)
    assert (unrated.grade, unrated.credit_class, unrated.term_days) == ("CCC", "C", 30)


@pytest.mark.parametrize("typed", [float("inf"), float("nan"), -1, True, "1", 101, None])
def test_a_factor_is_a_plain_number_and_the_refusal_names_its_grade(typed: Any) -> None:
    factors = dict.fromkeys(GRADES, 1)
    assert faulty_factors(factors) == []
    assert faulty_factors({**factors, "E": 1}) == ["E"]
    assert faulty_factors([1]) == list(GRADES)
    assert faulty_factors({**factors, "BB": typed}) == ["BB"]


@pytest.mark.parametrize("typed", ["Infinity", "NaN", "-1", "x", "101", ""])
def test_each_grade_has_a_field_for_its_factor(company: Company, typed: str) -> None:
    """A field says what is wrong with it; what is right is kept by grade."""
    author = make_user("flora", role=roles.FINANCE_DIRECTOR)
    draft = new_credit_policy(actor=author, policy_id=CreditPolicy.objects.get(state="active").pk)
    client, address = Client(), reverse("admin:credit_creditpolicy_change", args=[draft.pk])
    client.force_login(author)
    page = client.get(address).context
    form = page["adminform"].form
    assert form["factor_bb"].value() == 0.65
    said = {name: form[name].value() for name in form.fields} | {"factor_bb": typed}
    for inline in page["inline_admin_formsets"]:
        for part in (inline.formset.management_form, *inline.formset.forms):
            said |= {part.add_prefix(name): part[name].value() for name in part.fields}
    said = {name: "" if value is None else value for name, value in said.items()}
    refused = client.post(address, said)
    assert "factor_bb" in refused.context["adminform"].form.errors
    assert client.post(address, said | {"factor_bb": "0.7"}).status_code == 302
    draft.refresh_from_db()
    assert (draft.factors["BB"], draft.factors["AAA"], sorted(draft.factors)) == (0.7, 2.0, sorted(GRADES))


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

    def test_what_was_reversed_and_what_debit_notes_charge_was_not_bought(self, company: Company) -> None:
        make_account(company.customer, "1000")
        account = account_of(company.customer)
        interest = make_invoice(company.customer, "300", kind=InvoiceKind.DEBIT_NOTE, on=ON - dt.timedelta(days=200))
        make_credit_note(company.customer, "100", corrects=interest, on=ON - dt.timedelta(days=190))
        typed = make_invoice(company.customer, "1000000", on=ON - dt.timedelta(days=100))
        reverse_invoice(actor=None, invoice_id=typed.pk, on=ON - dt.timedelta(days=99), reason="typed twice")
        assert monthly_purchases(account, ON) is None
        paid = make_invoice(company.customer, "6000", on=ON - dt.timedelta(days=60))
        receipt = make_receipt(company.customer, "6000", on=ON - dt.timedelta(days=50), lines=[(paid, "6000")])
        taken = make_credit_note(company.customer, "500", corrects=paid, on=ON - dt.timedelta(days=40))
        reverse_invoice(actor=None, invoice_id=taken.pk, on=ON - dt.timedelta(days=39), reason="not agreed")
        assert monthly_purchases(account, ON) == Decimal("3000.00")
        reverse_receipt(actor=None, receipt_id=receipt.pk, on=ON - dt.timedelta(days=20), reason="another's")
        assert monthly_purchases(account, ON) == Decimal("3000.00"), "money taken back changes no purchase"
        old = make_invoice(company.customer, "9000", on=ON - dt.timedelta(days=370))
        reverse_invoice(actor=None, invoice_id=old.pk, on=ON - dt.timedelta(days=10), reason="too late")
        assert monthly_purchases(account, ON) == Decimal("3000.00"), "bought before the year"

    def test_the_sheet_takes_statement_and_reference(self, company: Company) -> None:
        prepare(company, "increase")
        request = draft(company, "increase")
        change_request(actor=company.alice, request_id=request.pk, reference_limit=Decimal(300_000))
        account = account_of(company.customer)
        FinancialStatement.objects.create(
            account=account, year=2025, total_assets=Decimal(900_000), liabilities=Decimal(500_000)
        )
        request.refresh_from_db()
        asked = limit_sheet(account, ON, request)
        assert asked is not None
        assert asked.figures.reference == 300_000, "its own, though nobody has stood by it yet"
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

    def test_a_new_customer_is_measured_by_what_is_asked(self, company: Company) -> None:
        prepare(company, "new")
        CreditAccount.objects.update(term_days=0)
        request = draft(company, "new", wanted_term_days=60, purchase_estimate=Decimal(90_000))
        account = account_of(company.customer)
        of_account, sheet = limit_sheet(account, ON), limit_sheet(account, ON, request)
        assert of_account is not None
        assert of_account.proposal.amount is None
        assert sheet is not None
        assert sheet.proposal.amount == 27_000, "90,000 a month x 30 days, the most of class C, x 0.3 of CCC"
        assert [step.code for step in sheet.proposal.methods[0].steps] == ["purchase_estimate", "term", "factor"]
        make_invoice(company.customer, "20000", on=ON - dt.timedelta(days=20))
        bought = limit_sheet(account, ON, request)
        assert bought is not None
        assert bought.proposal.amount == 6_000, "what was bought goes before what is expected"

    def test_who_decides_sees_what_the_figures_supported_when_it_was_asked(self, company: Company) -> None:
        prepare(company, "new")
        request = draft(company, "new", wanted_term_days=45)
        alice = Client(headers={"accept-language": "en"})
        alice.force_login(company.alice)
        told = "The term asked is 45 days: the policy gives class C at most 30."
        assert told in alice.get(request.get_absolute_url()).content.decode()
        request = submit_request(actor=company.alice, request_id=request.pk, on=business_today())
        give_grade(company.customer, "D", business_today())  # what comes later is not what it was submitted with
        mona = Client(headers={"accept-language": "en"})
        mona.force_login(company.mona)
        approval = request.approval
        assert approval is not None
        for page in (reverse("approvals:inbox"), approval.get_absolute_url(), request.get_absolute_url()):
            content = mona.get(page).content.decode()
            assert told in content
            assert "27,000.00" in content, "90,000 a month x 30 days x 0.3 of CCC"
            assert "Part prepaid, required" in content
            assert f"?request={request.pk}" in content
            assert f"as at submission on {business_today()}, grade CCC" in content
            assert f"As at {business_today()}" in content
            assert "grade D, class D" in content
            assert ("grade D, class D · 0.00" in content) is (page != reverse("approvals:inbox"))
        sheet = mona.get(reverse("credit:limit_sheet", args=[company.customer.pk]), {"request": request.pk})
        assert f"As at submission on {business_today()}" in sheet.content.decode()
        stored = approval.decisions.get(verb="submit").figures["proposal"]
        assert (stored["amount"], stored["credit_class"], stored["warnings"]) == ("27000", "C", ["term_beyond"])


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

    def test_it_says_whose_the_statement_is_and_which_one_waits(self, company: Company) -> None:
        prepare(company, "increase")
        year, told = business_today().year - 1, "somebody else has to confirm it"
        enter: dict[str, Any] = {"customer_id": company.customer.pk, "total_assets": 900_000, "liabilities": 500_000}
        record_statement(actor=company.fiona, year=year - 1, audited=True, **enter)
        waits = record_statement(actor=company.alice, year=year, **enter)
        for confirmed in (False, True):
            if confirmed:
                carol = make_user("carol", role=roles.CREDIT_CONTROLLER)
                confirm_statement(actor=carol, statement_id=waits.pk)
            page = self.get(company, company.alice).content.decode()
            assert (told in page) is not confirmed
            assert (f"of {year} · not audited" if confirmed else f"of {year - 1} · audited") in page
            assert ("confirmed by" in page) is confirmed
            request = draft(company, "increase")
            warnings = proposal_of(request, business_today())["proposal"]["warnings"]
            assert ("statement_to_confirm" in warnings) is not confirmed

    def test_a_young_company_is_given_a_share_as_a_step_of_its_own(self, company: Company) -> None:
        founded = business_today() - dt.timedelta(days=300)
        Customer.objects.filter(pk=company.customer.pk).update(founded_on=founded)
        make_account(company.customer, "1000", term_days=30)
        make_invoice(company.customer, "600000", on=business_today() - dt.timedelta(days=20))
        page = self.get(company, company.alice).content.decode()
        for words in ("Young company", founded.isoformat(), "180,000", "50 %", "90,000"):
            assert words in page, words

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
    asked = draft(company, "increase", reference_limit=Decimal(4_000))
    page = client.get(reverse("credit:edit_request", args=[asked.pk])).content.decode()
    assert "The figures support a limit of 2,000.00 (By what others grant)." in page
    sheet = reverse("credit:limit_sheet", args=[company.customer.pk])
    assert f"{sheet}?request={asked.pk}" in page
    assert "By what others grant" in client.get(f"{sheet}?request={asked.pk}").content.decode()
    for other in ("0", "x", "9" * 30):
        assert "For the terms of" not in client.get(f"{sheet}?request={other}").content.decode()


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


def test_the_next_review_is_as_far_ahead_as_the_policy_says_of_the_class(company: Company) -> None:
    make_account(company.customer, "1000")
    account = account_of(company.customer)
    assert next_review(account, ON) == ON + dt.timedelta(days=180)  # not rated: as CCC
    give_grade(company.customer, "A", ON)
    assert next_review(account, ON) == ON + dt.timedelta(days=365)
    CreditPolicy.objects.filter(state="active").update(state="retired")
    assert next_review(account, ON) == ON + dt.timedelta(days=365)
