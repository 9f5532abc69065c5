"""Collection of what is overdue: cases, the steps they took, promises, disputes and what was said."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from crm.core.models import DateRange, LegalEntity, Numbered, track_changes, user_field
from crm.core.money import ZERO, CurrencyCodeField, MoneyField
from customers.models import Contact, Customer
from customers.visibility import VisibleQuerySet
from receivables.models.documents import Invoice
from receivables.models.policy import CauseCode, CollectionPolicy, PolicyStep


def made_by(label: Any = None) -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        editable=False,
        related_name="+",
        verbose_name=label or _("created by"),
    )


def customer_key(**more: Any) -> Any:
    return models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_index=False, verbose_name=_("customer"), related_name="+", **more
    )


class Case(models.Model):
    """What is overdue of one customer with one legal entity, being collected: one open at a time.

    The figures (base currency) are those of the night of `looked_on`: movements before that day. `overdue` is what is
    chased, `disputed` what is overdue but in dispute, `planned` what is overdue but in a running instalment plan.
    `oldest_due_on` is the oldest due date of what is chased.
    A `cycle` is one climb of the ladder: when everything the last step was about is paid, the next cycle begins.
    `expected` is what a call is likely to bring; `formula` says from which figures
    (receivables.rules.collection.expected).
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    class Pause(models.TextChoices):
        """Why no step is taken."""

        PROMISE = "promise", _("Promise")
        OPT_OUT = "opt_out", _("Opted out of dunning")
        PLAN = "plan", _("Instalment plan")
        DISPUTE = "dispute", _("Dispute")

    customer = customer_key()
    legal_entity = models.ForeignKey(
        LegalEntity, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("legal entity")
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    opened_on = models.DateField(_("opened on"))
    closed_on = models.DateField(_("closed on"), null=True)
    policy = models.ForeignKey(
        CollectionPolicy, on_delete=models.PROTECT, related_name="+", verbose_name=_("collection policy")
    )
    cycle = models.PositiveSmallIntegerField(_("cycle"), default=1)
    step = models.ForeignKey(
        PolicyStep,
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("last step"),
        help_text=_("The last step taken in this cycle."),
    )
    stepped_on = models.DateField(_("last step on"), null=True)
    raise_next = models.BooleanField(
        _("a broken promise or plan raises it"), default=False, help_text=_("The next step is taken at once.")
    )
    supply_stopped = models.BooleanField(_("supply stopped"), default=False)
    paused_by = models.CharField(_("paused by"), max_length=8, choices=Pause, blank=True, default="")
    paused_until = models.DateField(_("paused until"), null=True)
    looked_on = models.DateField(_("figures of"))
    overdue = MoneyField(_("overdue"), default=ZERO)
    disputed = MoneyField(_("disputed"), default=ZERO)
    planned = MoneyField(_("in an instalment plan"), default=ZERO)
    items = models.PositiveIntegerField(_("overdue invoices"), default=0)
    oldest_due_on = models.DateField(_("oldest due date"), null=True)
    term_days = models.PositiveIntegerField(
        _("term in days"), default=0, help_text=_("The term of the oldest overdue invoice.")
    )
    expected = MoneyField(_("expected recovery"), default=ZERO)
    formula = models.JSONField(_("formula"), default=list)
    next_on = models.DateField(_("follow up on"), null=True, help_text=_("As agreed in the last contact."))
    last_contact = models.ForeignKey(
        "CollectionContact",
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("last contact"),
    )
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("collection case")
        verbose_name_plural = _("collection cases")
        ordering = ["-expected", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "legal_entity"], name="case_one_open", condition=Q(state="open")
            ),
            models.CheckConstraint(
                name="case_closed_has_a_date",
                condition=Q(state="open", closed_on__isnull=True) | Q(state="closed", closed_on__isnull=False),
            ),
            models.CheckConstraint(
                name="case_figures", condition=Q(overdue__gte=0, disputed__gte=0, planned__gte=0, expected__gte=0)
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-opened_on"], name="case_by_customer"),
            models.Index(fields=["-expected", "id"], name="case_by_expected", condition=Q(state="open")),
        ]
        permissions = [
            ("collect", _("Can work on collection cases")),
            ("opt_out_of_dunning", _("Can take customers out of dunning")),
            ("send_letter", _("Can prepare and send dunning letters")),
        ]

    def __str__(self) -> str:
        return f"{self.customer} · {self.legal_entity.code}"

    def days_overdue(self, today: dt.date) -> int:
        """Days since the oldest due date of what is chased."""
        return max((today - self.oldest_due_on).days, 0) if self.oldest_due_on else 0

    @property
    def total(self) -> Decimal:
        """Everything overdue, also what is in dispute or in an instalment plan."""
        return Decimal(self.overdue) + Decimal(self.disputed) + Decimal(self.planned)


