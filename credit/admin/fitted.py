"""Fitted scorecards in the administration: to be looked at."""

from django.contrib import admin

from credit.models.fitted import FittedScorecard
from crm.core.admin_site import ReadOnlyAdmin


@admin.register(FittedScorecard)
class FittedScorecardAdmin(ReadOnlyAdmin):
    list_display = ("name", "version", "on", "companies", "failed", "file_name")
