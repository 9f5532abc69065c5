"""Instalment plans: how a customer pays open invoices by agreed days, once the house has approved it."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from crm.approvals.models import Request
from crm.core.addresses import record_url
from crm.core.models import LegalEntity
from crm.core.money import ZERO, CurrencyCodeField, MoneyField
from customers.visibility import VisibleQuerySet
from receivables.models.collection import Case, customer_key, made_by
from receivables.models.documents import Invoice


class InstalmentPlan(models.Model):
    """What one customer still owes one legal entity on chosen invoices, to be paid in rows; one at a time.

    `amount` (in `currency`) is what was open of the invoices when the plan was proposed, and what its rows add up to.
    While it runs its invoices are not dunned; their due dates, the ageing and the exposure stay as they are. The night
    of `ended_on` found it completed or broken. Who approved it is in `approval`.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("In approval")
        RUNNING = "running", _("Running")
        COMPLETED = "completed", _("Completed")
        BROKEN = "broken", _("Broken")
        REFUSED = "refused", _("Not approved")

    state_tones: ClassVar[dict[str, str]] = {
        "proposed": "info", "running": "info", "completed": "success", "broken": "danger", "refused": "neutral",
    }  # fmt: skip

    customer = customer_key()
    legal_entity = models.ForeignKey(
        LegalEntity, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("legal entity")
    )
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="plans", verbose_name=_("case"))
    currency = CurrencyCodeField()
    amount = MoneyField(_("amount"))
    base_amount = MoneyField(_("base amount"))
    reason = models.CharField(_("reason"), max_length=1000)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    on = models.DateField(_("proposed on"))
    decided_on = models.DateField(_("decided on"), null=True)
    ended_on = models.DateField(_("ended on"), null=True)
    approval = models.OneToOneField(
        Request, on_delete=models.PROTECT, related_name="instalment_plan", verbose_name=_("approval")
    )
    created_by = made_by(_("proposed by"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("instalment plan")
        verbose_name_plural = _("instalment plans")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "legal_entity"],
                name="instalment_plan_one_live",
                condition=Q(state__in=["proposed", "running"]),
            ),
            models.CheckConstraint(name="instalment_plan_amounts", condition=Q(amount__gt=0, base_amount__gt=0)),
            models.CheckConstraint(
                name="instalment_plan_decided_has_a_date",
                condition=Q(state="proposed", decided_on__isnull=True)
                | (~Q(state="proposed") & Q(decided_on__gte=F("on"))),
            ),
            models.CheckConstraint(
                name="instalment_plan_ended_has_a_date",
                condition=Q(state__in=["completed", "broken"], ended_on__isnull=False)
                | Q(state__in=["proposed", "running", "refused"], ended_on__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-on"], name="instalment_plan_by_customer"),
            models.Index(fields=["customer"], name="instalment_plan_running", condition=Q(state="running")),
            models.Index(fields=["ended_on"], name="instalment_plan_ended", condition=Q(ended_on__isnull=False)),
        ]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="ended_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["completed", "broken", "refused"]),
            ),
            pgtrigger.ReadOnly(
                name="as_proposed",
                fields=[
                    "customer", "legal_entity", "case", "currency", "amount", "base_amount", "reason", "on", "approval",
                    "created_by",
                ],
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """How people name it."""
        return number_of(self.pk)

    def get_absolute_url(self) -> str:
        return record_url("receivables:plan", self.pk)


def number_of(key: int) -> str:
    return f"IP{key:06d}"


class PlanRowQuerySet(VisibleQuerySet):
    customer_path = "plan__customer"


class InstalmentInvoice(models.Model):
    """An invoice a plan covers. In its currency: what was open, and what receipts had settled of it before."""

    plan = models.ForeignKey(
        InstalmentPlan, on_delete=models.PROTECT, related_name="invoices", verbose_name=_("instalment plan")
    )
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="instalment_plans", verbose_name=_("invoice")
    )
    amount = MoneyField(_("open amount"))
    received_before = MoneyField(_("received before"), default=ZERO)

    objects = PlanRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice of an instalment plan")
        verbose_name_plural = _("invoices of instalment plans")
        ordering = ["plan", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "invoice"], name="instalment_invoice_once"),
            models.CheckConstraint(name="instalment_invoice_amounts", condition=Q(amount__gt=0)),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{number_of(self.plan_id)} {self.invoice}"


class Instalment(models.Model):
    """A row of a plan: so much by that day. `received` is what had come for the whole plan when it was judged."""

    class State(models.TextChoices):
        OPEN = "open", _("To come")
        KEPT = "kept", _("Kept")
        MISSED = "missed", _("Not kept")
        VOID = "void", _("No longer applies")

    state_tones: ClassVar[dict[str, str]] = {"open": "info", "kept": "success", "missed": "danger", "void": "neutral"}

    plan = models.ForeignKey(
        InstalmentPlan, on_delete=models.PROTECT, related_name="rows", verbose_name=_("instalment plan")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    due_on = models.DateField(_("to be paid by"))
    amount = MoneyField(_("amount"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    received = MoneyField(_("received"), null=True)
    judged_on = models.DateField(_("judged on"), null=True)
    noticed_on = models.DateField(_("owner told on"), null=True, editable=False)

    objects = PlanRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        ordering = ["plan", "number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="instalment_once"),
            models.UniqueConstraint(fields=["plan", "due_on"], name="instalment_one_a_day"),
            models.UniqueConstraint(fields=["plan"], name="instalment_one_missed", condition=Q(state="missed")),
            models.CheckConstraint(name="instalment_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="instalment_judged_has_figures",
                condition=Q(state__in=["kept", "missed"], received__isnull=False, judged_on__isnull=False)
                | Q(state__in=["open", "void"], received__isnull=True, judged_on__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["due_on"], name="instalment_open", condition=Q(state="open"))]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="as_agreed", fields=["plan", "number", "due_on", "amount"]),
        ]

    def __str__(self) -> str:
        return f"{number_of(self.plan_id)} {self.due_on:%Y-%m-%d}"
