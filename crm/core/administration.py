"""Django's admin as our administration (a file of its own: Django must not take it for the app of crm.core)."""

from axes.apps import AppConfig as AxesConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class AdministrationConfig(AdminConfig):
    default_site = "crm.core.admin_site.AdministrationSite"


class SignInConfig(AxesConfig):
    """Lock-out after failed logins, under a name its readers understand."""

    verbose_name = _("Sign-in")
