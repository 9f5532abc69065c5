"""Letters go out once: mailed after commit, kept with their checksum, printed without an address, never twice."""

import hashlib
import io
import smtplib
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone, translation
from pypdf import PdfReader

from crm.accounts import roles
from crm.core.errors import NotAllowed
from crm.jobs.models import Run
from crm.jobs.services import retry_run
from crm.jobs.worker import work_off
from customers.models import Customer
from receivables.errors.collection import LetterOvertaken
from receivables.models import Case, CaseStep, Letter
from receivables.services.collection import (
    DisputeTerms,
    PromiseTerms,
    open_dispute,
    opt_out,
    prepare_letters,
    record_promise,
)
from receivables.services.collection.sending import (
    INTERRUPTED_AFTER,
    NothingToSend,
    queue_letters,
    release_interrupted,
)
from tests.collection.nights import night, nights, the_case
from tests.collection.plans import approve, propose, rows_of
from tests.collection_pages.conftest import TODAY
from tests.factories import Company, make_customer, make_invoice, make_receipt, make_user, money

pytestmark = pytest.mark.django_db


@pytest.fixture
def reachable(company: Company) -> str:
    """The customer's accounts payable can be written to."""
    company.customer.contacts.create(name="Li Wen", role="finance", email="payable@example.com")
    company.customer.contacts.create(name="Boss", is_primary=True, email="boss@example.com")
    return "payable@example.com"


def send(actor: Any, *letters: Letter) -> Run:
    run = queue_letters(actor=actor, letter_ids=[letter.pk for letter in letters], on=TODAY)
    work_off(run_id=run.pk)
    run.refresh_from_db()
    return run


def text_of(document: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(document)).pages)


def test_a_letter_is_mailed_once_and_kept_as_it_went_out(carol: Any, letter: Letter, reachable: str) -> None:
    run = send(carol, letter)
    assert run.counts == {"mailed": 1, "printed": 0, "failed": 0, "left_out": 0}
    letter.refresh_from_db()
    assert (letter.state, letter.channel, letter.recipient, letter.sent_on) == ("sent", "email", reachable, TODAY)
    assert letter.sent_by == carol
    (message,) = mail.outbox
    assert message.to == [reachable]
    assert "1,000.00" in message.body
    name, document, kind = message.attachments[0]
    assert (name, kind) == (f"D{letter.pk:06d}.pdf", "application/pdf")
    kept = letter.file.open("rb").read()
    assert kept == document
    assert hashlib.sha256(kept).hexdigest() == letter.checksum
    assert "1,000.00" in text_of(kept)
    assert not CaseStep.objects.filter(state="todo", policy_step__action__in=("email", "letter")).exists()
    with pytest.raises(NothingToSend):
        queue_letters(actor=carol, letter_ids=[letter.pk], on=TODAY)
    assert len(mail.outbox) == 1


@pytest.mark.thorough
def test_two_runs_with_the_same_letter_mail_it_once(carol: Any, letter: Letter, reachable: str) -> None:
    first = queue_letters(actor=carol, letter_ids=[letter.pk], on=TODAY)
    second = queue_letters(actor=carol, letter_ids=[letter.pk], on=TODAY)
    work_off(run_id=second.pk)
    work_off(run_id=first.pk)
    assert len(mail.outbox) == 1
    assert Run.objects.get(pk=first.pk).counts == {"mailed": 0, "printed": 0, "failed": 0, "left_out": 0}


@pytest.mark.thorough
def test_a_letter_another_sender_holds_is_left_to_it(carol: Any, letter: Letter, reachable: str) -> None:
    run = queue_letters(actor=carol, letter_ids=[letter.pk], on=TODAY)
    Letter.objects.update(state="sending", claimed_at=timezone.now())
    work_off(run_id=run.pk)
    assert mail.outbox == []
    assert Letter.objects.get().state == "sending"


def test_without_an_address_it_is_printed(carol: Any, letter: Letter) -> None:
    run = send(carol, letter)
    assert run.counts == {"mailed": 0, "printed": 1, "failed": 0, "left_out": 0}
    letter.refresh_from_db()
    assert (letter.state, letter.channel, letter.recipient) == ("sent", "letter", "")
    assert mail.outbox == []
    assert "1,000.00" in text_of(run.result.open("rb").read())


@pytest.mark.thorough
def test_many_printed_letters_stand_in_one_file_each_from_page_one(
    carol: Any, company: Company, letter: Letter
) -> None:
    other = make_customer("Second Ltd", owner=company.alice, country="GB")
    Customer.objects.filter(pk=other.pk).update(address="高街 1 号", english_address="1 High Street")
    make_invoice(other, "2500.00", on="2026-01-01", due_on="2026-01-31", term_days=30)
    nights("2026-02-05", "2026-02-09")
    prepare_letters(on=TODAY.replace(day=9))
    run = send(carol, *Letter.objects.all())
    assert run.counts["printed"] == 2
    printed = text_of(run.result.open("rb").read())
    assert "Second Ltd" in printed
    assert "1 High Street" in printed
    assert "高街" not in printed
    assert "Page 1 of 1" in printed
    assert "".join(printed.split()).count("第1页，共1页") == 1


