"""The steps of a contract: submitted, sealed, signed, ended."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from contracts.contract_text import has_guarantor
from contracts.forms.steps import DeviationForm, SealForm, SignForm
from contracts.models import Contract, SealRequest
from contracts.selectors.performance import performance_of
from contracts.services.approving import submit_contract
from contracts.services.drafting import MAY_DRAFT
from contracts.services.ending import MAY_TERMINATE, complete_contract, give_up_contract, terminate_contract
from contracts.services.reconciling import take_balance
from contracts.services.signing import MAY_SEAL, MAY_SIGN, ask_for_seal, decide_seal, must_take_seal, sign_contract
from contracts.views.contracts import OfContract
from crm.core.dates import business_today
from crm.core.display import Text, figure
from crm.core.money import ZERO
from crm.core.pages import ConfirmView, parts_of, refusals_told
from crm.core.permissions import requires, visible_or_404
from crm.core.registry import registry


def act(request: HttpRequest, contract: Contract, done: str, service: Any, **more: Any) -> HttpResponse:
    """Call a service about a contract; what it refuses is said above the page."""
    with refusals_told(request):
        service(actor=request.user, contract_id=contract.pk, **more)
        messages.success(request, done)
    return HttpResponseRedirect(contract.get_absolute_url())


def edition_read(text: str) -> int:
    """The edition a page names; 0, which there never is, where it names none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


@requires(MAY_DRAFT)
@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Submit a draft in the edition that was read; without an edition nothing is submitted."""
    contract, read = visible_or_404(Contract, request.user, pk=pk), edition_read(request.POST.get("edition", ""))
    return act(request, contract, _("The contract is submitted."), submit_contract, version=read)


@requires(MAY_DRAFT)
@require_POST
def take_ledger_balance(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm in a draft the balance of the ledger, in the edition that was read."""
    contract, read = visible_or_404(Contract, request.user, pk=pk), edition_read(request.POST.get("edition", ""))
    return act(request, contract, _("The contract confirms the balance of the ledger."), take_balance, version=read)


class SubmitDeviation(OfContract):
    """Submit a draft that deviates, with the reason for it; the page names the edition that was read."""

    form_class, permission = DeviationForm, MAY_DRAFT
    title, submit = gettext_lazy("Submit a deviation"), gettext_lazy("Submit")
    intro = gettext_lazy(
        "The contract differs from its template, goes beyond the credit account, sells below the discount floor, or "
        "lets payment depend on others. Say to those who decide why it should be so."
    )
    done = gettext_lazy("The contract is submitted.")

    def form_kwargs(self) -> dict[str, Any]:
        read = edition_read(self.request.GET.get("edition", ""))
        return {"initial": {"edition": read or self.contract.version}}

    def perform(self, form: DeviationForm) -> str:
        submit_contract(
            actor=self.request.user,
            contract_id=self.contract.pk,
            version=form.cleaned_data["edition"],
            reason=form.cleaned_data["reason"],
        )
        return self.contract.get_absolute_url()


class AskSeal(OfContract):
    """Ask for the company seal, as long as it can be asked for."""

    form_class, permission = SealForm, MAY_DRAFT
    title, submit = gettext_lazy("Ask for the seal"), gettext_lazy("Ask")
    done = gettext_lazy("The seal is asked for.")

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        super().prepare(request, **kwargs)
        must_take_seal(self.contract, business_today())

    def form_kwargs(self) -> dict[str, Any]:
        """One original for each party."""
        return {"initial": {"copies": 3 if has_guarantor(self.contract.template_version.variables) else 2}}

    def perform(self, form: SealForm) -> str:
        ask_for_seal(actor=self.request.user, contract_id=self.contract.pk, copies=form.cleaned_data["copies"])
        return self.contract.get_absolute_url()


class Seal(OfContract, ConfirmView):
    """The company seal is on the contract."""

    form_class, permission, danger = forms.Form, MAY_SEAL, False
    title, submit = gettext_lazy("Sealed"), gettext_lazy("The seal is on it")
    done = gettext_lazy("The contract is sealed.")

    def what_happens(self) -> list[Text]:
        asked = self.contract.seal_requests.filter(state=SealRequest.State.ASKED).first()
        copies = asked.copies if asked else 0
        return [
            ngettext(
                "%(count)s original of %(number)s bears the seal.",
                "%(count)s originals of %(number)s bear the seal.",
                copies,
            )
            % {"count": copies, "number": self.contract.number},
            _("This cannot be taken back. Both parties can sign it then."),
        ]

    def perform(self, form: forms.Form) -> str:
        decide_seal(actor=self.request.user, contract_id=self.contract.pk, sealed=True)
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


class Complete(OfContract, ConfirmView):
    """Note that both parties have done what they owed, for good; what is still open is named before."""

    form_class, permission = forms.Form, MAY_TERMINATE
    title, submit = gettext_lazy("Complete the contract"), gettext_lazy("Completed")
    done = gettext_lazy("The contract is completed.")
    consequences = gettext_lazy("No order can be placed under it any more, and it cannot be taken up again.")

    def what_happens(self) -> list[Text]:
        found = performance_of(self.contract, self.request.user)
        still_open = (
            (found.waiting, _("%(amount)s is drafted or on hold under it.")),
            (found.ordered.amount - found.delivered.amount, _("%(amount)s is ordered and not delivered.")),
            (found.delivered.amount - found.invoiced.amount, _("%(amount)s is delivered and not invoiced.")),
            (self.unpaid(), _("%(amount)s is invoiced and not paid.")),
        )
        currency = self.contract.currency
        return [
            *(words % {"amount": f"{figure(amount)} {currency}"} for amount, words in still_open if amount > 0),
            *super().what_happens(),
        ]

    def unpaid(self) -> Decimal:
        """What is open of its invoices, as far as the reader sees invoices."""
        parts = parts_of(registry.contract_parts, self.request, self.contract)
        return sum((part.get("unpaid", ZERO) for _title, _template, part in parts), ZERO)

    def perform(self, form: forms.Form) -> str:
        complete_contract(actor=self.request.user, contract_id=self.contract.pk)
        return self.contract.get_absolute_url()


class Terminate(OfContract, ConfirmView):
    """End a contract before its time."""

    permission = MAY_TERMINATE
    title, submit = gettext_lazy("Terminate the contract"), gettext_lazy("Terminate")
    done = gettext_lazy("The contract is terminated.")
    consequences = gettext_lazy("No order can be placed under it any more. What was ordered stays owed.")

    def what_happens(self) -> list[Text]:
        return [f"{self.contract.number} · {self.contract.title}", *super().what_happens()]

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
