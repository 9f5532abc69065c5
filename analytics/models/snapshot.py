"""What was owed on past days, kept so that a trend is read and not computed again."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.core.models import LegalEntity
from crm.core.money import ZERO, MoneyField
from customers.models import Customer
from customers.visibility import VisibleQuerySet


class SnapshotDay(models.Model):
    """A business day whose receivables are kept, with all that was dated up to it.

    `bounds` are the upper bounds of the ageing buckets it was cut by. `last_entry` is the newest credit entry it knows
    of: a later entry that bears an earlier date makes the day stale, and the next night derives it again.
    """

    on = models.DateField(_("date"), unique=True)
    bounds = ArrayField(models.PositiveIntegerField(), verbose_name=_("upper bounds in days"))
    last_entry = models.BigIntegerField(_("newest credit entry"), default=0)
    taken_at = models.DateTimeField(_("taken at"), auto_now=True)

    class Meta:
        verbose_name = _("day kept")
        verbose_name_plural = _("days kept")
        permissions = [
            ("see_team_dashboard", _("Can see the dashboard of a sales manager")),
            ("see_finance_dashboard", _("Can see the dashboard of finance")),
        ]

    def __str__(self) -> str:
        return str(self.on)


class DailySnapshot(models.Model):
    """What one customer owed one legal entity at the end of a day, in base currency; without a customer, all of them.

    `amounts[0]` is not due, then the buckets, as in the ageing report of that day. `billed` and `received` run from
    the first of the month to the day, so the last day of a month bears its total; `billed_3m` takes the two months
    before with it, as they stood on the day. `disputed` is what was in dispute.
    """

    on = models.DateField(_("date"))
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.CASCADE, db_index=False, related_name="+", verbose_name=_("customer")
    )
    legal_entity = models.ForeignKey(
        LegalEntity, on_delete=models.CASCADE, db_index=False, related_name="+", verbose_name=_("legal entity")
    )
    receivable = MoneyField(_("receivable"), default=ZERO)
    overdue = MoneyField(_("overdue"), default=ZERO)
    amounts = ArrayField(models.DecimalField(max_digits=18, decimal_places=2), verbose_name=_("by days overdue"))
    unallocated = MoneyField(_("unallocated"), default=ZERO)
    disputed = MoneyField(_("disputed"), default=ZERO)
    billed = MoneyField(_("billed in the month"), default=ZERO)
    billed_3m = MoneyField(_("billed in three months"), default=ZERO)
    received = MoneyField(_("received in the month"), default=ZERO)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("daily snapshot")
        verbose_name_plural = _("daily snapshots")
        constraints = [
            models.UniqueConstraint(
                fields=["on", "legal_entity", "customer"], name="snapshot_once_a_day", nulls_distinct=False
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "on"], name="snapshot_by_customer"),
            models.Index(fields=["on"], name="snapshot_of_all", condition=Q(customer__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.customer_id or ''} {self.receivable}"
