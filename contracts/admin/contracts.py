"""Templates and contracts in the administration: shown only; their own pages and services change them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _

from contracts.models import (
    Annex,
    Clause,
    Contract,
    ContractClause,
    ContractLine,
    OriginalLoan,
    PaymentPart,
    SealRequest,
    SignedScan,
    Submission,
    Template,
    TemplateVersion,
    VersionStep,
)
from crm.accounts.models import User
from crm.core.admin_site import ReadOnlyAdmin


class Rows(admin.TabularInline):
    """Rows that are only shown."""

    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class VersionRows(Rows):
    model = TemplateVersion
    fields = ("number", "language", "state", "title", "published_on", "reviewer")
    show_change_link = True


class ClauseRows(Rows):
    model = Clause
    fields = ("position", "key", "title", "text", "elements", "is_fixed", "condition")


class StepRows(Rows):
    model = VersionStep
    fields = ("kind", "reason", "by", "at")


class ContractClauseRows(Rows):
    model = ContractClause
    fields = ("position", "key", "title", "text", "is_fixed", "condition")


class LineRows(Rows):
    model = ContractLine
    fields = ("position", "description", "specification", "unit", "quantity", "price", "amount")


class PlanRows(Rows):
    model = PaymentPart
    fields = ("position", "share", "amount", "due", "due_on", "days", "note")


class SubmissionRows(Rows):
    model = Submission
    fields = ("approval", "edition")


class SealRows(Rows):
    model = SealRequest
    fields = ("state", "copies", "asked_by", "asked_on", "decided_by", "decided_on", "reason")


class ScanRows(Rows):
    """The file itself is handed out by the page of the contract."""

    model = SignedScan
    fields = ("name", "size", "content_type", "checksum", "uploaded_by", "uploaded_at")


class AnnexRows(Rows):
    """The files themselves are handed out by the page of the contract."""

    model = Annex
    fields = ("position", "kind", "title", "name", "size", "checksum", "uploaded_by", "uploaded_at", "removed_at")


class LoanRows(Rows):
    model = OriginalLoan
    fields = ("borrower", "purpose", "lent_on", "due_on", "lent_by", "returned_on", "taken_back_by")


@admin.register(Template)
class TemplateAdmin(ReadOnlyAdmin):
    list_display = ("code", "name_zh", "name_en", "kind", "created_at")
    list_filter = ("kind",)
    search_fields = ("code", "name_zh", "name_en")
    inlines = (VersionRows,)


@admin.register(TemplateVersion)
class TemplateVersionAdmin(ReadOnlyAdmin):
    list_display = ("template", "language", "number", "state", "title", "published_on", "reviewer", "created_by")
    list_filter = ("state", "language", "template__kind")
    search_fields = ("title", "template__code", "template__name_zh", "template__name_en")
    list_select_related = ("template", "reviewer", "created_by")
    fields = (
        "template", "number", "language", "state", "title", "variables", "authors", "reviewer", "published_on",
        "created_by", "created_at",
    )  # fmt: skip
    readonly_fields = fields
    inlines = (ClauseRows, StepRows)

    @admin.display(description=TemplateVersion._meta.get_field("author_ids").verbose_name)
    def authors(self, version: TemplateVersion) -> str:
        return _(", ").join(str(user) for user in User.objects.filter(pk__in=version.author_ids).order_by("pk")) or "–"


@admin.register(Contract)
class ContractAdmin(ReadOnlyAdmin):
    list_display = ("number", "title", "customer", "amount", "currency", "starts_on", "ends_on", "state", "owner")
    list_filter = ("state", "kind", "language", "deviates", "change", "is_current")
    search_fields = ("number", "customer__name", "customer__code")
    list_select_related = ("customer", "owner")
    fields = (
        "number", "customer", "legal_entity", "template_version", "kind", "title", "language", "owner", "state",
        "currency", "amount", "term_days", "settlement", "instruments", "starts_on", "ends_on", "signed_on", "ended_on",
        "end_reason", "customer_signatory", "customer_authority", "our_signatory", "our_authority", "values",
        "deviates", "root", "revision", "change", "replaces", "replaced_on", "is_current", "created_by", "created_at",
    )  # fmt: skip
    readonly_fields = fields
    inlines = (LineRows, PlanRows, ContractClauseRows, AnnexRows, SubmissionRows, SealRows, ScanRows, LoanRows)


@admin.register(OriginalLoan)
class OriginalLoanAdmin(ReadOnlyAdmin):
    list_display = ("contract", "borrower", "purpose", "lent_on", "due_on", "returned_on")
    list_filter = ("returned_on",)
    search_fields = ("contract__number", "borrower__name", "purpose")
    list_select_related = ("contract", "borrower")