class CaseRowQuerySet(VisibleQuerySet):
    customer_path = "case__customer"


class CaseStep(Numbered):
    """A step a case took in the night of `on`: once in a cycle, and at most one on a day of the clock (`run_on`).

    `amount` and `days` are what was overdue and for how long. `raised` when a broken promise or plan brought it early.
    """

    class State(models.TextChoices):
        TODO = "todo", _("To do")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("No longer needed")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps", verbose_name=_("case"))
    policy_step = models.ForeignKey(
        PolicyStep, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("policy step")
    )
    cycle = models.PositiveSmallIntegerField(_("cycle"))
    on = models.DateField(_("date"))
    run_on = models.DateField(_("taken on"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.TODO)
    done_on = models.DateField(_("done on"), null=True)
    done_by = made_by(_("done by"))
    amount = MoneyField(_("overdue"))
    days = models.PositiveIntegerField(_("days overdue"))
    raised = models.BooleanField(_("raised by a broken promise or plan"), default=False)
    note = models.CharField(_("note"), max_length=255, blank=True)

    objects = CaseRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("step taken")
        verbose_name_plural = _("steps taken")
        ordering = ["on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["case", "policy_step", "cycle"], name="case_step_once_a_cycle"),
            models.UniqueConstraint(fields=["case", "run_on"], name="case_step_one_a_day"),
            models.UniqueConstraint(fields=["case", "on"], name="case_step_one_a_night"),
        ]
        indexes = [models.Index(fields=["case"], name="case_step_todo", condition=Q(state="todo"))]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="taken", fields=["case", "policy_step", "cycle", "on", "run_on", "amount", "days", "raised"]
            ),
        ]


@track_changes
class Dispute(Numbered):
    """A part of an invoice the customer does not accept: it leaves dunning until it is resolved.

    `amount` is in the invoice's currency. The owner's clock runs out on `due_on`.
    """

    class Reason(models.TextChoices):
        PRICE = "price", _("Price")
        QUANTITY = "quantity", _("Quantity")
        QUALITY = "quality", _("Quality")
        DELIVERY = "delivery", _("Delivery")
        DOCUMENTS = "documents", _("Documents missing")
        PAID = "paid", _("Said to be paid")
        OTHER = "other", _("Other")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        RESOLVED = "resolved", _("Resolved")

    class Outcome(models.TextChoices):
        CUSTOMER_RIGHT = "customer_right", _("The customer is right")
        PARTLY_RIGHT = "partly_right", _("The customer is partly right")
        WE_ARE_RIGHT = "we_are_right", _("We are right")
        WITHDRAWN = "withdrawn", _("Withdrawn by the customer")

    customer = customer_key()
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="disputes", verbose_name=_("invoice"))
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    amount = MoneyField(_("amount"))
    note = models.CharField(_("note"), max_length=500, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="disputes", verbose_name=_("owner")
    )
    on = models.DateField(_("opened on"))
    due_on = models.DateField(_("to be settled by"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome, blank=True)
    resolution = models.CharField(_("resolution"), max_length=500, blank=True)
    resolved_on = models.DateField(_("resolved on"), null=True)
    resolved_by = made_by(_("resolved by"))
    noticed_on = models.DateField(_("owner told on"), null=True, editable=False)
    created_by = made_by()
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(name="dispute_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="dispute_resolved_has_an_outcome",
                condition=Q(state="open", outcome="", resolved_on__isnull=True)
                | (Q(state="resolved", resolved_on__gte=F("on")) & ~Q(outcome="")),
            ),
            models.CheckConstraint(name="dispute_clock", condition=Q(due_on__gte=F("on"))),
        ]
        indexes = [
            models.Index(fields=["customer", "-on"], name="dispute_by_customer"),
            models.Index(fields=["due_on"], name="dispute_open", condition=Q(state="open")),
        ]
        permissions = [("resolve_dispute", _("Can resolve disputes of others"))]


