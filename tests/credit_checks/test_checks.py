"""check_and_reserve: what is decided, what it leaves behind, and that nothing else changes."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from credit import services
from credit.errors import AlreadyReserved, NoCheckPolicy
from credit.models import CreditAccount, CreditCheck, CreditCheckPolicy, CreditEntry, Hold, Reservation
from credit.rules import checks as rules
from credit.services import CheckResult, check_and_reserve, preview_check
from credit.verification import verify_credit
from crm.core.errors import AmountNotPositive
from tests.factories import Company, account_of, make_account, make_customer, make_invoice, make_receipt, money

ON = dt.date(2026, 3, 31)


def check(company: Company, amount: str = "600.00", source_id: int = 7, **more: Any) -> CheckResult:
    more = {"on": ON, "actor_id": company.alice.pk, **more}
    return check_and_reserve(
        customer_id=company.customer.pk, source_kind="order", source_id=source_id, amount=money(amount), **more
    )


class TestReleased:
    def test_leaves_the_check_the_reservation_the_entry_and_the_sum(self, company: Company) -> None:
        make_account(company.customer, "1000")
        make_invoice(company.customer, "400.00", on="2026-03-10")
        result = check(company)
        assert (result.decision, result.reasons) == ("released", ())
        kept = CreditCheck.objects.get(pk=result.check_id)
        assert (kept.limit, kept.exposure, kept.receivable, kept.amount) == (1000, 400, 400, 600)
        assert (kept.on, kept.policy_version, kept.created_by, kept.status) == (ON, 1, company.alice, "normal")
        reservation = Reservation.objects.get()
        assert (reservation.amount, reservation.on, reservation.source_id) == (600, ON, 7)
        entry = CreditEntry.objects.get(balance="reserved")
        assert (entry.base_amount, entry.verb, entry.created_by, entry.currency) == (
            600,
            "reserve",
            company.alice,
            "CNY",
        )
        assert account_of(company.customer).reserved == 600
        assert list(verify_credit()) == []

    def test_two_statements_and_no_more(self, company: Company) -> None:
        make_account(company.customer, "1000")
        check(company, "1.00", source_id=1)
        with CaptureQueriesContext(connection) as captured:
            check(company, "1.00", source_id=2)
        assert len([query for query in captured if "SAVEPOINT" not in query["sql"]]) == 2

    def test_checked_again_the_first_answer_stands(self, company: Company) -> None:
        make_account(company.customer, "1000")
        first = check(company)
        CreditAccount.objects.update(status="frozen")
        assert check(company) == first
        assert (CreditCheck.objects.count(), Reservation.objects.count()) == (1, 1)
        with pytest.raises(AlreadyReserved), transaction.atomic():
            check(company, "700.00")
        assert account_of(company.customer).reserved == 600

    def test_what_was_cancelled_is_checked_and_reserved_anew(self, company: Company) -> None:
        make_account(company.customer, "1000")
        check(company)
        services.cancel(source_kind="order", source_id=7, on=ON)
        assert check(company, "900.00").decision == "released"
        services.consume(source_kind="order", source_id=7, amount=money("300"), on=ON)
        assert account_of(company.customer).reserved == 600
        assert list(verify_credit()) == []

    def test_paid_in_advance_takes_no_credit(self, company: Company) -> None:
        make_account(company.customer, "0", status="cash_only")
        make_receipt(company.customer, "600.00", on=ON)
        result = check(company, payment="prepaid")
        assert result.decision == "released"
        seen = CreditCheck.objects.get()
        assert (seen.payment, seen.unallocated, seen.prepaid) == ("prepaid", 600, 0)
        reservation = Reservation.objects.get()
        assert (reservation.balance, reservation.amount) == ("prepaid", 600)
        account = account_of(company.customer)
        assert (account.reserved, account.prepaid, account.exposure) == (0, 600, 0)
        assert list(verify_credit()) == []

    def test_money_is_claimed_once(self, company: Company) -> None:
        make_account(company.customer, "0")
        make_receipt(company.customer, "1000.00", on=ON)
        assert check(company, payment="prepaid").decision == "released"
        second = check(company, "400.01", source_id=8, payment="prepaid")
        assert (second.decision, [finding.code for finding in second.reasons]) == ("held", ["prepayment"])
        assert second.reasons[0].figures == {
            "received": "400.00", "lacking": "0.00", "amount": "400.01", "short": "0.01",
        }  # fmt: skip
        assert not Hold.objects.get().may_be_lifted
        assert check(company, "400.01", source_id=9).decision == "held"  # and gives no headroom meanwhile
        services.cancel(source_kind="order", source_id=7, on=ON)
        assert account_of(company.customer).prepaid == 0
        assert check(company, "400.01", source_id=8, payment="prepaid").decision == "released"
        assert list(verify_credit()) == []


class TestHeld:
    def test_leaves_the_check_and_the_hold_and_touches_no_money(self, company: Company) -> None:
        make_account(company.customer, "1000")
        make_invoice(company.customer, "400.00", on="2026-03-10")
        result = check(company, "600.01")
        assert (result.decision, [finding.code for finding in result.reasons]) == ("held", ["over_limit"])
        assert result.reasons[0].figures["over"] == "0.01"
        assert Hold.objects.get().last_check.findings == list(result.reasons)
        assert not Reservation.objects.exists()
        assert account_of(company.customer).reserved == 0
        assert list(verify_credit()) == []

    def test_checked_again_it_is_one_hold_with_two_checks_and_its_release_ends_it(self, company: Company) -> None:
        make_account(company.customer, "100")
        check(company)
        since = Hold.objects.get().since
        second = check(company, on=ON + dt.timedelta(days=1))
        hold = Hold.objects.get()
        assert (hold.last_check_id, hold.since, CreditCheck.objects.count()) == (second.check_id, since, 2)
        make_account(company.customer, "1000")
        assert check(company).decision == "released"
        assert not Hold.objects.exists()
        assert list(verify_credit()) == []

    def test_a_hold_that_is_given_up_is_gone_and_its_checks_stay(self, company: Company) -> None:
        check(company)
        services.drop_hold(source_kind="order", source_id=7)
        assert (Hold.objects.count(), CreditCheck.objects.count()) == (0, 1)

    def test_a_customer_without_an_account_has_no_limit(self, company: Company) -> None:
        stranger = make_customer()
        result = check_and_reserve(
            customer_id=stranger.pk, source_kind="order", source_id=1, amount=money(5), on=ON, actor_id=None
        )
        assert [finding.code for finding in result.reasons] == ["limit_never_set"]

    @pytest.mark.parametrize("payment", ["credit", "prepaid"])
    def test_what_is_only_looked_at_makes_no_account_and_says_what_the_check_will(
        self, company: Company, payment: str
    ) -> None:
        stranger = make_customer()
        asked: dict[str, Any] = {
            "customer_id": stranger.pk, "source_kind": "order", "source_id": 1, "amount": money(5), "on": ON,
            "payment": payment, "settlement": "monthly", "term_days": 60, "instruments": ("cheque",),
        }  # fmt: skip
        seen = preview_check(**asked)
        assert not CreditAccount.objects.filter(customer=stranger).exists()
        assert seen.check_id is None
        told = check_and_reserve(**asked)
        assert (seen.decision, seen.reasons) == (told.decision, told.reasons)

    def test_a_temporary_limit_counts_up_to_its_last_day(self, company: Company) -> None:
        make_account(company.customer, "1000", regular_limit=money(100), temporary_until=ON)
        assert preview(company).decision == "released"
        assert preview(company, on=ON + dt.timedelta(days=1)).decision == "held"


def preview(company: Company, amount: str = "600.00", **more: Any) -> CheckResult:
    return preview_check(customer_id=company.customer.pk, amount=money(amount), **{"on": ON, **more})


class TestOverdue:
    def test_the_oldest_due_date_beyond_the_days_with_more_than_the_tolerance_holds(self, company: Company) -> None:
        make_account(company.customer, "100000")
        old = make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-02-01")
        make_invoice(company.customer, "500.00", on="2026-01-01", due_on="2026-03-21")
        found = preview(company)
        assert (found.decision, found.reasons[0].code, found.reasons[0].figures["days"]) == ("held", "overdue", 58)
        make_receipt(company.customer, "900.00", lines=[(old, "900.00")])
        assert preview(company).decision == "released"  # 100.00 is the tolerance; what is 10 days late passes


class TestPreview:
    def test_answers_the_same_and_writes_nothing(self, company: Company) -> None:
        make_account(company.customer, "100")
        looked = preview(company, source_kind="order", source_id=7)
        assert not CreditCheck.objects.exists()
        done = check(company)
        assert (looked.decision, looked.reasons, looked.check_id) == (done.decision, done.reasons, None)


class TestRefused:
    @pytest.mark.parametrize("amount", ["0.00", "-1.00"])
    def test_nothing_to_reserve(self, company: Company, amount: str) -> None:
        with pytest.raises(AmountNotPositive):
            check(company, amount)
        assert not CreditCheck.objects.exists()

    def test_without_a_policy_nothing_is_released(self, company: Company) -> None:
        make_account(company.customer, "1000")
        CreditCheckPolicy.objects.update(state="retired")
        with pytest.raises(NoCheckPolicy), transaction.atomic():
            check(company)
        assert not Reservation.objects.exists()

    def test_a_check_is_never_changed_or_deleted(self, company: Company) -> None:
        check(company)
        for change in (
            lambda: CreditCheck.objects.update(decision="released"),
            lambda: CreditCheck.objects.all().delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
        assert CreditCheck.objects.get().decision == "held"


def test_verify_tells_a_released_check_without_its_reservation(company: Company) -> None:
    make_account(company.customer, "1000")
    seen = check(company)
    CreditCheck.objects.create(
        **{
            field.attname: getattr(CreditCheck.objects.get(pk=seen.check_id), field.attname)
            for field in CreditCheck._meta.concrete_fields
            if not field.primary_key
        }
        | {"source_id": 8, "amount": Decimal("2000.00")}
    )
    assert {item.code for item in verify_credit()} == {"reservation_by_check", "check_over_limit"}


class TestPaymentForms:
    def test_one_that_is_not_accepted_holds_and_both_sets_are_kept(self, company: Company) -> None:
        make_account(company.customer, "1000", instruments=["transfer"])
        result = check(company, instruments=["transfer", "cheque"])
        assert (result.decision, [found.code for found in result.reasons]) == ("held", ["instrument"])
        kept = CreditCheck.objects.get(pk=result.check_id)
        assert (kept.instruments, kept.asked_instruments) == (["transfer"], ["transfer", "cheque"])
        assert kept.reasons[0]["figures"] == {"asked": ["transfer", "cheque"], "accepted": ["transfer"]}
        policy = CreditCheckPolicy.objects.get().for_rules
        assert rules.check(kept.figures, kept.order, policy) == (result.decision, result.reasons)

    def test_what_is_accepted_or_not_named_passes(self, company: Company) -> None:
        make_account(company.customer, "1000", instruments=["transfer", "cheque"])
        assert check(company, "1.00", 1, instruments=["cheque"]).is_released
        assert check(company, "1.00", 2).is_released
        kept = CreditCheck.objects.get(source_id=2)
        assert (kept.instruments, kept.asked_instruments) == (["transfer", "cheque"], [])
        assert list(verify_credit()) == []

    def test_an_order_paid_in_advance_is_held_by_it_too(self, company: Company) -> None:
        make_account(company.customer, instruments=["transfer"])
        make_receipt(company.customer, "600.00", on="2026-03-31")
        look = {"customer_id": company.customer.pk, "amount": money(600), "on": ON, "payment": "prepaid"}
        assert preview_check(**look, instruments=["cash"]).reasons[0].code == "instrument"
        assert preview_check(**look, instruments=["transfer"]).is_released

    def test_verify_tells_what_was_released_past_it(self, company: Company) -> None:
        make_account(company.customer, "1000", instruments=["transfer"])
        CreditCheckPolicy.objects.filter(state="active").update(state="retired")
        CreditCheckPolicy.objects.create(version=2, name_zh="二", name_en="Two", state="active", instrument="warn")
        assert check(company, instruments=["cash"]).is_released
        assert list(verify_credit()) == []
        with pgtrigger.ignore("credit.CreditCheckPolicy:active_stays"):  # as if it had been a rule that holds
            CreditCheckPolicy.objects.update(instrument="hold")
        (found,) = verify_credit()
        assert (found.code, found.expected, found.found) == ("check_instrument", "{cash}", "{transfer}")

    @pytest.mark.parametrize("wrong", [[], ["gold"], ["transfer", "gold"]])
    def test_an_account_accepts_something_and_nothing_unknown(self, company: Company, wrong: list[str]) -> None:
        make_account(company.customer, "1000")
        with pytest.raises(DatabaseError), transaction.atomic():
            CreditAccount.objects.update(instruments=wrong)
        assert len(account_of(company.customer).instruments) == 5
