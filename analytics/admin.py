"""What the night found, to be looked at: nothing here is entered by hand."""

from django.contrib import admin

from analytics import models
from crm.core.admin_site import ReadOnlyAdmin


class CustomerRowAdmin(ReadOnlyAdmin):
    """Rows of customers, for those who see the customer."""

    search_fields = ("customer__code", "customer__search_text")
    show_full_result_count = False


@admin.register(models.CustomerFeatures)
class CustomerFeaturesAdmin(CustomerRowAdmin):
    list_select_related = ("customer",)
    list_display = ("customer", "on", "recency_days", "days_bought_12m", "revenue_12m", "margin_12m", "trend")


@admin.register(models.Segment)
class SegmentAdmin(ReadOnlyAdmin):
    list_display = ("name", "number", "first_on", "last_on")


@admin.register(models.SegmentProfile)
class SegmentProfileAdmin(ReadOnlyAdmin):
    list_display = ("segment", "on", "customers", "revenue_12m")
    list_select_related = ("segment",)


@admin.register(models.CustomerSegment)
class CustomerSegmentAdmin(CustomerRowAdmin):
    list_display = ("customer", "segment", "since", "recency_score", "frequency_score", "monetary_score")
    list_select_related = ("customer", "segment")
    list_filter = ("segment",)


@admin.register(models.SegmentMove)
class SegmentMoveAdmin(CustomerRowAdmin):
    list_display = ("customer", "on", "came_from", "went_to")
    list_select_related = ("customer", "came_from", "went_to")


@admin.register(models.ChurnScore)
class ChurnScoreAdmin(CustomerRowAdmin):
    list_select_related = ("customer",)
    list_display = ("customer", "standing", "probability", "band", "days_silent", "usual_gap", "value_at_risk")
    list_filter = ("standing", "band")


@admin.register(models.Contribution)
class ContributionAdmin(CustomerRowAdmin):
    list_select_related = ("customer",)
    list_display = ("customer", "rank", "value", "basis", "value_class", "margin_rate")
    list_filter = ("value_class", "basis")


@admin.register(models.CashForecast)
class CashForecastAdmin(ReadOnlyAdmin):
    list_display = ("on", "week", "starts_on", "ends_on", "low", "expected", "high", "actual")


@admin.register(models.ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = ("kind", "version", "on", "algorithm", "uses", "verdict", "trusted", "last_trusted_on")
    list_filter = ("kind", "trusted")
