"""Notices are written with what they tell, read by their reader alone, and mailed at most once."""

import datetime as dt
import smtplib
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.db.models.functions import Now
from django.test import Client
from django.utils import translation

from crm.accounts.models import User
from crm.core.errors import NotAllowed
from crm.notices.errors import MailNotFailed, NoticeKindUnknown
from crm.notices.models import Mail, MailFault, MailState, MailWish, Notice
from crm.notices.post import MAX_ATTEMPTS, claim, send_due
from crm.notices.services import make_digests, mark_read, notify, resend_mail, set_wish, wish_of

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 31)
HUASHENG = {"name": "华盛贸易"}


def told(user: User) -> list[str]:
    return [notice.kind for notice in Notice.objects.visible_to(user)]


def test_everybody_named_is_told_once_and_reads_only_the_own(alice: User, bob: User) -> None:
    notify(users=[alice, bob, alice, None], kind="test.told", params=HUASHENG, url="/customers/1/")
    assert (told(alice), told(bob)) == (["test.told"], ["test.told"])


def test_who_left_or_may_not_see_it_is_not_told(alice: User, bob: User, adam: User) -> None:
    bob.is_active = False
    bob.save()
    assert notify(users=[alice, bob, adam], kind="test.closed", params=HUASHENG) == [adam.pk]
    with pytest.raises(NoticeKindUnknown):
        notify(users=[alice], kind="nobody.knows", params={})


def test_a_notice_is_undone_with_what_it_tells(alice: User) -> None:
    with transaction.atomic():
        notify(users=[alice], kind="test.urgent", params=HUASHENG)
        assert Notice.objects.exists()
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    assert not Mail.objects.exists()


def test_by_default_what_can_wait_waits_for_the_digest_and_the_rest_is_mailed_at_once(alice: User) -> None:
    assert wish_of(alice) == MailWish.DIGEST
    notify(users=[alice], kind="test.told", params=HUASHENG)
    assert send_due() == 0
    notify(users=[alice], kind="test.urgent", params=HUASHENG)
    assert send_due() == 1
    assert [message.subject for message in outbox.outbox] == ["Customer 华盛贸易"]


def test_the_digest_gathers_what_is_unread_once_a_day_in_the_readers_language(alice: User, bob: User) -> None:
    notify(users=[alice, bob], kind="test.told", params=HUASHENG, url="/x/")
    notify(users=[alice, bob], kind="test.told", params={"name": "<Delta> Ltd"})
    first = Notice.objects.filter(user=alice).order_by("pk")[0]
    mark_read(user=alice, notice_ids=[first.pk])
    assert make_digests(on=TODAY) == 2
    assert make_digests(on=TODAY) == 0
    assert send_due() == 2
    assert send_due() == 0
    to_alice, to_bob = outbox.outbox
    assert to_alice.to == ["alice@example.com"]
    assert "华盛" not in to_alice.body
    assert "- Customer <Delta> Ltd" in to_alice.body
    assert to_alice.subject == "1 notice, 2026-03-31"
    with translation.override("zh-hans"):
        assert f"{translation.gettext('Customer')} 华盛贸易" in to_bob.body
    html = to_bob.alternatives[0][0]
    assert "&lt;Delta&gt;" in html
    assert 'lang="zh-Hans"' in html
    assert "http://localhost:8000/notices/" in html
    notify(users=[alice], kind="test.told", params=HUASHENG)
    assert make_digests(on=TODAY) == 0, "the mail of the day has left"
    assert make_digests(on=TODAY + dt.timedelta(days=1)) == 1


def test_each_is_told_as_wished(alice: User, bob: User) -> None:
    set_wish(user=alice, mail=MailWish.AT_ONCE)
    notify(users=[bob], kind="test.told", params=HUASHENG)
    set_wish(user=bob, mail=MailWish.NONE)
    notify(users=[alice, bob], kind="test.told", params=HUASHENG)
    notify(users=[bob], kind="test.urgent", params=HUASHENG)
    assert make_digests(on=TODAY) == 0
    assert send_due() == 1
    assert outbox.outbox[0].to == ["alice@example.com"]
    assert len(told(bob)) == 3, "under the bell it stands in any case"


class Server(EmailBackend):
    """A mail server that does what the test wants."""

    on_open: Exception | None = None
    on_send: Exception | None = None
    seen_state = ""

    def open(self) -> bool:
        if Server.on_open:
            raise Server.on_open
        return True

    def send_messages(self, messages: Any) -> int:
        Server.seen_state = Mail.objects.get().state
        if Server.on_send:
            raise Server.on_send
        return super().send_messages(messages)


@pytest.fixture
def server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Server]:
    settings.EMAIL_BACKEND = "tests.notices.test_notices.Server"
    monkeypatch.setattr(Server, "on_open", None)
    monkeypatch.setattr(Server, "on_send", None)
    return Server


