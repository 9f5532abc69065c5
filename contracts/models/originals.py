"""Who has borrowed the paper original of a signed contract."""

import datetime as dt

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contracts.models.contracts import Contract, ContractRowQuerySet, differs
from crm.core.display import Badge
from crm.core.models import user_field

LENT = ("contract_id", "borrower_id", "purpose", "lent_on", "due_on", "lent_by_id", "recorded_at")


class OriginalLoan(models.Model):
    """The paper original of one version of a contract is with somebody, from a day until it is given back.

    One original is with one person at a time. A loan is written down once; later only its return is added.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="loans", verbose_name=_("contract"))
    borrower = user_field(_("borrower"))
    purpose = models.CharField(_("purpose"), max_length=200)
    lent_on = models.DateField(_("lent on"))
    due_on = models.DateField(_("due back on"))
    lent_by = user_field(_("lent by"))
    returned_on = models.DateField(_("returned on"), null=True, editable=False)
    taken_back_by = user_field(_("taken back by"), null=True, editable=False)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = ContractRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("loan of an original")
        verbose_name_plural = _("loans of originals")
        ordering = ["-pk"]
        permissions = [("lend_original", _("Can lend paper originals and take them back"))]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"], name="original_lent_once", condition=Q(returned_on__isnull=True)
            ),
            models.CheckConstraint(name="original_days_in_order", condition=Q(due_on__gte=F("lent_on"))),
            models.CheckConstraint(
                name="original_returned",
                condition=Q(returned_on__isnull=True, taken_back_by__isnull=True)
                | Q(returned_on__gte=F("lent_on"), taken_back_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["due_on"], name="original_out", condition=Q(returned_on__isnull=True))]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="lent_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(f"OLD.returned_on IS NOT NULL OR {differs(LENT)}"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.lent_on}"

    @property
    def is_out(self) -> bool:
        return self.returned_on is None

    def is_overdue(self, today: dt.date) -> bool:
        """True when it should have been given back and was not."""
        return self.is_out and self.due_on < today

    def badge(self, today: dt.date) -> Badge:
        """Where the original is."""
        if not self.is_out:
            return Badge(_("Returned"), "")
        return Badge(_("Overdue"), "danger") if self.is_overdue(today) else Badge(_("Lent"), "info")
