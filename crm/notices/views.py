"""Pages of notices: the bell in the head, the list, reading one, and one's wish about e-mail."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from crm.core.columns import Column
from crm.core.display import Badge
from crm.core.lists import Action, Empty, ListView, Preset
from crm.core.pages import FormView
from crm.core.permissions import requires, visible_or_404
from crm.notices.filters import NoticeFilter
from crm.notices.forms import WishForm
from crm.notices.models import MailState, Notice
from crm.notices.services import mark_read, set_wish, wish_of

SHOWN = 8
MAIL_TONES = {MailState.SENT: "success", MailState.ERROR: "danger"}


def mail_badge(notice: Notice) -> Badge | None:
    if notice.mail is None:
        return None
    return Badge(notice.mail.get_state_display(), MAIL_TONES.get(MailState(notice.mail.state), "neutral"))


class NoticeList(ListView):
    """What one was told, newest first."""

    key = "notices"
    title = _("Notices")
    permission = None
    model = Notice
    filterset_class = NoticeFilter
    exportable = False
    select_related = ("mail",)
    columns = (
        Column("sentence", _("Notice")),
        Column("label", _("Kind")),
        Column("at", _("When"), "datetime", order_by="pk"),
        Column("read_at", _("Read"), "datetime"),
        Column("mail", _("E-mail"), "badge", value="mail_badge"),
    )
    presets = (Preset("all", _("All")), Preset("unread", _("Unread"), "unread=true"))
    actions = (Action("wish", _("E-mail settings"), "notices:wish", icon="mail"),)
    bulk_actions = (Action("read", _("Mark as read"), "notices:read", icon="checks"),)
    empty = Empty(_("Nothing new"), _("What you should know is told here and under the bell at the top of each page."))

    @classmethod
    def prepare(cls, rows: list[Any], user: Any) -> list[Any]:
        for notice in rows:
            notice.mail_badge = mail_badge(notice)
        return rows

    @classmethod
    def row_css(cls, row: Any) -> str:
        return "" if row.read_at else "row-new"


@requires(None)
def head(request: HttpRequest) -> HttpResponse:
    """The bell: how many are unread, and the newest of them."""
    return bell(request)


def bell(request: HttpRequest) -> HttpResponse:
    unread = Notice.objects.visible_to(request.user).unread()
    recent = list(unread[: SHOWN + 1])
    count = len(recent) if len(recent) <= SHOWN else unread.count()
    return render(request, "notices/head.html", {"unread": count, "recent": recent[:SHOWN]})


@requires(None)
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that it was read and lead to what it is about."""
    notice = visible_or_404(Notice, request.user, pk=pk)
    mark_read(user=request.user, notice_ids=[notice.pk])
    ours = url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None)
    return HttpResponseRedirect(notice.url if notice.url and ours else reverse("notices:notices"))


@requires(None)
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """The ticked notices were read."""
    picked = NoticeList.picked(request.user, request.POST)
    mark_read(user=request.user, notice_ids=picked.values_list("pk", flat=True))
    return HttpResponseRedirect(reverse("notices:notices"))


@requires(None)
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Everything under the bell was read."""
    mark_read(user=request.user)
    return bell(request)


class Wish(FormView):
    """How one wants to be told by e-mail."""

    permission = None
    form_class = WishForm
    title = _("Notices by e-mail")
    done = _("Your wish is kept.")

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"mail": wish_of(self.request.user)}}

    def perform(self, form: Any) -> str:
        set_wish(user=self.request.user, mail=form.cleaned_data["mail"])
        return reverse("accounts:profile")

    def cancel_url(self) -> str:
        return reverse("accounts:profile")
