"""Instalment plans in the browser's eyes: proposed with nothing lost, approved, seen on the case, in the list, told."""

from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.accounts import roles
from crm.approvals.models import RequestStep
from crm.approvals.services import withdraw
from receivables.models import Case, InstalmentPlan
from tests.collection.nights import night, the_case
from tests.collection.plans import approve, propose, rows_of
from tests.collection_pages.conftest import SignIn
from tests.factories import Company, day, make_invoice, make_receipt, make_user

pytestmark = pytest.mark.django_db
DAYS = ("2026-02-10", "2026-03-10")


def read(answer: Any) -> str:
    return unescape(answer.content.decode())


def typed(invoices: list[Any], *rows: tuple[str, str], **more: Any) -> dict[str, Any]:
    """The form as a browser sends it."""
    data: dict[str, Any] = {
        "invoices": [str(invoice.pk) for invoice in invoices],
        "count": "3",
        "first_on": "2026-02-10",
        "reason": "short of cash",
        "idempotency_key": "k1",
        "rows-TOTAL_FORMS": str(len(rows)),
        "rows-INITIAL_FORMS": "0",
    }
    for number, (due_on, amount) in enumerate(rows):
        data |= {f"rows-{number}-due_on": due_on, f"rows-{number}-amount": amount}
    return data | more


@pytest.fixture
def address(case: Case) -> str:
    make_user("frank", roles.FINANCE_MANAGER)
    return f"/receivables/cases/{case.pk}/plan/"


class TestForm:
    def test_it_opens_with_what_is_overdue_ticked(
        self, company: Company, overdue: Any, address: str, sign_in: SignIn
    ) -> None:
        later = make_invoice(company.customer, "50.00", on="2026-02-01", due_on="2026-03-03")
        html = read(sign_in(company.alice).get(address))
        assert f'value="{overdue.pk}" id="invoice-{overdue.pk}" aria-label="{overdue.number}" checked' in html
        assert f'aria-label="{later.number}">' in html
        assert "the overdue rule of the credit check stay as they are" in " ".join(html.split())

    def test_equal_rows_are_filled_in_and_nothing_is_saved(
        self, company: Company, overdue: Any, address: str, sign_in: SignIn
    ) -> None:
        answer = sign_in(company.alice).post(address, typed([overdue], ("", ""), more="equal"))
        html = read(answer)
        assert answer.status_code == 200
        for due_on, amount in (("2026-02-10", "333.33"), ("2026-03-10", "333.33"), ("2026-04-10", "333.34")):
            assert f'value="{due_on}"' in html
            assert f'value="{amount}"' in html
        assert "short of cash" in html
        assert not InstalmentPlan.objects.exists()

    @pytest.mark.repeats
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"count": ""}, "Give the number of instalments and the day of the first."),
            ({"count": "1"}, "It cannot be below 2."),
            ({"invoices": []}, "Choose the invoices first, all in one currency."),
        ],
    )
    def test_what_equal_rows_lack_is_said_and_what_was_typed_stays(
        self, company: Company, overdue: Any, address: str, sign_in: SignIn, changes: dict[str, Any], said: str
    ) -> None:
        rows = (("2026-02-10", "abc"),)
        data = typed([overdue], *rows, more="equal") | changes
        html = read(sign_in(company.alice).post(address, data))
        assert said in html
        assert 'value="abc"' in html
        assert "short of cash" in html

    @pytest.mark.repeats
    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            ([("2026-02-10", "400.00"), ("2026-03-10", "599.99")], "the difference is 0.01"),
            ([("2026-02-10", "400.00"), ("2026-02-10", "600.00")], "Instalment 2: the day must come after"),
            (
                [("2026-02-03", "400.00"), ("2026-02-10", "600.00")],
                "Instalment 1: the day must not be before 2026-02-04",
            ),
            ([("2026-02-10", "400.00"), ("", "600.00")], "An instalment needs it."),
            ([("2026-02-10", "abc"), ("2026-03-10", "600.00")], "Enter an amount such as"),
            ([("2026-02-10", "1,000.00")], "A plan has 2 to 36 instalments"),
        ],
    )
    def test_what_is_refused_is_said_and_nothing_typed_is_lost(
        self, company: Company, overdue: Any, address: str, sign_in: SignIn, rows: Any, said: str
    ) -> None:
        answer = sign_in(company.alice).post(address, typed([overdue], *rows))
        html = read(answer)
        assert answer.status_code == 422
        assert said in html
        assert "short of cash" in html
        for due_on, amount in rows:
            assert f'value="{due_on}"' in html or not due_on
            assert f'value="{amount}"' in html
        assert not InstalmentPlan.objects.exists()
        assert not RequestStep.objects.exists()

    def test_more_rows_are_given_and_what_was_typed_stays(
        self, company: Company, overdue: Any, address: str, sign_in: SignIn
    ) -> None:
        html = read(sign_in(company.alice).post(address, typed([overdue], ("2026-02-10", "7.00"), more="rows")))
        assert 'name="rows-3-amount"' in html
        assert 'value="7.00"' in html

    @pytest.mark.thorough
    def test_sent_twice_it_is_proposed_once(
        self, company: Company, overdue: Any, address: str, sign_in: SignIn
    ) -> None:
        client = sign_in(company.alice)
        data = typed([overdue], (DAYS[0], "400.00"), (DAYS[1], "600.00"), ("", ""))
        for _each in range(2):
            assert client.post(address, data).status_code == 302
        plan = InstalmentPlan.objects.get()
        assert plan.approval.applicant == company.alice
        again = client.post(address, data | {"idempotency_key": "k2"})
        assert again.status_code == 422
        assert f"The instalment plan {plan.number} is there already (In approval)." in read(again)

    def test_strangers_are_not_told_that_it_is_there_and_management_may_not(
        self, company: Company, overdue: Any, address: str, sign_in: SignIn
    ) -> None:
        data = typed([overdue], (DAYS[0], "400.00"), (DAYS[1], "600.00"))
        assert sign_in(company.bob).post(address, data).status_code == 404
        assert sign_in(company.greg).post(address, data).status_code == 403
        assert not InstalmentPlan.objects.exists()


