"""What contracts do at night: versions begin, what is over expires, owners learn of contracts that end soon."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.services.ending import expire_contracts, remind_of_ends
from contracts.services.versions import begin_versions
from crm.core.registry import NightlyStep, NoticeKind
from crm.jobs.worker import Work


def end_at_night(work: Work) -> None:
    """Each contract, or some hundred of them, in a transaction of its own; begun again it goes on where it was."""
    counts = {
        "contract_versions_begun": begin_versions(on=work.today, transaction=work.fenced),
        "contracts_expired": expire_contracts(on=work.today, transaction=work.fenced),
        "contracts_reminded": remind_of_ends(on=work.today, transaction=work.fenced),
    }
    with work.final():
        work.counts = counts


CONTRACT_ENDS = NightlyStep(
    "contract_ends",
    gettext_lazy("Contracts: expiry and reminders"),
    end_at_night,
    count_labels=lambda: {
        "contract_versions_begun": _("new versions of contracts begun"),
        "contracts_expired": _("contracts expired"),
        "contracts_reminded": _("reminders sent"),
    },
)


def ending(params: dict[str, Any]) -> str:
    return _("Contract %(number)s with %(customer)s ends on %(ends_on)s, in %(days)s days") % params


CONTRACT_ENDING = NoticeKind(
    "contract_ending", gettext_lazy("Contract ends soon"), ending, permission="contracts.view_contract"
)
