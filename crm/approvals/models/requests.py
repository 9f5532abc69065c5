"""A request on its way: what was asked (as it was then), the steps copied from the chain, and every decision."""

from typing import Any, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Team
from crm.approvals.kinds import ApprovalKind, approval_kind
from crm.approvals.models.chains import ChainRule, ChainVersion, StepDefinition
from crm.core.models import user_field
from crm.core.money import MoneyField
from crm.core.registry import registry


class RequestState(models.TextChoices):
    SUBMITTED = "submitted", _("In approval")
    RETURNED = "returned", _("Question open")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


UNDECIDED = (RequestState.SUBMITTED, RequestState.RETURNED)
DECIDED = (RequestState.APPROVED, RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.EXPIRED)


class StepState(models.TextChoices):
    WAITING = "waiting", _("Later")
    OPEN = "open", _("Now")
    APPROVED = "approved", _("Done")
    PASSED = "passed", _("Passed over")


class Ending(models.TextChoices):
    """What became of a document or of a question, so that there is nothing to decide about it any more."""

    CHANGED = "changed", _("The document was changed.")
    CANCELLED = "cancelled", _("The document was cancelled.")
    RELEASED = "released", _("The document was released without it.")
    OVERTAKEN = "overtaken", _("A newer rating counts.")
    REPLACED = "replaced", _("Another question took its place.")


class Verb(models.TextChoices):
    """What somebody did with a request."""

    SUBMIT = "submit", _("Asked")
    APPROVE = "approve", _("Approved")
    APPROVE_LESS = "less", _("Approved for less")
    REJECT = "reject", _("Rejected")
    ASK = "ask", _("Asked back")
    ANSWER = "answer", _("Answered")
    WITHDRAW = "withdraw", _("Withdrew")
    EXPIRE = "expire", _("Expired")
    PASS_OVER = "pass", _("Passed over: approved before")


APPROVING = (Verb.APPROVE, Verb.APPROVE_LESS)


class RequestQuerySet(models.QuerySet[Any]):
    """Reads of requests."""

    def visible_to(self, user: Any) -> Self:
        """Requests the user asked for, takes part in (also as a stand-in), or whose subject the user sees.

        Standing in opens what waits for the other one in those days, and leaves open what one has decided then.
        """
        if not (user.is_authenticated and user.is_active and user.has_perm("approvals.view_request")):
            return self.none()
        seen = Q(applicant=user) | Q(pk__in=self.taken_part_in(user))
        for kind in registry.approval_kinds.values():
            if user.has_perm(kind.permission):
                seen |= Q(kind=kind.key, pk__in=kind.visible(user))
        return self.filter(seen)

    @staticmethod
    def taken_part_in(user: Any) -> Any:
        """Keys of what waits or waited for the user, waits for somebody the user stands in for, or the user decided."""
        from crm.approvals.selectors.people import principals

        _own, *others = principals(user)
        waits = Q(user_id__in=others, is_done=False, step__state=StepState.OPEN)
        asked = Assignment.objects.filter(Q(user_id=user.pk) | waits).values("step__request_id")
        return asked.union(Decision.objects.filter(actor_id=user.pk).order_by().values("request_id"))


