"""Credit in the administration: everything is to be looked at; requests change the terms, services the sums."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from credit.models import (
    TERMS,
    CreditAccount,
    CreditCheck,
    CreditEntry,
    CreditRequest,
    GroupAccount,
    Hold,
    Lift,
    OpenByDueDate,
    PaymentBehaviour,
    Reservation,
)
from crm.core.admin_site import ReadOnlyAdmin
from crm.core.dates import business_today


@admin.register(CreditAccount)
class CreditAccountAdmin(ReadOnlyAdmin):
    """Accounts are to be looked at: an approved request changes their terms, nothing here does."""

    list_display = ("customer", "status", "limit", "exposure", "headroom", "term_days", "settlement", "next_review_on")
    list_filter = ("status", "settlement")
    list_select_related = ("customer",)
    search_fields = ("customer__code", "customer__search_text")
    show_full_result_count = False
    sums = ("reserved", "receivable", "unallocated", "uncleared", "prepaid", "exposure", "headroom")
    readonly_fields = ("customer", *sums, "created_at")
    fieldsets = (
        (None, {"fields": ("customer",)}),
        (_("Limit and terms"), {"fields": (*TERMS, "regular_limit", "temporary_until")}),
        (_("Running sums"), {"fields": (*sums, "created_at")}),
    )

    @admin.display(description=_("Exposure"))
    def exposure(self, account: CreditAccount) -> Any:
        return account.exposure

    @admin.display(description=_("Headroom"))
    def headroom(self, account: CreditAccount) -> Any:
        return account.headroom_on(business_today())


class AccountRowAdmin(ReadOnlyAdmin):
    """Rows of accounts, for those who see the customer."""

    list_select_related: ClassVar[Any] = ("account__customer",)
    search_fields = ("account__customer__code", "account__customer__search_text")
    show_full_result_count = False


@admin.register(GroupAccount)
class GroupAccountAdmin(AccountRowAdmin):
    list_display = ("account", "limit", "created_at")


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


@admin.register(CreditRequest)
class CreditRequestAdmin(AccountRowAdmin):
    list_display = ("number", "account", "kind", "wanted_limit", "wanted_term_days", "is_open", "ended_on")
    list_filter = ("kind", "is_open")


@admin.register(CreditCheck)
class CreditCheckAdmin(AccountRowAdmin):
    list_display = ("on", "account", "source_kind", "source_id", "amount", "limit", "exposure", "decision")
    list_filter = ("decision", "payment", "source_kind")


@admin.register(Hold)
class HoldAdmin(AccountRowAdmin):
    list_display = ("since", "account", "source_kind", "source_id", "last_check")
    list_select_related: ClassVar[Any] = ("account__customer", "last_check")


@admin.register(Lift)
class LiftAdmin(AccountRowAdmin):
    list_display = ("on", "until", "ended_on", "account", "source_kind", "source_id", "amount", "request")
    list_select_related: ClassVar[Any] = ("account__customer", "request")
