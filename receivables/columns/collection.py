"""Columns of the lists of collection: cases, letters, disputes, promises, instalment plans."""

from typing import Any

from django.db.models import DecimalField, Expression, F, Func, OuterRef, Subquery, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.core.addresses import record_url
from crm.core.columns import Column
from crm.core.dates import business_today
from crm.core.display import Badge, isodate, money_short, percent
from customers.columns import customer_code_column, customer_column, customer_owner_column
from receivables.models import Case, CollectionContact, Dispute, Instalment, InstalmentPlan, Letter, PaymentPromise
from receivables.rules.collection import FormulaLine, formula_lines

PROMISE_TONES = {"open": "info", "kept": "success", "partly": "warning", "broken": "danger", "replaced": "neutral"}
LETTER_TONES = {"todo": "info", "sending": "warning", "sent": "success", "error": "danger"}


def case_url(row: Any) -> str:
    return record_url("receivables:case", row.case_id)


def formula_of(case: Case) -> str:
    """'1.2M × 62% + 80.0k × 31%': what is open in each bucket times the share of it that is likely to come."""
    return " + ".join(
        f"{money_short(line.open_amount)} × {percent(line.rate, 0)}" for line in formula_lines(case.formula)
    )


def bucket_of(line: FormulaLine) -> str:
    """The days overdue a line of the formula stands for."""
    if line.days_to is None:
        return _("over %(days)s days") % {"days": line.days_from - 1}
    return _("%(first)s to %(last)s days") % {"first": line.days_from, "last": line.days_to}


def days_of(case: Case) -> int | None:
    return case.days_overdue(business_today()) or None


def said_last(case: Case) -> str:
    """When the customer was last spoken with and what came of it."""
    last = case.last_contact
    return f"{isodate(last.on)} {last.get_outcome_display()}" if last else ""


def last_note(case: Case) -> str:
    return case.last_contact.note if case.last_contact else ""


def pause_of(case: Case) -> Badge | None:
    """Why a case rests, and until when."""
    if case.state == Case.State.CLOSED:
        return Badge(_("Closed"), "neutral")
    if not case.paused_by:
        return None
    word = case.get_paused_by_display()
    tone = "info" if case.paused_by in (Case.Pause.PROMISE, Case.Pause.PLAN) else "warning"
    if case.paused_until is None:
        return Badge(word, tone)
    return Badge(_("%(why)s until %(day)s") % {"why": word, "day": isodate(case.paused_until)}, tone)


def step_of(case: Case) -> str:
    return case.step.name if case.step else ""


def overdue_for(user: Any) -> dict[str, Expression]:
    return {"days": Value(business_today()) - F("oldest_due_on")}


# Sorted by these, what has no date stands last either way.
def stepped(user: Any) -> dict[str, Any]:
    return {"last_step_on": F("stepped_on")}


def contacted(user: Any) -> dict[str, Any]:
    return {"contacted_on": F("last_contact__on")}


def followed_up(user: Any) -> dict[str, Any]:
    return {"follow_up_on": F("next_on")}


