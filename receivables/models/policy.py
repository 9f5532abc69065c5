"""How overdue money is collected: the ladder of steps, whom it is for, and the words of its letters."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.core.models import BilingualName, track_changes
from crm.core.money import ZERO, MoneyField
from crm.core.versions import PolicyVersion, only_drafts_change
from receivables.letter_text import check_template


@track_changes
class LetterTemplate(BilingualName):
    """The words of a letter to a customer; figures stand in braces, such as {total} (receivables.letter_text)."""

    class Kind(models.TextChoices):
        REMINDER = "reminder", _("Reminder")
        WARNING = "warning", _("Warning")
        LAWYER = "lawyer", _("Lawyer's letter")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    subject_zh = models.CharField(_("Chinese subject"), max_length=200)
    subject_en = models.CharField(_("English subject"), max_length=200)
    body_zh = models.TextField(_("Chinese text"))
    body_en = models.TextField(_("English text"))

    class Meta:
        verbose_name = _("letter template")
        verbose_name_plural = _("letter templates")
        ordering = ["code"]

    def clean(self) -> None:
        """Refuse words that name what no letter knows."""
        errors: dict[str, Any] = {}
        for name in ("subject_zh", "subject_en", "body_zh", "body_en"):
            try:
                check_template(getattr(self, name))
            except ValidationError as error:
                errors[name] = error
        if errors:
            raise ValidationError(errors)

    def subject(self, language: str) -> str:
        return self.subject_zh if language.startswith("zh") else self.subject_en

    def body(self, language: str) -> str:
        return self.body_zh if language.startswith("zh") else self.body_en


@track_changes
class CauseCode(BilingualName):
    """Why an invoice was not paid in time; a cause of our own making must say whose it was."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    own_fault = models.BooleanField(_("our own fault"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("overdue cause code")
        verbose_name_plural = _("overdue cause codes")
        ordering = ["position", "code"]


@track_changes
class CollectionPolicy(PolicyVersion):
    """A version of the way overdue money is collected from some customers.

    `code` names the policy through all its versions. `conditions` says whom it is for, as lists of values by what is
    known of a customer (MATCHED_BY in receivables.selectors.collection.conditions), all of which must hold; empty is
    everybody. The active policy of the smallest `priority` that fits a customer counts. Steps taken stay as they were
    when a new version comes.
    """

    code = models.SlugField(_("code"), max_length=40)
    priority = models.PositiveSmallIntegerField(_("priority"), default=100, help_text=_("The smallest one counts."))
    conditions = models.JSONField(_("customers"), default=dict, blank=True)
    tolerance = MoneyField(
        _("tolerance"), default=ZERO, help_text=_("Overdue amounts up to this, in base currency, raise no case.")
    )
    letter_interval_days = models.PositiveSmallIntegerField(
        _("days between letters"), default=7, help_text=_("The least number of days from one letter to the next.")
    )
    cause_due_days = models.PositiveSmallIntegerField(
        _("cause due after days"), default=7, help_text=_("Days overdue by which the cause must have been filed.")
    )
    promise_grace_days = models.PositiveSmallIntegerField(
        _("grace of a promise in days"),
        default=1,
        help_text=_("Days to post what came by the promised date, before the promise is judged."),
    )
    longest_promise_days = models.PositiveSmallIntegerField(_("longest promise in days"), default=30)
    dispute_days = models.PositiveSmallIntegerField(
        _("days to settle a dispute"), default=10, help_text=_("After these days the owner's clock has run out.")
    )

    class Meta:
        verbose_name = _("collection policy")
        verbose_name_plural = _("collection policies")
        ordering = ["priority", "code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="collection_policy_version_once"),
            models.UniqueConstraint(fields=["code"], name="collection_policy_one_active", condition=Q(state="active")),
            models.UniqueConstraint(
                fields=["conditions"], name="collection_policy_one_active_for", condition=Q(state="active")
            ),
            models.CheckConstraint(name="collection_policy_tolerance", condition=Q(tolerance__gte=0)),
        ]
        permissions = [("activate_policy", _("Can put collection policies into force"))]
        triggers = only_drafts_change()


@track_changes
class PolicyStep(BilingualName):
    """A rung of the ladder: when it is reached, who acts, and what is done.

    `days` counts from the due date: 1 is the day after, -3 three days before (a reminder, which needs no case). With
    `fraction` the step is reached at that fraction of the agreed term (4/3 of 60 days is day 80 from the invoice, 20
    days overdue), but not before `days`. `code` is the same rung in every version of the policy.
    """

    class Actor(models.TextChoices):
        REP = "rep", _("Sales rep")
        SUPERVISOR = "supervisor", _("Supervisor")
        MANAGER = "manager", _("Manager")
        LEGAL = "legal", _("Legal")

    class Action(models.TextChoices):
        TASK = "task", _("Task")
        CAUSE = "cause", _("File the cause")
        EMAIL = "email", _("E-mail")
        LETTER = "letter", _("Letter")
        STOP_SUPPLY = "stop_supply", _("Stop supply")

    policy = models.ForeignKey(
        CollectionPolicy, on_delete=models.CASCADE, related_name="steps", verbose_name=_("collection policy")
    )
    code = models.SlugField(_("code"), max_length=40)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    days = models.SmallIntegerField(_("days overdue"), default=1, help_text=_("Before the due date: negative."))
    fraction = models.DecimalField(
        _("fraction of the term"),
        max_digits=6,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("Such as 1.3333 for 4/3 of the term; then the days overdue are the least."),
    )
    gap_days = models.PositiveSmallIntegerField(
        _("days after the step before"), default=1, help_text=_("At least so many days after the step before it.")
    )
    actor = models.CharField(_("who acts"), max_length=10, choices=Actor, default=Actor.REP)
    action = models.CharField(_("action"), max_length=12, choices=Action, default=Action.TASK)
    template = models.ForeignKey(
        LetterTemplate, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("letter template")
    )

    class Meta:
        verbose_name = _("policy step")
        verbose_name_plural = _("policy steps")
        ordering = ["position", "days", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "code"], name="policy_step_once"),
            models.CheckConstraint(
                name="policy_step_fraction",
                condition=Q(fraction__isnull=True) | Q(fraction__gt=Decimal(1), days__gt=0),
                violation_error_message=_(
                    "A step at a fraction of the term needs a fraction above 1 and days above 0."
                ),
            ),
            models.CheckConstraint(
                name="policy_step_not_on_the_due_date",
                condition=~Q(days=0),
                violation_error_message=_(
                    "On the due date itself nothing is overdue: take days before (negative) or after."
                ),
            ),
            models.CheckConstraint(
                name="policy_step_before_due_is_a_letter",
                condition=Q(days__gt=0) | Q(action__in=["email", "letter"], fraction__isnull=True),
                violation_error_message=_("Before the due date only an e-mail or a letter can be sent."),
            ),
            models.CheckConstraint(
                name="policy_step_letter_has_words",
                condition=Q(template__isnull=False) | ~Q(action__in=["email", "letter"]),
                violation_error_message=_("An e-mail or letter needs a template."),
            ),
            models.CheckConstraint(
                name="policy_step_gap",
                condition=Q(gap_days__gte=1),
                violation_error_message=_("At most one step a day: at least one day after the step before."),
            ),
        ]

    @property
    def is_letter(self) -> bool:
        return self.action in (self.Action.EMAIL, self.Action.LETTER)
