"""The ledger of a customer, and the proposals for a receipt."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from receivables import services
from receivables.selectors.ledger import Ledger, customer_ledger
from receivables.selectors.propose import propose
from tests.factories import (
    Company,
    account_of,
    allocate_receipt,
    day,
    make_credit_note,
    make_customer,
    make_entity,
    make_invoice,
    make_rate,
    make_receipt,
    money,
)


def told(ledger: Ledger) -> list[tuple[str, str, Decimal, Decimal]]:
    return [(str(line.on), line.kind, line.effect, line.balance) for line in ledger.lines]


class TestLedger:
    def test_every_movement_stands_there_with_the_balance_it_left(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "100.00", on="2026-01-10")
        make_credit_note(company.customer, "10.00", corrects=invoice, on="2026-01-20")
        cheque = make_receipt(
            company.customer, "95.00", on="2026-02-01", instrument="cheque", lines=[(invoice, "90.00")]
        )
        services.bounce_receipt(actor=None, receipt_id=cheque.pk, on=day("2026-02-10"), reason="no cover")
        services.reverse_invoice(actor=None, invoice_id=invoice.pk, on=day("2026-03-01"), reason="never delivered")
        make_invoice(make_customer(), "1.00")
        ledger = customer_ledger(customer_id=company.customer.pk, as_at=day("2026-03-31"), currency="CNY")
        assert told(ledger) == [
            ("2026-01-10", "invoice", 100, 100),
            ("2026-01-20", "credit_note", -10, 90),
            ("2026-01-20", "allocation", 0, 90),
            ("2026-02-01", "receipt", -95, -5),
            ("2026-02-01", "allocation", 0, -5),
            ("2026-02-10", "taken_back", 0, -5),
            ("2026-02-10", "bounce", 95, 90),
            ("2026-03-01", "taken_back", 0, 90),
            ("2026-03-01", "reversal", -100, -10),
        ]
        assert (ledger.opening_balance, ledger.closing_balance, ledger.count) == (0, -10, 9)
        assert ledger.lines[6].reference == "no cover"
        assert ledger.lines[4].invoice_number == invoice.number
        plain = customer_ledger(customer_id=company.customer.pk, as_at=day("2026-03-31"), currency="CNY", details=False)
        assert [line.kind for line in plain.lines] == ["invoice", "credit_note", "receipt", "bounce", "reversal"]
        assert plain.closing_balance == -10

    @pytest.mark.parametrize(
        ("as_at", "closing"), [("2026-01-09", 0), ("2026-01-10", 100), ("2026-01-31", 100), ("2026-02-01", 60)]
    )
    def test_as_at_a_past_date_it_is_what_it_was(self, company: Company, as_at: str, closing: int) -> None:
        make_invoice(company.customer, "100.00", on="2026-01-10")
        make_receipt(company.customer, "40.00", on="2026-02-01")
        ledger = customer_ledger(customer_id=company.customer.pk, as_at=day(as_at), currency="CNY")
        assert ledger.closing_balance == closing

    def test_in_base_currency_the_exchange_difference_is_part_of_the_balance(self, company: Company) -> None:
        make_rate("USD", "7.00", "2026-01-01")
        make_rate("USD", "7.50", "2026-02-01")
        invoice = make_invoice(company.customer, "100.00", currency="USD", on="2026-01-10")
        make_receipt(company.customer, "100.00", currency="USD", on="2026-02-01", lines=[(invoice, "100.00")])
        ledger = customer_ledger(customer_id=company.customer.pk, as_at=day("2026-03-01"))
        assert told(ledger) == [
            ("2026-01-10", "invoice", 700, 700),
            ("2026-02-01", "receipt", -750, -50),
            ("2026-02-01", "allocation", 50, 0),
        ]
        plain = customer_ledger(customer_id=company.customer.pk, as_at=day("2026-03-01"), details=False)
        assert plain.closing_balance == 0
        account = account_of(company.customer)
        assert ledger.closing_balance == account.receivable - account.unallocated

    def test_pages_carry_the_balance_forward(self, company: Company) -> None:
        for month in range(1, 8):
            make_invoice(company.customer, "10.00", on=f"2026-0{month}-01")
        whole = customer_ledger(customer_id=company.customer.pk, as_at=day("2026-12-31"), currency="CNY")
        pages = [
            customer_ledger(
                customer_id=company.customer.pk, as_at=day("2026-12-31"), currency="CNY", page=page, page_size=3
            )
            for page in (1, 2, 3)
        ]
        assert [line for page in pages for line in page.lines] == whole.lines
        assert [page.opening_balance for page in pages] == [0, 30, 60]
        assert [page.page_closing_balance for page in pages] == [30, 60, 70]
        assert {(page.pages, page.count, page.closing_balance) for page in pages} == {(3, 7, 70)}
        beyond = customer_ledger(
            customer_id=company.customer.pk, as_at=day("2026-12-31"), currency="CNY", page=9, page_size=3
        )
        assert beyond == pages[2]
        late = customer_ledger(
            customer_id=company.customer.pk, as_at=day("2026-12-31"), currency="CNY", from_on=day("2026-05-01")
        )
        assert (late.opening_balance, len(late.lines), late.closing_balance) == (40, 3, 70)

    def test_an_empty_ledger_is_a_page_too(self, company: Company) -> None:
        ledger = customer_ledger(customer_id=company.customer.pk, as_at=day("2026-12-31"))
        assert (ledger.lines, ledger.opening_balance, ledger.closing_balance, ledger.pages) == ([], 0, 0, 1)

    def test_it_narrows_to_a_legal_entity_and_takes_two_statements(self, company: Company) -> None:
        make_invoice(company.customer, "10.00")
        make_invoice(company.customer, "20.00", entity=make_entity("TWO"))
        with CaptureQueriesContext(connection) as captured:
            ledger = customer_ledger(
                customer_id=company.customer.pk,
                as_at=day("2026-12-31"),
                currency="CNY",
                legal_entity_id=make_entity("TWO").pk,
            )
        assert ledger.closing_balance == 20
        assert len([query for query in captured.captured_queries if "movement" in query["sql"]]) == 2


class TestProposals:
    def ask(self, company: Company, amount: str, reference: str = "", on: str = "2026-02-01") -> list[tuple]:
        found = propose(
            customer_id=company.customer.pk,
            currency="CNY",
            legal_entity_id=company.entity.pk,
            amount=money(amount),
            reference=reference,
            on=day(on),
        )
        return [(item.invoice.number, item.amount, item.reason) for item in found]

    def test_only_what_this_money_may_settle_that_day_is_proposed(self, company: Company) -> None:
        make_rate("USD", "7")
        make_invoice(company.customer, "10.00", number="MINE")
        make_invoice(company.customer, "10.00", number="DOLLARS", currency="USD")
        make_invoice(company.customer, "10.00", number="OTHER SELLER", entity=make_entity("TWO"))
        make_invoice(make_customer(), "10.00", number="STRANGER")
        make_invoice(company.customer, "10.00", number="LATER", on="2026-02-02")
        make_credit_note(company.customer, "10.00", number="NOTE")
        paid = make_invoice(company.customer, "10.00", number="PAID")
        make_receipt(company.customer, "10.00", lines=[(paid, "10.00")])
        assert self.ask(company, "100.00") == [("MINE", 10, "oldest")]

    def test_what_was_taken_back_later_is_not_proposed_for_an_earlier_day(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "10.00", number="A")
        receipt = make_receipt(company.customer, "10.00", lines=[(invoice, "10.00")])
        services.take_back(actor=None, allocation_id=receipt.allocations.get().pk, on=day("2026-02-20"))
        assert self.ask(company, "10.00", on="2026-02-19") == []
        assert self.ask(company, "10.00", on="2026-02-20") == [("A", 10, "exact")]
        allocate_receipt(receipt, (invoice, "10.00"), on="2026-02-20")

    def test_what_is_proposed_is_accepted(self, company: Company) -> None:
        for number in range(5):
            make_invoice(company.customer, f"{number + 1}0.00", number=f"N{number}", on=f"2026-01-0{number + 1}")
        assert self.ask(company, "75.00", "n3") == [
            ("N3", 40, "reference"),
            ("N0", 10, "oldest"),
            ("N1", 20, "oldest"),
            ("N2", 5, "oldest"),
        ]
        receipt = make_receipt(company.customer, "75.00", reference="n3", method="auto")
        assert receipt.open_amount == 0
        assert [item.amount for item in receipt.allocations.order_by("pk")] == [40, 10, 20, 5]