CASE_COLUMNS = (
    customer_column(url=lambda case: record_url("receivables:case", case.pk)),
    customer_code_column(),
    Column(
        "expected",
        gettext_lazy("Expected recovery"),
        "money",
        order_by="expected",
        total=True,
        help=gettext_lazy(
            "What a call is likely to bring: what is overdue in each bucket of days times the share that was collected "
            "there in the past, or that is predicted for its invoices."
        ),
    ),
    Column("formula", gettext_lazy("How it is made up"), value=formula_of, wraps=True),
    Column("overdue", gettext_lazy("Overdue"), "money", order_by="overdue", total=True),
    Column("disputed", gettext_lazy("In dispute"), "money", order_by="disputed", total=True, default=False),
    Column(
        "planned",
        gettext_lazy("In an instalment plan"),
        "money",
        order_by="planned",
        total=True,
        default=False,
        help=gettext_lazy("Overdue, but in an approved plan that is kept: not chased."),
    ),
    Column(
        "days",
        gettext_lazy("Days overdue"),
        "number",
        value=days_of,
        annotate=overdue_for,
        reads_annotation=False,
        order_by="days",
    ),
    Column(
        "step",
        gettext_lazy("Last step"),
        value=step_of,
        detail=lambda case: isodate(case.stepped_on) if case.step else "",
        related=("step",),
        annotate=stepped,
        reads_annotation=False,
        order_by="last_step_on",
    ),
    Column("items", gettext_lazy("Invoices"), "number", order_by="items", default=False),
    Column("oldest_due_on", gettext_lazy("Oldest due date"), "date", order_by="oldest_due_on", default=False),
    Column(
        "last_contact",
        gettext_lazy("Last contact"),
        value=said_last,
        detail=last_note,
        related=("last_contact",),
        annotate=contacted,
        reads_annotation=False,
        order_by="contacted_on",
    ),
    Column("said", gettext_lazy("What was said last"), value=last_note, related=("last_contact",), default=False),
    Column(
        "next_on",
        gettext_lazy("Follow up on"),
        "date",
        annotate=followed_up,
        reads_annotation=False,
        order_by="follow_up_on",
    ),
    Column("pause", gettext_lazy("Paused"), "badge", value=pause_of, order_by="paused_by"),
    customer_owner_column(),
    Column(
        "entity",
        gettext_lazy("Legal entity"),
        value="legal_entity.name",
        related=("legal_entity",),
        order_by="legal_entity__code",
        default=False,
    ),
    Column("opened_on", gettext_lazy("Opened on"), "date", order_by="opened_on", default=False),
    Column("closed_on", gettext_lazy("Closed on"), "date", order_by="closed_on", default=False),
)


def letter_state(letter: Letter) -> Badge:
    return Badge(letter.get_state_display(), LETTER_TONES[letter.state])


def letter_error(letter: Letter) -> str:
    """Why a letter could not be sent, in the reader's language."""
    from crm.jobs.errors import sentence

    return sentence(letter.error_code, letter.error_params) if letter.error_code else ""


LETTER_COLUMNS = (
    customer_column(url=lambda letter: record_url("receivables:letter", letter.pk)),
    customer_code_column(),
    Column("template", gettext_lazy("Letter"), value="template.name", related=("template",), order_by="template__code"),
    Column("base_amount", gettext_lazy("Amount"), "money", order_by="base_amount", total=True),
    Column("channel", gettext_lazy("Way"), value=lambda letter: letter.get_channel_display(), order_by="channel"),
    Column("on", gettext_lazy("Prepared on"), "date", order_by="on"),
    Column("state", gettext_lazy("State"), "badge", value=letter_state, order_by="state"),
    Column("sent_on", gettext_lazy("Sent on"), "date", order_by="sent_on"),
    Column("error", gettext_lazy("Cause of the error"), value=letter_error),
    Column("recipient", gettext_lazy("Recipient"), order_by="recipient", default=False),
    customer_owner_column(),
    Column(
        "entity",
        gettext_lazy("Legal entity"),
        value="legal_entity.name",
        related=("legal_entity",),
        order_by="legal_entity__code",
        default=False,
    ),
)


def in_base(user: Any) -> dict[str, Expression]:
    """What is disputed in base currency, at the invoice's own rate."""
    amount = DecimalField(max_digits=18, decimal_places=2)
    return {"base_amount": Func(F("amount") * F("invoice__rate"), 2, function="round", output_field=amount)}


def dispute_state(dispute: Dispute) -> Badge:
    """Open, past its clock, or how it ended."""
    if dispute.state == Dispute.State.RESOLVED:
        return Badge(dispute.get_outcome_display(), "neutral")
    late = (business_today() - dispute.due_on).days
    if late > 0:
        words = ngettext("Open, %(days)s day late", "Open, %(days)s days late", late)
        return Badge(words % {"days": late}, "danger")
    return Badge(_("Open"), "info")


