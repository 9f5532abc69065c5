"""Runs in the administration: to look at, never to edit."""

from django.contrib import admin

from crm.jobs.models import Night, Note, Run, Step


class StepInline(admin.TabularInline):
    model = Step
    extra = 0
    can_delete = False
    fields = readonly_fields = ("position", "key", "state", "claim", "counts", "started_at", "ended_at")

    def has_add_permission(self, request, obj=None):
        return False


class NoteInline(admin.TabularInline):
    model = Note
    extra = 0
    can_delete = False
    fields = readonly_fields = ("at", "attempt", "code", "figures")

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(Night)
class NightAdmin(admin.ModelAdmin):
    list_display = ("on", "started_at", "started_by")
    list_select_related = ("started_by",)
    date_hierarchy = "on"

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):
    list_display = ("id", "kind", "state", "created_by", "created_at", "ended_at", "attempts", "worker", "error_code")
    list_filter = ("kind", "nightly_step", "state")
    list_select_related = ("created_by",)
    date_hierarchy = "created_at"
    inlines = (StepInline, NoteInline)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
