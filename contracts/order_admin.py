"""Products and discount floors in the administration; orders and deliveries are only looked at."""

from typing import Any

from django import forms
from django.contrib import admin

from contracts.models import CustomerDiscount, Delivery, DeliveryLine, DiscountFloor, Order, OrderLine, Product
from crm.accounts.roles import ROLES
from crm.core.admin_site import KeptAdmin, ReadOnlyAdmin


@admin.register(Product)
class ProductAdmin(KeptAdmin):
    list_display = ("code", "name_zh", "name_en", "unit", "price", "cost", "is_active")
    list_filter = ("is_active",)
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


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ("number", "customer", "on", "total", "currency", "state")
    list_filter = ("state", "payment", "instrument")
    search_fields = ("number",)
    list_select_related = ("customer",)


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
