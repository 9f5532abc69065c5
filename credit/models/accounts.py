"""Credit accounts: how much a customer may owe, how much is taken up, and every movement that made it so.

`credit` never reads invoices or orders: contracts and receivables tell it what happened through credit.services.
Five balances stand on each account, all in base currency:
    reserved     released orders on credit that are not invoiced yet
    receivable   invoices and debit notes that are not settled
    unallocated  receipts and credit notes that are not matched with an invoice
    uncleared    settled by instruments (cheques, bills) that have not cleared yet
    prepaid      the part of unallocated that released orders paid in advance claim
Exposure = reserved + receivable + uncleared, less unallocated that nobody claims where the account counts it.
Headroom = limit - exposure.
"""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pghistory
import pgtrigger
from django.contrib.admin import display
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from credit.instruments import all_instruments, instruments_field, known
from credit.rules import exposure as rules
from credit.rules import requests as request_rules
from credit.rules.requests import Terms
from crm.core.models import user_field
from crm.core.money import ZERO, CurrencyCodeField, MoneyField
from customers.models import Customer
from customers.visibility import VisibleQuerySet


class AccountRowQuerySet(VisibleQuerySet):
    """Rows that hang on a credit account."""

    customer_path = "account__customer"


class Balance(models.TextChoices):
    """The running sum of an account that an entry moves."""

    RESERVED = "reserved", _("Reserved")
    RECEIVABLE = "receivable", _("Receivable")
    UNALLOCATED = "unallocated", _("Unallocated")
    UNCLEARED = "uncleared", _("Uncleared")
    PREPAID = "prepaid", _("Claimed by prepaid orders")


class Verb(models.TextChoices):
    """What happened, told by the app that owns the document."""

    RESERVE = "reserve", _("Reserve")
    CONSUME = "consume", _("Consume")
    CANCEL = "cancel", _("Cancel")
    CHARGE = "charge", _("Charge")
    SETTLE = "settle", _("Settle")
    REVERSE = "reverse", _("Reverse")


class Settlement(models.TextChoices):
    """How a customer pays what it buys over a period (结算方式)."""

    CASH = "cash", _("Cash")
    ROLLING = "rolling", _("Rolling")
    MONTHLY = "monthly", _("Monthly")
    QUARTERLY = "quarterly", _("Quarterly")
    YEARLY = "yearly", _("Yearly")
    FLOOR_STOCK = "floor_stock", _("Floor stock")
    CONSIGNMENT = "consignment", _("Consignment")


class AccountStatus(models.TextChoices):
    NORMAL = "normal", _("Normal")
    WATCH = "watch", _("Watch")
    FROZEN = "frozen", _("Frozen")
    CASH_ONLY = "cash_only", _("Cash only")


TERMS = ("limit", "term_days", "settlement", "instruments", "status", "next_review_on", "counts_unallocated")


