"""Posted documents in the administration: to be found and looked at, never changed or deleted."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm.core.admin_site import ReadOnlyAdmin
from crm.core.models import Currency
from receivables.models import Allocation, Invoice, Receipt, Reversal


class CurrencyFilter(admin.SimpleListFilter):
    """The currencies the company knows, not those found by reading every document."""

    title = _("currency")
    parameter_name = "currency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, code) for code in Currency.objects.values_list("code", flat=True)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(currency=self.value()) if self.value() else queryset


class DocumentAdmin(ReadOnlyAdmin):
    """The count of all rows is not asked for, there may be a million."""

    show_full_result_count = False
    list_per_page = 50


class PagedDocumentAdmin(DocumentAdmin):
    """A document that has a page of its own in the product."""

    @admin.display(description=_("Page"))
    def page(self, document: Any) -> SafeString:
        return format_html('<a href="{}">{}</a>', document.get_absolute_url(), _("Open the page"))


@admin.register(Invoice)
class InvoiceAdmin(PagedDocumentAdmin):
    list_display = (
        "number", "kind", "customer", "legal_entity", "on", "due_on", "currency", "amount", "open_amount",
        "reversed_on", "page",
    )  # fmt: skip
    list_filter = ("kind", "legal_entity", CurrencyFilter, ("reversed_on", admin.EmptyFieldListFilter), "on_estimated")
    list_select_related = ("customer", "legal_entity")
    search_fields = ("number__startswith", "customer__code")
    search_help_text = _("The number begins with …, or customer number")
    ordering: ClassVar = ("-on", "-pk")


@admin.register(Receipt)
class ReceiptAdmin(PagedDocumentAdmin):
    list_display = (
        "number", "customer", "legal_entity", "on", "instrument", "currency", "amount", "open_amount", "cleared_on",
        "bounced_on", "reversed_on", "page",
    )  # fmt: skip
    list_filter = (
        "instrument", "legal_entity", CurrencyFilter, ("bounced_on", admin.EmptyFieldListFilter),
        ("reversed_on", admin.EmptyFieldListFilter),
    )  # fmt: skip
    list_select_related = ("customer", "legal_entity")
    search_fields = ("number__startswith", "reference__startswith", "customer__code")
    search_help_text = _("The number or reference begins with …, or customer number")
    ordering: ClassVar = ("-on", "-pk")


@admin.register(Allocation)
class AllocationAdmin(DocumentAdmin):
    list_display = ("pk", "on", "invoice", "receipt", "credit_note", "amount", "method", "takes_back", "created_by")
    list_filter = ("method", ("takes_back", admin.EmptyFieldListFilter))
    list_select_related = ("invoice", "receipt", "credit_note", "takes_back", "created_by")
    search_fields = ("invoice__number__startswith",)
    search_help_text = _("The number of the invoice begins with …")
    ordering: ClassVar = ("-pk",)


@admin.register(Reversal)
class ReversalAdmin(ReadOnlyAdmin):
    """Reversals hang on an invoice or on a receipt; both must be visible to be listed."""

    list_display = ("pk", "on", "invoice", "receipt", "reason", "created_by")
    list_select_related = ("invoice", "receipt", "created_by")
    search_fields = ("invoice__number__startswith", "receipt__number__startswith", "reason")
    ordering: ClassVar = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset = super().get_queryset(request)
        user: Any = request.user
        seen_invoices = Invoice.objects.visible_to(user).filter(reversed_on__isnull=False).values("pk")
        seen_receipts = Receipt.objects.visible_to(user).filter(reversed_on__isnull=False).values("pk")
        return queryset.filter(invoice__in=seen_invoices) | queryset.filter(receipt__in=seen_receipts)
