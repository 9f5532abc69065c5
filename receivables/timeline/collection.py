"""How the events of collection read on a customer's timeline."""

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from crm.approvals.models import RequestState
from crm.core.registry import TimelineKind
from receivables.models import CollectionContact, Dispute, InstalmentPlan, Letter, LetterTemplate, PaymentPromise
from receivables.timeline.documents import amount_of, with_reason

Data = dict[str, Any]


def word(choices: Any, value: Any) -> str:
    return str(dict(choices.choices).get(value, value or ""))


def in_language(data: Data, name: str) -> str:
    """A name that was kept in both languages."""
    return str(data.get(f"{name}_{'zh' if (get_language() or '').startswith('zh') else 'en'}", ""))


def case_opened(data: Data) -> str:
    return _("Collection case opened")


def case_closed(data: Data) -> str:
    return _("Collection case closed: nothing is overdue any more")


def case_step(data: Data) -> str:
    values = {"step": in_language(data, "step"), "amount": amount_of(data), "days": data.get("days", "")}
    return _("Collection step “%(step)s”: %(amount)s overdue, the oldest for %(days)s days") % values


def promise_given(data: Data) -> str:
    return _("%(amount)s promised for %(promised_on)s") % {
        "amount": amount_of(data),
        "promised_on": data.get("promised_on", ""),
    }


def promise_judged(data: Data) -> str:
    values = {
        "amount": amount_of(data),
        "received": amount_of(data, "received"),
        "promised_on": data.get("promised_on", ""),
        "state": word(PaymentPromise.State, data.get("state")),
    }
    return _("Promise of %(amount)s for %(promised_on)s: %(state)s, %(received)s came") % values


def plan_proposed(data: Data) -> str:
    values = {"amount": amount_of(data), "rows": data.get("rows", ""), "last_on": data.get("last_on", "")}
    told = _("Instalment plan over %(amount)s proposed: %(rows)s instalments up to %(last_on)s") % values
    return with_reason(told, data)


def plan_decided(data: Data) -> str:
    values = {"amount": amount_of(data), "state": word(RequestState, data.get("state"))}
    return _("Instalment plan over %(amount)s: %(state)s") % values


def plan_ended(data: Data) -> str:
    if data.get("state") != InstalmentPlan.State.BROKEN:
        return _("Instalment plan over %(amount)s completed") % {"amount": amount_of(data)}
    values = {
        "amount": amount_of(data),
        "due_on": data.get("due_on", ""),
        "planned": amount_of(data, "planned"),
        "received": amount_of(data, "received"),
    }
    return _("Instalment plan over %(amount)s broken: %(planned)s by %(due_on)s, %(received)s came") % values


def dispute_opened(data: Data) -> str:
    values = {
        "amount": amount_of(data),
        "number": data.get("number", ""),
        "reason": word(Dispute.Reason, data.get("reason")),
    }
    return _("%(amount)s of %(number)s disputed: %(reason)s") % values


def dispute_resolved(data: Data) -> str:
    values = {
        "amount": amount_of(data),
        "number": data.get("number", ""),
        "outcome": word(Dispute.Outcome, data.get("outcome")),
    }
    return with_reason(_("Dispute over %(amount)s of %(number)s resolved: %(outcome)s") % values, data)


def contact_logged(data: Data) -> str:
    told = _("%(channel)s about overdue invoices: %(outcome)s") % {
        "channel": word(CollectionContact.Channel, data.get("channel")),
        "outcome": word(CollectionContact.Outcome, data.get("outcome")),
    }
    return with_reason(told, {"reason": data.get("note", "")})


def opted_out(data: Data) -> str:
    return with_reason(_("Out of dunning until %(until)s") % {"until": data.get("until", "")}, data)


def resumed(data: Data) -> str:
    return with_reason(_("Dunned again"), data)


def cause_filed(data: Data) -> str:
    cause = in_language(data, "cause")
    if data.get("culprit"):
        return _("Overdue because: %(cause)s (%(who)s)") % {"cause": cause, "who": data["culprit"]}
    return _("Overdue because: %(cause)s") % {"cause": cause}


def letter_sent(data: Data) -> str:
    values = {
        "kind": word(LetterTemplate.Kind, data.get("kind")),
        "channel": word(Letter.Channel, data.get("channel")),
        "amount": amount_of(data),
    }
    return _("%(kind)s over %(amount)s sent (%(channel)s)") % values


def letter_unclear(data: Data) -> str:
    values = {"number": f"D{int(data.get('letter', 0)):06d}", "amount": amount_of(data)}
    return _("Letter %(number)s over %(amount)s: nobody knows whether it went out; another takes its place") % values


def case_url(data: Data) -> str:
    return page_of("receivables:case", data.get("case"))


def plan_url(data: Data) -> str:
    return page_of("receivables:plan", data.get("plan"))


def invoice_url(data: Data) -> str:
    return page_of("receivables:invoice", data.get("invoice"))


def page_of(name: str, key: Any) -> str:
    """The page of a record; empty where the event names none or there is no such page."""
    try:
        return reverse(name, args=[key]) if key else ""
    except NoReverseMatch:
        return ""


CASE = "receivables.view_case"
KINDS = (
    TimelineKind("case_opened", gettext_lazy("Collection"), "alert-circle", case_opened, case_url, CASE),
    TimelineKind("case_step", gettext_lazy("Collection"), "trending-up", case_step, case_url, CASE),
    TimelineKind("case_closed", gettext_lazy("Collection"), "circle-check", case_closed, case_url, CASE),
    TimelineKind("promise_given", gettext_lazy("Promise to pay"), "calendar-check", promise_given, case_url, CASE),
    TimelineKind("promise_judged", gettext_lazy("Promise to pay"), "scale", promise_judged, case_url, CASE),
    TimelineKind("plan_proposed", gettext_lazy("Instalment plan"), "calendar-check", plan_proposed, plan_url, CASE),
    TimelineKind("plan_decided", gettext_lazy("Instalment plan"), "checklist", plan_decided, plan_url, CASE),
    TimelineKind("plan_ended", gettext_lazy("Instalment plan"), "scale", plan_ended, plan_url, CASE),
    TimelineKind("dispute_opened", gettext_lazy("Dispute"), "hand-stop", dispute_opened, invoice_url, CASE),
    TimelineKind("dispute_resolved", gettext_lazy("Dispute"), "check", dispute_resolved, invoice_url, CASE),
    TimelineKind("collection_contact", gettext_lazy("Collection"), "phone", contact_logged, case_url, CASE),
    TimelineKind("dunning_opt_out", gettext_lazy("Dunning"), "ban", opted_out, None, CASE),
    TimelineKind("dunning_resumed", gettext_lazy("Dunning"), "refresh", resumed, None, CASE),
    TimelineKind("overdue_cause", gettext_lazy("Overdue cause"), "help", cause_filed, case_url, CASE),
    TimelineKind("letter_sent", gettext_lazy("Letter"), "mail", letter_sent, case_url, CASE),
    TimelineKind("letter_unclear", gettext_lazy("Letter"), "help", letter_unclear, case_url, CASE),
)
