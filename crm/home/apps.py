from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from crm.core.registry import MenuItem, registry


class HomeConfig(AppConfig):
    name = "crm.home"
    label = "home"
    verbose_name = _("Home")

    def ready(self) -> None:
        registry.add(MenuItem("my_day", _("My day"), "home:my_day", "home", order=10))
