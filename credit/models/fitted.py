"""Scorecards fitted to companies whose end is known, with what they were learnt from and how well they do."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.core.models import user_field


class FittedScorecard(models.Model):
    """A scorecard as it was fitted: append-only. `card` holds its characteristics with bins and points, and `bounds`,
    the chances of failure up to which AAA to C reach.

    `metrics`: by companies it had not seen (five folds): auc, folds, plain (plain logistic regression), gini, ks, bands
    of points with companies and failures, psi (points of the unseen against points of the learnt), nested (AUC of each
    fold where the penalty was chosen without it), grades (companies, failures, rates, interval), breaches (pairs of
    grades of which the worse failed less often). Versions before the grades have none of the last three.
    """

    version = models.PositiveIntegerField(_("version"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    file_name = models.CharField(_("file name"), max_length=200)
    checksum = models.CharField(_("checksum"), max_length=64, help_text=_("SHA-256."))
    companies = models.PositiveIntegerField(_("companies"))
    failed = models.PositiveIntegerField(_("failed"))
    on = models.DateField(_("fitted on"))
    options = models.JSONField(_("options"))
    card = models.JSONField(_("scorecard"))
    metrics = models.JSONField(_("figures"))
    seconds = models.FloatField(_("seconds"))
    created_by = user_field(_("created by"), null=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("fitted scorecard")
        verbose_name_plural = _("fitted scorecards")
        ordering = ["-version"]
        constraints = [
            models.CheckConstraint(
                name="fitted_failed_some", condition=Q(failed__gt=0) & Q(failed__lt=models.F("companies"))
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    def get_absolute_url(self) -> str:
        return reverse("credit:fitted_scorecard", args=[self.pk])

    @property
    def characteristics(self) -> list[dict[str, Any]]:
        """The characteristics, the most telling first."""
        found: list[dict[str, Any]] = self.card["characteristics"]
        return found
