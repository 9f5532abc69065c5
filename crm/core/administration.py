"""Django's admin as our administration (a file of its own: Django must not take it for the app of crm.core)."""

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    default_site = "crm.core.admin_site.AdministrationSite"
