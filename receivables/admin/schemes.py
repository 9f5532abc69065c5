"""The buckets people age by, in the administration."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from crm.core.errors import DomainError
from receivables.models import AgeingScheme
from receivables.services.schemes import check_bounds, default_stays, delete_scheme, save_scheme


class AgeingSchemeForm(forms.ModelForm):
    class Meta:
        model = AgeingScheme
        fields = ("name_zh", "name_en", "bounds", "is_default")

    def clean_bounds(self) -> list[int]:
        bounds: list[int] = self.cleaned_data["bounds"]
        try:
            check_bounds(bounds)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from None
        return bounds

    def clean_is_default(self) -> bool:
        chosen: bool = self.cleaned_data["is_default"]
        try:
            default_stays(scheme_id=self.instance.pk, is_default=chosen)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from None
        return chosen

    def _get_validation_exclusions(self) -> set[str]:
        # That another scheme is the default now is no fault: saving takes it from that one.
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]


@admin.register(AgeingScheme)
class AgeingSchemeAdmin(admin.ModelAdmin):
    """Bounds rise and are at most eight; exactly one scheme is the default, and that one cannot be deleted."""

    form = AgeingSchemeForm
    list_display = ("name_zh", "name_en", "bounds", "is_default")
    actions = None

    def save_model(self, request: HttpRequest, obj: AgeingScheme, form: Any, change: bool) -> None:
        save_scheme(scheme=obj)

    def delete_model(self, request: HttpRequest, obj: AgeingScheme) -> None:
        delete_scheme(scheme=obj)

    def has_delete_permission(self, request: HttpRequest, obj: AgeingScheme | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.is_default)
