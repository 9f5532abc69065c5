from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from crm.core.registry import Grant, registry

ADMINISTRATOR_MAY = [
    "accounts.add_user",
    "accounts.change_user",
    "accounts.view_user",
    "accounts.add_team",
    "accounts.change_team",
    "accounts.view_team",
    "auth.view_group",
    "admin.view_logentry",
    "axes.view_accessattempt",
    "axes.delete_accessattempt",
    "axes.view_accesslog",
    "core.add_legalentity",
    "core.change_legalentity",
    "core.add_currency",
    "core.change_currency",
    "core.view_installation",
    "core.view_idempotencykey",
    "django_celery_beat.view_periodictask",
    "django_celery_beat.change_periodictask",
]


class AccountsConfig(AppConfig):
    name = "crm.accounts"
    label = "accounts"
    verbose_name = _("Users and teams")

    def ready(self) -> None:
        from crm.accounts import roles, visitors  # noqa: F401 - its receiver writes the address into the log
        from crm.accounts.roles import sync_roles

        enter = "accounts.use_admin"
        look = ["core.view_legalentity", "core.view_currency", "core.view_rate"]
        rates = ["core.add_rate", "core.change_rate"]
        wrong_rates = ["core.delete_rate"]
        registry.add(
            Grant(roles.ADMINISTRATOR, [enter, *look, *rates, *ADMINISTRATOR_MAY]),
            Grant(roles.FINANCE_DIRECTOR, [enter, *look, *rates, *wrong_rates]),
            Grant(roles.FINANCE_MANAGER, [enter, *look, *rates, *wrong_rates]),
            Grant(roles.ACCOUNTANT, [enter, *look, *rates]),
            Grant(roles.CREDIT_CONTROLLER, [enter, *look]),
        )
        # The signal comes once for each app; with the last one the permissions of all others are there.
        last = [config for config in apps.get_app_configs() if config.models_module][-1]
        post_migrate.connect(sync_roles, sender=last, dispatch_uid="accounts.sync_roles")
