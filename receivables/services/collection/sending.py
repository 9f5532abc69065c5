"""Letters go out: set as PDF, kept with their checksum, mailed after commit, each at most once by itself.

A letter is claimed by a conditional update (to do or error -> being sent) that is committed before the mail server is
spoken to, so no two senders mail it. One whose sender died in between is not mailed again by itself: nobody knows
whether it went out; it becomes an error that says so, and a person decides. Without an e-mail address a letter is
printed: its PDF stands in the file that the run prints.

A letter asks for what was overdue in its night. What has been paid, promised, disputed, planned or taken out of dunning
since then overtakes it: it becomes an error that says so, when it is queued and once more when its sender has claimed
it, and the next night replaces it.
"""

import datetime as dt
import hashlib
import io
import smtplib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.mail import EmailMessage, get_connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from crm.core.display import money
from crm.core.errors import DomainError
from crm.documents import pdf, pdfs
from crm.jobs.kinds import RunKind, StepKind
from crm.jobs.models import Run
from crm.jobs.services import start_run
from crm.jobs.worker import Work
from receivables.errors.collection import LetterOvertaken
from receivables.models import Letter
from receivables.selectors.collection.overtaken import overtaken
from receivables.selectors.letters import LetterText, entity_name, file_of, letters_to_read, read_letter, reference
from receivables.services.access import require
from receivables.services.collection.letters import letter_failed, letter_sent

SEND_RUN = "receivables.send_letters"
PERMISSION = "receivables.send_letter"
UNSENT = (Letter.State.TODO, Letter.State.ERROR)
CHUNK = 20
MOST_LETTERS = 2_000
MAIL_SECONDS = 30
# A sender speaks to the mail server for MAIL_SECONDS at most: one that is silent for so long is gone.
INTERRUPTED_AFTER = dt.timedelta(minutes=5)


class NothingToSend(DomainError):
    """None of the letters waits, or none may be seen."""

    code = "nothing_to_send"
    message = _("None of these letters waits to be sent.")


class TooManyLetters(DomainError):
    """More letters than one run takes."""

    code = "too_many_letters"
    message = _("%(count)s letters at once are too many; send at most %(most)s.")


class MailServerUnreachable(DomainError):
    """No letter was touched: the run may be tried again as it is."""

    code = "mail_server_unreachable"
    message = _("The mail server cannot be reached (%(cause)s). The letters not yet sent are still to do.")


class MailFailed(DomainError):
    code = "mail_failed"
    message = _("The mail server did not take the letter: %(cause)s")


class RecipientRefused(DomainError):
    code = "recipient_refused"
    message = _("The mail server refuses the address %(recipient)s: %(cause)s")


class SendingInterrupted(DomainError):
    code = "sending_interrupted"
    message = _("Sending was interrupted: nobody knows whether it went out. Ask the customer before sending again.")


def queue_letters(*, actor: Any, letter_ids: Sequence[int], on: dt.date) -> Run:
    """Send these letters in the background, as the actor; those that were overtaken become errors.

    Raises NothingToSend, TooManyLetters, NotAllowed; LetterOvertaken when none is left.
    """
    release_interrupted()
    waiting = Letter.objects.filter(pk__in=letter_ids, state__in=UNSENT).order_by("pk")
    found = list(waiting.values_list("pk", "customer_id"))
    if not found:
        raise NothingToSend
    if len(found) > MOST_LETTERS:
        raise TooManyLetters(count=len(found), most=MOST_LETTERS)
    require(actor, PERMISSION, {customer for _letter, customer in found})
    ids = [letter for letter, _customer in found]
    left_out = overtaken(ids, on)
    if len(left_out) == len(ids):
        raise LetterOvertaken(why=left_out[ids[0]])
    for letter, why in left_out.items():
        letter_failed(letter_id=letter, code=LetterOvertaken.code, params={"why": why})
    return start_run(
        kind=SEND_RUN, params={"letters": [letter for letter in ids if letter not in left_out]}, actor=actor, on=on
    )


def release_interrupted(letters: Any = None) -> int:
    """Letters whose sender is gone, of these or of all, become errors that a person may send again."""
    found = Letter.objects.all() if letters is None else letters
    stale = found.filter(state=Letter.State.SENDING, claimed_at__lt=Now() - INTERRUPTED_AFTER)
    return stale.update(state=Letter.State.ERROR, error_code=SendingInterrupted.code, error_params={})


class Post:
    """The way out: one connection to the mail server, opened for the first letter that needs it."""

    def __init__(self) -> None:
        self.connection: Any = None

    def open(self) -> None:
        """Raises MailServerUnreachable."""
        if self.connection is None:
            connection = get_connection(timeout=MAIL_SECONDS)
            try:
                connection.open()
            except (OSError, smtplib.SMTPException) as error:
                raise MailServerUnreachable(cause=cause_of(error)) from error
            self.connection = connection

    def mail(self, text: LetterText, document: bytes) -> None:
        """Raises RecipientRefused, MailFailed."""
        try:
            message_of(text, document, self.connection).send()
        except smtplib.SMTPRecipientsRefused as error:
            raise RecipientRefused(recipient=text.recipient, cause=cause_of(error)) from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise MailFailed(cause=cause_of(error)) from error

    def close(self) -> None:
        if self.connection is not None:
            with suppress(OSError, smtplib.SMTPException):
                self.connection.close()
            self.connection = None


