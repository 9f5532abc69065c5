"""Tell people something, note that they read it, and keep their wishes."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from crm.accounts.models import HOLDS
from crm.core.errors import NotAllowed
from crm.core.prepared import execute
from crm.core.registry import registry
from crm.core.setbased import Part, array, insert_rows_sql, inserts, new_ids, run
from crm.notices.errors import MailNotFailed, NoticeKindUnknown
from crm.notices.models import Mail, MailState, MailWish, Notice, Preference


@dataclass(frozen=True)
class Telling:
    """Something to tell some users, named by their keys, and everybody who has a role (crm.accounts.roles)."""

    kind: str
    params: dict[str, Any]
    url: str = ""
    user_ids: Sequence[int] = ()
    role: str = ""


# Who is to be told, and how each of them wants it: without who left, and without who may not see what it is about.
READERS = f"""
SELECT asked.place, reader.id, reader.email, coalesce(wish.mail, '{MailWish.DIGEST.value}')
FROM unnest(%s::integer[], %s::bigint[], %s::varchar[], %s::varchar[]) AS asked (place, user_id, role, permission)
JOIN LATERAL (
    SELECT asked.user_id AS id
    UNION ALL
    SELECT held.user_id FROM accounts_user_groups held JOIN auth_group ON auth_group.id = held.group_id
    WHERE auth_group.name = asked.role
) told ON true
JOIN accounts_user reader ON reader.id = told.id AND reader.is_active
LEFT JOIN notices_preference wish ON wish.user_id = reader.id
WHERE asked.permission IS NULL OR {HOLDS}
ORDER BY asked.place, reader.id
"""
OF_NOTICE = ("user_id", "kind", "params", "url", "at", "in_digest", "mail_id")
OF_MAIL = ("id", "user_id", "state", "fault", "answer", "address", "attempts", "created_at")


def notify(*, users: Iterable[Any], kind: str, params: dict[str, Any], url: str = "") -> list[int]:
    """Write a notice for each of the users, as notify_all does."""
    return notify_all([Telling(kind, params, url, [user.pk for user in users if user is not None])])


def notify_all(tellings: Sequence[Telling]) -> list[int]:
    """Write a notice for each reader of each telling, in the running transaction; mails leave after it has committed.

    Who left, or may not see what the kind is about, is not told. Gives the keys of the readers, in the order of the
    tellings. Raises NoticeKindUnknown.
    """
    told = _readers(tellings)
    if not told:
        return []
    now, notices, mails = timezone.now(), [], []
    with transaction.atomic(savepoint=False):
        mail_ids = iter(new_ids(Mail, len(told)) if any(email for _place, _user_id, email, _wish in told) else ())
        for place, user_id, email, wish in told:
            telling = tellings[place]
            by_digest = registry.notice_kinds[telling.kind].digest
            wanted = wish if email else MailWish.NONE
            waits = wanted == MailWish.DIGEST and by_digest
            mail = None
            if wanted != MailWish.NONE and not waits:
                mail = Mail(pk=next(mail_ids), user_id=user_id, created_at=now)
                mails.append(mail)
            params = json.dumps(telling.params, cls=DjangoJSONEncoder)
            notices.append((user_id, telling.kind, params, telling.url, now, waits, mail and mail.pk))
        columns = [array(column) for column in zip(*notices, strict=True)]
        run(
            [
                *inserts(Mail, OF_MAIL, mails),
                Part(f"notice AS ({insert_rows_sql(Notice, OF_NOTICE)})", columns, len(notices)),
            ]
        )
        if mails:
            announce_mail()
    return [user_id for _place, user_id, _email, _wish in told]


def _readers(tellings: Sequence[Telling]) -> list[tuple[int, int, str, str]]:
    """Each reader once for each telling: place of the telling, key, address and wish of the reader."""
    asked: list[tuple[int, int | None, str, str | None]] = []
    for place, telling in enumerate(tellings):
        known = registry.notice_kinds.get(telling.kind)
        if known is None:
            raise NoticeKindUnknown(kind=telling.kind)
        asked += [(place, user_id, "", known.permission) for user_id in telling.user_ids]
        if telling.role:
            asked.append((place, None, telling.role, known.permission))
    if not asked:
        return []
    with connection.cursor() as cursor:
        execute(cursor, READERS, [array(column) for column in zip(*asked, strict=True)])
        return list(dict.fromkeys(cursor.fetchall()))


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
