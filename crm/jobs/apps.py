from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "crm.jobs"
    label = "jobs"
    verbose_name = _("Jobs")

    def ready(self) -> None:
        from crm.accounts.roles import ADMINISTRATOR
        from crm.core.registry import Grant, HeadItem, registry
        from crm.jobs.kinds import register_run_kind
        from crm.jobs.nightly import NIGHTLY

        register_run_kind(NIGHTLY)

        registry.add(
            Grant(ADMINISTRATOR, ["jobs.view_run", "jobs.change_run"]),
            HeadItem(key="jobs", url_name="jobs:head"),
        )