class Refusing(EmailBackend):
    """A mail server that refuses what it is told to refuse."""

    error: Exception

    def send_messages(self, messages: Any) -> int:
        raise self.error


@pytest.mark.repeats
@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (
            smtplib.SMTPRecipientsRefused({"payable@example.com": (550, b"no such user")}),
            "recipient_refused",
            "refuses the address payable@example.com: 550 no such user",
        ),
        (smtplib.SMTPServerDisconnected("gone"), "mail_failed", "did not take the letter: gone"),
        (TimeoutError("timed out"), "mail_failed", "did not take the letter: timed out"),
    ],
)
def test_a_refusal_is_kept_with_its_cause_and_can_be_sent_again(
    carol: Any, letter: Letter, reachable: str, error: Exception, code: str, sentence: str, sign_in: Any
) -> None:
    Refusing.error = error
    with patch("receivables.services.collection.sending.get_connection", lambda timeout: Refusing()):
        assert send(carol, letter).counts["failed"] == 1
    letter.refresh_from_db()
    assert (letter.state, letter.error_code, letter.attempts) == ("error", code, 1)
    page = sign_in(carol).get(f"/receivables/letters/{letter.pk}/").content.decode()
    assert sentence in page
    assert "Send again" in page
    assert send(carol, letter).counts["mailed"] == 1
    letter.refresh_from_db()
    assert (letter.state, letter.error_code, letter.attempts) == ("sent", "", 2)


@pytest.mark.thorough
def test_an_unreachable_mail_server_fails_the_run_and_leaves_the_letters(
    carol: Any, letter: Letter, reachable: str
) -> None:
    class Closed(EmailBackend):
        def open(self) -> bool:
            raise ConnectionRefusedError(111, "Connection refused")

    with patch("receivables.services.collection.sending.get_connection", lambda timeout: Closed()):
        run = send(carol, letter)
    assert (run.state, run.error_code) == ("failed", "mail_server_unreachable")
    assert Letter.objects.get().state == "todo"
    retry_run(run_id=run.pk, actor=carol)
    work_off(run_id=run.pk)
    assert len(mail.outbox) == 1


@pytest.mark.thorough
def test_a_sender_that_died_leaves_an_error_that_nobody_sends_by_itself(
    carol: Any, letter: Letter, reachable: str, sign_in: Any
) -> None:
    run = queue_letters(actor=carol, letter_ids=[letter.pk], on=TODAY)

    class Killed(BaseException):
        pass

    with (
        patch("receivables.services.collection.sending.letter_sent", side_effect=Killed),
        pytest.raises(Killed),
    ):
        work_off(run_id=run.pk)
    assert len(mail.outbox) == 1  # it had gone out
    assert Letter.objects.get().state == "sending"
    Run.objects.filter(pk=run.pk).update(state="waiting")
    work_off(run_id=run.pk)
    assert len(mail.outbox) == 1
    assert release_interrupted() == 0  # not so soon: its sender may still be at it
    Letter.objects.update(claimed_at=timezone.now() - 2 * INTERRUPTED_AFTER)
    page = sign_in(carol).get(f"/receivables/letters/{letter.pk}/").content.decode()  # whoever looks finds it out
    assert "nobody knows whether it went out" in page
    assert "Send again" in page
    assert release_interrupted() == 0
    letter.refresh_from_db()
    assert (letter.state, letter.error_code) == ("error", "sending_interrupted")


def test_who_may_not_send_sends_nothing(company: Company, letter: Letter, reachable: str) -> None:
    for actor in (company.alice, company.bob, company.greg):
        with pytest.raises(NotAllowed):
            queue_letters(actor=actor, letter_ids=[letter.pk], on=TODAY)
    assert not Run.objects.exists()
    assert Letter.objects.get().state == "todo"


def test_the_letter_is_in_the_language_of_the_customer_whatever_the_sender_reads(
    carol: Any, case: Case, letter: Letter, reachable: str
) -> None:
    with translation.override("en"):
        send(carol, letter)
    letter.refresh_from_db()
    assert letter.language == "zh-hans"
    words = "".join(text_of(letter.file.open("rb").read()).split())
    assert "".join(letter.template.subject_zh.split("{")[0].split()) in words
    assert "2026年2月4日" in words


def pays(letter: Letter, invoice: Any) -> None:
    make_receipt(letter.customer, "0.01", on=TODAY, lines=[(invoice, "0.01")])


def pays_and_closes(letter: Letter, invoice: Any) -> None:
    make_receipt(letter.customer, "1000.00", on=TODAY, lines=[(invoice, "1000.00")])
    night(TODAY.replace(day=5))


def promises(letter: Letter, invoice: Any) -> None:
    terms = PromiseTerms(money("1000.00"), TODAY.replace(day=10))
    record_promise(actor=None, case_id=the_case(letter.customer).pk, terms=terms, on=TODAY)


