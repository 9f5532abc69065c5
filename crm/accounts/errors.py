"""What cannot be done with users and teams."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class TeamCycle(DomainError):
    """A team would come to stand under itself."""

    code = "team_cycle"
    message = _("%(team)s cannot stand under %(parent)s, because %(parent)s stands under it.")
