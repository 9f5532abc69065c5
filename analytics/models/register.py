"""Every model that was ever fitted, what it was measured against, and whether it is believed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ModelKind(models.TextChoices):
    SEGMENTS = "segments", _("Segments")
    CHURN = "churn", _("Leaving")
    LATE_PAYMENT = "late_payment", _("Late payment")


class Algorithm(models.TextChoices):
    """How the figures came about."""

    KMEANS = "kmeans", _("k-means")
    RULE = "rule", _("Rule: days silent over the usual gap")
    BGNBD = "bgnbd", _("BG/NBD")
    LOGISTIC = "logistic", _("Logistic regression")
    BOOSTING = "boosting", _("Boosting")
    CUSTOMER_MEDIAN = "customer_median", _("The customer's own median")


class Verdict(models.TextChoices):
    """Why a model is used, or is not."""

    BETTER = "better", _("Better than its baseline")
    RULE_WINS = "rule_wins", _("No model beats the rule")
    WORSE = "worse", _("Worse than its baseline")
    TOO_LITTLE = "too_little", _("Too little data")
    DRIFTED = "drifted", _("The customers have changed too much since it was fitted")
    STABLE = "stable", _("Groups are told apart well enough")


class ModelVersion(models.Model):
    """One model as fitted on the morning of `on`.

    `metrics` by candidate: {"boosting": {"auc": .84, "brier": .12, "log_loss": .4, "rows": 900}, ...}; `baseline`
    names the naive candidate among them. `features` in order of weight: [["recency_days", .41], ...]. `drift` is the
    median population stability index of the features between fitting and now (above .25: changed too much to be used),
    `drifts` by feature. `uses` names the candidate whose figures people see: the algorithm's when `trusted`, else the
    baseline.
    """

    kind = models.CharField(_("kind"), max_length=16, choices=ModelKind)
    on = models.DateField(_("date"))
    version = models.PositiveIntegerField(_("version"))
    algorithm = models.CharField(_("algorithm"), max_length=16, choices=Algorithm)
    uses = models.CharField(_("in use"), max_length=16, choices=Algorithm)
    data_from = models.DateField(_("data from"), null=True)
    data_until = models.DateField(_("data until"), null=True)
    tested_from = models.DateField(_("tested from"), null=True)
    tested_until = models.DateField(_("tested until"), null=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    tested_rows = models.PositiveIntegerField(_("rows tested"), default=0)
    features = models.JSONField(_("features"), default=list)
    parameters = models.JSONField(_("parameters"), default=dict)
    metrics = models.JSONField(_("metrics"), default=dict)
    baseline = models.CharField(_("baseline"), max_length=16, choices=Algorithm, blank=True)
    drift = models.FloatField(_("drift"), null=True)
    drifts = models.JSONField(_("drift by feature"), default=dict)
    trusted = models.BooleanField(_("trusted"), default=False)
    verdict = models.CharField(_("why"), max_length=12, choices=Verdict)
    last_trusted_on = models.DateField(_("last trusted"), null=True)
    seconds = models.FloatField(_("seconds"), default=0.0)

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        ordering = ["-on", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "on"], name="model_version_once_a_day"),
            models.UniqueConstraint(fields=["kind", "version"], name="model_version_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"
