"""Credit checks: the policy they follow, what each of them saw and decided, what is held, and what lifts a hold."""

import datetime as dt
from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from credit.instruments import all_instruments, instruments_field
from credit.models.accounts import AccountRowQuerySet, AccountStatus, CreditAccount, Settlement
from credit.models.groups import GroupAccount
from credit.models.requests import CreditRequest
from credit.rules import checks as rules
from credit.rules.exposure import free_money
from crm.core.display import Badge, isodate
from crm.core.models import track_changes, user_field
from crm.core.money import ZERO, MoneyField
from crm.core.versions import PolicyVersion
from customers.models import CustomerState


class Strength(models.TextChoices):
    """What a rule does when it speaks."""

    OFF = rules.OFF, _("Not checked")
    WARN = rules.WARN, _("Warns")
    HOLD = rules.HOLD, _("Holds the order")


class Decision(models.TextChoices):
    RELEASED = rules.RELEASED, _("Released")
    HELD = rules.HELD, _("Held")


class Payment(models.TextChoices):
    CREDIT = rules.CREDIT, _("On credit")
    PREPAID = rules.PREPAID, _("Paid in advance")


def strength(label: Any, default: Strength) -> Any:
    return models.CharField(label, max_length=4, choices=Strength, default=default)


POLICY_FIGURES = ("overdue_days", "overdue_tolerance", "limit_tolerance", "lift_days")
# What two directors approved of a lift, and stays.
LIFTED = ("account_id", "source_kind", "source_id", "amount", "codes", '"on"', "until", "request_id", "recorded_at")


@track_changes
class CreditCheckPolicy(PolicyVersion):
    """A version of how strictly orders are checked; exactly one is in force, and it is never changed, only followed.

    Amounts are in base currency; what is at the tolerance
    passes.
    """

    version = models.PositiveSmallIntegerField(_("version"), unique=True, editable=False)
    blacklisted = strength(_("customer closed or on the blacklist"), Strength.HOLD)
    not_identified = strength(_("customer not identified"), Strength.WARN)
    frozen = strength(_("account frozen"), Strength.HOLD)
    cash_only = strength(_("account cash only"), Strength.HOLD)
    limit_never_set = strength(_("limit never set"), Strength.HOLD)
    over_limit = strength(_("over the limit"), Strength.HOLD)
    over_group_limit = strength(_("over the limit of its group"), Strength.HOLD)
    overdue = strength(_("something long overdue"), Strength.HOLD)
    review_overdue = strength(_("review overdue"), Strength.WARN)
    settlement = strength(_("settlement not agreed"), Strength.HOLD)
    instrument = strength(_("payment form not agreed"), Strength.HOLD)
    term = strength(_("longer term than agreed"), Strength.HOLD)
    prepayment = strength(_("paid in advance, but the money is not there"), Strength.HOLD)
    overdue_days = models.PositiveSmallIntegerField(
        _("days overdue that pass"), default=10, help_text=_("From the due date to the day of the order.")
    )
    overdue_tolerance = MoneyField(
        _("overdue amount that passes"),
        default=100,
        help_text=_("Of all that is overdue for more days than pass, together; in base currency."),
    )
    limit_tolerance = MoneyField(
        _("amount over the limit that passes"),
        default=ZERO,
        help_text=_("Also what may be missing of a prepayment; in base currency, nothing by default."),
    )
    lift_days = models.PositiveSmallIntegerField(
        _("longest release by both directors, in days"),
        default=30,
        help_text=_("From the day it is asked for; a later last day is not accepted."),
    )
    activated_by = user_field(_("activated by"), null=True, editable=False)
    activated_at = models.DateTimeField(_("activated at"), null=True, editable=False)

    class Meta:
        verbose_name = _("credit check policy")
        verbose_name_plural = _("credit check policies")
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["state"], name="check_policy_one_active", condition=Q(state="active")),
            models.CheckConstraint(
                name="check_policy_tolerances", condition=Q(overdue_tolerance__gte=0, limit_tolerance__gte=0)
            ),
        ]
        permissions = [("activate_check_policy", _("Can put credit check policies into force"))]
        triggers = [
            pgtrigger.Protect(
                name="active_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state <> 'draft' AND ROW("
                    + ", ".join(f"OLD.{name}" for name in ("version", *rules.RULES, *POLICY_FIGURES))
                    + ") IS DISTINCT FROM ROW("
                    + ", ".join(f"NEW.{name}" for name in ("version", *rules.RULES, *POLICY_FIGURES))
                    + ")"
                ),
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete, condition=~pgtrigger.Q(old__state="draft")),
        ]

    @property
    def for_rules(self) -> rules.Policy:
        """The policy as the rules want it."""
        return rules.Policy(
            version=self.version,
            strengths={code: getattr(self, code) for code in rules.RULES},
            overdue_days=self.overdue_days,
            overdue_tolerance=self.overdue_tolerance,
            limit_tolerance=self.limit_tolerance,
        )


