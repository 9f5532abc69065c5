"""Posting invoices, credit notes and receipts, one at a time."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.core.errors import (
    AmountNotPositive,
    CurrencyUnknown,
    IdempotencyConflict,
    LegalEntityUnknown,
    PeriodClosed,
    RateMissing,
)
from crm.core.models import LegalEntity
from customers.models import TimelineEvent
from receivables import services
from receivables.errors.documents import (
    AmountPlaces,
    BeforeBooks,
    CurrencyMismatch,
    CustomerMismatch,
    CustomerUnknown,
    DateBeforeDocument,
    EntityMismatch,
    InvoiceTwice,
    NotOpen,
    NumberMissing,
    NumberTaken,
    WrongKind,
)
from receivables.models import Allocation, Invoice, Receipt
from tests.factories import (
    Company,
    account_of,
    allocate_receipt,
    day,
    make_account,
    make_credit_note,
    make_customer,
    make_entity,
    make_invoice,
    make_rate,
    make_receipt,
    money,
)
from tests.receivables.kernel.checks import differences, everything


def balances(company: Company) -> tuple[Decimal, Decimal, Decimal]:
    account = account_of(company.customer)
    return account.receivable, account.unallocated, account.uncleared


class TestInvoices:
    def test_an_invoice_is_open_and_charged_to_the_account(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "1000.00", on="2026-01-10", actor=company.anna)
        assert (invoice.open_amount, invoice.open_base, invoice.base_amount) == (money(1000),) * 3
        assert invoice.due_on == day("2026-02-09")
        assert (invoice.term_days, invoice.rate) == (30, 1)
        assert invoice.responsible == company.alice
        assert invoice.created_by == company.anna
        assert balances(company) == (1000, 0, 0)
        event = TimelineEvent.objects.get(kind="invoice_posted")
        assert (event.customer, event.on, event.actor) == (company.customer, invoice.on, company.anna)
        assert (event.data["id"], event.data["amount"]) == (invoice.pk, "1000.00")

    def test_the_due_date_follows_the_terms_of_the_account_unless_given(self, company: Company) -> None:
        make_account(company.customer, term_days=10, settlement="monthly")
        assert make_invoice(company.customer, on="2026-01-10").due_on == day("2026-02-10")
        assert make_invoice(company.customer, on="2026-01-10", term_days=0).due_on == day("2026-01-31")
        assert make_invoice(company.customer, on="2026-01-10", settlement="cash").due_on == day("2026-01-10")
        given = make_invoice(company.customer, on="2026-01-10", due_on="2026-01-05")
        assert (given.due_on, given.term_days) == (day("2026-01-05"), None)

    def test_a_foreign_invoice_takes_the_newest_rate_on_or_before_its_date(self, company: Company) -> None:
        make_rate("USD", "7.10", "2026-01-01")
        make_rate("USD", "7.20", "2026-01-10")
        make_rate("USD", "7.30", "2026-01-11")
        assert make_invoice(company.customer, "3.33", on="2026-01-10", currency="USD").base_amount == money("23.98")
        assert make_invoice(company.customer, "3.33", on="2026-01-09", currency="USD").rate == Decimal("7.10")
        given = make_invoice(company.customer, "10.00", on="2026-01-10", currency="USD", rate=Decimal(8))
        assert given.base_amount == money(80)
        with pytest.raises(RateMissing):
            make_invoice(company.customer, on="2025-12-31", currency="USD")

    @pytest.mark.parametrize(
        ("fields", "error"),
        [
            ({"amount": "0.00"}, AmountNotPositive),
            ({"amount": "-1.00"}, AmountNotPositive),
            ({"amount": "10.50", "currency": "JPY", "rate": Decimal("0.05")}, AmountPlaces),
            ({"currency": "XXX", "rate": Decimal(1)}, CurrencyUnknown),
            ({"number": "  "}, NumberMissing),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, company: Company, fields: dict[str, Any], error: type) -> None:
        make_invoice(company.customer)
        before = everything()
        with pytest.raises(error):
            make_invoice(company.customer, **fields)
        assert everything() == before

    def test_a_number_is_used_once_by_entity_and_kind(self, company: Company) -> None:
        make_invoice(company.customer, number="A-1")
        with pytest.raises(NumberTaken) as refusal:
            make_invoice(make_customer(), number="A-1")
        assert refusal.value.params == {"number": "A-1"}
        make_credit_note(company.customer, number="A-1")
        make_invoice(company.customer, number="A-1", entity=make_entity("TWO"))
        assert differences() == []

    def test_unknown_customers_and_entities_are_named(self, company: Company) -> None:
        ghost = make_customer()
        type(ghost).objects.filter(pk=ghost.pk).delete()
        with pytest.raises(CustomerUnknown):
            make_invoice(ghost)
        with pytest.raises(LegalEntityUnknown):
            make_invoice(company.customer, entity=LegalEntity(pk=999_999))

    def test_the_closing_date_is_closed_and_the_day_after_is_open(self, company: Company) -> None:
        services.close_period(actor=None, legal_entity_id=company.entity.pk, closed_through=day("2026-01-31"))
        with pytest.raises(PeriodClosed):
            make_invoice(company.customer, on="2026-01-31")
        make_invoice(company.customer, on="2026-02-01")
        make_invoice(company.customer, on="2026-01-31", entity=make_entity("TWO"))

    def test_a_document_long_before_everything_in_the_books_is_refused_unless_it_is_imported(
        self, company: Company
    ) -> None:
        make_receipt(company.customer, on="2026-01-31")
        before = everything()
        for post in (make_invoice, make_credit_note, make_receipt):
            with pytest.raises(BeforeBooks) as refusal:
                post(company.customer, on="2025-01-30")
            assert refusal.value.params == {"on": day("2025-01-30"), "oldest": day("2026-01-31")}
        assert everything() == before
        make_invoice(company.customer, on="2025-01-31")
        opening = services.ReceiptRow(
            legal_entity_id=company.entity.pk,
            customer_id=company.customer.pk,
            on=day("1990-01-02"),
            currency="CNY",
            amount=money(1),
        )
        services.post_receipts(actor=None, rows=[opening])


class TestCreditNotes:
    def test_it_settles_what_it_corrects_as_far_as_that_is_open(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00", on="2026-02-01")
        first = make_credit_note(company.customer, "60.00", corrects=invoice, on="2026-01-10")
        second = make_credit_note(company.customer, "60.00", corrects=invoice, on="2026-02-05")
        invoice.refresh_from_db()
        assert (invoice.open_amount, first.open_amount, second.open_amount) == (0, 0, 20)
        assert [item.on for item in invoice.allocations.all()] == [day("2026-02-01"), day("2026-02-05")]
        assert balances(company) == (0, 20, 0)
        assert differences() == []

    def test_without_an_invoice_it_stands_open_as_money_to_match(self, company: Company) -> None:
        note = make_credit_note(company.customer, "60.00")
        assert balances(company) == (0, 60, 0)
        invoice = make_invoice(company.customer, "100.00")
        line = services.Line(invoice.pk, money(60))
        services.allocate(actor=None, credit_note_id=note.pk, lines=[line], on=day("2026-02-01"))
        assert balances(company) == (40, 0, 0)
        assert differences() == []

    def test_it_corrects_invoices_of_the_same_party_alone(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00")
        note = make_credit_note(company.customer, "10.00")
        make_rate("USD", "7")
        with pytest.raises(CustomerMismatch):
            make_credit_note(make_customer(), corrects=invoice)
        with pytest.raises(EntityMismatch):
            make_credit_note(company.customer, corrects=invoice, entity=make_entity("TWO"))
        with pytest.raises(CurrencyMismatch):
            make_credit_note(company.customer, corrects=invoice, currency="USD")
        with pytest.raises(WrongKind):
            make_credit_note(company.customer, corrects=note)
        with pytest.raises(WrongKind):
            make_invoice(company.customer, corrects=invoice)


class TestReceipts:
    def test_it_settles_the_lines_given_and_the_rest_stays_open(self, company: Company) -> None:
        first, second = make_invoice(company.customer, "100.00"), make_invoice(company.customer, "50.00")
        receipt = make_receipt(company.customer, "200.00", lines=[(first, "100.00"), (second, "20.00")])
        assert receipt.open_amount == money(80)
        assert receipt.number.startswith("R0")
        assert balances(company) == (30, 80, 0)
        assert {item.method for item in receipt.allocations.all()} == {"manual"}
        assert differences() == []

    def test_a_line_bears_the_date_of_the_later_document(self, company: Company) -> None:
        early = make_invoice(company.customer, "100.00", on="2026-01-01")
        late = make_invoice(company.customer, "100.00", on="2026-03-01")
        receipt = make_receipt(company.customer, "200.00", on="2026-02-01", lines=[(early, "50"), (late, "50")])
        assert [item.on for item in receipt.allocations.all()] == [day("2026-02-01"), day("2026-03-01")]

    def test_auto_takes_reference_then_exact_then_oldest(self, company: Company) -> None:
        oldest = make_invoice(company.customer, "50.00", on="2026-01-01")
        exact = make_invoice(company.customer, "70.00", on="2026-01-05")
        named = make_invoice(company.customer, "30.00", on="2026-01-09", number="F-77")
        make_invoice(company.customer, "70.00", on="2026-06-01")  # not yet there on the day of the receipt
        receipt = make_receipt(company.customer, "100.00", reference="for f-77", method="auto")
        told = {item.invoice_id: (item.amount, item.method) for item in receipt.allocations.all()}
        assert told == {named.pk: (30, "reference"), exact.pk: (70, "exact")}
        second = make_receipt(company.customer, "60.00", method="auto")
        assert [(item.invoice_id, item.amount, item.method) for item in second.allocations.all()] == [
            (oldest.pk, 50, "oldest")
        ]
        assert second.open_amount == 10

    @pytest.mark.parametrize("instrument", ["cheque", "bank_draft", "acceptance_bill"])
    def test_an_uncleared_instrument_counts_only_where_it_settles(self, company: Company, instrument: str) -> None:
        invoice = make_invoice(company.customer, "100.00")
        receipt = make_receipt(company.customer, "150.00", instrument=instrument)
        assert balances(company) == (100, 0, 0)
        allocate_receipt(receipt, (invoice, "100.00"))
        assert balances(company) == (0, 0, 100)
        services.clear_receipt(actor=company.anna, receipt_id=receipt.pk, on=day("2026-02-10"))
        assert balances(company) == (0, 50, 0)
        assert differences() == []

    def test_refused_lines_leave_nothing_behind(self, company: Company) -> None:
        make_rate("USD", "7")
        invoice = make_invoice(company.customer, "100.00")
        dollars = make_invoice(company.customer, "100.00", currency="USD")
        other_entity = make_invoice(company.customer, "100.00", entity=make_entity("TWO"))
        strange = make_invoice(make_customer(), "100.00")
        note = make_credit_note(company.customer)
        before = everything()
        for lines, error in (
            ([(invoice, "100.01")], NotOpen),
            ([(invoice, "60.00"), (invoice, "40.00")], InvoiceTwice),
            ([(invoice, "0.00")], AmountNotPositive),
            ([(dollars, "1.00")], CurrencyMismatch),
            ([(other_entity, "1.00")], EntityMismatch),
            ([(strange, "1.00")], CustomerMismatch),
            ([(note, "1.00")], WrongKind),
        ):
            with pytest.raises(error):
                make_receipt(company.customer, "100.00", lines=lines)
        with pytest.raises(NotOpen):
            make_receipt(company.customer, "50.00", lines=[(invoice, "60.00")])
        assert everything() == before

    def test_a_number_given_is_used_once(self, company: Company) -> None:
        make_receipt(company.customer, number="BANK-1")
        with pytest.raises(NumberTaken):
            make_receipt(company.customer, number="BANK-1")

    def test_the_exchange_difference_stays_out_of_both_balances(self, company: Company) -> None:
        make_rate("USD", "7.00", "2026-01-01")
        make_rate("USD", "7.50", "2026-02-01")
        invoice = make_invoice(company.customer, "100.00", currency="USD", on="2026-01-10")
        receipt = make_receipt(company.customer, "100.00", currency="USD", on="2026-02-01", lines=[(invoice, "40.00")])
        allocation = receipt.allocations.get()
        assert (allocation.base_amount, allocation.source_base) == (280, 300)
        assert balances(company) == (420, 450, 0)
        allocate_receipt(receipt, (invoice, "60.00"))
        assert balances(company) == (0, 0, 0)


class TestStatements:
    def test_a_receipt_over_several_invoices_takes_three_statements(self, company: Company) -> None:
        invoices = [make_invoice(company.customer, "100.00") for _each in range(5)]
        company.anna.has_perm("receivables.post_receipt")
        assert company.anna.scope
        make_receipt(company.customer, "1.00")  # statements are prepared once for each connection

        def post(lines: list[tuple[Invoice, str]], key: str) -> list[str]:
            with CaptureQueriesContext(connection) as captured:
                services.post_receipt(
                    actor=company.anna,
                    legal_entity_id=company.entity.pk,
                    customer_id=company.customer.pk,
                    on=day("2026-02-01"),
                    currency="CNY",
                    amount=money(100),
                    instrument="transfer",
                    lines=[services.Line(invoice.pk, money(amount)) for invoice, amount in lines],
                    idempotency_key=key,
                )
            bracket = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "PREPARE")
            return [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(bracket)]

        post([(invoices[0], "1.00")], "warm")
        one = post([(invoices[0], "10.00")], "one")
        five = post([(invoice, "10.00") for invoice in invoices], "five")
        assert len(one) == len(five) == 3, five


class TestIdempotency:
    def test_the_same_request_gives_the_earlier_result(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00", number="ONE", idempotency_key="a")
        assert make_invoice(company.customer, "100.00", number="ONE", idempotency_key="a").pk == invoice.pk
        lines = [(invoice, "40.00")]
        receipt = make_receipt(company.customer, "50.00", lines=lines, idempotency_key="a")
        assert make_receipt(company.customer, "50.0", lines=lines, idempotency_key="a").pk == receipt.pk
        assert (Invoice.objects.count(), Receipt.objects.count(), Allocation.objects.count()) == (1, 1, 1)

    def test_other_figures_under_the_same_key_are_refused(self, company: Company) -> None:
        make_receipt(company.customer, "50.00", idempotency_key="a")
        before = everything()
        with pytest.raises(IdempotencyConflict):
            make_receipt(company.customer, "50.01", idempotency_key="a")
        assert everything() == before

    def test_a_request_that_failed_may_be_sent_again(self, company: Company) -> None:
        with pytest.raises(RateMissing):
            make_receipt(company.customer, "50.00", currency="USD", idempotency_key="a")
        make_rate("USD", "7")
        assert make_receipt(company.customer, "50.00", currency="USD", idempotency_key="a").base_amount == 350

    def test_every_service_answers_the_same_again(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00")
        cheque = make_receipt(company.customer, "100.00", instrument="cheque")
        transfer = make_receipt(company.customer, "100.00")
        on = day("2026-02-10")
        lines = [services.Line(invoice.pk, money(10))]
        key = {"actor": None, "idempotency_key": "again"}
        made = services.allocate(receipt_id=transfer.pk, lines=lines, on=on, **key)
        assert services.allocate(receipt_id=transfer.pk, lines=lines, on=on, **key) == made
        back = services.take_back(allocation_id=made[0].pk, on=on, **key)
        assert services.take_back(allocation_id=made[0].pk, on=on, **key) == back
        for service, target in (
            (services.clear_receipt, {"receipt_id": cheque.pk}),
            (services.reverse_receipt, {"receipt_id": transfer.pk, "reason": "wrong"}),
            (services.reverse_invoice, {"invoice_id": invoice.pk, "reason": "wrong"}),
        ):
            first = service(on=on, **target, **key)
            before = everything()
            assert service(on=on, **target, **key) == first
            assert everything() == before
        assert differences() == []


def test_an_allocation_is_not_dated_before_its_documents(company: Company) -> None:
    invoice = make_invoice(company.customer, "100.00", on="2026-02-10")
    receipt = make_receipt(company.customer, "100.00", on="2026-02-05")
    before = everything()
    with pytest.raises(DateBeforeDocument) as refusal:
        allocate_receipt(receipt, (invoice, "1.00"), on="2026-02-09")
    assert refusal.value.params["earliest"] == day("2026-02-10")
    assert everything() == before
    allocate_receipt(receipt, (invoice, "1.00"), on="2026-02-10")
