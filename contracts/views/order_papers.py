"""Papers of orders: added, taken out of a draft, handed out to those who see the order."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from contracts.forms.orders import PaperForm
from contracts.models import Order, OrderPaper
from contracts.services.order_papers import add_paper, remove_paper
from contracts.services.orders import MAY_DRAFT
from contracts.services.paper_reviews import awaits_contract, may_accept
from contracts.views.order_lists import SEE
from crm.core.pages import FormView, refusals_told
from crm.core.permissions import requires, visible_or_404
from crm.core.uploads import handed_out

# Papers that count for the edition they were added to.
OF_EDITION = (OrderPaper.Kind.CONFIRMATION, OrderPaper.Kind.PURCHASE)


def papers_context(order: Order, user: Any) -> dict[str, Any]:
    """The files of an order, with what legal said of the customer's own contracts among them."""
    papers = list(order.papers.select_related("uploaded_by", "delivery").prefetch_related("reviews__reviewed_by"))
    newest = max((paper.pk for paper in papers if paper.kind == OrderPaper.Kind.PURCHASE), default=0)
    for paper in papers:
        paper.is_outdated = order.is_open and paper.kind in OF_EDITION and paper.edition != order.version
        paper.may_accept = paper.pk == newest and awaits_contract(order, paper) and may_accept(user, order, paper)
    return {
        "papers": papers,
        "may_remove_papers": order.is_unchecked and user.has_perm(MAY_DRAFT),
        "paper_form": PaperForm() if user.has_perm(MAY_DRAFT) else None,
    }


class AddPaper(FormView):
    """A paper for an order, before it is checked or long after."""

    form_class, permission = PaperForm, MAY_DRAFT
    title, submit = gettext_lazy("Add a file"), gettext_lazy("Add")
    record: Order

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.record = visible_or_404(Order, request.user, **kwargs)

    def perform(self, form: PaperForm) -> str:
        file, kind = form.cleaned_data["file"], form.cleaned_data["kind"]
        before = set(self.record.papers.values_list("pk", flat=True))
        paper = add_paper(actor=self.request.user, order_id=self.record.pk, kind=kind, file=file, name=file.name)
        if paper.pk in before:
            messages.info(self.request, _("This file is among the files already: %(name)s.") % {"name": paper.name})
        return self.record.get_absolute_url()

    def cancel_url(self) -> str:
        return self.record.get_absolute_url()


@requires(SEE)
def paper(request: HttpRequest, pk: int, paper_pk: int) -> HttpResponseBase:
    """A paper of an order; saved, never shown in our own pages."""
    order = visible_or_404(Order, request.user, pk=pk)
    return handed_out(get_object_or_404(order.papers, pk=paper_pk))


@requires(MAY_DRAFT)
@require_POST
def remove(request: HttpRequest, pk: int, paper_pk: int) -> HttpResponse:
    """Take a paper out of a draft."""
    order = visible_or_404(Order, request.user, pk=pk)
    with refusals_told(request):
        remove_paper(actor=request.user, order_id=order.pk, paper_id=paper_pk)
    return HttpResponseRedirect(order.get_absolute_url())
