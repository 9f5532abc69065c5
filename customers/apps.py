from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from crm.core.registry import registry
        from crm.exchange.kinds import register_import_kind
        from customers.demo import DEMO_CUSTOMERS
        from customers.imports import CONTACTS, CUSTOMERS
        from customers.lists import load_when_empty

        registry.add(DEMO_CUSTOMERS)
        register_import_kind(CUSTOMERS, CONTACTS)
        post_migrate.connect(load_when_empty, sender=self, dispatch_uid="customers.lists")
