from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CreditConfig(AppConfig):
    name = "credit"
    verbose_name = _("Credit")

    def ready(self) -> None:
        from credit.registrations.accounts import register
        from credit.services.chain import seed_chain
        from credit.services.check_policies import seed_check_policy

        register()
        post_migrate.connect(seed_chain, sender=self, dispatch_uid="credit.seed_chain")
        post_migrate.connect(seed_check_policy, sender=self, dispatch_uid="credit.seed_check_policy")
