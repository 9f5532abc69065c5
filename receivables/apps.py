from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ReceivablesConfig(AppConfig):
    name = "receivables"
    verbose_name = _("Receivables")

    def ready(self) -> None:
        from crm.core.registry import registry
        from receivables.demo.abroad import DEMO_ABROAD
        from receivables.demo.collection import DEMO_COLLECTION
        from receivables.demo.documents import DEMO_RECEIVABLES
        from receivables.demo.order_invoices import DEMO_ORDER_INVOICES
        from receivables.registrations.collection import register_collection
        from receivables.registrations.documents import register
        from receivables.registrations.order_invoices import register_order_invoices
        from receivables.services.collection.plan_chain import seed_plan_chain
        from receivables.services.collection.standard import seed_collection
        from receivables.services.schemes import seed_ageing_scheme
        from receivables.verification.documents import verify_receivables

        registry.verifiers["receivables"] = verify_receivables
        registry.add(DEMO_RECEIVABLES, DEMO_COLLECTION, DEMO_ORDER_INVOICES, DEMO_ABROAD)
        register(self)
        register_collection()
        register_order_invoices()
        post_migrate.connect(seed_ageing_scheme, sender=self, dispatch_uid="receivables.seed_ageing_scheme")
        post_migrate.connect(seed_collection, sender=self, dispatch_uid="receivables.seed_collection")
        post_migrate.connect(seed_plan_chain, sender=self, dispatch_uid="receivables.seed_plan_chain")
