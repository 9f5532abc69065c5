"""What a past date showed then: later payments, take-backs, reversals, bounces and clearings are undone."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import TestCase

from customers.models import Customer
from customers.services import create_customer
from receivables.models import Allocation, Invoice
from receivables.selectors.ageing import AgeingLine, AgeingQuery, ageing_page, open_documents
from receivables.services import (
    Line,
    bounce_receipt,
    clear_receipt,
    post_invoice,
    post_receipt,
    reverse_invoice,
    reverse_receipt,
    take_back,
)
from tests.world import World, build_company

DAY = dt.timedelta(days=1)


class PastDates(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.world: World = build_company()
        cls.today = cls.world.today
        cls.start = cls.today - 100 * DAY
        cls.customer: Customer = create_customer(actor=None, today=cls.start, name="一号客户有限公司", state="active")

    def facts(self, on: dt.date, amount: str, currency: str = "CNY") -> dict[str, Any]:
        return {
            "actor": None,
            "legal_entity_id": self.world.entity.pk,
            "customer_id": self.customer.pk,
            "currency": currency,
            "on": on,
            "amount": Decimal(amount),
        }

    def invoice(self, amount: str = "100.00", kind: str = "invoice", currency: str = "CNY", **more: Any) -> Invoice:
        count = Invoice.objects.count()
        more = {"due_on": self.start + 10 * DAY, **more}
        return post_invoice(**self.facts(self.start, amount, currency), number=f"N{count}", kind=kind, **more)

    def pay(self, invoice: Invoice, amount: str, on: dt.date, instrument: str = "transfer", received: str = "") -> Any:
        lines = [Line(invoice.pk, Decimal(amount))]
        facts = self.facts(on, received or amount, invoice.currency)
        return post_receipt(**facts, instrument=instrument, lines=lines, method="manual")

    def at(self, as_at: dt.date, **more: Any) -> AgeingLine | None:
        query = AgeingQuery(self.world.user("fiona"), as_at, self.today, (30, 60, 90), **more)
        page = ageing_page(query)
        return page.lines[0] if page.lines else None

    def receivable(self, days: int) -> Decimal:
        line = self.at(self.start + days * DAY)
        return line.receivable if line else Decimal(0)

    def unallocated(self, days: int) -> Decimal:
        line = self.at(self.start + days * DAY)
        return line.unallocated if line else Decimal(0)

    def test_edges_of_the_buckets(self) -> None:
        """Due on day 10: 0 and 1, 30 and 31, 60 and 61, 90 and 91 days later stand on either side of an edge."""
        self.invoice()
        for days, bucket in ((0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)):
            line = self.at(self.start + (10 + days) * DAY)
            assert line is not None
            assert [index for index, amount in enumerate(line.amounts) if amount] == [bucket], days

    def test_nothing_before_the_invoice(self) -> None:
        self.invoice()
        assert self.at(self.start - DAY) is None
        assert self.receivable(0) == Decimal("100.00")

    def test_a_later_payment_does_not_change_the_past(self) -> None:
        self.pay(self.invoice(), "60.00", self.start + 20 * DAY)
        assert [self.receivable(day) for day in (19, 20)] == [Decimal("100.00"), Decimal("40.00")]

    def test_a_take_back_opens_the_invoice_and_the_receipt_again(self) -> None:
        self.pay(self.invoice(), "60.00", self.start + 20 * DAY)
        take_back(actor=None, allocation_id=Allocation.objects.get().pk, on=self.start + 30 * DAY)
        assert [self.receivable(day) for day in (19, 20, 29, 30)] == [
            Decimal(amount) for amount in ("100.00", "40.00", "40.00", "100.00")
        ]
        assert [self.unallocated(day) for day in (29, 30)] == [Decimal(0), Decimal("60.00")]

    def test_a_reversed_invoice_stands_until_it_was_reversed(self) -> None:
        invoice = self.invoice()
        self.pay(invoice, "60.00", self.start + 20 * DAY)
        reverse_invoice(actor=None, invoice_id=invoice.pk, on=self.start + 40 * DAY, reason="wrong customer")
        assert [self.receivable(day) for day in (20, 39, 40)] == [Decimal("40.00"), Decimal("40.00"), Decimal(0)]
        assert [self.unallocated(day) for day in (39, 40)] == [Decimal(0), Decimal("60.00")]

    def test_a_reversed_receipt_counted_until_it_was_reversed(self) -> None:
        receipt = self.pay(self.invoice(), "60.00", self.start + 20 * DAY, received="80.00")
        reverse_receipt(actor=None, receipt_id=receipt.pk, on=self.start + 40 * DAY, reason="wrong account")
        assert [self.receivable(day) for day in (39, 40)] == [Decimal("40.00"), Decimal("100.00")]
        assert [self.unallocated(day) for day in (39, 40)] == [Decimal("20.00"), Decimal(0)]

    @pytest.mark.thorough
    def test_a_cheque_settles_at_once_and_bounces_later(self) -> None:
        receipt = self.pay(self.invoice(), "60.00", self.start + 20 * DAY, "cheque", received="90.00")
        bounce_receipt(actor=None, receipt_id=receipt.pk, on=self.start + 25 * DAY, reason="no funds")
        assert [self.receivable(day) for day in (19, 20, 24, 25)] == [
            Decimal(amount) for amount in ("100.00", "40.00", "40.00", "100.00")
        ]
        assert [self.unallocated(day) for day in (20, 24, 25)] == [Decimal(0)] * 3

    def test_the_rest_of_a_cheque_is_money_once_it_cleared(self) -> None:
        receipt = self.pay(self.invoice(), "60.00", self.start + 20 * DAY, "cheque", received="90.00")
        clear_receipt(actor=None, receipt_id=receipt.pk, on=self.start + 24 * DAY)
        assert [self.unallocated(day) for day in (20, 23, 24)] == [Decimal(0), Decimal(0), Decimal("30.00")]

    def test_a_credit_note_stands_unallocated_until_it_is_matched(self) -> None:
        invoice = self.invoice()
        facts = self.facts(self.start + 5 * DAY, "30.00")
        post_invoice(**facts, number="K1", kind="credit_note", corrects_id=invoice.pk)
        post_invoice(**{**facts, "amount": Decimal("7.00")}, number="K2", kind="credit_note")
        assert [self.receivable(day) for day in (4, 5)] == [Decimal("100.00"), Decimal("70.00")]
        assert [self.unallocated(day) for day in (4, 5)] == [Decimal(0), Decimal("7.00")]

    def test_foreign_currency_keeps_the_rate_of_the_document(self) -> None:
        """3 x 33.33 USD and the rest: the base amounts of the parts add up to that of the invoice."""
        invoice = self.invoice("100.00", currency="USD", rate=Decimal("7.13"))
        for day in (20, 30, 40):
            self.pay(invoice, "33.33", self.start + day * DAY)
        past = [self.at(self.start + day * DAY) for day in (19, 20, 30, 40)]
        assert next(line and line.receivable for line in past) == Decimal("713.00")
        document = [self.at(self.start + day * DAY, basis="document") for day in (19, 20, 30, 40)]
        assert [line and line.receivable for line in document] == [
            Decimal(amount) for amount in ("100.00", "66.67", "33.34", "0.01")
        ]
        invoice.refresh_from_db()
        last = past[-1]
        assert last is not None
        assert last.receivable == invoice.open_base

    def test_documents_of_the_past(self) -> None:
        invoice = self.invoice()
        self.pay(invoice, "100.00", self.start + 20 * DAY, received="150.00")
        query = AgeingQuery(self.world.user("fiona"), self.start + 19 * DAY, self.today, (30, 60, 90))
        (row,) = open_documents(query, "b1").rows
        assert (row.pk, row.open_amount) == (invoice.pk, Decimal("100.00"))
        query = AgeingQuery(self.world.user("fiona"), self.start + 20 * DAY, self.today, (30, 60, 90))
        assert open_documents(query, "b1").count == 0
        (row,) = open_documents(query, "unallocated").rows
        assert (row.kind, row.open_amount) == ("receipt", Decimal("-50.00"))

    def test_a_later_period_looks_ahead(self) -> None:
        """A date to come ages what is open now."""
        self.invoice(due_on=self.today + 5 * DAY)
        line = self.at(self.today + 36 * DAY)
        assert line is not None
        assert line.amounts[2] == Decimal("100.00")
