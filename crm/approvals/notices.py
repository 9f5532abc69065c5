"""What approvals tell people, in the reader's language."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.approvals.models import RequestState
from crm.core.display import figure
from crm.core.registry import NoticeKind, registry

SEE = "approvals.view_request"


def named(params: dict[str, Any]) -> dict[str, Any]:
    """What is asked and its number, beside the other figures."""
    kind = registry.approval_kinds.get(params.get("kind", ""))
    what = kind.variants.get(params.get("variant", ""), kind.label) if kind else params.get("kind", "")
    return {**params, "what": str(what)}


def for_whom(text: str, params: dict[str, Any]) -> str:
    """A sentence for whoever is asked, or for their stand-in."""
    if whom := params.get("whom"):
        return _("You stand in for %(whom)s: %(text)s") % {"whom": whom, "text": text}
    return text


def wanted(params: dict[str, Any]) -> str:
    if params.get("whom"):
        text = _("%(what)s %(label)s for %(customer)s waits for a decision") % named(params)
        return for_whom(text, params)
    return _("%(what)s %(label)s for %(customer)s waits for your decision") % named(params)


def returned(params: dict[str, Any]) -> str:
    return _("%(by)s asks about %(label)s (%(customer)s): %(question)s") % named(params)


def answered(params: dict[str, Any]) -> str:
    return _("Your question about %(label)s (%(customer)s) is answered: %(answer)s") % named(params)


def decided(params: dict[str, Any]) -> str:
    if "granted" in params:
        amounts = {name: figure(params[name]) for name in ("granted", "asked")}
        text = _("%(what)s %(label)s for %(customer)s: approved for less, %(granted)s (%(asked)s asked)")
        return text % {**named(params), **amounts}
    state = str(dict(RequestState.choices).get(params.get("state", ""), ""))
    return _("%(what)s %(label)s for %(customer)s: %(state)s") % {**named(params), "state": state}


def reminder(params: dict[str, Any]) -> str:
    days = int(params.get("days", 0))
    if params.get("whom"):
        text = ngettext(
            "%(label)s (%(customer)s) has waited for %(days)s day and expires on %(expires)s",
            "%(label)s (%(customer)s) has waited for %(days)s days and expires on %(expires)s",
            days,
        )
        return for_whom(text % named(params), params)
    text = ngettext(
        "%(label)s (%(customer)s) has waited for you for %(days)s day and expires on %(expires)s",
        "%(label)s (%(customer)s) has waited for you for %(days)s days and expires on %(expires)s",
        days,
    )
    return text % named(params)


def expired(params: dict[str, Any]) -> str:
    if params.get("whom"):
        return for_whom(_("%(what)s %(label)s for %(customer)s has expired") % named(params), params)
    return _("%(what)s %(label)s for %(customer)s has expired while it waited for you") % named(params)


def delegated(params: dict[str, Any]) -> str:
    return _("You stand in for %(by)s from %(from)s to %(to)s") % params


def undelegated(params: dict[str, Any]) -> str:
    return _("%(by)s has ended that you stand in, which was to last until %(to)s") % params


NOTICES = (
    NoticeKind("approval_wanted", gettext_lazy("Approval wanted"), wanted, icon="checklist", permission=SEE),
    NoticeKind("approval_returned", gettext_lazy("Question about a request"), returned, icon="help", permission=SEE),
    NoticeKind("approval_answered", gettext_lazy("Question answered"), answered, icon="message", permission=SEE),
    NoticeKind("approval_decided", gettext_lazy("Request decided"), decided, icon="checks", permission=SEE),
    NoticeKind("approval_reminder", gettext_lazy("Approval is waited for"), reminder, icon="clock", permission=SEE),
    NoticeKind("approval_expired", gettext_lazy("Request expired"), expired, icon="hourglass", permission=SEE),
    NoticeKind(
        "approval_undelegated", gettext_lazy("Standing in has ended"), undelegated, icon="users", permission=SEE
    ),
    NoticeKind("approval_delegated", gettext_lazy("Standing in"), delegated, icon="users", permission=SEE),
)
