"""Stand-ins: who decides for whom on which days."""

from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.core.models import DateRange, user_field


class DelegationQuerySet(models.QuerySet[Any]):
    """Reads of delegations."""

    def visible_to(self, user: Any) -> Self:
        """Those one gave and those one was given."""
        return self.filter(Q(delegator=user) | Q(delegate=user)) if user.is_active else self.none()

    def on(self, day: Any) -> Self:
        return self.filter(starts_on__lte=day, ends_on__gte=day, ended_at__isnull=True)


class Delegation(models.Model):
    """From `starts_on` up to `ends_on` the delegate may decide what waits for the delegator, who may still decide too.

    It reaches one hand only: what a delegate was given cannot be passed on.
    """

    delegator = user_field(_("for"))
    delegate = user_field(_("stand-in"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("up to"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(name="delegation_dates_in_order", condition=Q(ends_on__gte=F("starts_on"))),
            models.CheckConstraint(name="delegation_to_another", condition=~Q(delegator=F("delegate"))),
            ExclusionConstraint(
                name="delegation_one_at_a_time",
                expressions=[
                    ("delegator", RangeOperators.EQUAL),
                    (
                        DateRange("starts_on", "ends_on", RangeBoundary(inclusive_lower=True, inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delegator} → {self.delegate} {self.starts_on} – {self.ends_on}"
