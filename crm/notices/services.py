"""Tell people something, note that they read it, and keep their wishes."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from crm.core.errors import NotAllowed
from crm.core.registry import registry
from crm.notices.errors import MailNotFailed, NoticeKindUnknown
from crm.notices.models import Mail, MailState, MailWish, Notice, Preference


def notify(*, users: Iterable[Any], kind: str, params: dict[str, Any], url: str = "") -> list[Notice]:
    """Write a notice for each of the users, in the running transaction; mails leave after it has committed.

    Who left, or may not see what the kind is about, is not told. Raises NoticeKindUnknown.
    """
    known = registry.notice_kinds.get(kind)
    if known is None:
        raise NoticeKindUnknown(kind=kind)
    readers = {
        user.pk: user
        for user in users
        if user is not None and user.is_active and (known.permission is None or user.has_perm(known.permission))
    }
    with transaction.atomic():
        wishes = dict(Preference.objects.filter(user__in=readers).values_list("user", "mail"))
        notices = []
        for pk, user in readers.items():
            wish = wishes.get(pk, MailWish.DIGEST) if user.email else MailWish.NONE
            at_once = wish == MailWish.AT_ONCE or (wish == MailWish.DIGEST and not known.digest)
            notices.append(
                Notice(
                    user=user,
                    kind=kind,
                    params=params,
                    url=url,
                    in_digest=wish == MailWish.DIGEST and known.digest,
                    mail=Mail.objects.create(user=user) if at_once else None,
                )
            )
        Notice.objects.bulk_create(notices)
        if any(notice.mail for notice in notices):
            announce_mail()
    return notices


def make_digests(*, on: dt.date) -> int:
    """One mail for each user with unread notices that wait for the digest; once a day. Returns how many mails."""
    with transaction.atomic():
        waiting = Notice.objects.filter(in_digest=True).select_for_update(skip_locked=True, no_key=True)
        by_user: dict[int, list[Notice]] = {}
        for notice in waiting.order_by("pk"):
            by_user.setdefault(notice.user_id, []).append(notice)
        mails = 0
        for user_id, notices in by_user.items():
            Notice.objects.filter(pk__in=[notice.pk for notice in notices if notice.read_at]).update(in_digest=False)
            unread = [notice.pk for notice in notices if notice.read_at is None]
            if not unread:
                continue
            mail, created = Mail.objects.get_or_create(user_id=user_id, digest_on=on)
            if created:  # what comes after the mail of the day was made stands in tomorrow's
                Notice.objects.filter(pk__in=unread).update(mail=mail, in_digest=False)
                mails += 1
        if mails:
            announce_mail()
    return mails


def mark_read(*, user: Any, notice_ids: Iterable[int] | None = None) -> int:
    """The user has read these notices, or all of them; returns how many were new."""
    notices = Notice.objects.filter(user=user).unread()
    if notice_ids is not None:
        notices = notices.filter(pk__in=list(notice_ids))
    return notices.update(read_at=Now())


def set_wish(*, user: Any, mail: str) -> None:
    """How the user wants to be told by e-mail from now on; what waits for a digest nobody wants any more is let go."""
    with transaction.atomic():
        Preference.objects.update_or_create(user=user, defaults={"mail": MailWish(mail)})
        if mail == MailWish.NONE:
            Notice.objects.filter(user=user, in_digest=True).update(in_digest=False)


def wish_of(user: Any) -> str:
    found = Preference.objects.filter(user=user).values_list("mail", flat=True).first()
    return found or MailWish.DIGEST


def resend_mail(*, mail_id: int, actor: Any) -> Mail:
    """Send a failed mail again. Raises MailNotFailed, NotAllowed."""
    if actor is not None and not actor.has_perm("notices.resend_mail"):
        raise NotAllowed
    with transaction.atomic():
        mail = Mail.objects.select_for_update(no_key=True).get(pk=mail_id)
        if mail.state != MailState.ERROR:
            raise MailNotFailed
        Mail.objects.filter(pk=mail_id).update(
            state=MailState.TODO, fault="", answer="", attempts=0, not_before=None, claimed_at=None
        )
        announce_mail()
    mail.refresh_from_db()
    return mail


def purge_notices(days: int) -> int:
    """Delete what was read `days` ago or was never read for a year, and the mails nothing hangs on any more."""
    old = Q(read_at__lt=Now() - dt.timedelta(days=max(days, 90))) | Q(at__lt=Now() - dt.timedelta(days=365))
    count, _by_model = Notice.objects.filter(old).delete()
    Mail.objects.filter(notices__isnull=True, created_at__lt=Now() - dt.timedelta(days=90)).delete()
    return count


def announce_mail() -> None:
    """Say 'send the mail' on commit; without a broker whoever looks for work finds it."""
    from crm.notices.tasks import send_mail

    def say() -> None:
        send_mail.apply_async(retry=False, expires=60)

    transaction.on_commit(say, robust=True)
