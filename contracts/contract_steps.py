"""The steps of a contract: submitted, sealed, signed, ended."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from contracts.contract_forms import (
    SealForm,
    SignForm,
)
from contracts.contract_views import OfContract
from contracts.models import (
    Contract,
)
from contracts.services.approving import submit_contract
from contracts.services.drafting import MAY_DRAFT
from contracts.services.ending import MAY_TERMINATE, complete_contract, give_up_contract, terminate_contract
from contracts.services.signing import MAY_SEAL, MAY_SIGN, ask_for_seal, decide_seal, sign_contract
from crm.core.dates import business_today
from crm.core.pages import ConfirmView, refusals_told
from crm.core.permissions import requires, visible_or_404


def act(request: HttpRequest, contract: Contract, done: str, service: Any, **more: Any) -> HttpResponse:
    """Call a service about a contract; what it refuses is said above the page."""
    with refusals_told(request):
        service(actor=request.user, contract_id=contract.pk, **more)
        messages.success(request, done)
    return HttpResponseRedirect(contract.get_absolute_url())


@requires(MAY_DRAFT)
@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Submit a draft in the edition that was read; without an edition nothing is submitted."""
    contract, edition = visible_or_404(Contract, request.user, pk=pk), request.POST.get("edition", "")
    read = int(edition) if edition.isascii() and edition.isdecimal() and len(edition) < 10 else 0  # they begin with 1
    return act(request, contract, _("The contract is submitted."), submit_contract, version=read)


@requires(MAY_TERMINATE)
@require_POST
def complete(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that both parties have done what they owed."""
    return act(
        request, visible_or_404(Contract, request.user, pk=pk), _("The contract is completed."), complete_contract
    )


@requires(MAY_SEAL)
@require_POST
def seal(request: HttpRequest, pk: int) -> HttpResponse:
    """The company seal is on the contract."""
    contract = visible_or_404(Contract, request.user, pk=pk)
    return act(request, contract, _("The contract is sealed."), decide_seal, sealed=True)


class AskSeal(OfContract):
    """Ask for the company seal."""

    form_class, permission = SealForm, MAY_DRAFT
    title, submit = gettext_lazy("Ask for the seal"), gettext_lazy("Ask")
    done = gettext_lazy("The seal is asked for.")

    def perform(self, form: SealForm) -> str:
        ask_for_seal(actor=self.request.user, contract_id=self.contract.pk, copies=form.cleaned_data["copies"])
        return self.contract.get_absolute_url()


class RefuseSeal(OfContract, ConfirmView):
    """Refuse the company seal, with a reason."""

    permission = MAY_SEAL
    title, submit = gettext_lazy("Refuse the seal"), gettext_lazy("Refuse")
    consequences = gettext_lazy("Whoever asked can ask again.")

    def perform(self, form: Any) -> str:
        decide_seal(
            actor=self.request.user, contract_id=self.contract.pk, sealed=False, reason=form.cleaned_data["reason"]
        )
        return self.contract.get_absolute_url()


class Sign(OfContract):
    """The scan of the signed contract."""

    form_class, permission = SignForm, MAY_SIGN
    title, submit = gettext_lazy("Record the signing"), gettext_lazy("Signed: lock the contract")
    intro = gettext_lazy("After this, nothing the contract says can be changed.")
    done = gettext_lazy("The contract is signed.")

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"signed_on": business_today()}}

    def perform(self, form: SignForm) -> str:
        file = form.cleaned_data["file"]
        sign_contract(
            actor=self.request.user,
            contract_id=self.contract.pk,
            file=file,
            name=file.name,
            signed_on=form.cleaned_data["signed_on"],
        )
        return self.contract.get_absolute_url()


class Terminate(OfContract, ConfirmView):
    """End a contract before its time."""

    permission = MAY_TERMINATE
    title, submit = gettext_lazy("Terminate the contract"), gettext_lazy("Terminate")
    done = gettext_lazy("The contract is terminated.")
    consequences = gettext_lazy("No order can be placed under it any more. What was ordered stays owed.")

    def perform(self, form: Any) -> str:
        terminate_contract(actor=self.request.user, contract_id=self.contract.pk, reason=form.cleaned_data["reason"])
        return self.contract.get_absolute_url()


class GiveUp(OfContract, ConfirmView):
    """Give a draft up."""

    permission = MAY_DRAFT
    title, submit = gettext_lazy("Give the draft up"), gettext_lazy("Give the draft up")
    done = gettext_lazy("The draft is given up.")
    consequences = gettext_lazy("It keeps its number and cannot be taken up again.")

    def perform(self, form: Any) -> str:
        give_up_contract(actor=self.request.user, contract_id=self.contract.pk, reason=form.cleaned_data["reason"])
        return self.contract.get_absolute_url()
