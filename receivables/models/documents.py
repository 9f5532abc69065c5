"""What was billed, what was received, and which receipt settled which invoice.

Nothing posted is edited or deleted: it is reversed. `open_amount` and `open_base` are caches that only the services
change; as at any date they follow from the append-only allocations and reversals (receivables.selectors).
"""

import datetime as dt

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from credit.instruments import Instrument
from crm.core.addresses import record_url
from crm.core.models import LegalEntity, Numbered, user_field
from crm.core.money import CurrencyCodeField, MoneyField, RateField
from customers.models import Customer
from customers.visibility import VisibleQuerySet


class InvoiceKind(models.TextChoices):
    INVOICE = "invoice", _("Invoice")
    DEBIT_NOTE = "debit_note", _("Debit note")
    CREDIT_NOTE = "credit_note", _("Credit note")


class Document(models.Model):
    """What invoices and receipts have in common: a dated amount of a customer, in a currency, partly still open.

    `on` is the business date and `recorded_at` the moment it was entered. `base_amount` is the amount at the document's
    own `rate`. `open_amount` is what is not allocated yet; both opens are 0 once the document is reversed.
    """

    legal_entity = models.ForeignKey(
        LegalEntity, on_delete=models.PROTECT, db_index=False, verbose_name=_("legal entity")
    )
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, db_index=False, verbose_name=_("customer"))
    number = models.CharField(_("number"), max_length=60)
    on = models.DateField(_("date"))
    currency = CurrencyCodeField()
    rate = RateField(_("exchange rate"))
    amount = MoneyField(_("amount"))
    base_amount = MoneyField(_("base amount"))
    open_amount = MoneyField(_("open amount"))
    open_base = MoneyField(_("open base amount"))
    reversed_on = models.DateField(_("reversed on"), null=True, editable=False)
    note = models.CharField(_("note"), max_length=255, blank=True)
    created_by = user_field(_("created by"), null=True, db_index=False)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    earliest_on: dt.date  # first date a new allocation may bear; set by the services when they lock the document

    objects = VisibleQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number


POSTED = ["legal_entity", "number", "on", "currency", "rate", "amount", "base_amount", "created_by", "recorded_at"]


def posted_is_final(*more: str) -> list[pgtrigger.Trigger]:
    """What was posted stays as it is: the database refuses to delete it or to change what it says."""
    return [
        pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        pgtrigger.ReadOnly(name="posted", fields=[*POSTED, *more]),
    ]


def open_amount_constraints(prefix: str) -> list[models.CheckConstraint]:
    """What the database guards of every document: positive money, and an open amount that fits."""
    return [
        models.CheckConstraint(
            name=f"{prefix}_money_positive", condition=Q(amount__gt=0, base_amount__gte=0, rate__gt=0)
        ),
        models.CheckConstraint(
            name=f"{prefix}_open_fits",
            condition=Q(open_amount__gte=0, open_base__gte=0)
            & Q(open_amount__lte=F("amount"))
            & Q(open_base__lte=F("base_amount")),
        ),
        models.CheckConstraint(
            name=f"{prefix}_settled_is_settled", condition=Q(open_amount__gt=0) | Q(open_amount=0, open_base=0)
        ),
        models.CheckConstraint(
            name=f"{prefix}_reversed_is_closed", condition=Q(reversed_on__isnull=True) | Q(open_amount=0)
        ),
    ]


@pghistory.track(
    pghistory.UpdateEvent(condition=pghistory.AnyChange("responsible"), row="OLD"), pghistory.DeleteEvent()
)
class Invoice(Document):
    """An invoice, debit note or credit note. A credit note is a source of allocation, like a receipt."""

    kind = models.CharField(_("kind"), max_length=12, choices=InvoiceKind, default=InvoiceKind.INVOICE)
    due_on = models.DateField(_("due date"))
    term_days = models.PositiveSmallIntegerField(_("term in days"), null=True)
    on_estimated = models.BooleanField(
        _("date estimated"), default=False, help_text=_("The source had no invoice date; it is due date less term.")
    )
    reference = models.CharField(_("reference"), max_length=80, blank=True)
    cost = MoneyField(_("cost"), null=True, blank=True)
    responsible = user_field(_("responsible"), null=True, blank=True)
    corrects = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="corrections",
        verbose_name=_("corrects"),
        help_text=_("The invoice that a credit note belongs to."),
    )

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["legal_entity", "kind", "number"], name="invoice_number_once"),
            *open_amount_constraints("invoice"),
        ]
        indexes = [
            models.Index(fields=["customer", "due_on"], name="invoice_by_customer"),
            models.Index(
                fields=["customer", "due_on"],
                name="invoice_open",
                condition=Q(open_amount__gt=0) & ~Q(kind="credit_note"),
                include=["on", "currency", "legal_entity", "open_amount", "open_base"],
            ),
            models.Index(
                fields=["customer"], name="credit_note_open", condition=Q(open_amount__gt=0, kind="credit_note")
            ),
            models.Index(
                fields=["due_on", "id"],
                name="invoice_open_by_due",
                condition=Q(open_amount__gt=0) & ~Q(kind="credit_note"),
            ),
            models.Index(fields=["reversed_on"], name="invoice_reversed", condition=Q(reversed_on__isnull=False)),
            models.Index(fields=["-on", "-id"], name="invoice_by_date"),
            models.Index(fields=["corrects"], name="invoice_by_corrected", condition=Q(corrects__isnull=False)),
            models.Index(fields=["number"], name="invoice_by_number", opclasses=["varchar_pattern_ops"]),
        ]
        permissions = [
            ("post_invoice", _("Can post invoices and credit notes")),
            ("reverse_invoice", _("Can reverse invoices and credit notes")),
            ("assign_responsible", _("Can hand an invoice to another responsible person")),
        ]
        triggers = posted_is_final("kind", "due_on", "term_days", "on_estimated", "corrects")

    def get_absolute_url(self) -> str:
        return record_url("receivables:invoice", self.pk)