def cause_of(error: Exception) -> str:
    """What the mail server said, short enough to be shown."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()), (0, b""))
        return f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"[:200]
    if isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
        return f"{error.smtp_code} {answer.decode(errors='replace') if isinstance(answer, bytes) else answer}"[:200]
    return (str(error) or type(error).__name__)[:200]


def message_of(text: LetterText, document: bytes, connection: Any) -> EmailMessage:
    """The e-mail: the words of the letter, what is asked for, and the letter itself as PDF.

    Its Message-ID is the letter's own, so that a copy is known as one.
    """
    letter = text.letter
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    owner = letter.customer.owner
    sums = "\n".join(f"{currency} {money(amount)}" for currency, amount in text.totals)
    return EmailMessage(
        subject=" ".join(text.subject.split()),
        body=f"{text.body}\n\n{sums}\n\n{entity_name(letter, text.language)}\n",
        from_email=formataddr((entity_name(letter, text.language), address)),
        to=[text.recipient],
        reply_to=[owner.email] if owner and owner.email else None,
        headers={"Message-ID": f"<letter-{letter.pk}@{address.rpartition('@')[2] or 'localhost'}>"},
        attachments=[(file_name(letter), document, "application/pdf")],
        connection=connection,
    )


def file_name(letter: Letter) -> str:
    return f"{reference(letter)}.pdf"


def send(work: Work) -> None:
    """Send the letters of a run one after the other; a letter that fails keeps its cause and stops no other."""
    ids: list[int] = work.params["letters"]
    letters = Letter.objects.filter(pk__in=ids)
    if work.actor is not None:
        letters = letters.visible_to(work.actor)
    counts = dict.fromkeys(("mailed", "printed", "failed", "left_out"), 0)
    post, done = Post(), 0
    try:
        waiting = list(letters.filter(state__in=UNSENT).order_by("pk").values_list("pk", flat=True))
        for text, document in set_in_chunks(waiting):
            work.progress(done, len(waiting))
            outcome = send_one(text, document, post, actor=work.actor, on=work.today)
            if outcome:
                counts[outcome] += 1
            done += 1
    finally:
        post.close()
    printed = letters.filter(state=Letter.State.SENT, channel=Letter.Channel.LETTER).order_by("pk")
    file = printed_file(printed)
    with work.final():
        if file is not None:
            work.attach(io.BytesIO(file), f"letters-{work.today:%Y-%m-%d}.pdf")
        work.counts = dict(counts)


def set_in_chunks(ids: Sequence[int]) -> Iterator[tuple[LetterText, bytes]]:
    """The letters with their PDF, some at a time: set side by side, read from the database in a few statements."""
    for start in range(0, len(ids), CHUNK):
        found = letters_to_read(Letter.objects.filter(pk__in=ids[start : start + CHUNK])).order_by("pk")
        texts = [read_letter(letter) for letter in found]
        yield from zip(texts, pdfs("letters", ((file_of([text]), text.language) for text in texts)), strict=True)


def send_one(text: LetterText, document: bytes, post: Post, *, actor: Any, on: dt.date) -> str:
    """Claim a letter, keep its file, mail it or leave it to be printed; its outcome, empty when another has it."""
    letter = text.letter
    if text.by_mail:
        post.open()
    claimed = Letter.objects.filter(pk=letter.pk, state__in=UNSENT).update(
        state=Letter.State.SENDING, claimed_at=Now(), attempts=F("attempts") + 1, error_code="", error_params={}
    )
    if not claimed:
        return ""
    try:
        # After the claim: whatever was committed before it is seen, and nobody else can send the letter meanwhile.
        if why := overtaken([letter.pk], on).get(letter.pk):
            raise LetterOvertaken(why=why)
        keep_file(text, document)
        if text.by_mail:
            post.mail(text, document)
    except DomainError as error:
        letter_failed(letter_id=letter.pk, code=error.code, params=error.params)
        return "left_out" if isinstance(error, LetterOvertaken) else "failed"
    channel = Letter.Channel.EMAIL if text.by_mail else Letter.Channel.LETTER
    letter_sent(
        letter_id=letter.pk, actor=actor, on=on, recipient=text.recipient if text.by_mail else "", channel=channel
    )
    return "mailed" if text.by_mail else "printed"


def keep_file(text: LetterText, document: bytes) -> None:
    """The PDF as it goes out, with its checksum: what was sent can be shown for ever."""
    letter = text.letter
    if letter.file:  # of an attempt that failed
        letter.file.delete(save=False)
    letter.file.save(file_name(letter), ContentFile(document), save=False)
    Letter.objects.filter(pk=letter.pk).update(
        file=letter.file.name, checksum=hashlib.sha256(document).hexdigest(), language=text.language
    )


def printed_file(letters: Any) -> bytes | None:
    """Letters to be put on paper, as one PDF."""
    texts = [read_letter(letter) for letter in letters_to_read(letters)]
    return pdf("letters", file_of(texts), language=texts[0].language) if texts else None


def preview(letter: Letter) -> bytes:
    """A letter as it would go out now, kept nowhere."""
    text = read_letter(letter)
    return pdf("letters", file_of([text]), language=text.language)


SENDING = RunKind(
    key=SEND_RUN,
    label=_("Send letters"),
    steps=(StepKind("send", _("Set, keep and send"), send),),
    permission=PERMISSION,
    count_labels=lambda: {
        "mailed": _("Mailed"),
        "printed": _("To be printed"),
        "failed": _("Failed"),
        "left_out": _("Left out: something changed"),
    },
)
