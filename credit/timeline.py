"""How the events of credit read on a customer's timeline."""

from decimal import Decimal
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.instruments import labels_of
from credit.models import TERMS, CreditAccount, GroupAccount, RequestKind
from crm.approvals.models import RequestState
from crm.core.addresses import record_url
from crm.core.display import figure, money
from crm.core.registry import TimelineKind


def field_of(name: str) -> Any:
    if name == "group_limit":
        return GroupAccount._meta.get_field("limit")
    return CreditAccount._meta.get_field(name)


def in_words(name: str, value: Any) -> str:
    """A stored figure of the terms as the page shows it."""
    if value is None:
        return _("never set") if name == "limit" else "–"
    if name in ("limit", "regular_limit", "group_limit"):
        return money(Decimal(value)) if Decimal(value) else "0.00"
    if name == "instruments":
        return labels_of(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    choices = dict(field_of(name).choices or ())
    return str(choices.get(value, value))


def terms_changed(data: dict[str, Any]) -> str:
    """'Credit limit 50,000.00 → 80,000.00: reason'."""
    parts = []
    for name in (*TERMS, "regular_limit", "temporary_until", "group_limit"):
        if name in data.get("changes", {}):
            before, after = data["changes"][name]
            label = capfirst(str(field_of(name).verbose_name))
            parts.append(f"{label} {in_words(name, before)} → {in_words(name, after)}")
    return _("%(changes)s: %(reason)s") % {"changes": _("; ").join(parts), "reason": data.get("reason", "")}


def supply_stopped(data: dict[str, Any]) -> str:
    amount = f"{money(Decimal(data['amount']))} {data.get('currency', '')}".strip() if data.get("amount") else "–"
    return _("Supply stopped: %(amount)s overdue for %(days)s days") % {"amount": amount, "days": data.get("days", "–")}


def supply_resumed(data: dict[str, Any]) -> str:
    return _("Supply resumed; the status is %(status)s again") % {"status": in_words("status", data.get("status", ""))}


def credit_requested(data: dict[str, Any]) -> str:
    """'CR000012 asked for: increase of the limit, 80,000.00'."""
    return _("%(number)s asked for: %(kind)s, %(amount)s") % request_words(data)


def credit_decided(data: dict[str, Any]) -> str:
    if data.get("state") == "approved" and Decimal(data["granted"]) < Decimal(data["amount"]):
        return _("%(number)s approved for %(granted)s instead of %(amount)s: %(kind)s") % request_words(data)
    return _("%(number)s %(state)s: %(kind)s, %(amount)s") % request_words(data)


def request_words(data: dict[str, Any]) -> dict[str, str]:
    return {
        "number": data.get("number", ""),
        "kind": str(dict(RequestKind.choices).get(data.get("kind", ""), "")).lower(),
        "state": str(dict(RequestState.choices).get(data.get("state", ""), "")).lower(),
        "amount": figure(Decimal(data.get("amount", "0"))),
        "granted": figure(Decimal(data.get("granted", "0"))),
    }


def request_url(data: dict[str, Any]) -> str:
    return record_url("credit:request", data["id"]) if data.get("id") else ""


CREDIT_KINDS = (
    TimelineKind(
        "credit_requested",
        gettext_lazy("Credit request"),
        "file-text",
        credit_requested,
        url=request_url,
        permission="credit.view_creditrequest",
    ),
    TimelineKind(
        "credit_decided",
        gettext_lazy("Credit request decided"),
        "checks",
        credit_decided,
        url=request_url,
        permission="credit.view_creditrequest",
    ),
    TimelineKind(
        "terms_changed",
        gettext_lazy("Limit or terms set"),
        "scale",
        terms_changed,
        permission="credit.view_creditaccount",
    ),
    TimelineKind(
        "supply_stopped",
        gettext_lazy("Supply stopped"),
        "ban",
        supply_stopped,
        permission="credit.view_creditaccount",
    ),
    TimelineKind(
        "supply_resumed",
        gettext_lazy("Supply resumed"),
        "circle-check",
        supply_resumed,
        permission="credit.view_creditaccount",
    ),
)
