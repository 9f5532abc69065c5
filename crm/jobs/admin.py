"""Runs in the administration: to look at, never to edit."""

from django.contrib import admin

from crm.jobs.models import Run, Step


class StepInline(admin.TabularInline):
    model = Step
    extra = 0
    can_delete = False
    fields = readonly_fields = ("position", "key", "state", "claim", "counts", "started_at", "ended_at")

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):
    list_display = ("id", "kind", "state", "created_by", "created_at", "ended_at", "attempts", "worker", "error_code")
    list_filter = ("kind", "state")
    list_select_related = ("created_by",)
    date_hierarchy = "created_at"
    inlines = (StepInline,)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
