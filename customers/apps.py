from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from customers.lists import load_when_empty
        from customers.registrations import register

        register(self)
        post_migrate.connect(load_when_empty, sender=self, dispatch_uid="customers.lists")