@pytest.fixture
def plan(company: Company, overdue: Any, case: Case) -> InstalmentPlan:
    make_user("frank", roles.FINANCE_MANAGER)
    rows = rows_of((DAYS[0], "400.00"), (DAYS[1], "600.00"))
    return approve(propose(company.alice, company.customer, [overdue], rows, on="2026-02-04"), on="2026-02-04")


class TestPages:
    def test_the_inbox_holds_what_is_needed_to_decide(
        self, company: Company, overdue: Any, case: Case, sign_in: SignIn
    ) -> None:
        make_user("frank", roles.FINANCE_MANAGER)
        rows = rows_of((DAYS[0], "400.00"), (DAYS[1], "600.00"))
        plan = propose(company.alice, company.customer, [overdue], rows, on="2026-02-04")
        html = " ".join(read(sign_in(company.mona).get("/approvals/")).split())
        for wanted in (plan.number, "1,000.00 CNY", "the last by 2026-03-10", "2026-02-10", "Broken promises"):
            assert wanted in html

    @pytest.mark.repeats
    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("en", ("Instalment plan until 2026-02-11", "To come", "Running", "proposed on 2026-02-04")),
            ("zh-hans", ("分期还款计划", "进行中")),
        ],
    )
    def test_the_case_shows_the_rows_and_what_came(
        self, company: Company, overdue: Any, plan: InstalmentPlan, sign_in: SignIn, language: str, words: Any
    ) -> None:
        make_receipt(company.customer, "450.00", on="2026-02-04", lines=[(overdue, "450.00")])
        client = sign_in(company.alice, language)
        for page in (f"/receivables/cases/{plan.case_id}/", plan.get_absolute_url()):
            html = " ".join(read(client.get(page)).split())
            assert "400.00" in html
            assert "50.00" in html
            for word in words[1:]:
                assert word in html
        assert words[0] in " ".join(read(client.get(f"/receivables/cases/{plan.case_id}/")).split())

    @pytest.mark.thorough
    def test_after_it_broke_another_may_be_proposed_from_the_case(
        self, company: Company, overdue: Any, plan: InstalmentPlan, sign_in: SignIn
    ) -> None:
        page = f"/receivables/cases/{plan.case_id}/"
        client = sign_in(company.alice)
        assert f"{page}plan/" not in read(client.get(page))
        night("2026-02-12")
        html = read(client.get(page))
        assert f"{page}plan/" in html
        assert "Not kept" in html
        assert the_case(company.customer).paused_by == ""

    @pytest.mark.thorough
    def test_it_asks_no_more_often_for_more_rows_and_invoices(
        self, company: Company, overdue: Any, case: Case, sign_in: SignIn
    ) -> None:
        make_user("frank", roles.FINANCE_MANAGER)
        more = [make_invoice(company.customer, "100.00", on="2026-01-02", due_on="2026-02-01") for _each in range(3)]
        rows = rows_of((DAYS[0], "400.00"), (DAYS[1], "600.00"))
        first = propose(company.alice, company.customer, [overdue], rows, on="2026-02-04")
        client = sign_in(company.alice)

        def queries(address: str) -> int:
            client.get(address)
            with CaptureQueriesContext(connection) as seen:
                assert client.get(address).status_code == 200
            return len(seen)

        pages = [f"/receivables/cases/{case.pk}/", "/receivables/plans/", "{plan}"]
        before = [queries(page.format(plan=first.get_absolute_url())) for page in pages]

        withdraw(request_id=first.approval_id, actor=company.alice, on=day("2026-02-04"))
        rows = rows_of((DAYS[0], "400.00"), (DAYS[1], "600.00"), ("2026-04-10", "200.00"), ("2026-05-10", "100.00"))
        second = propose(company.alice, company.customer, [overdue, *more], rows, on="2026-02-04")
        assert [queries(page.format(plan=second.get_absolute_url())) for page in pages] == before

    def test_the_list_shows_each_its_own_with_the_next_row(
        self, company: Company, plan: InstalmentPlan, sign_in: SignIn
    ) -> None:
        html = read(sign_in(company.alice).get("/receivables/plans/?state=running&due_to=2026-02-10&sort=next_due_on"))
        assert plan.number in html
        assert "2026-02-10" in html
        assert plan.number not in read(sign_in(company.charlie).get("/receivables/plans/"))
        assert plan.number not in read(sign_in(company.alice).get("/receivables/plans/?due_to=2026-02-09"))
        assert sign_in(company.charlie).get(plan.get_absolute_url()).status_code == 404
        for text, found in ((plan.number, True), ("alice", True), ("IP999999", False), ("nobody", False)):
            assert (plan.number in read(sign_in(company.alice).get("/receivables/plans/", {"q": text}))) is found

    @pytest.mark.thorough
    def test_the_timeline_tells_how_it_went(self, company: Company, plan: InstalmentPlan, sign_in: SignIn) -> None:
        night("2026-02-12")
        answer = sign_in(company.alice).get(f"{company.customer.get_absolute_url()}timeline/")
        html = " ".join(read(answer).split())
        assert "Instalment plan over 1,000.00 CNY proposed: 2 instalments up to 2026-03-10" in html
        assert "Instalment plan over 1,000.00 CNY: Approved" in html
        assert "broken: 400.00 CNY by 2026-02-10, 0.00 CNY came" in html