class Receipt(Document):
    """Money or an instrument received from a customer; `on` is the value date.

    An instrument that must clear (cheque, draft, bill) settles invoices at once but stays in the exposure, 'uncleared',
    until `cleared_on`; when it bounces, its allocations are taken back and `bounced_on` is set.
    """

    instrument = models.CharField(_("instrument"), max_length=16, choices=Instrument, default=Instrument.TRANSFER)
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    cleared_on = models.DateField(_("cleared on"), null=True, editable=False)
    bounced_on = models.DateField(_("bounced on"), null=True, editable=False)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["legal_entity", "number"], name="receipt_number_once"),
            *open_amount_constraints("receipt"),
            models.CheckConstraint(
                name="receipt_bounced_is_not_cleared", condition=Q(bounced_on__isnull=True) | Q(cleared_on__isnull=True)
            ),
            models.CheckConstraint(
                name="receipt_bounced_is_reversed",
                condition=Q(bounced_on__isnull=True) | Q(reversed_on=F("bounced_on")),
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "on"], name="receipt_by_customer"),
            models.Index(fields=["customer"], name="receipt_open", condition=Q(open_amount__gt=0)),
            models.Index(fields=["reversed_on"], name="receipt_reversed", condition=Q(reversed_on__isnull=False)),
            models.Index(fields=["-on", "-id"], name="receipt_by_date"),
            models.Index(fields=["number"], name="receipt_by_number", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["reference"], name="receipt_by_reference", opclasses=["varchar_pattern_ops"]),
        ]
        permissions = [
            ("post_receipt", _("Can post and allocate receipts")),
            ("reverse_receipt", _("Can reverse receipts and record bounced cheques")),
        ]
        triggers = posted_is_final("instrument")

    @property
    def must_clear(self) -> bool:
        """Whether this instrument counts as money only once it has cleared."""
        from receivables.rules.documents import CLEARING_INSTRUMENTS

        return self.instrument in CLEARING_INSTRUMENTS

    def get_absolute_url(self) -> str:
        return record_url("receivables:receipt", self.pk)


class AllocationQuerySet(VisibleQuerySet):
    customer_path = "invoice__customer"


class Allocation(Numbered):
    """Part of a receipt or credit note that settles an invoice: append-only.

    Taking one back is a new row with the same amounts negated and `takes_back` set, with its own date.
    `base_amount` is what the invoice is relieved of in base currency, `source_base` what the source gives up.
    `method` says why they were matched.
    """

    class Method(models.TextChoices):
        REFERENCE = "reference", _("By reference")
        EXACT = "exact", _("Exact amount")
        OLDEST = "oldest", _("Oldest first")
        MANUAL = "manual", _("By hand")
        IMPORT = "import", _("Import")
        PREPAYMENT = "prepayment", _("Paid in advance")
        BOUNCE = "bounce", _("Bounced")
        REVERSAL = "reversal", _("Reversal")

    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="allocations", verbose_name=_("invoice")
    )
    receipt = models.ForeignKey(
        Receipt, null=True, on_delete=models.PROTECT, related_name="allocations", verbose_name=_("receipt")
    )
    credit_note = models.ForeignKey(
        Invoice,
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="given_allocations",
        verbose_name=_("credit note"),
    )
    on = models.DateField(_("date"))
    amount = MoneyField(_("amount"))
    base_amount = MoneyField(_("base amount"))
    source_base = MoneyField(_("base amount of the source"))
    method = models.CharField(_("method"), max_length=12, choices=Method)
    takes_back = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="taken_back_by", verbose_name=_("takes back")
    )
    created_by = user_field(_("created by"), null=True, db_index=False)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = AllocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ["on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="allocation_one_source",
                condition=Q(receipt__isnull=False, credit_note__isnull=True)
                | Q(receipt__isnull=True, credit_note__isnull=False),
            ),
            models.CheckConstraint(
                name="allocation_sign",
                condition=Q(amount__gt=0, takes_back__isnull=True) | Q(amount__lt=0, takes_back__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["on"], name="allocation_by_date", include=["invoice", "amount", "base_amount"]),
            models.Index(
                fields=["credit_note"], name="allocation_by_credit_note", condition=Q(credit_note__isnull=False)
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class Reversal(Numbered):
    """Why and when a posted document was undone: append-only, one for each document."""

    invoice = models.OneToOneField(
        Invoice, null=True, on_delete=models.PROTECT, related_name="reversal", verbose_name=_("invoice")
    )
    receipt = models.OneToOneField(
        Receipt, null=True, on_delete=models.PROTECT, related_name="reversal", verbose_name=_("receipt")
    )
    on = models.DateField(_("date"))
    reason = models.CharField(_("reason"), max_length=255)
    created_by = user_field(_("created by"), null=True, db_index=False)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    class Meta:
        verbose_name = _("reversal")
        verbose_name_plural = _("reversals")
        constraints = [
            models.CheckConstraint(
                name="reversal_one_document",
                condition=Q(invoice__isnull=False, receipt__isnull=True)
                | Q(invoice__isnull=True, receipt__isnull=False),
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
