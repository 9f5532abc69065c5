from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "crm.jobs"
    label = "jobs"
    verbose_name = _("Jobs")

    def ready(self) -> None:
        from crm.accounts.roles import ADMINISTRATOR, CREDIT_CONTROLLER, FINANCE_DIRECTOR, FINANCE_MANAGER
        from crm.core.registry import Grant, HeadItem, MenuItem, NightlyStep, NoticeKind, registry
        from crm.jobs import checks  # noqa: F401 - registers itself
        from crm.jobs.kinds import register_run_kind
        from crm.jobs.nightly import FAILED_NOTICE, NIGHTLY, start_due
        from crm.jobs.nights import failure_sentence
        from crm.jobs.verifying import told, verify

        registry.add(
            Grant(ADMINISTRATOR, ["jobs.view_run", "jobs.change_run"]),
            HeadItem(key="jobs", url_name="jobs:head"),
            MenuItem("night", _("Night"), "jobs:nights", "moon", "jobs.view_night", order=90),
            NoticeKind(
                FAILED_NOTICE, _("A night's step failed"), failure_sentence, digest=False, icon="alert-triangle"
            ),
            NightlyStep(
                "verify",
                _("Verification"),
                verify,
                after=("*",),
                count_labels=lambda: {"verified": _("Areas verified"), "differences": _("Differences")},
                notes=lambda: {"difference": told},
            ),
        )
        for role in (ADMINISTRATOR, FINANCE_DIRECTOR, FINANCE_MANAGER, CREDIT_CONTROLLER):
            registry.add(Grant(role, ["jobs.view_night"]))
        for role in (ADMINISTRATOR, FINANCE_DIRECTOR, CREDIT_CONTROLLER):
            registry.add(Grant(role, ["jobs.rerun_night"]))
        register_run_kind(NIGHTLY)
        registry.chores["night"] = start_due