def disputes_a_part(letter: Letter, invoice: Any) -> None:
    open_dispute(actor=None, terms=DisputeTerms(invoice.pk, money("1.00"), "price"), on=TODAY)


def opts_out(letter: Letter, invoice: Any) -> None:
    opt_out(actor=None, customer_id=letter.customer_id, reason="merger", on=TODAY, until=TODAY.replace(day=20))


def has_a_plan(letter: Letter, invoice: Any) -> None:
    make_user("frank", roles.FINANCE_MANAGER)
    rows = rows_of(("2026-02-10", "400.00"), ("2026-03-10", "600.00"))
    approve(propose(letter.customer.owner, letter.customer, [invoice], rows, on=TODAY), on=TODAY)


OVERTAKING = pytest.mark.parametrize(
    ("overtake", "why"),
    [
        (pays, "something of it is paid"),
        (pays_and_closes, "nothing is overdue any more"),
        (promises, "the customer has promised to pay"),
        (disputes_a_part, "something of it is in dispute"),
        (opts_out, "the customer is out of dunning"),
        (has_a_plan, "an instalment plan runs"),
    ],
)


@pytest.mark.repeats
@OVERTAKING
def test_what_happened_since_the_night_stops_the_letter_before_it_goes_out(
    carol: Any,
    letter: Letter,
    overdue: Any,
    reachable: str,
    sign_in: Any,
    overtake: Callable[..., None],
    why: str,
) -> None:
    run = queue_letters(actor=carol, letter_ids=[letter.pk], on=TODAY)
    overtake(letter, overdue)  # after it was queued
    work_off(run_id=run.pk)
    run.refresh_from_db()
    assert mail.outbox == []
    assert run.counts == {"mailed": 0, "printed": 0, "failed": 0, "left_out": 1}
    letter.refresh_from_db()
    assert (letter.state, letter.error_code) == ("error", "letter_overtaken")
    assert CaseStep.objects.get(case=letter.case, policy_step__code="notice").state != CaseStep.State.DONE
    client = sign_in(carol)
    page = client.get(f"/receivables/letters/{letter.pk}/").content.decode()
    assert why in page
    assert "Send again" not in page
    asked = client.post("/receivables/letters/send/", {"ids": [letter.pk]}).content.decode()
    assert f": {why}</li>" in asked
    with pytest.raises(LetterOvertaken):
        queue_letters(actor=carol, letter_ids=[letter.pk], on=TODAY)


@pytest.mark.thorough
def test_of_many_only_what_still_holds_goes_out_and_the_next_night_looks_again(
    carol: Any, company: Company, letter: Letter, overdue: Any, sign_in: Any
) -> None:
    other = make_customer("Second Ltd", owner=company.alice, country="GB")
    make_invoice(other, "2500.00", on="2026-01-01", due_on="2026-01-30", term_days=30)
    nights("2026-02-05", "2026-02-09")
    prepare_letters(on=TODAY.replace(day=9))
    mine, theirs = Letter.objects.get(customer=company.customer), Letter.objects.get(customer=other)
    pays(mine, overdue)
    ids = [mine.pk, theirs.pk]
    asked = sign_in(carol).post("/receivables/letters/send/", {"ids": ids}).content.decode()
    assert "1 letter about 2,500.00 CNY goes out" in asked
    assert "1 letter does not go out, because something changed since the night" in asked
    run = queue_letters(actor=carol, letter_ids=ids, on=TODAY)
    mine.refresh_from_db()
    assert (mine.state, mine.error_params) == ("error", {"why": "paid"})
    work_off(run_id=run.pk)
    assert Letter.objects.get(pk=theirs.pk).state == "sent"
    night("2026-02-10")
    assert prepare_letters(on=TODAY.replace(day=10)).replaced == 1
    again = Letter.objects.get(customer=company.customer)
    assert (again.state, again.base_amount) == ("todo", money("999.99"))


def test_an_opt_out_stops_a_reminder_too(carol: Any, company: Company, reachable: str) -> None:
    make_invoice(company.customer, "1000.00", on="2026-01-10", due_on="2026-02-06")
    night(TODAY)
    prepare_letters(on=TODAY)
    reminder = Letter.objects.get(case=None)
    opts_out(reminder, None)
    with pytest.raises(LetterOvertaken):
        queue_letters(actor=carol, letter_ids=[reminder.pk], on=TODAY)
    assert mail.outbox == []


def test_money_that_is_not_allocated_only_warns(carol: Any, letter: Letter, reachable: str) -> None:
    make_receipt(letter.customer, "1000.00", on=TODAY)
    assert send(carol, letter).counts["mailed"] == 1


@pytest.mark.thorough
def test_what_is_gone_again_stops_nothing(carol: Any, letter: Letter, overdue: Any, reachable: str) -> None:
    run = queue_letters(actor=carol, letter_ids=[letter.pk], on=TODAY)
    with patch("receivables.services.collection.sending.overtaken", lambda ids, on: dict.fromkeys(ids, "promise")):
        work_off(run_id=run.pk)
    assert Letter.objects.get().state == "error"
    assert send(carol, letter).counts["mailed"] == 1
