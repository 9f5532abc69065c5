"""Taking back, reversing, clearing, bouncing and closing."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.accounts.models import User
from crm.core.errors import NotAllowed, PeriodClosed, ReasonMissing
from customers.models import TimelineEvent
from receivables import services
from receivables.errors.documents import (
    AlreadyClosed,
    AlreadyReversed,
    AlreadyTakenBack,
    DateBeforeDocument,
    DocumentUnknown,
    NothingPicked,
    NotOpen,
    NotUncleared,
    TooManyPicked,
)
from receivables.models import Allocation, Invoice, Receipt, Reversal
from receivables.services.invoices import MOST_AT_ONCE
from tests.factories import (
    Company,
    account_of,
    allocate_receipt,
    day,
    make_account,
    make_credit_note,
    make_customer,
    make_invoice,
    make_rate,
    make_receipt,
    make_user,
)
from tests.receivables.kernel.checks import differences, everything


def balances(company: Company) -> tuple[Decimal, Decimal, Decimal]:
    account = account_of(company.customer)
    return account.receivable, account.unallocated, account.uncleared


def opens(*documents: Invoice | Receipt) -> list[Decimal]:
    for document in documents:
        document.refresh_from_db()
    return [document.open_amount for document in documents]


class TestTakingBack:
    def test_it_is_the_exact_mirror_at_a_date_of_its_own(self, company: Company) -> None:
        make_rate("USD", "7.1111", "2026-01-01")
        make_rate("USD", "7.2222", "2026-02-01")
        invoice = make_invoice(company.customer, "100.00", currency="USD")
        receipt = make_receipt(company.customer, "90.00", currency="USD", lines=[(invoice, "33.33")])
        allocate_receipt(receipt, (invoice, "22.22"))
        before = balances(company)
        first = receipt.allocations.order_by("pk").first()
        assert first is not None
        mirror = services.take_back(actor=company.anna, allocation_id=first.pk, on=day("2026-02-05"))
        assert (mirror.amount, mirror.base_amount, mirror.source_base) == (
            -first.amount,
            -first.base_amount,
            -first.source_base,
        )
        assert (mirror.takes_back, mirror.on, mirror.created_by) == (first, day("2026-02-05"), company.anna)
        assert opens(invoice, receipt) == [Decimal("77.78"), Decimal("67.78")]
        after = balances(company)
        assert after[0] - before[0] == first.base_amount
        assert after[1] - before[1] == first.source_base
        assert differences() == []

    def test_it_happens_once_and_cannot_itself_be_taken_back(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00")
        allocation = make_receipt(company.customer, "100.00", lines=[(invoice, "100.00")]).allocations.get()
        mirror = services.take_back(actor=None, allocation_id=allocation.pk, on=day("2026-02-05"))
        before = everything()
        for pk in (allocation.pk, mirror.pk):
            with pytest.raises(AlreadyTakenBack):
                services.take_back(actor=None, allocation_id=pk, on=day("2026-02-06"))
        assert everything() == before

    def test_it_is_not_dated_before_the_allocation(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00")
        allocation = make_receipt(company.customer, "100.00", lines=[(invoice, "100.00")]).allocations.get()
        with pytest.raises(DateBeforeDocument):
            services.take_back(actor=None, allocation_id=allocation.pk, on=day("2026-01-31"))
        services.take_back(actor=None, allocation_id=allocation.pk, on=day("2026-02-01"))

    def test_no_new_allocation_before_the_last_take_back(self, company: Company) -> None:
        """Else more would have been settled on the days between than there was."""
        invoice = make_invoice(company.customer, "100.00")
        receipt = make_receipt(company.customer, "100.00", lines=[(invoice, "100.00")])
        other = make_receipt(company.customer, "100.00")
        services.take_back(actor=None, allocation_id=receipt.allocations.get().pk, on=day("2026-02-20"))
        for source in (receipt, other):
            with pytest.raises(DateBeforeDocument) as refusal:
                allocate_receipt(source, (invoice, "10.00"), on="2026-02-19")
            assert refusal.value.params["earliest"] == day("2026-02-20")
        fresh = make_invoice(company.customer, "100.00")
        with pytest.raises(DateBeforeDocument):
            allocate_receipt(receipt, (fresh, "10.00"), on="2026-02-19")
        allocate_receipt(other, (fresh, "10.00"), on="2026-02-19")
        allocate_receipt(receipt, (invoice, "10.00"), on="2026-02-20")


class TestReversing:
    def test_an_invoice_gives_back_what_settled_it(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00")
        note = make_credit_note(company.customer, "30.00", corrects=invoice)
        receipt = make_receipt(company.customer, "50.00", lines=[(invoice, "50.00")])
        undone = services.reverse_invoice(
            actor=company.fiona, invoice_id=invoice.pk, on=day("2026-02-10"), reason=" wrong customer "
        )
        assert undone.reversed_on == day("2026-02-10")
        assert opens(invoice, note, receipt) == [0, 30, 50]
        assert balances(company) == (0, 80, 0)
        reversal = Reversal.objects.get()
        assert (reversal.reason, reversal.created_by) == ("wrong customer", company.fiona)
        taken_back = Allocation.objects.filter(amount__lt=0)
        assert {(item.method, item.on) for item in taken_back} == {("reversal", day("2026-02-10"))}
        assert TimelineEvent.objects.get(kind="reversed").data["reason"] == "wrong customer"
        assert differences() == []

    def test_a_receipt_and_a_credit_note_open_their_invoices_again(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00")
        note = make_credit_note(company.customer, "30.00", corrects=invoice)
        receipt = make_receipt(company.customer, "90.00", lines=[(invoice, "70.00")])
        services.reverse_receipt(actor=None, receipt_id=receipt.pk, on=day("2026-02-10"), reason="typed twice")
        services.reverse_invoice(actor=None, invoice_id=note.pk, on=day("2026-02-10"), reason="typed twice")
        assert opens(invoice, note, receipt) == [100, 0, 0]
        assert balances(company) == (100, 0, 0)
        assert differences() == []

    def test_it_follows_every_movement_and_happens_once(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00")
        receipt = make_receipt(company.customer, "100.00")
        [allocation] = allocate_receipt(receipt, (invoice, "10.00"), on="2026-02-10")
        services.take_back(actor=None, allocation_id=allocation.pk, on=day("2026-02-12"))
        before = everything()
        for on in ("2026-01-09", "2026-02-11"):
            with pytest.raises(DateBeforeDocument):
                services.reverse_invoice(actor=None, invoice_id=invoice.pk, on=day(on), reason="x")
            with pytest.raises(DateBeforeDocument):
                services.reverse_receipt(actor=None, receipt_id=receipt.pk, on=day(on), reason="x")
        with pytest.raises(ReasonMissing):
            services.reverse_invoice(actor=None, invoice_id=invoice.pk, on=day("2026-02-12"), reason="  ")
        assert everything() == before
        services.reverse_invoice(actor=None, invoice_id=invoice.pk, on=day("2026-02-12"), reason="x")
        with pytest.raises(AlreadyReversed):
            services.reverse_invoice(actor=None, invoice_id=invoice.pk, on=day("2026-02-13"), reason="x")
        with pytest.raises(NotOpen):
            allocate_receipt(receipt, (invoice, "1.00"), on="2026-02-13")


class TestInstruments:
    def test_a_bounced_cheque_opens_its_invoices_again(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00")
        cheque = make_receipt(company.customer, "120.00", instrument="cheque", lines=[(invoice, "100.00")])
        assert balances(company) == (0, 0, 100)
        bounced = services.bounce_receipt(
            actor=company.fiona, receipt_id=cheque.pk, on=day("2026-02-20"), reason="no cover"
        )
        assert (bounced.bounced_on, bounced.reversed_on) == (day("2026-02-20"),) * 2
        assert opens(invoice, cheque) == [100, 0]
        assert balances(company) == (100, 0, 0)
        assert TimelineEvent.objects.get(kind="bounced").on == day("2026-02-20")
        assert Allocation.objects.get(amount__lt=0).method == "bounce"
        assert differences() == []

    def test_after_a_bounce_the_customer_pays_in_cash(self, company: Company) -> None:
        """Until a request with proof of solvency is approved (DOMAIN 4); a second bounce changes nothing more."""
        make_account(company.customer, "1000")
        for on in ("2026-01-10", "2026-01-11"):
            cheque = make_receipt(company.customer, "100.00", instrument="cheque", on=on)
            services.bounce_receipt(actor=company.fiona, receipt_id=cheque.pk, on=day("2026-02-20"), reason="no cover")
        account = account_of(company.customer)
        assert (account.status, account.limit) == ("cash_only", Decimal("1000.00"))
        told = TimelineEvent.objects.get(kind="terms_changed")
        assert told.data["changes"] == {"status": ["normal", "cash_only"]}
        assert "no cover" in told.data["reason"]

    def test_only_what_waits_to_be_cleared_clears_or_bounces(self, company: Company) -> None:
        transfer = make_receipt(company.customer, "100.00")
        cleared = make_receipt(company.customer, "100.00", instrument="cheque")
        services.clear_receipt(actor=None, receipt_id=cleared.pk, on=day("2026-02-05"))
        bounced = make_receipt(company.customer, "100.00", instrument="cheque")
        services.bounce_receipt(actor=None, receipt_id=bounced.pk, on=day("2026-02-05"), reason="x")
        before = everything()
        for receipt in (transfer, cleared, bounced):
            with pytest.raises(NotUncleared):
                services.clear_receipt(actor=None, receipt_id=receipt.pk, on=day("2026-02-06"))
            with pytest.raises(NotUncleared):
                services.bounce_receipt(actor=None, receipt_id=receipt.pk, on=day("2026-02-06"), reason="x")
        assert everything() == before

    def test_many_clear_at_once_each_on_its_day_or_none(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00")
        first = make_receipt(company.customer, "120.00", instrument="cheque", lines=[(invoice, "100.00")])
        other = make_receipt(make_customer(owner=company.alice), "50.00", instrument="cheque")
        transfer = make_receipt(company.customer, "10.00")
        days = {first.pk: day("2026-02-05"), other.pk: day("2026-02-06")}
        before = everything()
        with pytest.raises(NotUncleared):
            services.clear_receipts(actor=None, days={**days, transfer.pk: day("2026-02-06")})
        with pytest.raises(DocumentUnknown):
            services.clear_receipts(actor=None, days={**days, 0: day("2026-02-06")})
        with pytest.raises(DateBeforeDocument):
            services.clear_receipts(actor=None, days={**days, first.pk: day("2025-12-31")})
        with pytest.raises(NotAllowed):
            services.clear_receipts(actor=company.alice, days=days)
        assert everything() == before
        services.clear_receipts(actor=company.fiona, days=days)
        cleared = Receipt.objects.in_bulk(days)
        assert {pk: receipt.cleared_on for pk, receipt in cleared.items()} == days
        assert TimelineEvent.objects.filter(kind="cleared").count() == 2
        assert balances(company) == (0, 30, 0)
        assert differences() == []

    def test_clearing_follows_every_movement_and_what_follows_it_is_later(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00")
        cheque = make_receipt(company.customer, "100.00", instrument="cheque")
        [allocation] = allocate_receipt(cheque, (invoice, "60.00"), on="2026-02-10")
        with pytest.raises(DateBeforeDocument):
            services.clear_receipt(actor=None, receipt_id=cheque.pk, on=day("2026-02-09"))
        services.clear_receipt(actor=None, receipt_id=cheque.pk, on=day("2026-02-15"))
        with pytest.raises(DateBeforeDocument):
            allocate_receipt(cheque, (invoice, "1.00"), on="2026-02-14")
        with pytest.raises(DateBeforeDocument):
            services.take_back(actor=None, allocation_id=allocation.pk, on=day("2026-02-14"))
        services.take_back(actor=None, allocation_id=allocation.pk, on=day("2026-02-15"))
        assert balances(company) == (100, 100, 0)
        assert differences() == []

    def test_a_cheque_reversed_before_it_clears_counts_nowhere(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00")
        cheque = make_receipt(company.customer, "100.00", instrument="cheque", lines=[(invoice, "60.00")])
        services.reverse_receipt(actor=None, receipt_id=cheque.pk, on=day("2026-02-10"), reason="wrong customer")
        assert balances(company) == (100, 0, 0)
        assert differences() == []


class TestClosing:
    def test_no_movement_of_any_kind_on_or_before_the_closing_date(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00")
        receipt = make_receipt(company.customer, "50.00", lines=[(invoice, "10.00")])
        cheque = make_receipt(company.customer, "50.00", instrument="cheque")
        allocation = receipt.allocations.get()
        services.close_period(actor=company.fiona, legal_entity_id=company.entity.pk, closed_through=day("2026-02-28"))
        before = everything()
        on = day("2026-02-28")
        for attempt in (
            lambda: make_receipt(company.customer, "1.00", on=on),
            lambda: allocate_receipt(receipt, (invoice, "1.00"), on=on),
            lambda: services.take_back(actor=None, allocation_id=allocation.pk, on=on),
            lambda: services.reverse_invoice(actor=None, invoice_id=invoice.pk, on=on, reason="x"),
            lambda: services.reverse_receipt(actor=None, receipt_id=receipt.pk, on=on, reason="x"),
            lambda: services.clear_receipt(actor=None, receipt_id=cheque.pk, on=on),
            lambda: services.bounce_receipt(actor=None, receipt_id=cheque.pk, on=on, reason="x"),
        ):
            with pytest.raises(PeriodClosed):
                attempt()
        assert everything() == before
        services.clear_receipt(actor=None, receipt_id=cheque.pk, on=day("2026-03-01"))

    def test_moving_it_back_needs_the_finance_director_and_a_reason(self, company: Company) -> None:
        manager = make_user("frank", "finance_manager")
        entity_id = company.entity.pk
        services.close_period(actor=manager, legal_entity_id=entity_id, closed_through=day("2026-02-28"))
        before = everything()
        with pytest.raises(AlreadyClosed):
            services.close_period(
                actor=manager, legal_entity_id=entity_id, closed_through=day("2026-01-31"), reason="forgot one"
            )
        with pytest.raises(ReasonMissing):
            services.close_period(actor=company.fiona, legal_entity_id=entity_id, closed_through=None)
        for clerk in (company.anna, company.alice, company.mona, company.greg):
            with pytest.raises(NotAllowed):
                services.close_period(actor=clerk, legal_entity_id=entity_id, closed_through=day("2026-03-31"))
        assert everything() == before
        entity = services.close_period(
            actor=company.fiona, legal_entity_id=entity_id, closed_through=day("2026-01-31"), reason="forgot one"
        )
        event = entity.events.order_by("-pgh_id").first()
        assert entity.closed_through == day("2026-01-31")
        assert event.pgh_context.metadata["reason"] == "forgot one"
        assert event.pgh_context.metadata["user"] == company.fiona.pk


class TestDenials:
    """A missing right and a stranger's customer are refused by the services themselves, and change nothing."""

    def test_who_may_not_post_changes_nothing(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00")
        receipt = make_receipt(company.customer, "100.00", lines=[(invoice, "10.00")])
        cheque = make_receipt(company.customer, "10.00", instrument="cheque")
        on, line = day("2026-03-01"), services.Line(invoice.pk, Decimal(1))
        before = everything()
        for actor in (company.alice, company.mona, company.greg, make_user("wang", "warehouse")):
            for attempt in (
                lambda actor=actor: make_invoice(company.customer, actor=actor),
                lambda actor=actor: make_receipt(company.customer, actor=actor),
                lambda actor=actor: services.post_invoices(actor=actor, rows=[]),
                lambda actor=actor: services.post_receipts(actor=actor, rows=[]),
                lambda actor=actor: services.allocate(actor=actor, receipt_id=receipt.pk, lines=[line], on=on),
                lambda actor=actor: services.take_back(actor=actor, allocation_id=receipt.allocations.get().pk, on=on),
                lambda actor=actor: services.reverse_invoice(actor=actor, invoice_id=invoice.pk, on=on, reason="x"),
                lambda actor=actor: services.reverse_receipt(actor=actor, receipt_id=receipt.pk, on=on, reason="x"),
                lambda actor=actor: services.clear_receipt(actor=actor, receipt_id=cheque.pk, on=on),
                lambda actor=actor: services.bounce_receipt(actor=actor, receipt_id=cheque.pk, on=on, reason="x"),
            ):
                with pytest.raises(NotAllowed):
                    attempt()
        with pytest.raises(NotAllowed):
            services.reverse_invoice(actor=company.anna, invoice_id=invoice.pk, on=on, reason="only her superiors may")
        assert everything() == before

    def test_a_rep_with_the_right_to_post_still_sees_only_own_customers(self, company: Company) -> None:
        from django.contrib.auth.models import Permission

        rights = Permission.objects.filter(codename__in=["post_receipt", "post_invoice", "reverse_invoice"])
        for rep in (company.alice, company.charlie):
            rep.user_permissions.set(rights)
        invoice = make_invoice(company.customer, "100.00", actor=company.alice)
        receipt = make_receipt(company.customer, "100.00", actor=company.alice)
        line = services.Line(invoice.pk, Decimal(1))
        on = day("2026-03-01")
        before = everything()
        with pytest.raises(NotAllowed):
            make_receipt(company.customer, "1.00", actor=company.charlie)
        for attempt in (
            lambda: services.allocate(actor=company.charlie, receipt_id=receipt.pk, lines=[line], on=on),
            lambda: services.reverse_invoice(actor=company.charlie, invoice_id=invoice.pk, on=on, reason="x"),
        ):
            with pytest.raises(DocumentUnknown):
                attempt()
        assert everything() == before

    def test_handing_an_invoice_over_is_kept_with_its_reason(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00")
        with pytest.raises(NotAllowed):
            services.assign_responsible(
                actor=company.alice, invoice_ids=[invoice.pk], responsible_id=company.bob.pk, reason="holiday"
            )
        services.assign_responsible(
            actor=company.mona, invoice_ids=[invoice.pk], responsible_id=company.bob.pk, reason="holiday"
        )
        invoice.refresh_from_db()
        assert invoice.responsible == company.bob
        told = invoice.events.get().pgh_context.metadata
        assert (told["reason"], told["user"]) == ("holiday", company.mona.pk)

    def test_invoices_are_handed_over_together_in_the_order_of_their_keys(self, company: Company) -> None:
        invoices = [make_invoice(company.customer, "100.00").pk for _number in range(4)]

        def hand_over(ids: list[int], to: User) -> tuple[int, list[str]]:
            with CaptureQueriesContext(connection) as captured:
                count = services.assign_responsible(
                    actor=company.mona, invoice_ids=ids, responsible_id=to.pk, reason="leaves"
                )
            return count, [query["sql"] for query in captured]

        assert hand_over([invoices[2]], company.bob)[0] == 1
        alone = hand_over([invoices[2]], company.alice)[1]
        count, statements = hand_over(invoices[::-1], company.bob)
        assert (count, len(statements)) == (4, len(alone))
        [locking] = [sql for sql in statements if "FOR NO KEY UPDATE" in sql]
        assert 'SELECT "receivables_invoice"."id"' in locking
        assert "ORDER BY 1 ASC FOR NO KEY UPDATE" in locking
        assert set(Invoice.objects.values_list("responsible", flat=True)) == {company.bob.pk}
        assert hand_over(invoices, company.bob)[0] == 0

    def test_one_invoice_out_of_sight_and_none_is_handed_over(self, company: Company) -> None:
        seen = make_invoice(company.customer, "100.00")
        foreign = make_invoice(make_customer("Far away", owner=company.charlie), "100.00")
        before = everything()
        for ids, refusal in (
            ([seen.pk, foreign.pk], DocumentUnknown),
            ([], NothingPicked),
            (range(MOST_AT_ONCE + 1), TooManyPicked),
        ):
            with pytest.raises(refusal):
                services.assign_responsible(
                    actor=company.mona, invoice_ids=ids, responsible_id=company.bob.pk, reason="leaves"
                )
        assert everything() == before
        assert Invoice.objects.filter(responsible=company.bob).count() == 0
