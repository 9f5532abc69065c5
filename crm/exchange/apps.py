from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExchangeConfig(AppConfig):
    name = "crm.exchange"
    label = "exchange"
    verbose_name = _("Import and export")

    def ready(self) -> None:
        from crm.accounts.roles import ADMINISTRATOR, CREDIT_CONTROLLER, EVERYONE, FINANCE, SALES, WAREHOUSE
        from crm.core.registry import Grant, MenuItem, registry
        from crm.exchange.export import EXPORT
        from crm.exchange.services import purge_imports
        from crm.exchange.steps import APPLY, CHECK
        from crm.jobs.kinds import register_run_kind
        from crm.jobs.purge import PURGERS

        for role in (*SALES, *FINANCE, CREDIT_CONTROLLER, ADMINISTRATOR):
            registry.add(Grant(role, ["exchange.add_import"]))
        for role in ("finance_manager", "finance_director", ADMINISTRATOR):
            registry.add(Grant(role, ["exchange.view_import"]))
        for role in EVERYONE:
            if role != WAREHOUSE:
                registry.add(Grant(role, ["exchange.export_list"]))
        registry.add(
            MenuItem("imports", _("Import"), "exchange:imports", "file-import", "exchange.add_import", order=80)
        )
        register_run_kind(CHECK)
        register_run_kind(APPLY)
        register_run_kind(EXPORT)
        PURGERS["imports"] = purge_imports
