"""Customers in the administration: lists and the policy are kept here, customers themselves are to be looked at.

Profiles, states and owners change on the pages of the product, where the rules, the timeline and the history are.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from crm.core.admin_site import KeptAdmin, ReadOnlyAdmin
from crm.core.version_admin import VersionAdmin
from crm.core.versions import PolicyState, take_authorship
from customers.models import (
    Assignment,
    Contact,
    Customer,
    CustomerShare,
    CustomerTier,
    DuplicatePolicy,
    ExternalRef,
    Industry,
    Region,
    StateChange,
    TierChange,
    TierPolicy,
    TierRule,
    TimelineEvent,
)
from customers.services.tier_policies import activate_tier_policy, new_tier_policy


class CustomerRowAdmin(ReadOnlyAdmin):
    """What hangs on a customer, for those who see the customer."""

    list_select_related: ClassVar[Any] = ("customer",)
    search_fields: ClassVar[Any] = ("customer__code", "customer__search_text")
    show_full_result_count = False


@admin.register(Customer)
class CustomerAdmin(CustomerRowAdmin):
    list_display = ("code", "name", "state", "category", "owner", "team", "region", "created_at")
    list_filter = ("state", "category", "kind", "team")
    list_select_related = ("owner", "team", "region")
    search_fields = ("code", "search_text")
    exclude = ("search_text", "identity_number")


@admin.register(Contact)
class ContactAdmin(CustomerRowAdmin):
    list_display = ("name", "customer", "job_title", "role", "phone", "email", "is_primary", "is_active")
    list_filter = ("role", "is_primary", "is_active")
    search_fields = ("name", "phone", "email", "customer__search_text")


@admin.register(CustomerShare)
class CustomerShareAdmin(CustomerRowAdmin):
    list_display = ("customer", "user", "reason", "created_by", "created_at")
    list_select_related = ("customer", "user", "created_by")


@admin.register(Assignment)
class AssignmentAdmin(CustomerRowAdmin):
    list_display = ("customer", "on", "owner", "team", "reason", "created_by")
    list_select_related = ("customer", "owner", "team", "created_by")
    list_filter = ("team",)


@admin.register(StateChange)
class StateChangeAdmin(CustomerRowAdmin):
    list_display = ("customer", "on", "from_state", "to_state", "cause", "created_by")
    list_select_related = ("customer", "created_by")
    list_filter = ("to_state",)


@admin.register(CustomerTier)
class CustomerTierAdmin(CustomerRowAdmin):
    list_display = ("customer", "tier", "since", "source", "until", "policy")
    list_select_related = ("customer", "policy")
    list_filter = ("tier", "source")
    exclude = ("change",)  # its figures are for those who may see them


@admin.register(TierChange)
class TierChangeAdmin(CustomerRowAdmin):
    list_display = ("customer", "on", "from_tier", "to_tier", "source", "until", "reason", "created_by")
    list_select_related = ("customer", "created_by")
    list_filter = ("to_tier", "source")


class TierRuleInline(admin.TabularInline):
    """What each tier asks for and gives: a version begins with its four tiers."""

    model = TierRule
    extra = 0
    fields = (
        "tier", "top_percent", "days_bought", "days_silent", "worst_grade", "visit_days", "response_hours",
    )  # fmt: skip
    readonly_fields = ("tier",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_draft = obj is not None and obj.state == PolicyState.DRAFT
        return super().has_change_permission(request, obj) and is_draft

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(TierPolicy)
class TierPolicyAdmin(VersionAdmin):
    fields = ("name_zh", "name_en", "margin_percent", "stay_days", "version", "state", "written_by", "activated_by",
              "activated_at")  # fmt: skip
    readonly_fields = ("version", "state", "written_by", "activated_by", "activated_at")
    inlines = (TierRuleInline,)
    list_display = ("name", "version", "state", "activated_by", "activated_at")
    list_filter = ("state",)
    may_copy, may_activate = "customers.add_tierpolicy", "customers.activate_tierpolicy"

    @staticmethod
    def make_draft(actor: Any, key: int) -> TierPolicy:
        return new_tier_policy(actor=actor, policy_id=key)

    @staticmethod
    def put_into_force(actor: Any, key: int) -> TierPolicy:
        return activate_tier_policy(actor=actor, policy_id=key)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a version begins as a copy of another

    def save_model(self, request: HttpRequest, obj: TierPolicy, form: Any, change: bool) -> None:
        """Whoever saves a draft is one of its authors, also where only a tier was changed."""
        obj.author_ids = take_authorship(versions=TierPolicy.objects.all(), key=obj.pk, actor=request.user)
        super().save_model(request, obj, form, change)


@admin.register(ExternalRef)
class ExternalRefAdmin(CustomerRowAdmin):
    list_display = ("source", "kind", "key", "customer")
    list_filter = ("source", "kind")
    search_fields = ("key", "customer__search_text")


@admin.register(TimelineEvent)
class TimelineEventAdmin(CustomerRowAdmin):
    list_display = ("on", "customer", "kind", "actor", "recorded_at")
    list_select_related = ("customer", "actor")
    list_filter = ("kind",)


class PublicListAdmin(KeptAdmin):
    """A row of a public list: its names may be corrected, its code stays what it is."""

    list_display = ("code", "name_zh", "name_en", "level", "parent")
    list_filter = ("level",)
    list_select_related: ClassVar[Any] = ("parent",)
    search_fields = ("code", "name_zh", "name_en")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("code",) if obj else ()


@admin.register(Industry)
class IndustryAdmin(PublicListAdmin):
    autocomplete_fields = ("parent",)


@admin.register(Region)
class RegionAdmin(PublicListAdmin):
    autocomplete_fields = ("parent", "province")


@admin.register(DuplicatePolicy)
class DuplicatePolicyAdmin(KeptAdmin):
    """One row; the rules' own defaults hold as long as there is none."""

    list_display = ("__str__", "similarity", "shown")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not DuplicatePolicy.objects.exists()

    def save_model(self, request: HttpRequest, obj: DuplicatePolicy, form: Any, change: bool) -> None:
        obj.pk = 1
        super().save_model(request, obj, form, change)