class Lift(models.Model):
    """Two directors let one held document go, up to an amount in base currency and a last day; the request says why.

    It passes the rules that held it when they were asked (`codes`), and none that came to hold it later. It is for the
    document as they read it: changed or cancelled since, it counts no longer (`ended_on`).
    """

    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, related_name="lifts", verbose_name=_("account")
    )
    source_kind = models.CharField(_("source"), max_length=20)
    source_id = models.BigIntegerField(_("source id"))
    amount = MoneyField(_("amount"))
    codes = ArrayField(models.CharField(max_length=20), verbose_name=_("rules it passes"), default=list)
    on = models.DateField(_("date"))
    until = models.DateField(_("last day"))
    ended_on = models.DateField(_("ended on"), null=True)
    request = models.OneToOneField(
        CreditRequest, on_delete=models.PROTECT, related_name="lift", verbose_name=_("credit request")
    )
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = AccountRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("lift of a hold")
        verbose_name_plural = _("lifts of holds")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="lift_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="lift_ends", condition=Q(until__gte=models.F("on"))),
        ]
        indexes = [models.Index(fields=["source_kind", "source_id"], name="lift_by_source")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="ends_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.ended_on IS NOT NULL OR ROW("
                    + ", ".join(f"OLD.{name}" for name in LIFTED)
                    + ") IS DISTINCT FROM ROW("
                    + ", ".join(f"NEW.{name}" for name in LIFTED)
                    + ")"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_kind} {self.source_id}"

    def lets_go(self, check: "CreditCheck", on: dt.date) -> bool:
        """Whether what this check of its document holds goes when it is looked at again: nothing but what is lifted."""
        holding = {finding.code for finding in check.findings if finding.severity == rules.HOLD}
        stands = self.ended_on is None and self.on <= on <= self.until
        return stands and check.amount <= self.amount and holding <= set(self.codes)


