"""Money under contention: each race is first shown with the lock taken away, then shown to be stopped by the lock."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection

from credit.services import entries
from credit.verification import verify_credit
from crm.core import periods
from crm.core.errors import DomainError, PeriodClosed
from crm.core.models import IdempotencyKey, LegalEntity
from receivables import services
from receivables.errors.documents import NotOpen
from receivables.models import Allocation, Invoice, Receipt
from receivables.services import allocations, documents, entering, opening, receipts, reversals
from receivables.verification.documents import verify_receivables
from tests.concurrency.races import Rendezvous, at_once
from tests.factories import make_customer, make_entity, make_invoice, make_receipt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]
ON = date(2026, 2, 10)


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the row locks of accounts, invoices, receipts and legal entities away, and leave everything else."""
    monkeypatch.setattr(entries, "LOCK_ACCOUNT", entries.LOCK_ACCOUNT.replace("FOR NO KEY UPDATE", ""))
    for name in ("LOCK_INVOICES", "LOCK_RECEIPTS"):
        sql = getattr(documents, name)
        monkeypatch.setattr(documents, name, sql.replace("FOR NO KEY UPDATE OF document", ""))
    monkeypatch.setattr(periods, "FACTS", periods.FACTS.replace("FOR SHARE OF entity", ""))


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes callers of a service wait for each other right after a function that it uses."""

    def meet_after(module: Any, name: str) -> Rendezvous:
        rendezvous = Rendezvous(getattr(module, name))
        monkeypatch.setattr(module, name, rendezvous)
        return rendezvous

    return meet_after


def differences() -> list[Any]:
    return [*verify_credit(), *verify_receivables()]


def allocate_all(receipt: Receipt, invoice: Invoice) -> list[Allocation]:
    return services.allocate(
        actor=None, receipt_id=receipt.pk, lines=[services.Line(invoice.pk, Decimal("100.00"))], method="manual", on=ON
    )


class TestTwoReceiptsForTheLastOpenAmount:
    def settle_twice(self, meeting: Any) -> tuple[list[Any], Invoice, Rendezvous]:
        customer = make_customer()
        invoice = make_invoice(customer, "100.00")
        first, second = make_receipt(customer, "100.00"), make_receipt(customer, "100.00")
        rendezvous = meeting(allocations, "lock_invoices")
        answers = at_once(lambda: allocate_all(first, invoice), lambda: allocate_all(second, invoice))
        return answers, invoice, rendezvous

    def test_without_locks_the_invoice_is_settled_twice(self, no_locks: None, meeting: Any) -> None:
        answers, invoice, rendezvous = self.settle_twice(meeting)
        assert rendezvous.met
        allocated = Allocation.objects.filter(invoice=invoice)
        # The account's CHECK is the last line of defence; where it holds, one caller fails with the raw database error.
        assert len(allocated) == 2 or any(isinstance(answer, IntegrityError) for answer in answers)
        assert differences() or any(isinstance(answer, IntegrityError) for answer in answers)

    def test_with_locks_the_second_is_told_that_nothing_is_open(self, meeting: Any) -> None:
        answers, invoice, rendezvous = self.settle_twice(meeting)
        assert not rendezvous.met
        refused = [answer for answer in answers if isinstance(answer, Exception)]
        assert [type(answer) for answer in refused] == [NotOpen]
        assert Allocation.objects.filter(invoice=invoice).count() == 1
        invoice.refresh_from_db()
        assert invoice.open_amount == 0
        assert differences() == []


class TestPartsOfOneInvoice:
    """Both fit: without locks one of the two is lost from the open amount (a lost update)."""

    def settle_parts(self, meeting: Any) -> tuple[list[Any], Invoice, Rendezvous]:
        customer = make_customer()
        invoice = make_invoice(customer, "300.00")
        first, second = make_receipt(customer, "100.00"), make_receipt(customer, "100.00")
        rendezvous = meeting(allocations, "lock_invoices")
        answers = at_once(lambda: allocate_all(first, invoice), lambda: allocate_all(second, invoice))
        invoice.refresh_from_db()
        return answers, invoice, rendezvous

    def test_without_locks_one_payment_is_forgotten(self, no_locks: None, meeting: Any) -> None:
        _answers, invoice, rendezvous = self.settle_parts(meeting)
        assert rendezvous.met
        assert invoice.open_amount == Decimal("200.00")
        assert "invoice_open_amount" in {item.code for item in differences()}

    def test_with_locks_both_count(self, meeting: Any) -> None:
        answers, invoice, rendezvous = self.settle_parts(meeting)
        assert not rendezvous.met
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert invoice.open_amount == Decimal("100.00")
        assert differences() == []


class TestOneRequestSentTwice:
    def post_twice(self) -> list[Any]:
        customer = make_customer()
        entity = make_entity()
        invoice = make_invoice(customer, "100.00")

        def post() -> Receipt:
            return services.post_receipt(
                actor=None,
                legal_entity_id=entity.pk,
                customer_id=customer.pk,
                on=ON,
                currency="CNY",
                amount=Decimal("40.00"),
                instrument="transfer",
                lines=[services.Line(invoice.pk, Decimal("40.00"))],
                idempotency_key="the same form",
            )

        return at_once(post, post)

    def test_without_the_unique_key_the_money_is_booked_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        look = Rendezvous(lambda key: IdempotencyKey.objects.filter(scope="post_receipt", key=key).first())

        def look_first(row: services.ReceiptRow, *, idempotency_key: str, fingerprint: str) -> opening.Opening:
            """The naive way: look whether the key is known, remember it later."""
            assert look(idempotency_key) is None
            return opening.open_receipt(row, idempotency_key="", fingerprint=fingerprint)

        monkeypatch.setattr(receipts, "open_receipt", look_first)
        self.post_twice()
        assert look.met
        assert Receipt.objects.count() == 2

    def test_with_the_unique_key_both_are_told_of_one_receipt(self, meeting: Any) -> None:
        rendezvous = meeting(receipts, "open_receipt")
        answers = self.post_twice()
        assert not rendezvous.met
        assert not [answer for answer in answers if isinstance(answer, Exception)], answers
        assert {answer.pk for answer in answers} == {Receipt.objects.get().pk}
        assert Allocation.objects.count() == 1
        assert differences() == []


class TestAllocatingWhatIsBeingReversed:
    def allocate_and_reverse(self, meeting: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Invoice, Any]:
        customer = make_customer()
        invoice = make_invoice(customer, "100.00")
        receipt = make_receipt(customer, "100.00")
        rendezvous = meeting(allocations, "lock_invoices")
        # The reversal comes to the meeting once it has read what is allocated: nothing yet.
        undone = Rendezvous(reversals.take_back_all)
        undone.barrier = rendezvous.barrier
        monkeypatch.setattr(reversals, "take_back_all", undone)
        answers = at_once(
            lambda: allocate_all(receipt, invoice),
            lambda: services.reverse_invoice(actor=None, invoice_id=invoice.pk, on=ON, reason="posted in error"),
        )
        invoice.refresh_from_db()
        return answers, invoice, rendezvous

    def test_without_locks_a_reversed_invoice_is_settled(
        self, no_locks: None, meeting: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers, _invoice, rendezvous = self.allocate_and_reverse(meeting, monkeypatch)
        assert rendezvous.met
        broken = [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, DomainError)]
        assert broken or differences()

    def test_with_locks_one_comes_after_the_other(self, meeting: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, invoice, _rendezvous = self.allocate_and_reverse(meeting, monkeypatch)
        refused = [answer for answer in answers if isinstance(answer, Exception)]
        assert [type(answer) for answer in refused] in ([], [NotOpen])
        assert invoice.reversed_on == ON
        assert invoice.open_amount == 0
        net = sum(allocation.amount for allocation in Allocation.objects.filter(invoice=invoice))
        assert net == 0
        assert differences() == []


class TestPostingIntoAPeriodThatIsBeingClosed:
    def close_and_post(self, meeting: Any) -> tuple[list[Any], LegalEntity, Rendezvous]:
        customer = make_customer()
        entity = make_entity()
        make_invoice(customer, "1.00", entity=entity)  # the account exists
        rendezvous = meeting(entering, "facts_for")
        answers = at_once(
            lambda: make_invoice(customer, "100.00", on=ON, entity=entity, number="LATE"),
            lambda: self.close(entity, rendezvous),
        )
        entity.refresh_from_db()
        return answers, entity, rendezvous

    def close(self, entity: LegalEntity, rendezvous: Rendezvous) -> float:
        """Close once the other has read the closing date; answers how long that took."""
        import time

        while rendezvous.barrier.n_waiting == 0 and not rendezvous.barrier.broken:
            time.sleep(0.01)
        started = time.monotonic()
        services.close_period(actor=None, legal_entity_id=entity.pk, closed_through=ON, reason="month end")
        return time.monotonic() - started

    def test_without_the_lock_closing_does_not_wait(self, no_locks: None, meeting: Any) -> None:
        """The poster has read the old closing date and is not done: the period is closed, and then it posts into it."""
        answers, entity, rendezvous = self.close_and_post(meeting)
        assert entity.closed_through == ON
        assert answers[1] < rendezvous.patience / 2
        assert Invoice.objects.filter(number="LATE").exists()

    def test_with_the_lock_closing_waits_for_the_poster(self, meeting: Any) -> None:
        answers, entity, rendezvous = self.close_and_post(meeting)
        assert entity.closed_through == ON
        assert isinstance(answers[0], Invoice)
        assert answers[1] > rendezvous.patience / 2
        with pytest.raises(PeriodClosed):
            make_invoice(make_customer(), "1.00", on=ON, entity=entity)


def test_a_lock_that_is_not_had_in_time_is_busy_and_changes_nothing() -> None:
    from django.db import transaction

    from crm.core.errors import Busy

    customer = make_customer()
    invoice = make_invoice(customer, "100.00")
    receipt = make_receipt(customer, "100.00")

    def impatient() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 200")
        return allocate_all(receipt, invoice)

    with transaction.atomic():
        entries.lock_account(customer_id=customer.pk)
        [answer] = at_once(impatient)
    assert isinstance(answer, Busy)
    assert not Allocation.objects.exists()
    assert differences() == []
