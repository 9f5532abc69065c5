"""Chains: who approves what, in numbered versions. A version in force is never changed, only followed by another."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.accounts.roles import ROLES
from crm.approvals.rules import GRADES, UNRATED, Conditions
from crm.core.models import BilingualName, track_changes, user_field
from crm.core.money import MoneyField
from crm.core.registry import registry
from crm.core.versions import PolicyVersion


class ActorKind(models.TextChoices):
    """How a step finds its people."""

    ROLE = "role", _("A role")
    SUPERIOR = "superior", _("Superior in the team")
    USER = "user", _("A person")


class Mode(models.TextChoices):
    ONE = "one", _("One of them")
    ALL = "all", _("All of them")


class Task(models.TextChoices):
    """What a step is for; each of them must say yes before the next is asked."""

    REVIEW = "review", _("Review")
    CONFIRM = "confirm", _("Confirm")
    APPROVE = "approve", _("Approve")


def role_choices() -> list[tuple[str, Any]]:
    return [(role.code, role.label) for role in ROLES.values()]


@track_changes
class ChainVersion(PolicyVersion):
    """A version of the chain of one kind of request; at most one is in force."""

    kind = models.CharField(_("kind"), max_length=40)
    expires_after_days = models.PositiveSmallIntegerField(
        _("expires after days"), default=30, help_text=_("A request nobody decided by then ends by itself.")
    )
    remind_after_days = models.PositiveSmallIntegerField(
        _("remind after days"), default=3, help_text=_("Whom a request waits for is reminded as often as this.")
    )

    class Meta:
        verbose_name = _("approval chain")
        verbose_name_plural = _("approval chains")
        ordering = ["kind", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="chain_version_once"),
            models.UniqueConstraint(fields=["kind"], name="chain_one_in_force", condition=Q(state="active")),
            models.CheckConstraint(
                name="chain_days_positive", condition=Q(expires_after_days__gte=1, remind_after_days__gte=1)
            ),
        ]
        permissions = [("activate_chain", _("Can put approval chains into force"))]

    @property
    def kind_label(self) -> str:
        kind = registry.approval_kinds.get(self.kind)
        return str(kind.label) if kind else self.kind


@track_changes
class ChainRule(BilingualName):
    """One line of the matrix: when it holds, and by its steps who decides. The first that holds counts."""

    chain = models.ForeignKey(ChainVersion, on_delete=models.CASCADE, related_name="rules", verbose_name=_("chain"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    amount_over = MoneyField(_("amount over"), null=True, blank=True)
    amount_up_to = MoneyField(_("amount up to"), null=True, blank=True)
    days_over = models.PositiveSmallIntegerField(_("days over"), null=True, blank=True)
    days_up_to = models.PositiveSmallIntegerField(_("days up to"), null=True, blank=True)
    grades = ArrayField(
        models.CharField(max_length=8),
        verbose_name=_("grades"),
        default=list,
        blank=True,
        help_text=_("Such as AAA,AA,unrated; empty: any."),
    )
    deviation = models.BooleanField(_("deviation"), null=True, blank=True, help_text=_("Unknown: with or without."))
    variants = ArrayField(
        models.CharField(max_length=20),
        verbose_name=_("sorts of request"),
        default=list,
        blank=True,
        help_text=_("Codes such as new,increase; empty: any."),
    )

    class Meta:
        verbose_name = _("approval rule")
        verbose_name_plural = _("approval rules")
        ordering = ["chain", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="rule_amounts_in_order",
                condition=Q(amount_over__isnull=True)
                | Q(amount_up_to__isnull=True)
                | Q(amount_up_to__gt=models.F("amount_over")),
            ),
            models.CheckConstraint(
                name="rule_days_in_order",
                condition=Q(days_over__isnull=True)
                | Q(days_up_to__isnull=True)
                | Q(days_up_to__gt=models.F("days_over")),
            ),
        ]

    def clean(self) -> None:
        """Grades and sorts are codes; a word nobody knows would silently never hold."""
        errors: dict[str, Any] = {}
        if wrong := sorted(set(self.grades) - {*GRADES, UNRATED}):
            errors["grades"] = _("Not a grade: %(codes)s") % {"codes": _(", ").join(wrong)}
        kind = registry.approval_kinds.get(self.chain.kind) if self.chain_id else None
        if kind is not None and (wrong := sorted(set(self.variants) - set(kind.variants))):
            errors["variants"] = _("Not a sort of this kind: %(codes)s") % {"codes": _(", ").join(wrong)}
        if errors:
            raise ValidationError(errors)

    @property
    def conditions(self) -> Conditions:
        return Conditions(
            amount_over=self.amount_over,
            amount_up_to=self.amount_up_to,
            days_over=self.days_over,
            days_up_to=self.days_up_to,
            grades=tuple(self.grades),
            deviation=self.deviation,
            variants=tuple(self.variants),
        )


class StepDefinition(BilingualName):
    """Who decides a step, how many of them, and what it is for: in a chain, and copied into each request."""

    position = models.PositiveSmallIntegerField(_("position"), default=0)
    task = models.CharField(_("task"), max_length=8, choices=Task, default=Task.APPROVE)
    actor_kind = models.CharField(_("who decides"), max_length=8, choices=ActorKind, default=ActorKind.ROLE)
    role = models.CharField(_("role"), max_length=20, choices=role_choices, blank=True)
    level = models.PositiveSmallIntegerField(
        _("level"), default=1, help_text=_("Of a superior: 1 is the nearest, 2 the next above.")
    )
    user = user_field(_("person"), null=True, blank=True)
    mode = models.CharField(_("how many"), max_length=3, choices=Mode, default=Mode.ONE)
    fallback_role = models.CharField(
        _("fall-back role"),
        max_length=20,
        choices=role_choices,
        blank=True,
        help_text=_("Decides where the step has nobody but the applicant."),
    )
    may_decrease = models.BooleanField(_("may approve for less"), default=False)

    class Meta:
        abstract = True

    COPIED = (
        "name_zh", "name_en", "position", "task", "actor_kind", "role", "level", "user_id", "mode", "fallback_role",
        "may_decrease",
    )  # fmt: skip

    @property
    def says_who(self) -> bool:
        """Whether the step names somebody."""
        if self.actor_kind == ActorKind.ROLE:
            return bool(self.role)
        return self.level >= 1 if self.actor_kind == ActorKind.SUPERIOR else self.user_id is not None

    @property
    def needs_all(self) -> bool:
        return self.mode == Mode.ALL

    @property
    def whom(self) -> str:
        """Who decides, as words: the role, the superior or the person."""
        if self.actor_kind == ActorKind.ROLE:
            role = ROLES.get(self.role)
            return str(role.label) if role else self.role
        if self.actor_kind == ActorKind.SUPERIOR:
            return str(_("Superior, level %(level)s") % {"level": self.level}) if self.level > 1 else str(_("Superior"))
        return str(self.user or "–")


@track_changes
class ChainStep(StepDefinition):
    """A step of a rule."""

    rule = models.ForeignKey(ChainRule, on_delete=models.CASCADE, related_name="steps", verbose_name=_("rule"))

    class Meta:
        verbose_name = _("approval step")
        verbose_name_plural = _("approval steps")
        ordering = ["rule", "position", "pk"]

    def clean(self) -> None:
        if not self.says_who:
            raise ValidationError(_("Say which role or which person decides."))