@track_changes
class PaymentPromise(Numbered):
    """What a customer promised to pay by a day, given on `on`; one open at a time for a case.

    `received` is the money dated from `on` to `promised_on`, matched or not; the night after the grace judges it.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        KEPT = "kept", _("Kept")
        PARTLY = "partly", _("Partly kept")
        BROKEN = "broken", _("Broken")
        REPLACED = "replaced", _("Replaced by another")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="promises", verbose_name=_("case"))
    customer = customer_key()
    currency = CurrencyCodeField()
    amount = MoneyField(_("amount"))
    on = models.DateField(_("given on"))
    promised_on = models.DateField(_("promised for"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    received = MoneyField(_("received"), default=ZERO)
    judged_on = models.DateField(_("judged on"), null=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    created_by = made_by()
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("promise to pay")
        verbose_name_plural = _("promises to pay")
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["case"], name="promise_one_open", condition=Q(state="open")),
            models.CheckConstraint(name="promise_amounts", condition=Q(amount__gt=0, received__gte=0)),
            models.CheckConstraint(name="promise_dates", condition=Q(promised_on__gte=F("on"))),
            models.CheckConstraint(
                name="promise_judged_has_a_date", condition=Q(state="open", judged_on__isnull=True) | ~Q(state="open")
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-on"], name="promise_by_customer"),
            models.Index(fields=["promised_on"], name="promise_open", condition=Q(state="open")),
            models.Index(fields=["judged_on"], name="promise_judged", condition=Q(judged_on__isnull=False)),
        ]


class CollectionContact(Numbered):
    """One attempt to speak with a customer about what is overdue, and what came of it; never changed."""

    class Channel(models.TextChoices):
        CALL = "call", _("Call")
        VISIT = "visit", _("Visit")
        EMAIL = "email", _("E-mail")
        MESSAGE = "message", _("Message")

    class Outcome(models.TextChoices):
        REACHED = "reached", _("Reached")
        PROMISED = "promised", _("Promised to pay")
        DISPUTED = "disputed", _("Disputed")
        UNREACHABLE = "unreachable", _("Unreachable")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="contacts", verbose_name=_("case"))
    customer = customer_key()
    channel = models.CharField(_("channel"), max_length=8, choices=Channel, default=Channel.CALL)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    on = models.DateField(_("date"))
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("spoken with")
    )
    note = models.CharField(_("what was said"), max_length=1000, blank=True)
    next_on = models.DateField(_("follow up on"), null=True, blank=True)
    promise = models.OneToOneField(
        PaymentPromise, null=True, on_delete=models.PROTECT, related_name="contact", verbose_name=_("promise to pay")
    )
    dispute = models.OneToOneField(
        Dispute, null=True, on_delete=models.PROTECT, related_name="contact", verbose_name=_("dispute")
    )
    created_by = made_by()
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("collection contact")
        verbose_name_plural = _("collection contacts")
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["customer", "-on", "-id"], name="contact_log_by_customer")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


@track_changes
class DunningOptOut(Numbered):
    """A customer that is not dunned for a time, for a reason; `until` is the last day. One at a time, unless ended."""

    customer = customer_key()
    reason = models.CharField(_("reason"), max_length=500)
    on = models.DateField(_("from"))
    until = models.DateField(_("until"))
    ended_on = models.DateField(_("ended early on"), null=True, editable=False)
    created_by = made_by()
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("opt-out of dunning")
        verbose_name_plural = _("opt-outs of dunning")
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(name="opt_out_dates", condition=Q(until__gte=F("on"))),
            ExclusionConstraint(
                name="opt_out_one_at_a_time",
                expressions=[
                    ("customer", RangeOperators.EQUAL),
                    (
                        DateRange("on", "until", RangeBoundary(inclusive_lower=True, inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(ended_on__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["customer", "-until"], name="opt_out_by_customer")]


class OverdueCause(Numbered):
    """Why a case is overdue, as the rep filed it; a cause of our own making names whose it was. Never changed."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="causes", verbose_name=_("case"))
    customer = customer_key()
    cycle = models.PositiveSmallIntegerField(_("cycle"))
    cause = models.ForeignKey(CauseCode, on_delete=models.PROTECT, related_name="+", verbose_name=_("cause"))
    culprit = user_field(_("whose fault"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    on = models.DateField(_("date"))
    created_by = made_by()
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("overdue cause")
        verbose_name_plural = _("overdue causes")
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["customer", "-on"], name="cause_by_customer")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
