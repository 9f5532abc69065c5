"""Findings of the credit check in words: why an order is held, with the figures, and what would change it."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from credit.instruments import in_sentence
from credit.models import AccountStatus, CreditCheck, Settlement
from credit.rules import checks as rules
from credit.rules.checks import Finding
from crm.core.display import Badge, figure
from crm.core.money import CENT, base_currency
from customers.models import CustomerState

LABELS = {
    rules.BLACKLISTED: gettext_lazy("Not supplied"),
    rules.NOT_IDENTIFIED: gettext_lazy("Not identified"),
    rules.FROZEN: gettext_lazy("Frozen"),
    rules.CASH_ONLY: gettext_lazy("Cash only"),
    rules.LIMIT_NEVER_SET: gettext_lazy("No limit"),
    rules.OVER_LIMIT: gettext_lazy("Over limit"),
    rules.OVER_GROUP_LIMIT: gettext_lazy("Over group limit"),
    rules.OVERDUE: gettext_lazy("Overdue"),
    rules.REVIEW_OVERDUE: gettext_lazy("Review overdue"),
    rules.SETTLEMENT: gettext_lazy("Settlement"),
    rules.INSTRUMENT: gettext_lazy("Payment form"),
    rules.TERM: gettext_lazy("Term"),
    rules.PREPAYMENT: gettext_lazy("Not paid yet"),
}
SEVERITIES = {
    rules.WARN: (pgettext_lazy("not a refusal", "Warning"), "warning"),
    rules.HOLD: (gettext_lazy("Holds the order"), "danger"),
    rules.LIFTED: (gettext_lazy("Lifted"), "info"),
}
PROPOSALS = {
    rules.BLACKLISTED: gettext_lazy("Nothing is supplied to this customer until management takes it up again."),
    rules.NOT_IDENTIFIED: gettext_lazy("Complete the profile and set the customer to identified."),
    rules.FROZEN: gettext_lazy("What is overdue must be paid, or the lift of the restriction be approved."),
    rules.CASH_ONLY: gettext_lazy("Have the order paid in advance."),
    rules.LIMIT_NEVER_SET: gettext_lazy("Apply for a limit, or have the order paid in advance."),
    rules.REVIEW_OVERDUE: gettext_lazy("Ask the credit controller to review the account."),
    rules.SETTLEMENT: gettext_lazy("Use the agreed settlement, or ask for another one."),
    rules.INSTRUMENT: gettext_lazy("Agree on an accepted payment form, or ask for another one to be accepted."),
    rules.TERM: gettext_lazy("Use the agreed term, or ask for a longer one."),
}


class Foreign(NamedTuple):
    """The currency of a document that is not in base currency, and the rate it was checked at."""

    currency: str
    rate: Decimal

    def of(self, amount: Decimal) -> Decimal:
        """An amount of base currency in this one, rounded up: when it is received, it is enough."""
        return (amount / self.rate).quantize(CENT, ROUND_CEILING)


class Reason(NamedTuple):
    """One finding as a reader sees it."""

    label: Any
    sentence: str
    proposal: str
    badge: Badge


def in_words(
    findings: Iterable[Finding], heads: Mapping[int, str] = MappingProxyType({}), own: Foreign | None = None
) -> list[Reason]:
    """All of them, in the reader's language. `heads` are the names of the group heads that the reader sees
    (credit.selectors.groups.heads_seen); any other is called its group. `own` is the currency of the document."""
    return [
        Reason(LABELS[found.code], sentence(found, heads), proposal(found, own), Badge(*SEVERITIES[found.severity]))
        for found in findings
    ]


def amount_of(figures: Mapping[str, Any], name: str, own: Foreign | None = None) -> str:
    """A figure with the base currency; with what it is in the document's own, where that is another."""
    value = Decimal(figures[name])
    said = with_currency(value, base_currency())
    if own is None:
        return said
    return _("%(amount)s (%(own)s)") % {"amount": said, "own": with_currency(own.of(value), own.currency)}


def with_currency(value: Decimal, currency: str) -> str:
    return f"{figure(value)} {currency}"


