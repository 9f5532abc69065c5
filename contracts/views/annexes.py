"""Pages of the annexes of a contract: added, put in order, taken out, handed out."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from contracts.errors import ContractNotDraft
from contracts.forms.annexes import AnnexForm
from contracts.models import Contract
from contracts.services.annexes import add_annex, move_annex, remove_annex
from contracts.services.drafting import MAY_DRAFT
from contracts.views.contract_steps import act
from contracts.views.contracts import SEE, OfContract
from crm.core.permissions import requires, visible_or_404
from crm.core.uploads import handed_out


class AddAnnex(OfContract):
    """A file for a draft."""

    form_class, permission = AnnexForm, MAY_DRAFT
    title, submit = gettext_lazy("Add an annex"), gettext_lazy("Add")
    intro = gettext_lazy("It becomes part of the contract, which prints its title, file name and SHA-256.")
    done = gettext_lazy("The file is annexed.")

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        super().prepare(request, **kwargs)
        if not self.contract.is_draft:
            raise ContractNotDraft

    def perform(self, form: AnnexForm) -> str:
        file = form.cleaned_data["file"]
        add_annex(
            actor=self.request.user,
            contract_id=self.contract.pk,
            kind=form.cleaned_data["kind"],
            title=form.cleaned_data["title"],
            file=file,
            name=file.name,
        )
        return self.contract.get_absolute_url()


@requires(MAY_DRAFT)
@require_POST
def move(request: HttpRequest, pk: int, annex_pk: int) -> HttpResponse:
    """One place up."""
    contract = visible_or_404(Contract, request.user, pk=pk)
    return act(request, contract, _("The annexes are in another order."), move_annex, annex_id=annex_pk)


@requires(MAY_DRAFT)
@require_POST
def remove(request: HttpRequest, pk: int, annex_pk: int) -> HttpResponse:
    """Take an annex out of a draft."""
    contract = visible_or_404(Contract, request.user, pk=pk)
    return act(request, contract, _("The annex is taken out."), remove_annex, annex_id=annex_pk)


@requires(SEE)
def annex(request: HttpRequest, pk: int, annex_pk: int) -> HttpResponseBase:
    """An annex, also one taken out since, to those who see the contract; saved, never shown in our own pages."""
    return handed_out(get_object_or_404(visible_or_404(Contract, request.user, pk=pk).annexes, pk=annex_pk))
