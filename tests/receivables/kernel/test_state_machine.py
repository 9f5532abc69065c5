"""Whatever happens in whatever order, the books agree: with a second opinion, with credit, with any past day.

KERNEL_EXAMPLES and KERNEL_STEPS make the search longer than the everyday run.
"""

import datetime as dt
import os
from collections import defaultdict
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from credit.models import CreditAccount, CreditEntry, OpenByDueDate
from credit.verification import verify_credit
from crm.core.errors import DomainError
from receivables import services
from receivables.models import Allocation, Invoice, Receipt
from receivables.selectors.ledger import customer_ledger
from receivables.verification.documents import verify_receivables
from tests.factories import make_customer, make_entity, make_rate
from tests.receivables.kernel.model import CLEARING, Books, Doc, Match

DAYS = [dt.date(2026, 1, 31) + dt.timedelta(days=9 * index) for index in range(7)]
RATES = {("USD", DAYS[0]): 7_1000, ("USD", DAYS[3]): 7_3333}  # base for one unit, in ten-thousandths
days = st.sampled_from(DAYS)
amounts = st.one_of(st.sampled_from([1, 3, 100, 3333, 10_000, 99_999]), st.integers(1, 50_000))
index = st.integers(0, 10_000)


def yuan(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def cents(amount: Decimal | None) -> int:
    return int((amount or Decimal(0)).scaleb(2))


def base_of(currency: str, amount: int, on: dt.date) -> int:
    if currency == "CNY":
        return amount
    rate = RATES[max(key for key in RATES if key[0] == currency and key[1] <= on)]
    return (2 * amount * rate + 10_000) // 20_000


class Bookkeeping(RuleBasedStateMachine):
    """Posting, matching, taking back, undoing, clearing, bouncing and closing in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.books = Books()
        self.steps = 0
        self.entities = [make_entity("ONE"), make_entity("TWO")]
        self.customers = [make_customer(), make_customer()]
        for (currency, on), rate in RATES.items():
            make_rate(currency, str(Decimal(rate).scaleb(-4)), on)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def attempt(self, allowed: bool, call):
        """Call a service; it must refuse exactly when the second opinion does, and change nothing then."""
        result, refusal = None, ""
        try:
            with transaction.atomic():
                result = call()
        except DomainError as error:
            refusal = f"{error.code}: {error}"
        assert allowed == (not refusal), refusal or "the service allowed what must be refused"
        return result

    def pick(self, which: int, found: list):
        return found[which % len(found)]

    # -- posting

    @rule(
        what=st.sampled_from(["invoice", "invoice", "debit_note", "credit_note"]),
        customer=st.sampled_from([0, 0, 0, 1]),
        entity=st.sampled_from([0, 0, 0, 1]),
        currency=st.sampled_from(["CNY", "USD"]),
        amount=amounts,
        on=days,
        term=st.sampled_from([0, 9, 30]),
        corrects=st.one_of(st.none(), index),
    )
    def post_invoice(self, what, customer, entity, currency, amount, on, term, corrects) -> None:
        customer_id, entity_id = self.customers[customer].pk, self.entities[entity].pk
        due_on = on + dt.timedelta(days=term)
        corrected = None
        if what == "credit_note" and corrects is not None:
            party = (customer_id, entity_id, currency)
            targets = [doc for doc in self.books.docs if doc.what == "invoice" and doc.party == party]
            corrected = self.pick(corrects, targets) if targets else None
        invoice = self.attempt(
            not self.books.is_closed(entity_id, on),
            lambda: services.post_invoice(
                actor=None,
                legal_entity_id=entity_id,
                customer_id=customer_id,
                kind=what,
                number=f"N{len(self.books.docs)}",
                on=on,
                currency=currency,
                amount=yuan(amount),
                term_days=term,
                corrects_id=corrected.pk if corrected else None,
            ),
        )
        if invoice is None:
            return
        assert invoice.due_on == due_on
        kind = "credit_note" if what == "credit_note" else "invoice"
        base = base_of(currency, amount, on)
        doc = Doc(invoice.pk, kind, customer_id, entity_id, currency, on, due_on, amount, base)
        self.books.docs.append(doc)
        if corrected:
            part = min(amount, self.books.open(corrected))
            if part:
                made = Allocation.objects.get(credit_note_id=invoice.pk)
                at = max(on, self.books.earliest(corrected))
                assert made.on == at
                self.books.allocate(made.pk, doc, corrected, part, at)

    @rule(
        customer=st.sampled_from([0, 0, 0, 1]),
        entity=st.sampled_from([0, 0, 0, 1]),
        currency=st.sampled_from(["CNY", "USD"]),
        amount=amounts,
        on=days,
        instrument=st.sampled_from(["transfer", "cheque", "acceptance_bill"]),
        wanted=st.lists(st.tuples(index, amounts), max_size=2, unique_by=lambda pair: pair[0] % 3),
    )
    def post_receipt(self, customer, entity, currency, amount, on, instrument, wanted) -> None:
        customer_id, entity_id = self.customers[customer].pk, self.entities[entity].pk
        party = (customer_id, entity_id, currency)
        targets = [doc for doc in self.books.docs if doc.what == "invoice" and doc.party == party]
        lines = {}
        for which, part in wanted:
            if targets:
                target = self.pick(which, targets)
                lines[target.pk] = (target, min(part, self.books.open(target) or part))
        fits = all(0 < part <= self.books.open(target) for target, part in lines.values())
        fits = fits and sum(part for _target, part in lines.values()) <= amount
        receipt = self.attempt(
            fits and not self.books.is_closed(entity_id, on),
            lambda: services.post_receipt(
                actor=None,
                legal_entity_id=entity_id,
                customer_id=customer_id,
                on=on,
                currency=currency,
                amount=yuan(amount),
                instrument=instrument,
                lines=[services.Line(pk, yuan(part)) for pk, (_target, part) in lines.items()],
            ),
        )
        if receipt is None:
            return
        base = base_of(currency, amount, on)
        doc = Doc(receipt.pk, "receipt", customer_id, entity_id, currency, on, None, amount, base)
        doc.must_clear = instrument in CLEARING
        self.books.docs.append(doc)
        made = list(Allocation.objects.filter(receipt=receipt).order_by("pk"))
        for allocation, (target, part) in zip(made, lines.values(), strict=True):
            at = max(on, self.books.earliest(target))
            assert allocation.on == at
            self.books.allocate(allocation.pk, doc, target, part, at)

    # -- matching

    @precondition(lambda self: self.sources() and self.invoices())
    @rule(which=index, other=index, amount=amounts, on=days, all_of_it=st.booleans(), fitting=st.integers(0, 9))
    def allocate(self, which, other, amount, on, all_of_it, fitting) -> None:
        source = self.pick(which, self.sources())
        alike = [doc for doc in self.invoices() if doc.party == source.party]
        invoice = self.pick(other, alike if alike and fitting else self.invoices())
        if all_of_it:
            amount = min(self.books.open(source), self.books.open(invoice)) or amount
        name = "receipt_id" if source.what == "receipt" else "credit_note_id"
        made = self.attempt(
            self.books.may_allocate(source, invoice, amount, on),
            lambda: services.allocate(
                actor=None, lines=[services.Line(invoice.pk, yuan(amount))], method="manual", on=on, **{name: source.pk}
            ),
        )
        if made:
            match = self.books.allocate(made[0].pk, source, invoice, amount, on)
            assert (cents(made[0].base_amount), cents(made[0].source_base)) == (match.base, match.source_base)

    @precondition(lambda self: self.books.matches)
    @rule(which=index, on=days)
    def take_back(self, which, on) -> None:
        match: Match = self.pick(which, self.books.matches)
        made = self.attempt(
            self.books.may_take_back(match, on),
            lambda: services.take_back(actor=None, allocation_id=match.pk, on=on),
        )
        if made:
            match.back_on = on

    # -- undoing

    @precondition(lambda self: self.books.docs)
    @rule(which=index, on=days)
    def reverse(self, which, on) -> None:
        doc = self.pick(which, self.books.docs)
        done = self.attempt(
            self.books.may_undo(doc, on),
            lambda: (
                services.reverse_receipt(actor=None, receipt_id=doc.pk, on=on, reason="posted in error")
                if doc.what == "receipt"
                else services.reverse_invoice(actor=None, invoice_id=doc.pk, on=on, reason="posted in error")
            ),
        )
        if done:
            self.books.undo(doc, on)

    @precondition(lambda self: self.receipts())
    @rule(which=index, on=days)
    def bounce(self, which, on) -> None:
        doc = self.pick(which, self.receipts())
        done = self.attempt(
            self.books.may_clear(doc, on),
            lambda: services.bounce_receipt(actor=None, receipt_id=doc.pk, on=on, reason="no cover"),
        )
        if done:
            assert done.bounced_on == on
            self.books.undo(doc, on)

    @precondition(lambda self: self.receipts())
    @rule(which=index, on=days)
    def clear(self, which, on) -> None:
        doc = self.pick(which, self.receipts())
        done = self.attempt(
            self.books.may_clear(doc, on), lambda: services.clear_receipt(actor=None, receipt_id=doc.pk, on=on)
        )
        if done:
            doc.cleared_on = on

    @rule(entity=st.sampled_from([0, 1]), through=st.sampled_from([DAYS[0] - dt.timedelta(days=1), *DAYS[:3]]))
    def close(self, entity, through) -> None:
        entity_id = self.entities[entity].pk
        services.close_period(actor=None, legal_entity_id=entity_id, closed_through=through, reason="month end")
        self.books.closed[entity_id] = through

    # -- what must hold after every step

    def sources(self) -> list[Doc]:
        return [doc for doc in self.books.docs if doc.is_source]

    def invoices(self) -> list[Doc]:
        return [doc for doc in self.books.docs if not doc.is_source]

    def receipts(self) -> list[Doc]:
        return [doc for doc in self.books.docs if doc.what == "receipt"]

    @invariant()
    def documents_agree(self) -> None:
        stored = {}
        for model, name in ((Invoice, "invoice"), (Receipt, "receipt")):
            rows = model.objects.filter(customer__in=self.customers)
            for pk, amount, base, reversed_on in rows.values_list("pk", "open_amount", "open_base", "reversed_on"):
                stored[name, pk] = (cents(amount), cents(base), reversed_on)
        expected = {
            ("receipt" if doc.what == "receipt" else "invoice", doc.pk): (
                self.books.open(doc),
                self.books.open_base(doc),
                doc.undone_on,
            )
            for doc in self.books.docs
        }
        assert stored == expected

    @invariant()
    def past_days_agree(self) -> None:
        """On any day (two of them after each step): what is open is not negative, and credit and ledger show it."""
        self.steps += 1
        for at in (DAYS[self.steps % len(DAYS)], DAYS[(self.steps + 3) % len(DAYS)]):
            for doc in self.books.docs:
                assert 0 <= self.books.open(doc, at) <= doc.amount
                assert 0 <= self.books.open_base(doc, at) <= doc.base
            told = CreditEntry.objects.filter(account__customer__in=self.customers, on__lte=at)
            sums: dict[int, dict[str, int]] = defaultdict(dict)
            for customer_id, balance, total in (
                told.values_list("account__customer_id", "balance").annotate(total=Sum("base_amount")).order_by()
            ):
                sums[customer_id][balance] = cents(total)
            for customer in self.customers:
                expected = self.books.balances(customer.pk, at)
                assert {name: sums[customer.pk].get(name, 0) for name in expected} == expected
            main = self.customers[0].pk
            for currency in ("CNY", "USD", None):
                ledger = customer_ledger(customer_id=main, as_at=at, currency=currency, page_size=5)
                assert cents(ledger.closing_balance) == self.books.debt(main, at, currency)

    @invariant()
    def accounts_agree(self) -> None:
        for customer in self.customers:
            account = CreditAccount.objects.filter(customer=customer).first()
            expected = self.books.balances(customer.pk)
            if account is None:
                assert not any(expected.values())
                continue
            assert {name: cents(getattr(account, name)) for name in expected} == expected
            rows = OpenByDueDate.objects.filter(account=account).exclude(open_amount=0)
            stored = {due_on: cents(amount) for due_on, amount in rows.values_list("due_on", "open_amount")}
            assert stored == self.books.by_due_date(customer.pk)

    @invariant()
    def verify_is_clean(self) -> None:
        assert [*verify_credit(), *verify_receivables()] == []


@pytest.mark.thorough
@pytest.mark.django_db
def test_the_books_agree_after_every_step() -> None:
    run_state_machine_as_test(
        Bookkeeping,
        settings=settings(
            max_examples=int(os.environ.get("KERNEL_EXAMPLES", "6")),
            stateful_step_count=int(os.environ.get("KERNEL_STEPS", "15")),
            deadline=None,
            database=None,
            derandomize="KERNEL_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )
