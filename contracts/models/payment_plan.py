"""The payment plan of a contract: which part of it is owed when."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.models.content import draft_only
from contracts.models.contracts import Contract, ContractRowQuerySet
from contracts.models.products import PercentField
from contracts.rules import payment_plans as rules
from crm.core.money import MoneyField


class PlanDue(models.TextChoices):
    """What a part of a payment plan is counted from."""

    DAY = rules.DAY, _("On a day")
    SIGNING = rules.SIGNING, _("After signing")
    DELIVERY = rules.DELIVERY, _("After delivery")
    INVOICE = rules.INVOICE, _("After the invoice")


class PaymentPart(models.Model):
    """A part of what a contract is over, as a share in percent or as an amount, and when it is to be paid.

    It is due on a day, or so many days after signing, the first delivery or the first invoice.
    """

    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, db_index=False, related_name="plan", verbose_name=_("contract")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    share = PercentField(_("share in percent"), null=True)
    amount = MoneyField(_("amount"), null=True)
    due = models.CharField(_("due"), max_length=8, choices=PlanDue)
    due_on = models.DateField(_("day"), null=True)
    days = models.PositiveSmallIntegerField(_("days"), null=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = ContractRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("part of a payment plan")
        verbose_name_plural = _("parts of payment plans")
        ordering = ["contract", "position"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "position"], name="payment_part_position_once"),
            models.CheckConstraint(
                name="payment_part_share_or_amount",
                condition=Q(share__gt=0, share__lte=100, amount__isnull=True) | Q(share__isnull=True, amount__gt=0),
            ),
            models.CheckConstraint(
                name="payment_part_due",
                condition=Q(due=rules.DAY, due_on__isnull=False, days__isnull=True)
                | (~Q(due=rules.DAY) & Q(due_on__isnull=True, days__isnull=False)),
            ),
        ]
        triggers = [draft_only()]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.position}"

    @property
    def terms(self) -> rules.Part:
        """What it says, for the rules."""
        return rules.Part(self.share, self.amount, self.due, self.due_on, self.days, self.note)
