"""Users and teams in the administration."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Team, User
from crm.accounts.roles import ROLES
from crm.accounts.rules import stands_under
from crm.accounts.services import save_team
from crm.core.admin_site import KeptAdmin, ReadOnlyAdmin


class RoleChoice(forms.ModelMultipleChoiceField):
    """Roles by their names in the reader's language; a group stands for each."""

    def label_from_instance(self, obj: Any) -> str:
        role = ROLES.get(obj.name)
        return str(role.label) if role else obj.name


class NewUserForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("username", "name")


class RoleFilter(admin.SimpleListFilter):
    """Users of one role, by its name."""

    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(code, role.label) for code, role in ROLES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Who works here. Roles give permissions; nobody changes the own roles, and only a superuser touches superusers."""

    add_form = NewUserForm
    list_display = ("username", "name", "team", "role_names", "is_active", "last_login")
    list_filter = ("is_active", RoleFilter, "team")
    list_select_related = ("team",)
    search_fields = ("username", "name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("name", "email", "language")}),
        (_("Work"), {"fields": ("team", "groups", "is_active")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "name", "usable_password", "password1", "password2")}),
        (_("Work"), {"fields": ("team", "groups", "language")}),
    )

    @admin.display(description=_("Roles"))
    def role_names(self, user: User) -> str:
        return user.role_names

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        own = obj is not None and obj.pk == request.user.pk and not request.user.is_superuser
        return (*self.readonly_fields, "groups", "is_active") if own else tuple(self.readonly_fields)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            return RoleChoice(
                Group.objects.filter(name__in=list(ROLES)),
                label=_("Roles"),
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text=_("What a person may do and how far it sees follows from the roles."),
            )
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self.may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People are made inactive: their documents and their history stay theirs."""
        return False

    def may_touch(self, request: HttpRequest, obj: Any) -> bool:
        return obj is None or not obj.is_superuser or bool(request.user.is_superuser)


class TeamForm(forms.ModelForm):
    class Meta:
        model = Team
        fields = ("name_zh", "name_en", "parent")

    def clean_parent(self) -> Team | None:
        parent = self.cleaned_data.get("parent")
        if parent and self.instance.pk and stands_under(parent.path, self.instance.path):
            raise forms.ValidationError(_("A team cannot stand under itself."))
        return parent


@admin.register(Team)
class TeamAdmin(KeptAdmin):
    """Teams are saved by the service that keeps the paths of everything under them."""

    form = TeamForm
    list_display = ("indented", "name_en", "parent")
    list_select_related = ("parent",)
    search_fields = ("name_zh", "name_en")

    @admin.display(description=_("Chinese name"), ordering="path")
    def indented(self, team: Team) -> str:
        return "\u2003" * (team.path.count("/") - 2) + team.name_zh

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        data = form.cleaned_data
        saved = save_team(
            name_zh=data["name_zh"],
            name_en=data["name_en"],
            parent=data["parent"],
            team=Team.objects.get(pk=obj.pk) if change else None,
        )
        obj.pk, obj.path = saved.pk, saved.path


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    """The roles as they are defined in code, and what each may do."""

    list_display = ("role", "name")
    fields = ("role", "name", "permissions")

    @admin.display(description=_("Role"))
    def role(self, group: Group) -> str:
        role = ROLES.get(group.name)
        return str(role.label) if role else group.name
