"""The way of a mail to the mail server, at most once.

It is claimed in a transaction of its own, then sent, then marked. Who dies in between leaves it claimed; it is then
marked as interrupted and not sent again by itself, since it may have arrived. A server that cannot be reached has
received nothing, so the mail waits and is tried again, later and later.
"""

import datetime as dt
import logging
import smtplib
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.core import display
from crm.core.dates import business_today
from crm.notices.models import Mail, MailFault, MailState

log = logging.getLogger(__name__)

INTERRUPTED_AFTER = dt.timedelta(minutes=10)
MAX_ATTEMPTS = 12
WAITS = (1, 2, 5, 15, 30, 60)  # minutes to wait after the first, second ... failed attempt to reach the server


def send_due(*, limit: int = 200) -> int:
    """Send up to `limit` mails that wait; returns how many were accepted by the mail server."""
    interrupted = Mail.objects.filter(state=MailState.SENDING, claimed_at__lt=Now() - INTERRUPTED_AFTER)
    interrupted.update(state=MailState.ERROR, fault=MailFault.INTERRUPTED)
    if not Mail.objects.filter(due(), state=MailState.TODO).exists():
        return 0
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        log.warning("the mail server cannot be reached: %s", error)
        postpone(str(error))
        return 0
    sent = 0
    try:
        for _turn in range(limit):
            mail = claim()
            if mail is None:
                break
            sent += send(mail, connection)
    finally:
        connection.close()
    return sent


def due() -> Q:
    return Q(not_before__isnull=True) | Q(not_before__lte=Now())


def claim() -> Mail | None:
    """The oldest mail that waits, from now on this process's alone."""
    with transaction.atomic():
        found = Mail.objects.filter(due(), state=MailState.TODO).order_by("pk")
        pk = found.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True).first()
        if pk is None:
            return None
        Mail.objects.filter(pk=pk).update(state=MailState.SENDING, claimed_at=Now(), attempts=F("attempts") + 1)
    return Mail.objects.select_related("user").get(pk=pk)


def postpone(answer: str) -> None:
    """Nothing was sent: what waits, waits longer; after many attempts it is given up."""
    for mail in Mail.objects.filter(due(), state=MailState.TODO):
        attempts = mail.attempts + 1
        values: dict[str, Any] = {"attempts": attempts, "answer": answer[:300], "fault": MailFault.UNREACHABLE}
        if attempts >= MAX_ATTEMPTS:
            values["state"] = MailState.ERROR
        else:
            minutes = WAITS[min(attempts, len(WAITS)) - 1]
            values["not_before"] = Now() + dt.timedelta(minutes=minutes)
        Mail.objects.filter(pk=mail.pk, state=MailState.TODO).update(**values)


def send(mail: Mail, connection: Any) -> bool:
    """Speak to the mail server about one claimed mail and write down what it said."""
    if not mail.user.email:
        return finish(mail, state=MailState.ERROR, fault=MailFault.NO_ADDRESS)
    try:
        connection.send_messages([message(mail)])
    except (smtplib.SMTPException, OSError, ValueError) as error:
        refused = isinstance(error, (smtplib.SMTPException, ValueError))
        unsure = isinstance(error, smtplib.SMTPServerDisconnected) or not refused
        fault = MailFault.INTERRUPTED if unsure else MailFault.REFUSED
        return finish(mail, state=MailState.ERROR, fault=fault, answer=str(error))
    return finish(mail, state=MailState.SENT, sent_at=Now(), address=mail.user.email, fault="", answer="")


def finish(mail: Mail, **values: Any) -> bool:
    values["answer"] = values.get("answer", "")[:300]
    Mail.objects.filter(pk=mail.pk, state=MailState.SENDING).update(**values)
    if values["state"] == MailState.ERROR:
        log.warning("mail %s was not sent: %s %s", mail.pk, values["fault"], values["answer"])
    return bool(values["state"] == MailState.SENT)


def message(mail: Mail) -> EmailMultiAlternatives:
    """The mail in its reader's language: plain text, and the same as simple HTML."""
    user = mail.user
    notices = list(mail.notices.order_by("pk"))
    with translation.override(user.language):
        count = len(notices)
        if mail.digest_on is None:
            subject = notices[0].sentence if notices else _("Notices")
        else:
            subject = ngettext("%(count)s notice, %(on)s", "%(count)s notices, %(on)s", count) % {
                "count": display.number(count),
                "on": display.isodate(mail.digest_on),
            }
        context = {
            "user": user,
            "subject": subject,
            "notices": notices,
            "digest": mail.digest_on is not None,
            "site": settings.SITE_URL.rstrip("/"),
            "today": business_today(),
        }
        text = render_to_string("notices/mail.txt", context)
        html = render_to_string("notices/mail.html", context)
    mailing = EmailMultiAlternatives(" ".join(subject.split())[:160], text, to=[user.email])
    mailing.attach_alternative(html, "text/html")
    # The same mail sent again by hand is recognised by programs that sort out doubles.
    mailing.extra_headers["Message-ID"] = f"<notice-{mail.pk}-{mail.created_at:%Y%m%d%H%M%S}@openaccount>"
    mailing.extra_headers["Auto-Submitted"] = "auto-generated"
    return mailing