class CreditCheck(models.Model):
    """One check of one document: the figures it saw, what spoke against it, what was decided. Append-only.

    Amounts are in base currency. `reasons` are findings (credit.rules.checks.Finding); credit.words.checks says them.
    `group` is, of the group limits the account stood under, the one with the least headroom.
    """

    source_number: str = ""  # what its document is called, where a page has asked for it

    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, db_index=False, related_name="checks", verbose_name=_("account")
    )
    source_kind = models.CharField(_("source"), max_length=20)
    source_id = models.BigIntegerField(_("source id"))
    on = models.DateField(_("date"))
    amount = MoneyField(_("amount"))
    payment = models.CharField(_("payment"), max_length=7, choices=Payment, default=Payment.CREDIT)
    asked_settlement = models.CharField(_("settlement of the document"), max_length=12, blank=True, default="")
    asked_instruments = instruments_field(_("payment forms of the document"), default=list)
    asked_term_days = models.PositiveSmallIntegerField(_("term of the document in days"), null=True)
    decision = models.CharField(_("decision"), max_length=8, choices=Decision)
    reasons = models.JSONField(_("reasons"), default=list)
    policy_version = models.PositiveSmallIntegerField(_("version of the policy"))
    lift = models.ForeignKey(
        Lift, null=True, on_delete=models.PROTECT, db_index=False, related_name="checks", verbose_name=_("lift")
    )
    limit = MoneyField(_("credit limit"), null=True)
    reserved = MoneyField(_("reserved"))
    receivable = MoneyField(_("receivable"))
    unallocated = MoneyField(_("unallocated"))
    uncleared = MoneyField(_("uncleared"))
    prepaid = MoneyField(_("claimed by prepaid orders"), default=ZERO)
    exposure = MoneyField(_("exposure"))
    group = models.ForeignKey(
        GroupAccount,
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="checks",
        verbose_name=_("group account"),
    )
    group_limit = MoneyField(_("group limit"), null=True)
    group_exposure = MoneyField(_("exposure of the group"), null=True)
    oldest_due_on = models.DateField(_("oldest due date"), null=True)
    oldest_amount = MoneyField(_("overdue amount"), null=True)
    status = models.CharField(_("status"), max_length=10, choices=AccountStatus)
    term_days = models.PositiveSmallIntegerField(_("term in days"))
    settlement = models.CharField(_("settlement"), max_length=12, choices=Settlement)
    instruments = instruments_field(_("accepted payment forms"), default=all_instruments)
    next_review_on = models.DateField(_("next review"), null=True)
    customer_state = models.CharField(_("life-cycle state"), max_length=16, choices=CustomerState)
    created_by = user_field(_("created by"), null=True, db_index=False)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = AccountRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit check")
        verbose_name_plural = _("credit checks")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["account", "-id"], name="check_by_account"),
            models.Index(fields=["source_kind", "source_id"], name="check_by_source"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} {isodate(self.on)}"

    def get_absolute_url(self) -> str:
        return reverse("credit:check", args=[self.pk])

    @property
    def findings(self) -> list[rules.Finding]:
        return [rules.Finding(**reason) for reason in self.reasons]

    def moved_since(self, held: "CreditCheck") -> list[tuple[str, Any, Any]]:
        """What let the document go since a check that held it: name of the figure, what it was, what it is here."""
        figures = ((name, getattr(held, name), getattr(self, name)) for name in rules.looked_at(held.findings))
        return [(name, before, after) for name, before, after in figures if before != after]

    @property
    def figures(self) -> rules.Figures:
        """What it saw, for the rules. Where nothing was unallocated, whether that counts makes no difference."""
        return rules.Figures(
            customer_state=self.customer_state,
            status=self.status,
            limit=self.limit,
            term_days=self.term_days,
            settlement=self.settlement,
            instruments=tuple(self.instruments),
            next_review_on=self.next_review_on,
            reserved=self.reserved,
            receivable=self.receivable,
            unallocated=self.unallocated,
            uncleared=self.uncleared,
            prepaid=self.prepaid,
            counts_unallocated=self.exposure != self.reserved + self.receivable + self.uncleared,
            oldest_due_on=self.oldest_due_on,
            oldest_amount=self.oldest_amount,
            group_head=self.group_id,
            group_limit=self.group_limit,
            group_exposure=self.group_exposure,
        )

    @property
    def order(self) -> rules.Order:
        """What was to be released, for the rules."""
        return rules.Order(
            amount=self.amount,
            on=self.on,
            payment=self.payment,
            settlement=self.asked_settlement,
            term_days=self.asked_term_days,
            instruments=tuple(self.asked_instruments),
        )

    @property
    def decision_badge(self) -> Badge:
        if self.decision == Decision.RELEASED and self.lift_id is not None:
            return Badge(_("Released by both directors"), "info")
        return Badge(Decision(self.decision).label, "success" if self.decision == Decision.RELEASED else "danger")

    @property
    def free_money(self) -> Any:
        """Received, and neither matched nor claimed by another prepaid order."""
        return free_money(self.unallocated, self.prepaid)

    @property
    def money_after(self) -> Any:
        """What is left of it when the document, paid in advance, takes its part; less than nothing: missing."""
        return self.unallocated - self.prepaid - self.amount

    @property
    def headroom_after(self) -> Any:
        """What is left of the limit when the document counts; less than nothing where it is over."""
        return (self.limit or ZERO) - self.exposure - (self.amount if self.payment == Payment.CREDIT else ZERO)

    @property
    def group_headroom_after(self) -> Any:
        """What is left of the group limit when the document counts; less than nothing where it is over."""
        if self.group_limit is None or self.group_exposure is None:
            return None
        return self.group_limit - self.group_exposure - self.amount

    @property
    def left_after(self) -> Any:
        """What the document leaves of what it is paid with: headroom, or money received in advance.

        Under a group limit it is what is left of the tighter of both.
        """
        if self.payment == Payment.PREPAID:
            return self.money_after
        of_group = self.group_headroom_after
        return self.headroom_after if of_group is None else min(self.headroom_after, of_group)

    @property
    def days_overdue(self) -> int:
        return (self.on - self.oldest_due_on).days if self.oldest_due_on else 0


class Hold(models.Model):
    """A document that a check holds, with its last check; gone when it is released or given up. Oldest key first."""

    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, related_name="holds", verbose_name=_("account")
    )
    source_kind = models.CharField(_("source"), max_length=20)
    source_id = models.BigIntegerField(_("source id"))
    last_check = models.OneToOneField(
        CreditCheck, on_delete=models.PROTECT, related_name="hold", verbose_name=_("credit check")
    )
    since = models.DateField(_("held since"))

    objects = AccountRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["source_kind", "source_id"], name="hold_once_a_source")]

    def __str__(self) -> str:
        return f"{self.source_kind} {self.source_id}"

    @property
    def codes(self) -> list[str]:
        """The rules that hold it."""
        return rules.holding(self.last_check.findings)

    @property
    def may_be_lifted(self) -> bool:
        """Whether the approval of two directors would let it go."""
        return rules.may_be_lifted(self.last_check.findings)
