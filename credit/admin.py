"""Credit in the administration: limit and terms are set with a reason, everything else is to be looked at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from credit.forms import AccountAdminForm
from credit.models import TERMS, CreditAccount, CreditEntry, OpenByDueDate, PaymentBehaviour, Reservation
from credit.services import set_terms
from crm.core.admin_site import KeptAdmin, ReadOnlyAdmin


@admin.register(CreditAccount)
class CreditAccountAdmin(KeptAdmin):
    """Accounts begin with their customer; whoever may set limits changes the terms, with a reason."""

    form = AccountAdminForm
    list_display = ("customer", "status", "limit", "exposure", "headroom", "term_days", "settlement", "next_review_on")
    list_filter = ("status", "settlement")
    list_select_related = ("customer",)
    search_fields = ("customer__code", "customer__search_text")
    show_full_result_count = False
    sums = ("reserved", "receivable", "unallocated", "uncleared", "exposure", "headroom")
    readonly_fields = ("customer", *sums, "created_at")
    fieldsets = (
        (None, {"fields": ("customer",)}),
        (_("Limit and terms"), {"fields": (*TERMS, "reason", "seen")}),
        (_("Running sums"), {"fields": (*sums, "created_at")}),
    )

    @admin.display(description=_("Exposure"))
    def exposure(self, account: CreditAccount) -> Any:
        return account.exposure

    @admin.display(description=_("Headroom"))
    def headroom(self, account: CreditAccount) -> Any:
        return account.headroom

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).visible_to(request.user)  # type: ignore[attr-defined]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look is not asked for a reason."""
        if self.has_change_permission(request, obj):
            return self.fieldsets
        asked = ("reason", "seen")
        return ((name, {"fields": [f for f in part["fields"] if f not in asked]}) for name, part in self.fieldsets)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("credit.set_limit"))

    def save_model(self, request: HttpRequest, obj: CreditAccount, form: Any, change: bool) -> None:
        """The service writes; the form's row is only what was asked for."""
        set_terms(
            account_id=obj.pk,
            actor=request.user,
            reason=form.cleaned_data["reason"],
            seen=form.cleaned_data["seen"],
            **{name: form.cleaned_data[name] for name in TERMS},
        )

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """The administration's own history tells the reason too."""
        changed = [str(form.fields[name].label) for name in form.changed_data if name not in ("reason", "seen")]
        return f"{', '.join(changed)}: {form.cleaned_data['reason']}"


class AccountRowAdmin(ReadOnlyAdmin):
    """Rows of accounts, for those who see the customer."""

    list_select_related = ("account__customer",)
    search_fields = ("account__customer__code", "account__customer__search_text")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).visible_to(request.user)  # type: ignore[attr-defined]


@admin.register(CreditEntry)
class CreditEntryAdmin(AccountRowAdmin):
    list_display = ("on", "account", "balance", "verb", "base_amount", "currency", "due_on", "source_kind", "source_id")
    list_filter = ("balance", "verb", "source_kind")


@admin.register(Reservation)
class ReservationAdmin(AccountRowAdmin):
    list_display = ("on", "account", "source_kind", "source_id", "amount", "consumed", "cancelled", "remaining")
    list_filter = ("source_kind",)


@admin.register(OpenByDueDate)
class OpenByDueDateAdmin(AccountRowAdmin):
    list_display = ("account", "due_on", "open_amount")

    def get_queryset(self, request: HttpRequest) -> Any:
        accounts = CreditAccount.objects.visible_to(request.user)
        return OpenByDueDate.objects.filter(account__in=accounts).order_by("account", "due_on")


@admin.register(PaymentBehaviour)
class PaymentBehaviourAdmin(AccountRowAdmin):
    list_display = ("account", "window_months", "on", "amount_due", "collection_rate", "weighted_days_late", "trend")
    list_filter = ("window_months",)
