"""The payment plan of a contract: it adds up, is printed in both languages, is locked, and says what fell due."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import InternalError, transaction
from django.urls import reverse

from contracts.contract_text import text_of
from contracts.documents import contract_docx, contract_pdf
from contracts.errors import ContractNotDraft, PlanDoesNotAddUp, PlanNotWhole
from contracts.models import Contract
from contracts.rules.payment_plans import Part, adds_up, amounts, falls_due
from contracts.services.approving import facts_of, submit_contract
from crm.core.dates import business_today
from customers.models import Customer
from receivables.services.order_invoices import invoice_delivery
from tests.contracts.making import LINES, TODAY, again, change, draft, signed
from tests.contracts.test_documents import bare, read_docx, read_pdf
from tests.contracts.test_pages import form_of, signed_in
from tests.factories import Company
from tests.orders.making import Shop, make_contract

D = Decimal
DAY = dt.timedelta(days=1)
TOTAL = D("13000.40")  # of tests.contracts.making.LINES


def share(percent: str, due: str = "signing", days: int | None = 0, **more: Any) -> Part:
    return Part(D(percent), None, due, days=days, **more)


def amount(figure: str, due: str = "signing", days: int | None = 0, **more: Any) -> Part:
    return Part(None, D(figure), due, days=days, **more)


PLAN = [
    share("30", "signing", 7, note="预付款 Deposit"),
    share("60", "delivery", 30),
    share("10", "day", None, due_on=dt.date(2026, 12, 31)),
]


class TestRules:
    @pytest.mark.parametrize(
        ("parts", "total", "fits"),
        [
            ([], "100", True),
            ([share("100")], "100", True),
            ([share("99.99")], "100", False),
            ([share("30"), share("70")], "0.01", True),
            ([share("30"), amount("70")], "100", True),
            ([share("30"), amount("70.01")], "100", False),
            ([amount("100")], "100", True),
            ([share("40"), share("60")], None, True),
            ([share("40"), share("59")], None, False),
            ([share("100"), amount("1")], None, False),
        ],
    )
    def test_a_plan_comes_to_all_of_the_contract(self, parts: list[Part], total: str | None, fits: bool) -> None:
        assert adds_up(parts, total and D(total), 2) is fits

    def test_the_cents_of_shares_add_up(self) -> None:
        thirds = [share("33.33"), share("33.33"), share("33.34")]
        assert amounts(thirds, D("100.00"), 2) == [D("33.33"), D("33.33"), D("33.34")]
        assert sum(found or D(0) for found in amounts(thirds, D("0.02"), 2)) == D("0.02")
        assert amounts(thirds, D("100.00"), 0) == [D(33), D(34), D(33)], "of yen none is broken"
        assert amounts([*thirds[:1], amount("5")], None, 2) == [None, D(5)]

    def test_a_part_falls_due_so_many_days_after_what_it_is_counted_from(self) -> None:
        since = {"signing": TODAY, "delivery": None}
        assert falls_due(share("10", "signing", 7), since) == TODAY + 7 * DAY
        assert falls_due(share("10", "delivery", 7), since) is None
        assert falls_due(share("10", "day", None, due_on=TODAY), since) == TODAY


class TestService:
    def test_a_plan_is_kept_with_the_draft_and_replaced(self, company: Company) -> None:
        contract = change(draft(company), company.alice, plan=PLAN)
        assert [part.terms for part in contract.plan.all()] == PLAN
        change(contract, company.alice, title="Other")
        assert contract.plan.count() == 3
        change(contract, company.alice, plan=[share("100")])
        assert [part.terms for part in contract.plan.all()] == [share("100")]
        change(contract, company.alice, plan=[])
        assert not contract.plan.exists()

    def test_who_decides_sees_plan_lines_and_the_longest_wait(self, company: Company) -> None:
        on = business_today()  # what waits for somebody is seen until it expires
        contract = change(draft(company, ends_on=on + 365 * DAY), company.alice, plan=PLAN)
        submit_contract(actor=company.alice, contract_id=contract.pk, reason="As agreed", on=on)
        approval = contract.submissions.get().approval
        figures = approval.decisions.get().figures
        assert figures["lines"] == {"count": 2, "total": str(TOTAL)}
        assert figures["longest_days"] == 275
        assert figures["plan"][2] == {
            "share": "10.00", "amount": "1300.04", "due": "day", "due_on": "2026-12-31", "days": None, "note": ""
        }  # fmt: skip
        client = signed_in(company.mona)
        for address in (reverse("approvals:inbox"), approval.get_absolute_url()):
            page = client.get(address).content.decode()
            assert "within 7 days after signing · 预付款 Deposit" in page
            assert "on 31 December 2026" in page
            assert "275 days" in page
            assert f'href="{contract.get_absolute_url()}#lines">2 lines</a>' in page

    def test_what_does_not_add_up_changes_nothing(self, company: Company) -> None:
        contract = change(draft(company), company.alice, plan=PLAN)
        with pytest.raises(PlanDoesNotAddUp) as found:
            change(contract, company.alice, title="Other", plan=[amount("13000.00")])
        assert "13,000.00" in str(found.value)
        assert "13,000.40" in str(found.value)
        kept = again(contract)
        assert (kept.title, kept.plan.count()) == (contract.title, 3)

    def test_a_plan_in_amounts_follows_the_lines_or_is_refused(self, company: Company) -> None:
        contract = change(draft(company), company.alice, plan=[amount(str(TOTAL))])
        with pytest.raises(PlanDoesNotAddUp):
            change(contract, company.alice, lines=LINES[:1])
        assert again(contract).amount == TOTAL

    def test_without_a_fixed_total_only_shares_are_planned(self, company: Company) -> None:
        contract = change(draft(company, "framework", lines=()), company.alice, plan=[share("40"), share("60")])
        assert contract.plan.count() == 2
        for plan in ([share("40")], [share("100"), amount("5")]):
            with pytest.raises(PlanNotWhole):
                change(contract, company.alice, plan=plan)

    def test_it_is_locked_with_the_contract(self, company: Company) -> None:
        contract = draft(company)
        change(contract, company.alice, plan=PLAN)
        Contract.objects.filter(pk=contract.pk).update(state="in_approval")
        with pytest.raises(ContractNotDraft):
            change(contract, company.alice, plan=[share("100")])
        with pytest.raises(InternalError), transaction.atomic():
            contract.plan.update(note="changed")
        with pytest.raises(InternalError), transaction.atomic():
            contract.plan.all().delete()


@pytest.mark.parametrize(
    ("plan", "days", "exceeds"),
    [
        ([share("100", "invoice", 30)], 30, False),
        ([share("100", "signing", 30)], 30, False),
        ([share("100", "signing", 3650)], 3650, True),
        ([share("100", "day", None, due_on=TODAY + 30 * DAY)], 30, False),
        ([share("100", "day", None, due_on=TODAY + 31 * DAY)], 31, True),
        ([share("100", "day", None, due_on=TODAY - DAY)], 30, False),
        ([share("50", "delivery", 31), share("50")], 31, True),
    ],
)
def test_a_plan_that_waits_longer_than_the_account_allows_is_a_deviation(
    company: Company, plan: list[Part], days: int, exceeds: bool
) -> None:
    text = text_of(again(change(draft(company), company.alice, plan=plan)))
    assert (text.longest_days, text.terms_exceed, facts_of(text, on=TODAY).days) == (days, exceeds, days)


@pytest.mark.parametrize(
    ("language", "title", "row"),
    [
        ("zh", "付款计划", ["1", "30", "3,900.12", "签署后7日内", "预付款 Deposit"]),
        ("en", "Payment plan", ["1", "30", "3,900.12", "within 7 days after signing", "预付款 Deposit"]),
    ],
)
def test_both_documents_print_it_behind_the_clause_on_payment(
    company: Company, language: str, title: str, row: list[str]
) -> None:
    contract = again(change(draft(company, language=language), company.alice, plan=PLAN))
    text = text_of(contract)
    paragraphs, rows = read_docx(contract_docx(text))
    assert row in rows
    clause = next(each for each in text.clauses if each.clause.key == "payment-date")
    following = next(each for each in text.clauses if each.number == clause.number + 1)
    place = paragraphs.index(title)
    assert paragraphs[place - 1] == clause.written.text.split("\n")[-1]
    prevails = {"zh": "以本付款计划的日期和金额为准。", "en": "the dates and amounts of the plan prevail."}[language]
    assert paragraphs[place + 1].endswith(prevails)
    assert following.clause.title in paragraphs[place + 2]
    printed = read_pdf(contract_pdf(text))
    at = printed.index(bare("".join(row)))
    assert printed.index(bare(clause.written.text)[-20:]) < at
    assert at < printed.index(bare(prevails)) < printed.index(bare(following.written.text)[:20], at)


@pytest.fixture
def shop(company: Company) -> Shop:
    return Shop(company)


class TestPages:
    def test_it_is_edited_with_the_draft(self, company: Company) -> None:
        contract = draft(company)
        client, edit = signed_in(company.alice), reverse("contracts:edit_contract", args=[contract.pk])
        assert "Payment plan" in client.get(edit).content.decode()
        typed = {
            "plan-0-share": "30", "plan-0-due": "signing", "plan-0-days": "7", "plan-0-note": "Deposit",
            "plan-1-share": "70", "plan-1-due": "day", "plan-1-due_on": "2026-12-31", "plan-1-days": "9",
        }  # fmt: skip
        assert client.post(edit, form_of(contract, **typed)).status_code == 302
        assert [part.terms for part in contract.plan.all()] == [
            share("30", "signing", 7, note="Deposit"),
            share("70", "day", None, due_on=dt.date(2026, 12, 31)),
        ]
        shown = client.get(edit).content.decode()
        assert 'value="2026-12-31"' in shown
        assert "within 7 days after signing" in client.get(contract.get_absolute_url()).content.decode()

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"plan-0-share": "30", "plan-0-due": "signing", "plan-0-days": "0"}, "The payment plan comes to"),
            ({"plan-0-share": "100", "plan-0-due": "signing"}, "A part of the plan needs it."),
            ({"plan-0-share": "100", "plan-0-due": "day", "plan-0-days": "3"}, "A part of the plan needs it."),
            ({"plan-0-share": "50", "plan-0-amount": "5", "plan-0-due": "signing", "plan-0-days": "3"}, "not both"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_lost(
        self, company: Company, typed: dict[str, str], said: str
    ) -> None:
        contract = draft(company)
        edit = reverse("contracts:edit_contract", args=[contract.pk])
        refused = signed_in(company.alice).post(edit, form_of(contract, title="Typed", **typed))
        page = refused.content.decode()
        assert refused.status_code == 422
        assert said in page
        assert 'value="Typed"' in page
        assert not contract.plan.exists()

    def test_the_page_says_what_fell_due(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in ("contracts.views.contracts", "receivables.panels.contracts"):
            monkeypatch.setattr(f"{module}.business_today", lambda: TODAY + 20 * DAY)
        plan = [share("30", "signing", 7), share("30", "delivery", 15), share("40", "invoice", 30)]
        contract = make_contract(
            shop.customer, shop.alice, shop.company.entity, kind="sales", amount=D(1000), state="draft", signed_on=None
        )
        change(contract, shop.alice, plan=plan)
        for state in ("in_approval", "approved"):
            Contract.objects.filter(pk=contract.pk).update(state=state)
        Contract.objects.filter(pk=contract.pk).update(state="signed", signed_on=TODAY)
        client = signed_in(shop.alice)
        page = client.get(contract.get_absolute_url()).content.decode()
        assert (page.count("Has fallen due"), str(TODAY + 7 * DAY) in page) == (1, True)
        delivery = shop.deliver(shop.released("10", contract_id=contract.pk), "10")
        invoice_delivery(actor=None, delivery_id=delivery.pk, on=TODAY + 1 * DAY)
        page = client.get(contract.get_absolute_url()).content.decode()
        assert page.count("Has fallen due") == 2
        assert page.count("Not due yet") == 1
        for day in (TODAY + 15 * DAY, TODAY + 31 * DAY):
            assert str(day) in page

    def test_who_sees_no_orders_does_not_learn_when_something_was_delivered(self, company: Company) -> None:
        contract = signed(company)
        Customer.objects.filter(pk=company.customer.pk).update(owner=company.charlie, team=company.west)
        page = signed_in(company.mona).get(contract.get_absolute_url())
        assert page.status_code == 200
