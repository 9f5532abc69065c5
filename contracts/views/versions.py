"""Pages that begin a further version of a contract, and the log of its paper originals."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from contracts.forms.steps import AmendForm, LendForm, RenewForm
from contracts.models import Contract, ContractChange
from contracts.rules import contracts as rules
from contracts.services.drafting import MAY_DRAFT
from contracts.services.originals import MAY_LEND, lend_original, take_back_original
from contracts.services.versions import open_version
from contracts.views.contract_steps import act
from contracts.views.contracts import OfContract
from crm.core.dates import business_today
from crm.core.permissions import requires, visible_or_404

LOAN = dt.timedelta(days=14)  # proposed for a paper original


class Amend(OfContract):
    """Begin an amendment of the version in force."""

    form_class, permission = AmendForm, MAY_DRAFT
    title, submit = gettext_lazy("Amend the contract"), gettext_lazy("Begin the amendment")
    intro = gettext_lazy(
        "A draft with everything the version in force says. That one stays in force until the new one is signed and "
        "its first day has come."
    )

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"starts_on": max(business_today(), self.contract.starts_on or dt.date.min)}}

    def perform(self, form: AmendForm) -> str:
        made = open_version(
            actor=self.request.user,
            contract_id=self.contract.pk,
            change=ContractChange.AMENDMENT,
            **form.cleaned_data,
        )
        return made.get_absolute_url()


class Renew(OfContract):
    """Begin a renewal of the version in force: as long as its term was, from the day after its last."""

    form_class, permission = RenewForm, MAY_DRAFT
    title, submit = gettext_lazy("Renew the contract"), gettext_lazy("Begin the renewal")
    intro = gettext_lazy(
        "A draft with everything the version in force says, for a new term. Once it is signed the contract does not "
        "expire; what was ordered counts anew from its first day."
    )

    def form_kwargs(self) -> dict[str, Any]:
        contract = self.contract
        first = rules.day_after(contract.ends_on) if contract.ends_on else business_today()
        return {"initial": {"starts_on": first, "ends_on": rules.last_day(first, contract.starts_on, contract.ends_on)}}

    def perform(self, form: RenewForm) -> str:
        made = open_version(
            actor=self.request.user,
            contract_id=self.contract.pk,
            change=ContractChange.RENEWAL,
            **form.cleaned_data,
        )
        return made.get_absolute_url()


class Lend(OfContract):
    """Lend the paper original."""

    form_class, permission = LendForm, MAY_LEND
    title, submit = gettext_lazy("Lend the original"), gettext_lazy("Lend")
    done = gettext_lazy("The original is lent.")

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"due_on": business_today() + LOAN}}

    def perform(self, form: LendForm) -> str:
        data = form.cleaned_data
        lend_original(
            actor=self.request.user,
            contract_id=self.contract.pk,
            borrower_id=data["borrower"].pk,
            due_on=data["due_on"],
            purpose=data["purpose"],
        )
        return self.contract.get_absolute_url()


@requires(MAY_LEND)
@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper original is back."""
    contract = visible_or_404(Contract, request.user, pk=pk)
    return act(request, contract, _("The original is back in the archive."), take_back_original)