@pghistory.track(
    pghistory.UpdateEvent(condition=pghistory.AnyChange(*TERMS, "regular_limit", "temporary_until"), row="OLD"),
    pghistory.DeleteEvent(),
    exclude=["reserved", "receivable", "unallocated", "uncleared", "prepaid", "groups"],
)
class CreditAccount(models.Model):
    """What a customer may owe (limit in base currency, null = never set) and what it owes: running sums of the entries.

    The row is the one lock point for money at risk. Only credit.services writes the sums.
    """

    customer = models.OneToOneField(
        Customer, on_delete=models.PROTECT, related_name="credit_account", verbose_name=_("customer")
    )
    limit = MoneyField(_("credit limit"), null=True, blank=True)
    regular_limit = MoneyField(_("limit after the temporary increase"), null=True, blank=True, editable=False)
    temporary_until = models.DateField(_("temporary increase up to"), null=True, blank=True, editable=False)
    term_days = models.PositiveSmallIntegerField(_("term in days"), default=30)
    settlement = models.CharField(_("settlement"), max_length=12, choices=Settlement, default=Settlement.ROLLING)
    instruments = instruments_field(_("accepted payment forms"), default=all_instruments)
    status = models.CharField(_("status"), max_length=10, choices=AccountStatus, default=AccountStatus.NORMAL)
    stopped_from = models.CharField(
        _("status before supply was stopped"),
        max_length=10,
        choices=AccountStatus,
        blank=True,
        default="",
        editable=False,
        help_text=_("Set while collection has frozen the account; a status set by hand ends that."),
    )
    next_review_on = models.DateField(_("next review"), null=True, blank=True)
    counts_unallocated = models.BooleanField(
        _("unallocated receipts reduce exposure"), default=True, help_text=_("Money received that is not matched yet.")
    )
    reserved = MoneyField(_("reserved"), default=ZERO, editable=False)
    receivable = MoneyField(_("receivable"), default=ZERO, editable=False)
    unallocated = MoneyField(_("unallocated"), default=ZERO, editable=False)
    uncleared = MoneyField(_("uncleared"), default=ZERO, editable=False)
    prepaid = MoneyField(_("claimed by prepaid orders"), default=ZERO, editable=False)
    groups = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("group accounts"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The group limits it stands under, from the root down; none where it stands under none."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit account")
        verbose_name_plural = _("credit accounts")
        constraints = [
            models.CheckConstraint(
                name="account_limit_not_negative", condition=Q(limit__isnull=True) | Q(limit__gte=0)
            ),
            models.CheckConstraint(
                name="account_instruments_known", condition=known("instruments") & ~Q(instruments=[])
            ),
            models.CheckConstraint(
                name="account_sums_not_negative",
                condition=Q(reserved__gte=0, receivable__gte=0, unallocated__gte=0, uncleared__gte=0, prepaid__gte=0),
            ),
            models.CheckConstraint(
                name="account_temporary_goes_back",
                condition=Q(temporary_until__isnull=True, regular_limit__isnull=True)
                | Q(temporary_until__isnull=False, regular_limit__isnull=False, limit__isnull=False),
            ),
        ]
        indexes = [GinIndex(fields=["groups"], name="account_by_group", condition=Q(groups__isnull=False))]
        permissions = [("restrict_account", _("Can restrict credit accounts"))]

    def __str__(self) -> str:
        return str(self.customer)

    @property
    def terms(self) -> Terms:
        """Limit and terms, for the rules."""
        return Terms(
            limit=self.limit,
            term_days=self.term_days,
            settlement=self.settlement,
            instruments=self.instruments,
            status=self.status,
            regular_limit=self.regular_limit,
            temporary_until=self.temporary_until,
            next_review_on=self.next_review_on,
        )

    def terms_on(self, day: dt.date) -> Terms:
        """The terms that count on a day: a temporary increase is over after its last day, also before the night."""
        return replace(self.terms, limit=request_rules.limit_on(self.terms, day))

    def headroom_on(self, day: dt.date) -> Decimal:
        """The limit that counts on a day, less exposure."""
        return rules.headroom(self.terms_on(day).limit, self.exposure)

    @property
    def exposure(self) -> Decimal:
        """What counts against the limit, in base currency."""
        return rules.exposure(
            reserved=self.reserved,
            receivable=self.receivable,
            uncleared=self.uncleared,
            unallocated=self.unallocated,
            prepaid=self.prepaid,
            counts_unallocated=self.counts_unallocated,
        )


class CreditEntry(models.Model):
    """One movement of one balance of an account: append-only, signed, in base currency beside the document's own.

    `source_kind` and `source_id` name the document in the app that told us ('invoice', 'allocation', 'order' ...).
    A receivable entry carries the due date of its invoice, so that what is open by due date can be derived again.
    """

    source_number: str = ""  # what its document is called, where a page has asked for it

    account = models.ForeignKey(
        CreditAccount,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="entries",
        verbose_name=_("account"),
    )
    balance = models.CharField(_("balance"), max_length=12, choices=Balance)
    verb = models.CharField(_("movement"), max_length=8, choices=Verb)
    on = models.DateField(_("date"))
    due_on = models.DateField(_("due date"), null=True)
    currency = CurrencyCodeField()
    amount = MoneyField(_("amount"))
    base_amount = MoneyField(_("base amount"))
    source_kind = models.CharField(_("source"), max_length=20)
    source_id = models.BigIntegerField(_("source id"))
    created_by = user_field(_("created by"), null=True, db_index=False)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = AccountRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit entry")
        verbose_name_plural = _("credit entries")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="entry_receivable_has_due_date", condition=Q(due_on__isnull=False) | ~Q(balance="receivable")
            ),
        ]
        indexes = [models.Index(fields=["account", "-id"], name="entry_by_account")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.balance} {self.base_amount}"