def sentence(found: Finding, heads: Mapping[int, str] = MappingProxyType({})) -> str:
    """What was found, with its figures."""
    figures = found.figures
    if found.code in (rules.BLACKLISTED, rules.NOT_IDENTIFIED):
        return _("The customer is in the state '%(state)s'.") % {"state": CustomerState(figures["state"]).label}
    if found.code == rules.OVER_LIMIT:
        return _("Exposure %(exposure)s and this order of %(amount)s are %(over)s over the limit of %(limit)s.") % {
            name: amount_of(figures, name) for name in ("exposure", "amount", "over", "limit")
        }
    if found.code == rules.OVER_GROUP_LIMIT:
        parts = {name: amount_of(figures, name) for name in ("exposure", "amount", "over", "limit")}
        if figures["head"] in heads:
            return _(
                "Exposure %(exposure)s of the group of %(head)s and this order of %(amount)s are %(over)s over the "
                "group limit of %(limit)s."
            ) % {**parts, "head": heads[figures["head"]]}
        return (
            _(
                "Exposure %(exposure)s of its group and this order of %(amount)s are %(over)s over the group limit of "
                "%(limit)s."
            )
            % parts
        )
    if found.code == rules.OVERDUE:
        days = figures["days"]
        return ngettext(
            "%(amount)s is overdue since %(due_on)s, %(days)s day (%(allowed)s are allowed).",
            "%(amount)s is overdue since %(due_on)s, %(days)s days (%(allowed)s are allowed).",
            days,
        ) % {
            "amount": amount_of(figures, "amount"),
            "due_on": figures["due_on"],
            "days": days,
            "allowed": figures["allowed_days"],
        }
    if found.code == rules.REVIEW_OVERDUE:
        days = figures["days"]
        return ngettext(
            "The review of the account was due on %(on)s, %(days)s day ago.",
            "The review of the account was due on %(on)s, %(days)s days ago.",
            days,
        ) % {"on": figures["review_on"], "days": days}
    if found.code == rules.SETTLEMENT:
        agreed = Settlement(figures["agreed"]).label
        if not figures["asked"] or figures["asked"] == figures["agreed"]:
            return _("The customer is agreed to pay by '%(agreed)s', which gives no credit.") % {"agreed": agreed}
        return _("The order is to be settled by '%(asked)s'; agreed is '%(agreed)s'.") % {
            "asked": Settlement(figures["asked"]).label,
            "agreed": agreed,
        }
    if found.code == rules.INSTRUMENT:
        return _("It may be paid by %(asked)s, which is not agreed; the account accepts %(accepted)s.") % {
            "asked": in_sentence(code for code in figures["asked"] if code not in figures["accepted"]),
            "accepted": in_sentence(figures["accepted"]),
        }
    if found.code == rules.TERM:
        return ngettext(
            "The order has a term of %(asked)s day; agreed are %(agreed)s.",
            "The order has a term of %(asked)s days; agreed are %(agreed)s.",
            figures["asked"],
        ) % {"asked": figures["asked"], "agreed": figures["agreed"]}
    if found.code == rules.LIMIT_NEVER_SET:
        return _("No limit was ever set, so nothing is left for this order of %(amount)s.") % {
            "amount": amount_of(figures, "amount")
        }
    if found.code == rules.PREPAYMENT and Decimal(figures.get("lacking", 0)):
        return _(
            "To be paid in advance: other orders claim %(lacking)s more than was received, so that with the "
            "%(amount)s of this one %(short)s is missing."
        ) % {name: amount_of(figures, name) for name in ("lacking", "amount", "short")}
    if found.code == rules.PREPAYMENT:
        return _("To be paid in advance: %(received)s is there for it, %(short)s of %(amount)s is missing.") % {
            name: amount_of(figures, name) for name in ("received", "short", "amount")
        }
    if found.code == rules.FROZEN:
        return _("The account is frozen: nothing is supplied, on credit or not.")
    return _("The account is cash only: nothing is supplied on credit.")


def moves_in_words(moves: Iterable[Sequence[Any]]) -> str:
    """What let a document go (CreditCheck.moved_since, or so kept in a notice): 'unallocated 0.00 → 27,400.00'."""
    return _(", ").join(
        f"{label_of(name)} {spelt(name, before)} → {spelt(name, after)}" for name, before, after in moves
    )


def label_of(name: str) -> Any:
    field: Any = CreditCheck._meta.get_field(name)
    return field.verbose_name


def spelt(name: str, value: Any) -> str:
    if name == "status":
        return str(AccountStatus(value).label)
    if value is None and name in ("limit", "group_limit"):
        return _("never set")
    return figure(Decimal(value or 0))


def receipt_in(found: Finding) -> str:
    """The figure that says how much must be received; checks of before it was kept have what is over alone."""
    return "receipt" if "receipt" in found.figures else "over"


def proposal(found: Finding, own: Foreign | None = None) -> str:
    """What would change the decision; nothing where both directors let it pass."""
    if found.severity == rules.LIFTED:
        return ""
    if found.code == rules.OVER_LIMIT:
        parts = {
            "over": amount_of(found.figures, "over", own),
            "receipt": amount_of(found.figures, receipt_in(found), own),
        }
        if not found.figures.get("counts", True):
            return (
                _("The matched payment of %(over)s, a limit raised by as much, or the approval of both directors.")
                % parts
            )
        if parts["receipt"] != parts["over"]:
            return _("A receipt of %(receipt)s, a limit raised by %(over)s, or the approval of both directors.") % parts
        return _("A receipt of %(over)s, a limit raised by as much, or the approval of both directors.") % parts
    if found.code == rules.OVER_GROUP_LIMIT:
        return _(
            "A receipt of %(over)s from any company of the group, a group limit raised by as much, or the approval of "
            "both directors."
        ) % {"over": amount_of(found.figures, "over", own)}
    if found.code == rules.OVERDUE and "until" in found.figures:
        return _("The payment of all that was due until %(until)s, %(amount)s, or the approval of both directors.") % {
            "until": found.figures["until"],
            "amount": amount_of(found.figures, "amount", own),
        }
    if found.code == rules.OVERDUE:
        return _("The payment of what is overdue since %(due_on)s, or the approval of both directors.") % {
            "due_on": found.figures["due_on"]
        }
    if found.code == rules.PREPAYMENT:
        return _("A receipt of %(short)s; it need not be matched, the invoice takes it by itself.") % {
            "short": amount_of(found.figures, "short", own)
        }
    return str(PROPOSALS[found.code])
