"""Letters prepared in the night: one for a customer and legal entity, never twice, not too often."""

from decimal import Decimal
from typing import Any

import pytest

from receivables.errors.collection import LetterNotWaiting
from receivables.models import CaseStep, Letter
from receivables.services.collection import (
    DisputeTerms,
    Prepared,
    letter_failed,
    letter_sent,
    open_dispute,
    opt_out,
    prepare_letters,
)
from receivables.verification.collection import verify_collection
from tests.collection.nights import night, nights, the_case
from tests.factories import Company, day, make_entity, make_invoice, make_receipt, money

pytestmark = pytest.mark.django_db


def prepare(on: str) -> Prepared:
    night(on)
    return prepare_letters(on=day(on))


def waiting(company: Company) -> Letter:
    return Letter.objects.exclude(state="sent").get(customer=company.customer)


@pytest.fixture
def overdue(company: Company) -> Any:
    """Due on 31 January: a call on 1 February, the notice of overdue items on 4 February."""
    invoice = make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31", term_days=30)
    nights("2026-02-01", "2026-02-03")
    return invoice


class TestWarnings:
    def test_one_letter_lists_everything_overdue_less_what_is_disputed(self, company: Company, overdue: Any) -> None:
        second = make_invoice(company.customer, "600.00", on="2026-01-02", due_on="2026-02-02")
        make_invoice(company.customer, "900.00", on="2026-01-02", due_on="2026-02-04")  # not overdue yet
        open_dispute(actor=None, terms=DisputeTerms(second.pk, money("250.00"), "price"), on=day("2026-02-03"))
        assert prepare("2026-02-04").letters == 1
        letter = waiting(company)
        assert (letter.template.code, letter.base_amount) == ("overdue", Decimal("1350.00"))
        assert [(line.invoice, line.open_amount) for line in letter.lines.select_related("invoice")] == [
            (overdue, Decimal("1000.00")),
            (second, Decimal("350.00")),
        ]
        assert list(verify_collection()) == []

    @pytest.mark.thorough
    def test_a_later_night_replaces_what_nobody_sent(self, company: Company, overdue: Any) -> None:
        prepare("2026-02-04")
        make_receipt(company.customer, "400.00", on="2026-02-04", lines=[(overdue, "400.00")])
        assert prepare("2026-02-05") == Prepared(letters=1, reminders=0, replaced=1)
        assert waiting(company).base_amount == Decimal("600.00")

    @pytest.mark.thorough
    def test_what_was_sent_stays_and_the_next_waits_for_the_interval(self, company: Company, overdue: Any) -> None:
        prepare("2026-02-04")
        letter_sent(letter_id=waiting(company).pk, actor=None, on=day("2026-02-04"))
        assert not the_case(company.customer).steps.filter(state="todo", policy_step__action="email").exists()
        nights("2026-02-05", "2026-02-09")
        # The formal demand is due on the tenth day (4/3 of 30 days); the last letter is six days old by then.
        assert prepare("2026-02-10").letters == 0
        assert the_case(company.customer).step.code == "formal"
        assert prepare("2026-02-11").letters == 1
        assert waiting(company).template.code == "formal"

    def test_nothing_is_prepared_for_what_was_paid_or_left_dunning(self, company: Company, overdue: Any) -> None:
        prepare("2026-02-04")
        opt_out(actor=None, customer_id=company.customer.pk, reason="x", on=day("2026-02-04"), until=day("2026-02-05"))
        assert prepare("2026-02-05") == Prepared(replaced=1)
        assert prepare("2026-02-06").letters == 1
        make_receipt(company.customer, "1000.00", on="2026-02-06", lines=[(overdue, "1000.00")])
        assert prepare("2026-02-07") == Prepared(replaced=1)
        assert not CaseStep.objects.filter(state="todo").exists()

    def test_each_legal_entity_writes_its_own(self, company: Company, overdue: Any) -> None:
        make_invoice(
            company.customer, "500.00", on="2026-01-01", due_on="2026-01-31", term_days=30, entity=make_entity("SZ")
        )
        nights("2026-02-04", "2026-02-07")
        assert prepare_letters(on=day("2026-02-07")).letters == 2
        assert sorted(Letter.objects.values_list("legal_entity__code", "base_amount")) == [
            ("OA", Decimal("1000.00")),
            ("SZ", Decimal("500.00")),
        ]

    def test_a_letter_being_sent_is_not_touched(self, company: Company, overdue: Any) -> None:
        prepare("2026-02-04")
        Letter.objects.update(state="sending")
        assert prepare("2026-02-05") == Prepared()
        assert Letter.objects.get().on == day("2026-02-04")

    def test_what_is_sent_cannot_fail_or_be_sent_again(self, company: Company, overdue: Any) -> None:
        prepare("2026-02-04")
        letter = waiting(company)
        letter_failed(letter_id=letter.pk, code="mail_failed")
        assert letter_sent(letter_id=letter.pk, actor=None, on=day("2026-02-05")).error_code == ""
        for again in (
            lambda: letter_sent(letter_id=letter.pk, actor=None, on=day("2026-02-05")),
            lambda: letter_failed(letter_id=letter.pk, code="mail_failed"),
        ):
            with pytest.raises(LetterNotWaiting):
                again()


class TestReminders:
    def test_three_days_before_the_due_date_and_once(self, company: Company) -> None:
        invoice = make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31")
        assert prepare("2026-01-27").reminders == 0
        assert prepare("2026-01-28").reminders == 1
        letter = waiting(company)
        assert (letter.case, letter.template.code, letter.lines.get().invoice) == (None, "reminder", invoice)
        letter_sent(letter_id=letter.pk, actor=None, on=day("2026-01-28"))
        assert prepare("2026-01-29").reminders == 0
        make_invoice(company.customer, "50.00", on="2026-01-01", due_on="2026-02-01")
        assert prepare("2026-01-30").reminders == 1
        assert waiting(company).base_amount == Decimal("50.00")

    def test_whoever_has_a_case_gets_no_reminder_beside_it(self, company: Company, overdue: Any) -> None:
        make_invoice(company.customer, "50.00", on="2026-01-01", due_on="2026-02-06")
        found = prepare("2026-02-04")
        assert (found.letters, found.reminders) == (1, 0)