class OpenByDueDate(models.Model):
    """What a customer has open that falls due on one day, in base currency: all that is read about what is overdue."""

    account = models.ForeignKey(
        CreditAccount,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="open_by_due_date",
        verbose_name=_("account"),
    )
    due_on = models.DateField(_("due date"))
    open_amount = MoneyField(_("open amount"), default=ZERO)

    class Meta:
        verbose_name = _("open by due date")
        verbose_name_plural = _("open by due date")
        constraints = [
            models.UniqueConstraint(fields=["account", "due_on"], name="open_once_a_due_date", include=["open_amount"]),
            models.CheckConstraint(name="open_by_due_date_not_negative", condition=Q(open_amount__gte=0)),
        ]
        indexes = [
            models.Index(
                fields=["account", "due_on"],
                name="open_by_due_date_open",
                condition=Q(open_amount__gt=0),
                include=["open_amount"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.due_on} {self.open_amount}"


class Reservation(models.Model):
    """Held for a released order: consumed in parts by its invoices, its rest cancelled, each part once.

    Headroom where the order is on credit, else money received in advance. A source holds one at a time: what was given
    back whole may be reserved anew, by another check.
    """

    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, related_name="reservations", verbose_name=_("account")
    )
    source_kind = models.CharField(_("source"), max_length=20)
    source_id = models.BigIntegerField(_("source id"))
    balance = models.CharField(_("balance"), max_length=12, choices=Balance, default=Balance.RESERVED)
    on = models.DateField(_("date"))
    amount = MoneyField(_("amount"))
    consumed = MoneyField(_("consumed"), default=ZERO)
    cancelled = MoneyField(_("cancelled"), default=ZERO)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = AccountRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = [
            models.UniqueConstraint(
                fields=["source_kind", "source_id"],
                name="reservation_once_a_source",
                condition=Q(amount__gt=F("consumed") + F("cancelled")),
            ),
            models.CheckConstraint(
                name="reservation_parts_fit",
                condition=Q(amount__gt=0, consumed__gte=0, cancelled__gte=0)
                & Q(amount__gte=F("consumed") + F("cancelled")),
            ),
            models.CheckConstraint(name="reservation_balance", condition=Q(balance__in=("reserved", "prepaid"))),
        ]
        indexes = [models.Index(fields=["source_kind", "source_id"], name="reservation_by_source")]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="posted", fields=["account", "source_kind", "source_id", "balance", "on", "amount"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_kind} {self.source_id}"

    @property
    @display(description=_("Remaining"))
    def remaining(self) -> Decimal:
        return self.amount - self.consumed - self.cancelled


class PaymentBehaviour(models.Model):
    """How a customer paid what fell due in the last 3, 6 or 12 months, as known on the morning of `on`.

    Kept here for rating, filled at night by receivables (receivables/services/behaviour.py, docs/models.md). Amounts
    are in base currency; rates run from 0 to 1; days late are negative for what is paid early. Empty where nothing fell
    due.
        amount_due       fell due in the window, less what credit notes took off
        collection_rate  share of it that receipts have settled
        overdue_share    share of it that was not settled by its due date
        average_days_late, weighted_days_late   each invoice counts once; each amount counts as much as it is
        trend            weighted days late now, less those of the window before as they stood at its end
    """

    account = models.ForeignKey(
        CreditAccount, on_delete=models.CASCADE, db_index=False, related_name="behaviour", verbose_name=_("account")
    )
    window_months = models.PositiveSmallIntegerField(_("months"))
    on = models.DateField(_("as at"))
    invoices_due = models.PositiveIntegerField(_("invoices due"), default=0)
    amount_due = MoneyField(_("amount due"), default=ZERO)
    amount_paid = MoneyField(_("amount paid"), default=ZERO)
    collection_rate = models.FloatField(_("collection rate"), null=True)
    average_days_late = models.FloatField(_("average days late"), null=True)
    weighted_days_late = models.FloatField(_("weighted days late"), null=True)
    trend = models.FloatField(_("trend in days"), null=True)
    overdue_share = models.FloatField(_("overdue share"), null=True)
    promises_made = models.PositiveIntegerField(_("promises judged"), default=0)
    promises_kept = models.PositiveIntegerField(_("promises kept"), default=0)
    receipts = models.PositiveIntegerField(_("receipts"), default=0)
    instrument = models.CharField(_("usual instrument"), max_length=16, blank=True)
    instrument_before = models.CharField(_("usual instrument before"), max_length=16, blank=True)
    instrument_changes = models.PositiveIntegerField(_("changes of instrument"), default=0)

    objects = AccountRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment behaviour")
        verbose_name_plural = _("payment behaviour")
        ordering = ["account", "window_months"]
        constraints = [
            models.UniqueConstraint(fields=["account", "window_months"], name="behaviour_once_a_window"),
            models.CheckConstraint(name="behaviour_window", condition=Q(window_months__in=(3, 6, 12))),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.window_months}"
