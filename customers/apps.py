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
        from customers.services.tier_policies import seed_tier_policy

        registry.add(DEMO_CUSTOMERS)
        register(self)
        post_migrate.connect(load_when_empty, sender=self, dispatch_uid="customers.lists")
        post_migrate.connect(seed_tier_policy, sender=self, dispatch_uid="customers.tier_policy")
