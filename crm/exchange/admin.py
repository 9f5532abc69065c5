"""Imports and their profiles in the administration: profiles may be deleted, imports are only looked at."""

from django.contrib import admin

from crm.exchange.models import Import, ImportProfile


@admin.register(ImportProfile)
class ImportProfileAdmin(admin.ModelAdmin):
    list_display = ("name", "kind", "created_by", "changed_at")
    list_filter = ("kind",)
    list_select_related = ("created_by",)
    search_fields = ("name",)
    readonly_fields = ("kind", "mapping", "options", "created_by", "changed_at")

    def has_add_permission(self, request):
        return False


@admin.register(Import)
class ImportAdmin(admin.ModelAdmin):
    list_display = ("file_name", "kind", "created_by", "created_at", "applied_at", "leave_out_faulty")
    list_filter = ("kind",)
    list_select_related = ("created_by",)
    search_fields = ("file_name", "file_hash")
    exclude = ("file", "samples")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
