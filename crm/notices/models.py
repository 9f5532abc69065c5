"""Notices to people: what happened, as code and figures, and the mails that carry them.

A notice is written in the transaction of what it tells. Its mail is a row of its own with a state, sent after commit:
claimed (committed) before the mail server is spoken to, so that whatever happens in between it is sent at most once.
"""

from typing import Any, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.core.registry import NoticeKind, registry


class MailWish(models.TextChoices):
    """How somebody wants to be told by e-mail."""

    AT_ONCE = "at_once", _("At once")
    DIGEST = "digest", _("Once a day, all together")
    NONE = "none", _("Not at all")


class MailState(models.TextChoices):
    TODO = "todo", _("To do")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    ERROR = "error", _("Failed")


class MailFault(models.TextChoices):
    """Why a mail was not sent, or may not have been."""

    REFUSED = "refused", _("The mail server refused it")
    UNREACHABLE = "unreachable", _("The mail server could not be reached")
    INTERRUPTED = "interrupted", _("Stopped while it was sent: it may have arrived")
    NO_ADDRESS = "no_address", _("There is no e-mail address")


class Preference(models.Model):
    """A user's wish; who has none set gets the daily mail."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_preference", verbose_name=_("user")
    )
    mail = models.CharField(_("notices by e-mail"), max_length=10, choices=MailWish, default=MailWish.DIGEST)

    class Meta:
        verbose_name = _("wish about notices")
        verbose_name_plural = _("wishes about notices")

    def __str__(self) -> str:
        return f"{self.user}: {self.get_mail_display()}"


class Mail(models.Model):
    """One e-mail to one user: a single notice at once, or the digest of a day."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_mails", verbose_name=_("user")
    )
    digest_on = models.DateField(_("digest of"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=MailState, default=MailState.TODO)
    fault = models.CharField(_("fault"), max_length=20, choices=MailFault, blank=True)
    answer = models.CharField(_("answer of the mail server"), max_length=300, blank=True)
    address = models.EmailField(_("address"), blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        verbose_name = _("e-mail of notices")
        verbose_name_plural = _("e-mails of notices")
        ordering = ["-pk"]
        permissions = [("resend_mail", _("Can send an e-mail of notices again"))]
        constraints = [models.UniqueConstraint(fields=["user", "digest_on"], name="mail_one_digest_a_day")]
        indexes = [models.Index(fields=["id"], name="mail_to_do", condition=models.Q(state__in=["todo", "sending"]))]

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d %H:%M}"


class NoticeQuerySet(models.QuerySet[Any]):
    """Reads of notices."""

    def visible_to(self, user: Any) -> Self:
        """A notice is for its reader alone."""
        return self.filter(user=user) if user.is_authenticated and user.is_active else self.none()

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)


class Notice(models.Model):
    """Something one user should know: a kind, its figures, where to look, and whether it was read and mailed."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices", verbose_name=_("user")
    )
    kind = models.CharField(_("kind"), max_length=40)
    params = models.JSONField(_("figures"), default=dict, encoder=DjangoJSONEncoder)
    url = models.CharField(_("address"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    in_digest = models.BooleanField(_("waits for the digest"), default=False)
    mail = models.ForeignKey(
        Mail, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices", verbose_name=_("e-mail")
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_by_user"),
            models.Index(fields=["user", "-id"], name="notice_unread", condition=models.Q(read_at__isnull=True)),
            models.Index(fields=["user"], name="notice_for_digest", condition=models.Q(in_digest=True)),
        ]

    def __str__(self) -> str:
        return self.sentence

    def get_absolute_url(self) -> str:
        """Through a view that notes that it was read."""
        return reverse("notices:open", args=[self.pk])

    @property
    def notice_kind(self) -> NoticeKind | None:
        return registry.notice_kinds.get(self.kind)

    @property
    def label(self) -> str:
        kind = self.notice_kind
        return str(kind.label) if kind else self.kind

    @property
    def sentence(self) -> str:
        """What it says, in the reader's language; the bare kind when the app that owned it is gone."""
        kind = self.notice_kind
        return str(kind.sentence(self.params)) if kind else self.kind

    @property
    def icon(self) -> str:
        kind = self.notice_kind
        return kind.icon if kind else "bell"
