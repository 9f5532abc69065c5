"""The company in the administration: legal entities, currencies, rates, and what only may be looked at."""

from typing import ClassVar

from django.contrib import admin
from django.contrib.admin.models import LogEntry

from crm.core.admin_site import KeptAdmin, ReadOnlyAdmin
from crm.core.models import Currency, IdempotencyKey, Installation, LegalEntity, Rate


@admin.register(LegalEntity)
class LegalEntityAdmin(KeptAdmin):
    """The closing date moves by its own page, with a reason; here it is only shown."""

    list_display = ("code", "name_zh", "name_en", "uscc", "closed_through", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name_zh", "name_en", "uscc")
    readonly_fields = ("closed_through",)


@admin.register(Currency)
class CurrencyAdmin(KeptAdmin):
    list_display = ("code", "name_zh", "name_en", "places", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name_zh", "name_en")

    def get_readonly_fields(self, request: object, obj: object = None) -> tuple[str, ...]:
        return ("code", "places") if obj else ()


@admin.register(Rate)
class RateAdmin(admin.ModelAdmin):
    """A rate that documents already used is not changed: documents keep the rate they were posted at."""

    list_display = ("currency", "date", "rate")
    list_filter = ("currency",)
    date_hierarchy = "date"
    ordering = ("-date", "currency")


@admin.register(Installation)
class InstallationAdmin(ReadOnlyAdmin):
    list_display = ("base_currency", "time_zone", "created_at")


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    list_display = ("scope", "key", "created_at")
    search_fields = ("key",)
    list_filter = ("scope",)


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Who did what in the administration."""

    list_display = ("action_time", "user", "content_type", "object_repr", "get_change_message")
    list_filter = ("action_flag",)
    search_fields = ("object_repr", "user__name", "user__username")
    date_hierarchy = "action_time"
    list_select_related = ("user", "content_type")
    ordering: ClassVar = ("-action_time",)
