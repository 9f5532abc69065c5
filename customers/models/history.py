"""Who looked after a customer since when, who else sees it, its life cycle and its timeline."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.core.models import Numbered, user_field
from customers.models.customer import Customer, CustomerState
from customers.visibility import VisibleQuerySet


class CustomerShare(models.Model):
    """A colleague outside the owner's team who sees this customer too (an account team)."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="shares", verbose_name=_("customer"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="customer_shares", verbose_name=_("user")
    )
    reason = models.CharField(_("reason"), max_length=200)
    created_by = user_field(_("created by"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("shared customer")
        verbose_name_plural = _("shared customers")
        constraints = [models.UniqueConstraint(fields=["customer", "user"], name="customer_shared_once")]

    def __str__(self) -> str:
        return f"{self.customer} / {self.user}"


class Assignment(Numbered):
    """Who looked after a customer since when: one row for every change of owner or team, never changed."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="assignments", verbose_name=_("customer")
    )
    owner = user_field(_("owner"), null=True)
    team = models.ForeignKey(
        "accounts.Team", null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("team")
    )
    on = models.DateField(_("date"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_by = user_field(_("created by"), null=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["customer", "-on"], name="assignment_by_customer")]


class StateChange(Numbered):
    """A step in a customer's life cycle, with its cause and date; never changed."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="state_changes", verbose_name=_("customer")
    )
    from_state = models.CharField(_("from"), max_length=16, choices=CustomerState, blank=True)
    to_state = models.CharField(_("to"), max_length=16, choices=CustomerState)
    on = models.DateField(_("date"))
    cause = models.CharField(_("cause"), max_length=200)
    created_by = user_field(_("created by"), null=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of state")
        verbose_name_plural = _("changes of state")
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["customer", "-on"], name="statechange_by_customer")]


class TimelineEvent(Numbered):
    """Something that happened with a customer: codes and figures, never a sentence (crm.core.registry.TimelineKind)."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="timeline_events", verbose_name=_("customer")
    )
    kind = models.CharField(_("kind"), max_length=40)
    on = models.DateField(_("date"))
    data = models.JSONField(_("figures"), default=dict)
    actor = user_field(_("by"), null=True)
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["customer", "-on", "-id"], name="event_by_customer")]
