"""How the events of contracts read on a customer's timeline."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.models import ContractChange, ContractState
from crm.approvals.models import RequestState
from crm.core.addresses import record_url
from crm.core.display import figure
from crm.core.registry import TimelineKind

SEE = "contracts.view_contract"


def words(data: dict[str, Any]) -> dict[str, str]:
    state = data.get("state", "")
    states = dict(RequestState.choices) | dict(ContractState.choices)
    return {
        "number": data.get("number", ""),
        "title": data.get("title", ""),
        "amount": f"{figure(Decimal(data.get('amount', '0')))} {data.get('currency', '')}".strip(),
        "state": str(states.get(state, state)).lower(),
        "reason": data.get("reason", ""),
        "change": str(dict(ContractChange.choices).get(data.get("change", ""), "")),
        "replaces": data.get("replaces", ""),
        "who": data.get("who", ""),
        "copies": str(data.get("copies", "")),
    }


def drafted(data: dict[str, Any]) -> str:
    return _("Contract %(number)s drafted: %(title)s") % words(data)


def submitted(data: dict[str, Any]) -> str:
    if data.get("deviation"):
        return _("Contract %(number)s submitted with a deviation: %(title)s, %(amount)s") % words(data)
    return _("Contract %(number)s submitted: %(title)s, %(amount)s") % words(data)


def decided(data: dict[str, Any]) -> str:
    return _("Contract %(number)s %(state)s: %(title)s, %(amount)s") % words(data)


def sealed(data: dict[str, Any]) -> str:
    if data.get("sealed"):
        return _("Contract %(number)s sealed, copies: %(copies)s") % words(data)
    return _("Seal refused for contract %(number)s") % words(data)


def signed(data: dict[str, Any]) -> str:
    return _("Contract %(number)s signed: %(title)s, %(amount)s") % words(data)


def ended(data: dict[str, Any]) -> str:
    if data.get("reason"):
        return _("Contract %(number)s %(state)s: %(reason)s") % words(data)
    return _("Contract %(number)s %(state)s") % words(data)


def version_begun(data: dict[str, Any]) -> str:
    return _("Version %(number)s begun, to replace %(replaces)s: %(change)s") % words(data)


def superseded(data: dict[str, Any]) -> str:
    return _("Version %(number)s holds in place of %(replaces)s: %(change)s") % words(data)


def lent(data: dict[str, Any]) -> str:
    return _("Original of contract %(number)s lent to %(who)s") % words(data)


def returned(data: dict[str, Any]) -> str:
    return _("Original of contract %(number)s returned by %(who)s") % words(data)


def contract_url(data: dict[str, Any]) -> str:
    return record_url("contracts:contract", data["id"]) if data.get("id") else ""


CONTRACT_KINDS = tuple(
    TimelineKind(key, label, icon, sentence, url=contract_url, permission=SEE)
    for key, label, icon, sentence in (
        ("contract_drafted", gettext_lazy("Contract drafted"), "file-text", drafted),
        ("contract_submitted", gettext_lazy("Contract submitted"), "file-text", submitted),
        ("contract_decided", gettext_lazy("Contract decided"), "checks", decided),
        ("contract_sealed", gettext_lazy("Seal"), "shield-check", sealed),
        ("contract_signed", gettext_lazy("Contract signed"), "circle-check", signed),
        ("contract_ended", gettext_lazy("Contract ended"), "ban", ended),
        ("contract_version_begun", gettext_lazy("Contract version begun"), "file-plus", version_begun),
        ("contract_superseded", gettext_lazy("Contract version holds"), "circle-check", superseded),
        ("original_lent", gettext_lazy("Original lent"), "file-text", lent),
        ("original_returned", gettext_lazy("Original returned"), "arrow-back-up", returned),
    )
)
