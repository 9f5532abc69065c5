"""Letters go out once: mailed after commit, kept with their checksum, printed without an address, never twice."""

import hashlib
import io
import smtplib
from typing import Any
from unittest.mock import patch

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone, translation
from pypdf import PdfReader

from crm.core.errors import NotAllowed
from crm.jobs.models import Run
from crm.jobs.services import retry_run
from crm.jobs.worker import work_off
from receivables.models import Case, CaseStep, Letter
from receivables.services.collection import prepare_letters
from receivables.services.collection.sending import (
    INTERRUPTED_AFTER,
    NothingToSend,
    queue_letters,
    release_interrupted,
)
from tests.collection.nights import nights
from tests.collection_pages.conftest import TODAY
from tests.factories import Company, make_customer, make_invoice

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
    assert run.counts == {"mailed": 1, "printed": 0, "failed": 0}
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


def test_two_runs_with_the_same_letter_mail_it_once(carol: Any, letter: Letter, reachable: str) -> None:
    first = queue_letters(actor=carol, letter_ids=[letter.pk], on=TODAY)
    second = queue_letters(actor=carol, letter_ids=[letter.pk], on=TODAY)
    work_off(run_id=second.pk)
    work_off(run_id=first.pk)
    assert len(mail.outbox) == 1
    assert Run.objects.get(pk=first.pk).counts == {"mailed": 0, "printed": 0, "failed": 0}


def test_a_letter_another_sender_holds_is_left_to_it(carol: Any, letter: Letter, reachable: str) -> None:
    run = queue_letters(actor=carol, letter_ids=[letter.pk], on=TODAY)
    Letter.objects.update(state="sending", claimed_at=timezone.now())
    work_off(run_id=run.pk)
    assert mail.outbox == []
    assert Letter.objects.get().state == "sending"


def test_without_an_address_it_is_printed(carol: Any, letter: Letter) -> None:
    run = send(carol, letter)
    assert run.counts == {"mailed": 0, "printed": 1, "failed": 0}
    letter.refresh_from_db()
    assert (letter.state, letter.channel, letter.recipient) == ("sent", "letter", "")
    assert mail.outbox == []
    assert "1,000.00" in text_of(run.result.open("rb").read())


def test_many_printed_letters_stand_in_one_file_each_from_page_one(
    carol: Any, company: Company, letter: Letter
) -> None:
    other = make_customer("Second Ltd", owner=company.alice, country="GB")
    make_invoice(other, "2500.00", on="2026-01-01", due_on="2026-01-31", term_days=30)
    nights("2026-02-05", "2026-02-09")
    prepare_letters(on=TODAY.replace(day=9))
    run = send(carol, *Letter.objects.all())
    assert run.counts["printed"] == 2
    printed = text_of(run.result.open("rb").read())
    assert "Second Ltd" in printed
    assert "Page 1 of 1" in printed
    assert "".join(printed.split()).count("第1页，共1页") == 1


class Refusing(EmailBackend):
    """A mail server that refuses what it is told to refuse."""

    error: Exception

    def send_messages(self, messages: Any) -> int:
        raise self.error


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


def test_a_sender_that_died_leaves_an_error_that_nobody_sends_by_itself(
    carol: Any, letter: Letter, reachable: str
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
    assert release_interrupted() == 1
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
