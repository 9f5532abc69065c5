from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from crm.core.registry import registry
        from customers.demo import DEMO_CUSTOMERS
        from customers.lists import load_when_empty
        from customers.registrations import register

        registry.add(DEMO_CUSTOMERS)
        register(self)
        post_migrate.connect(load_when_empty, sender=self, dispatch_uid="customers.lists")