def test_a_server_that_is_away_is_tried_again_later_and_not_for_ever(alice: User, server: type[Server]) -> None:
    server.on_open = ConnectionRefusedError("nobody there")
    notify(users=[alice], kind="test.urgent", params=HUASHENG)
    assert send_due() == 0
    mail = Mail.objects.get()
    assert (mail.state, mail.attempts, mail.fault) == (MailState.TODO, 1, MailFault.UNREACHABLE)
    server.on_open = None
    assert send_due() == 0, "not before its time"
    Mail.objects.update(not_before=Now())
    assert send_due() == 1
    mail.refresh_from_db()
    assert (mail.state, mail.fault, mail.address) == (MailState.SENT, "", "alice@example.com")
    assert server.seen_state == MailState.SENDING, "claimed before the server is spoken to"
    server.on_open = ConnectionRefusedError("nobody there")
    Mail.objects.update(state=MailState.TODO, attempts=MAX_ATTEMPTS - 1)
    send_due()
    assert Mail.objects.get().state == MailState.ERROR


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (smtplib.SMTPRecipientsRefused({"alice@example.com": (550, b"no such user")}), MailFault.REFUSED),
        (smtplib.SMTPServerDisconnected("gone"), MailFault.INTERRUPTED),
        (TimeoutError("slow"), MailFault.INTERRUPTED),
    ],
)
def test_what_was_refused_says_so_and_is_sent_again_by_hand_only(
    alice: User, adam: User, server: type[Server], error: Exception, fault: str
) -> None:
    server.on_send = error
    notify(users=[alice], kind="test.urgent", params=HUASHENG)
    assert send_due() == 0
    mail = Mail.objects.get()
    assert (mail.state, mail.fault) == (MailState.ERROR, fault)
    server.on_send = None
    assert send_due() == 0
    with pytest.raises(NotAllowed):
        resend_mail(mail_id=mail.pk, actor=alice)
    resend_mail(mail_id=mail.pk, actor=adam)
    assert send_due() == 1
    assert len(outbox.outbox) == 1
    with pytest.raises(MailNotFailed):
        resend_mail(mail_id=mail.pk, actor=adam)


def test_whoever_dies_while_sending_leaves_a_mail_that_is_not_sent_twice(alice: User) -> None:
    notify(users=[alice], kind="test.urgent", params=HUASHENG)
    assert claim() is not None
    assert claim() is None
    assert send_due() == 0
    Mail.objects.update(claimed_at=Now() - dt.timedelta(minutes=11))
    assert send_due() == 0
    assert (Mail.objects.get().state, Mail.objects.get().fault) == (MailState.ERROR, MailFault.INTERRUPTED)
    assert not outbox.outbox


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_in_trouble_does_not_touch_the_business(alice: User, server: type[Server]) -> None:
    server.on_open = ConnectionRefusedError("nobody there")
    with transaction.atomic():
        notify(users=[alice], kind="test.urgent", params=HUASHENG)
    assert Notice.objects.count() == 1
    server.on_open = None
    Mail.objects.update(not_before=None)
    with transaction.atomic():
        notify(users=[], kind="test.urgent", params=HUASHENG)
    assert send_due() == 1


def test_the_bell_counts_and_names_what_is_unread(alice: User, bob: User, django_assert_num_queries: Any) -> None:
    client = Client()
    client.force_login(alice)
    notify(users=[alice, bob], kind="test.told", params=HUASHENG, url="/notices/wish/")
    for number in range(12):
        notify(users=[alice], kind="test.told", params={"name": f"K{number}"})
    client.get("/notices/head/")
    with django_assert_num_queries(4):
        bell = client.get("/notices/head/").content.decode()
    assert '<span class="head-count">13</span>' in bell
    assert "Customer K11" in bell
    assert "华盛" not in bell, "the newest eight"
    notice = Notice.objects.filter(user=alice).earliest("pk")
    answer = client.get(notice.get_absolute_url())
    assert answer.headers["Location"] == "/notices/wish/"
    assert '<span class="head-count">12</span>' in client.get("/notices/head/").content.decode()
    theirs = Notice.objects.get(user=bob)
    assert client.get(theirs.get_absolute_url()).status_code == 404
    client.post("/notices/read/", {"ids": [theirs.pk, Notice.objects.filter(user=alice).latest("pk").pk]})
    assert Notice.objects.get(pk=theirs.pk).read_at is None, "not hers"
    assert Notice.objects.filter(user=alice).unread().count() == 11
    assert "head-count" not in client.post("/notices/read/all/").content.decode()
    assert Notice.objects.get(pk=theirs.pk).read_at is None


def test_a_notice_leads_nowhere_else(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    notify(users=[alice], kind="test.told", params=HUASHENG, url="https://evil.example.com/")
    assert client.get(Notice.objects.get().get_absolute_url()).headers["Location"] == "/notices/"


@pytest.mark.thorough
def test_the_list_costs_the_same_for_many(alice: User, django_assert_max_num_queries: Any) -> None:
    client = Client()
    client.force_login(alice)
    set_wish(user=alice, mail=MailWish.AT_ONCE)
    for number in range(40):
        notify(users=[alice], kind="test.told", params={"name": f"K{number}"})
    with django_assert_max_num_queries(8):
        page = client.get("/notices/?unread=true").content.decode()
    assert "Customer K39" in page
    assert "To do" in page


def test_the_wish_is_kept_by_its_page(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    assert client.post("/notices/wish/", {"mail": "never"}).status_code == 422
    assert client.post("/notices/wish/", {"mail": "none"}).status_code == 302
    assert wish_of(alice) == MailWish.NONE
    assert 'value="none"' in client.get("/notices/wish/").content.decode()