class Request(models.Model):
    """Something one person asked and others decide. Kind, label, customer and figures are kept as they were then.

    `amount` is what was asked for, `granted` what the approvers have brought it down to; both in base currency. The
    customer is kept by key and name: its app stands to the right of this one. `author_ids` wrote what is decided.
    """

    state_tones = {
        "submitted": "info", "returned": "warning", "approved": "success", "rejected": "danger",
        "withdrawn": "neutral", "expired": "neutral",
    }  # fmt: skip

    kind = models.CharField(_("kind"), max_length=40)
    variant = models.CharField(_("sort"), max_length=20, blank=True)
    label = models.CharField(_("number"), max_length=80)
    customer_key = models.BigIntegerField(_("customer key"))
    customer_name = models.CharField(_("customer"), max_length=255)
    amount = MoneyField(_("amount"))
    granted = MoneyField(_("granted"))
    days = models.PositiveIntegerField(_("days"))
    grade = models.CharField(_("grade"), max_length=8, blank=True)
    deviation = models.BooleanField(_("deviation"), default=False)
    reason = models.TextField(_("reason"), max_length=2000)
    applicant = user_field(_("asked by"))
    author_ids = ArrayField(models.BigIntegerField(), verbose_name=_("authors"), default=list, editable=False)
    team = models.ForeignKey(
        Team, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("team whose superiors decide")
    )
    chain = models.ForeignKey(ChainVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("chain"))
    rule = models.ForeignKey(ChainRule, on_delete=models.PROTECT, related_name="+", verbose_name=_("rule"))
    state = models.CharField(_("state"), max_length=10, choices=RequestState, default=RequestState.SUBMITTED)
    submitted_on = models.DateField(_("asked on"))
    waits_since = models.DateField(_("waits since"))
    reminded_on = models.DateField(_("reminded on"), null=True)
    expires_on = models.DateField(_("expires on"))
    decided_on = models.DateField(_("decided on"), null=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval request")
        verbose_name_plural = _("approval requests")
        ordering = ["-pk"]
        permissions = [("decide_request", _("Can decide requests that wait for them"))]
        constraints = [
            models.CheckConstraint(name="request_granted_not_more", condition=Q(granted__lte=F("amount"))),
            models.CheckConstraint(
                name="request_decided_has_date",
                condition=Q(state__in=["submitted", "returned"], decided_on__isnull=True)
                | Q(state__in=["approved", "rejected", "withdrawn", "expired"], decided_on__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="request_undecided", condition=Q(state__in=["submitted", "returned"])),
            models.Index(fields=["applicant", "-id"], name="request_by_applicant"),
        ]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="decided_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["approved", "rejected", "withdrawn", "expired"]),
            ),
            pgtrigger.ReadOnly(
                name="as_asked",
                fields=[
                    "kind", "variant", "label", "customer_key", "amount", "days", "grade", "deviation", "reason",
                    "applicant", "author_ids", "chain", "rule", "submitted_on",
                ],
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("approvals:request", args=[self.pk])

    @property
    def approval_kind(self) -> ApprovalKind:
        return approval_kind(self.kind)

    @property
    def what(self) -> str:
        """What is asked, in the reader's language."""
        kind = registry.approval_kinds.get(self.kind)
        if kind is None:
            return self.kind
        return str(kind.variants.get(self.variant, kind.label))

    @property
    def asks_amount(self) -> bool:
        """Whether the amount is what is asked for, and not the limit by which the chain picks who decides."""
        kind = registry.approval_kinds.get(self.kind)
        return kind is None or kind.asks_amount(self)

    @property
    def subject_url(self) -> str:
        kind = registry.approval_kinds.get(self.kind)
        return kind.url(self) if kind else ""

    @property
    def is_decided(self) -> bool:
        return self.state in DECIDED

    @property
    def for_less(self) -> bool:
        return self.granted < self.amount


class RequestStep(StepDefinition):
    """A step of one request, as the chain said when it was submitted."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="steps", verbose_name=_("request"))
    state = models.CharField(_("state"), max_length=8, choices=StepState, default=StepState.WAITING)
    by_fallback = models.BooleanField(_("by the fall-back role"), default=False)

    class Meta:
        verbose_name = _("step of a request")
        verbose_name_plural = _("steps of requests")
        ordering = ["request", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["request", "position"], name="request_step_once"),
            models.UniqueConstraint(fields=["request"], name="request_one_step_open", condition=Q(state="open")),
        ]


class Assignment(models.Model):
    """Whom an open step waits for."""

    step = models.ForeignKey(RequestStep, on_delete=models.PROTECT, related_name="assignments", verbose_name=_("step"))
    user = user_field(_("person"))
    is_done = models.BooleanField(_("done"), default=False)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [models.UniqueConstraint(fields=["step", "user"], name="assignment_once")]
        indexes = [models.Index(fields=["user"], name="assignment_waiting", condition=Q(is_done=False))]

    def __str__(self) -> str:
        return f"{self.step_id} {self.user_id}"


class Decision(models.Model):
    """What somebody did with a request: append-only. `principal` is whose word it is, `actor` who gave it.

    They differ where a stand-in decided. `figures` are those the decision was taken on. Both are empty for the system.
    """

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="decisions", verbose_name=_("request"))
    step = models.ForeignKey(
        RequestStep, null=True, on_delete=models.PROTECT, related_name="decisions", verbose_name=_("step")
    )
    verb = models.CharField(_("decision"), max_length=8, choices=Verb)
    actor = user_field(_("by"), null=True)
    principal = user_field(_("on behalf of"), null=True)
    amount = MoneyField(_("amount"), null=True)
    reason = models.TextField(_("reason"), max_length=2000, blank=True)
    figures = models.JSONField(_("figures"), default=dict, encoder=DjangoJSONEncoder)
    on = models.DateField(_("date"))
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["step", "principal"], name="decision_once", condition=Q(verb__in=["approve", "less", "reject"])
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.request_id} {self.verb}"

    @property
    def ended_because(self) -> Any:
        """Why it was withdrawn by what became of its document; empty where somebody took it back."""
        code = self.figures.get("ended", "")
        return Ending(code).label if code in Ending.values else ""

    @property
    def by_stand_in(self) -> bool:
        return self.actor_id is not None and self.actor_id != self.principal_id
