"""Lines of invoices in the administration: looked at only."""

from django.contrib import admin

from crm.core.admin_site import ReadOnlyAdmin
from receivables.models import DeliveryInvoice, InvoiceLine


@admin.register(InvoiceLine)
class InvoiceLineAdmin(ReadOnlyAdmin):
    list_display = ("invoice", "product", "quantity", "price", "amount", "base_amount")
    search_fields = ("invoice__number",)
    list_select_related = ("invoice", "product")


@admin.register(DeliveryInvoice)
class DeliveryInvoiceAdmin(ReadOnlyAdmin):
    list_display = ("delivery", "invoice")
    search_fields = ("invoice__number", "delivery__number")
    list_select_related = ("delivery", "invoice")
