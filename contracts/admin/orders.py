"""Products and discount floors in the administration; orders and deliveries are only looked at."""

from typing import Any

from django import forms
from django.contrib import admin

from contracts.admin.contracts import Rows
from contracts.models import (
    CustomerDiscount,
    Delivery,
    DeliveryLine,
    DeliveryReversal,
    DiscountFloor,
    Order,
    OrderLine,
    OrderPaper,
    OrderReview,
    PaperReview,
    Product,
)
from crm.accounts.roles import ROLES
from crm.core.admin_site import KeptAdmin, ReadOnlyAdmin


@admin.register(Product)
class ProductAdmin(KeptAdmin):
    list_display = ("code", "name_zh", "name_en", "unit_zh", "unit_en", "price", "cost", "is_custom", "is_active")
    list_filter = ("is_active", "is_custom")
    search_fields = ("code", "name_zh", "name_en")


@admin.register(DiscountFloor)
class DiscountFloorAdmin(KeptAdmin):
    """How far each role may lower a price."""

    list_display = ("role_name", "percent")

    @admin.display(description=DiscountFloor._meta.get_field("role").verbose_name, ordering="role")
    def role_name(self, floor: DiscountFloor) -> str:
        role = ROLES.get(floor.role)
        return str(role.label) if role else floor.role

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "role":
            return forms.ChoiceField(
                label=db_field.verbose_name, choices=[(role.code, role.label) for role in ROLES.values()]
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(CustomerDiscount)
class CustomerDiscountAdmin(ReadOnlyAdmin):
    list_display = ("customer", "percent", "starts_on", "ends_on", "agreed_by")
    search_fields = ("customer__name", "customer__code")
    list_select_related = ("customer", "agreed_by")


class PaperRows(Rows):
    """The file itself is handed out by the page of the order."""

    model = OrderPaper
    fields = ("kind", "edition", "delivery", "name", "size", "content_type", "checksum", "uploaded_by", "uploaded_at")


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ("number", "customer", "on", "total", "currency", "state")
    list_filter = ("state", "payment", "instrument", "channel", "is_custom")
    inlines = (PaperRows,)
    fields = (
        ("number", "version", "state"), "customer", "legal_entity", "owner", ("contract", "purchase_contract"),
        ("payment", "instrument", "channel", "is_custom"), ("on", "wanted_on"), ("reference", "note"),
        ("total", "currency"), ("delivered_total", "invoiced_total"), "last_check", ("held_on", "released_on"),
        ("cancelled_on", "cancel_reason"), "copied_from", ("created_by", "created_at"),
    )  # fmt: skip
    search_fields = ("number",)
    list_select_related = ("customer",)


@admin.register(OrderReview)
class OrderReviewAdmin(ReadOnlyAdmin):
    list_display = ("order", "edition", "verdict", "promised_on", "on", "reviewed_by")
    list_filter = ("verdict",)
    search_fields = ("order__number", "note")
    list_select_related = ("order", "reviewed_by")


@admin.register(PaperReview)
class PaperReviewAdmin(ReadOnlyAdmin):
    list_display = ("paper", "order", "verdict", "on", "reviewed_by")
    list_filter = ("verdict",)
    search_fields = ("paper__order__number", "note")
    list_select_related = ("paper__order", "reviewed_by")

    @admin.display(description=Order._meta.verbose_name, ordering="paper__order")
    def order(self, review: PaperReview) -> Order:
        return review.paper.order


@admin.register(OrderLine)
class OrderLineAdmin(ReadOnlyAdmin):
    list_display = ("order", "product", "quantity", "price", "amount", "delivered", "invoiced")
    search_fields = ("order__number",)
    list_select_related = ("order", "product")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("number", "order", "on", "amount", "delivered_by")
    search_fields = ("number", "order__number")
    list_select_related = ("order", "delivered_by")


@admin.register(DeliveryLine)
class DeliveryLineAdmin(ReadOnlyAdmin):
    list_display = ("delivery", "line", "quantity", "amount")
    search_fields = ("delivery__number",)
    list_select_related = ("delivery", "line__product")


@admin.register(DeliveryReversal)
class DeliveryReversalAdmin(ReadOnlyAdmin):
    list_display = ("delivery", "on", "reason", "reversed_by")
    search_fields = ("delivery__number", "reason")
    list_select_related = ("delivery", "reversed_by")
