from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "crm.core"
    label = "core"
    verbose_name = _("Company")

    def ready(self) -> None:
        from crm.core.installation import record_installation

        post_migrate.connect(record_installation, sender=self, dispatch_uid="core.record_installation")
