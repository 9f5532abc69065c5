"""Invoices of deliveries, line by line: what was sold, how much of it and for what."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.models import Delivery, Product
from crm.core.money import MoneyField
from customers.visibility import VisibleQuerySet
from receivables.models.documents import Invoice


class InvoiceRowQuerySet(VisibleQuerySet):
    """Rows that hang on an invoice."""

    customer_path = "invoice__customer"


class DeliveryInvoice(models.Model):
    """The one invoice of a delivery: no delivery is billed twice, and none is billed in parts.

    Where the invoice is reversed (`reversed_on`), the delivery waits for another one.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+", verbose_name=_("delivery"))
    invoice = models.OneToOneField(
        Invoice, on_delete=models.PROTECT, related_name="of_delivery", verbose_name=_("invoice")
    )
    reversed_on = models.DateField(_("reversed on"), null=True)

    objects = InvoiceRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice of a delivery")
        verbose_name_plural = _("invoices of deliveries")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["delivery"], name="delivery_billed_once", condition=models.Q(reversed_on__isnull=True)
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(name="posted", fields=["delivery", "invoice"]),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.invoice_id}"


class InvoiceLine(models.Model):
    """A line of an invoice: a quantity of a product, at a price and amount in the invoice's currency.

    `base_amount` is its part of the invoice's base amount, `cost` what the quantity costs in base currency.
    """

    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, db_index=False, related_name="lines", verbose_name=_("invoice")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=3)
    price = MoneyField(_("price"))
    amount = MoneyField(_("amount"))
    base_amount = MoneyField(_("base amount"))
    cost = MoneyField(_("cost"), null=True)

    objects = InvoiceRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of an invoice")
        verbose_name_plural = _("lines of invoices")
        ordering = ["invoice", "position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_position_once"),
            models.CheckConstraint(
                name="invoice_line_fits", condition=Q(quantity__gt=0, price__gte=0, amount__gte=0, base_amount__gte=0)
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.product_id} × {self.quantity}"