DISPUTE_COLUMNS = (
    customer_column(),
    customer_code_column(),
    Column(
        "invoice",
        gettext_lazy("Invoice"),
        value="invoice.number",
        url=lambda dispute: record_url("receivables:invoice", dispute.invoice_id),
        related=("invoice",),
        order_by="invoice__number",
    ),
    Column("reason", gettext_lazy("Reason"), value=lambda dispute: dispute.get_reason_display(), order_by="reason"),
    Column("amount", gettext_lazy("Amount"), "money", order_by="amount"),
    Column("currency", gettext_lazy("Currency"), value="invoice.currency", order_by="invoice__currency"),
    Column(
        "base_amount",
        gettext_lazy("In base currency"),
        "money",
        annotate=in_base,
        order_by="base_amount",
        total=True,
    ),
    Column("on", gettext_lazy("Opened on"), "date", order_by="on"),
    Column("due_on", gettext_lazy("To be settled by"), "date", order_by="due_on"),
    Column("state", gettext_lazy("State"), "badge", value=dispute_state, order_by="state"),
    Column("owner", gettext_lazy("Who settles it"), value="owner.name", related=("owner",), order_by="owner__name"),
    Column("note", gettext_lazy("What the customer says"), default=True),
    Column("resolution", gettext_lazy("Resolution"), default=False),
    Column("resolved_on", gettext_lazy("Resolved on"), "date", order_by="resolved_on", default=False),
)


def promise_state(promise: PaymentPromise) -> Badge:
    if promise.state == PaymentPromise.State.OPEN and promise.promised_on == business_today():
        return Badge(_("Due today"), "warning")
    return Badge(promise.get_state_display(), PROMISE_TONES[promise.state])


PROMISE_COLUMNS = (
    customer_column(url=case_url),
    customer_code_column(),
    Column("promised_on", gettext_lazy("Promised for"), "date", order_by="promised_on"),
    Column("amount", gettext_lazy("Amount"), "money", order_by="amount", total=True),
    Column("currency", gettext_lazy("Currency"), order_by="currency"),
    Column("received", gettext_lazy("Received"), "money", order_by="received", total=True),
    Column("state", gettext_lazy("State"), "badge", value=promise_state, order_by="state"),
    Column("on", gettext_lazy("Given on"), "date", order_by="on"),
    Column("judged_on", gettext_lazy("Judged on"), "date", order_by="judged_on"),
    Column("note", gettext_lazy("What was said")),
    customer_owner_column(),
    Column(
        "created_by",
        gettext_lazy("Taken by"),
        value="created_by.name",
        related=("created_by",),
        order_by="created_by__name",
        default=False,
    ),
)


def next_row(user: Any) -> dict[str, Any]:
    """The day of the next row that is still to come; a plan without one stands last."""
    rows = Instalment.objects.filter(plan=OuterRef("pk"), state=Instalment.State.OPEN).order_by("due_on")
    return {"next_due_on": Subquery(rows.values("due_on")[:1])}


def plan_state(plan: InstalmentPlan) -> Badge:
    """The state of a plan; one that was not approved says how that came."""
    word = plan.approval.get_state_display() if plan.state == "refused" else plan.get_state_display()
    return Badge(word, plan.state_tones[plan.state])


PLAN_COLUMNS = (
    customer_column(url=lambda plan: record_url("receivables:plan", plan.pk)),
    customer_code_column(),
    Column("number", gettext_lazy("Number"), order_by="id"),
    Column("amount", gettext_lazy("Amount"), "money", order_by="amount", total=True),
    Column("currency", gettext_lazy("Currency"), order_by="currency"),
    Column("state", gettext_lazy("State"), "badge", value=plan_state, related=("approval",), order_by="state"),
    Column("next_due_on", gettext_lazy("Next instalment by"), "date", annotate=next_row, order_by="next_due_on"),
    Column("on", gettext_lazy("Proposed on"), "date", order_by="on"),
    Column("ended_on", gettext_lazy("Ended on"), "date", order_by="ended_on"),
    customer_owner_column(),
    Column(
        "created_by",
        gettext_lazy("Proposed by"),
        value="created_by.name",
        related=("created_by",),
        order_by="created_by__name",
        default=False,
    ),
    Column(
        "entity",
        gettext_lazy("Legal entity"),
        value="legal_entity.name",
        related=("legal_entity",),
        order_by="legal_entity__code",
        default=False,
    ),
)
OUTCOME_TONES = {
    CollectionContact.Outcome.REACHED: "info",
    CollectionContact.Outcome.PROMISED: "success",
    CollectionContact.Outcome.DISPUTED: "warning",
    CollectionContact.Outcome.UNREACHABLE: "neutral",
}
