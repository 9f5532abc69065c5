from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "crm.notices"
    label = "notices"
    verbose_name = _("Notices")

    def ready(self) -> None:
        from crm.accounts.roles import ADMINISTRATOR
        from crm.core.registry import Grant, HeadItem, NightlyStep, registry
        from crm.jobs.purge import PURGERS
        from crm.notices.nightly import digest
        from crm.notices.post import send_due
        from crm.notices.services import purge_notices

        registry.add(
            Grant(ADMINISTRATOR, ["notices.view_notice", "notices.view_mail", "notices.view_preference"]),
            Grant(ADMINISTRATOR, ["notices.resend_mail"]),
            HeadItem(key="notices", url_name="notices:head", order=110),
            NightlyStep(
                "digest",
                _("Daily e-mail of notices"),
                digest,
                after=("*",),
                count_labels=lambda: {"mails": _("E-mails")},
            ),
        )
        registry.chores["mail"] = send_due
        PURGERS["notices"] = purge_notices
