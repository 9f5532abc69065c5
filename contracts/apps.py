from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ContractsConfig(AppConfig):
    name = "contracts"
    verbose_name = _("Contracts and orders")

    def ready(self) -> None:
        from contracts.registrations import register
        from contracts.services.pricing import seed_floors
        from contracts.services.standard import seed_contract_chain, seed_templates

        register()
        post_migrate.connect(seed_templates, sender=self, dispatch_uid="contracts.seed_templates")
        post_migrate.connect(seed_contract_chain, sender=self, dispatch_uid="contracts.seed_chain")
        post_migrate.connect(seed_floors, sender=self, dispatch_uid="contracts.seed_floors")
