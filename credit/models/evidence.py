"""What is entered about a customer for its rating: statements and investigations, never changed."""

from decimal import Decimal
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from credit.models.accounts import AccountRowQuerySet, CreditAccount
from credit.models.scorecards import TOPIC_CHOICES
from credit.rules import ratings as rules
from crm.core.models import user_field
from crm.core.money import MoneyField

FIGURES = (
    "total_assets", "liabilities", "current_assets", "current_liabilities", "inventory", "receivables", "revenue",
    "profit",
)  # fmt: skip


OWNER = "account__customer__owner"
NEEDS_ANOTHER = Q(needs_confirmation=True) | Q(created_by=F(OWNER))
NEEDS_NOBODY = Q(needs_confirmation=False) & (
    Q(**{f"{OWNER}__isnull": True}) | Q(created_by__isnull=True) | ~Q(created_by=F(OWNER))
)


class StatementQuerySet(AccountRowQuerySet):
    """Reads of statements."""

    def unconfirmed(self) -> Self:
        """Entered by who may not confirm statements, or looks after the customer now, and confirmed by nobody."""
        return self.filter(NEEDS_ANOTHER, confirmation__isnull=True)

    def counting(self) -> Self:
        """Those a rating or a limit may rest on."""
        return self.filter(Q(confirmation__isnull=False) | NEEDS_NOBODY)

    def telling_net_worth(self) -> Self:
        """Those a limit may rest on, if they count."""
        return self.filter(total_assets__isnull=False, liabilities__isnull=False)


class FinancialStatement(models.Model):
    """The statement of a customer for one year, as entered; in base currency. The last one of a year counts.

    `needs_confirmation`: who entered it might not confirm statements then, or was the owner of the customer; it counts
    when somebody else confirmed its figures.
    """

    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, related_name="statements", verbose_name=_("account")
    )
    year = models.PositiveSmallIntegerField(_("year"))
    total_assets = MoneyField(_("total assets"), null=True, blank=True)
    liabilities = MoneyField(_("total liabilities"), null=True, blank=True)
    current_assets = MoneyField(_("current assets"), null=True, blank=True)
    current_liabilities = MoneyField(_("current liabilities"), null=True, blank=True)
    inventory = MoneyField(_("inventory"), null=True, blank=True)
    receivables = MoneyField(_("trade receivables"), null=True, blank=True)
    revenue = MoneyField(_("revenue"), null=True, blank=True)
    profit = MoneyField(_("net profit"), null=True, blank=True)
    audited = models.BooleanField(_("audited"), default=False)
    note = models.CharField(_("note"), max_length=300, blank=True)
    needs_confirmation = models.BooleanField(_("counts when somebody else has confirmed it"), default=False)
    created_by = user_field(_("entered by"), null=True)
    created_at = models.DateTimeField(_("entered at"), db_default=Now())

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("financial statement")
        verbose_name_plural = _("financial statements")
        ordering = ["-year", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="statement_not_negative",
                condition=Q(
                    *(Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 0}) for name in FIGURES if name != "profit")
                ),
            ),
            models.CheckConstraint(name="statement_year", condition=Q(year__gte=1950, year__lte=2200)),
        ]
        indexes = [models.Index(fields=["account", "-year", "-id"], name="statement_by_account")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.year)

    @property
    def tells_net_worth(self) -> bool:
        """Whether a limit may rest on it, if it counts."""
        return self.total_assets is not None and self.liabilities is not None

    @property
    def figures(self) -> dict[str, Decimal | None]:
        return {name: getattr(self, name) for name in FIGURES}


class StatementConfirmation(models.Model):
    """Somebody other than who entered it, and than the customer's owner, compared a statement with the paper: exactly
    these figures are right. Never changed; other figures are another statement.
    """

    statement = models.OneToOneField(
        FinancialStatement, on_delete=models.PROTECT, related_name="confirmation", verbose_name=_("statement")
    )
    confirmed_by = user_field(_("confirmed by"))
    confirmed_at = models.DateTimeField(_("confirmed at"), db_default=Now())

    class Meta:
        verbose_name = _("confirmation of a statement")
        verbose_name_plural = _("confirmations of statements")
        ordering = ["-pk"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.statement_id} {self.confirmed_by_id}"


class Investigation(models.Model):
    """What somebody found out about a customer on a day: scores from 1 to 5 with their evidence. The last counts."""

    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, related_name="investigations", verbose_name=_("account")
    )
    on = models.DateField(_("date"))
    created_by = user_field(_("entered by"), null=True)
    created_at = models.DateTimeField(_("entered at"), db_default=Now())

    objects = AccountRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("investigation")
        verbose_name_plural = _("investigations")
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["account", "-on", "-id"], name="investigation_by_account")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.on)


class InvestigationAnswer(models.Model):
    """One scored item of an investigation and what it rests on."""

    investigation = models.ForeignKey(
        Investigation, on_delete=models.PROTECT, related_name="answers", verbose_name=_("investigation")
    )
    topic = models.CharField(_("item"), max_length=20, choices=TOPIC_CHOICES)
    score = models.PositiveSmallIntegerField(_("score"))
    evidence = models.CharField(_("evidence"), max_length=500)

    class Meta:
        verbose_name = _("answer of an investigation")
        verbose_name_plural = _("answers of investigations")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["investigation", "topic"], name="investigation_topic_once"),
            models.CheckConstraint(
                name="investigation_score",
                condition=Q(score__gte=rules.LEAST_SCORE, score__lte=rules.MOST_SCORE) & ~Q(evidence=""),
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.topic} {self.score}"
