"""The lists of collection: the work list, letters, disputes, promises and instalment plans."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext_lazy as _

from crm.core.addresses import page_url, record_url
from crm.core.lists import Action, Empty, ListView, Preset
from receivables.columns.collection import CASE_COLUMNS, DISPUTE_COLUMNS, LETTER_COLUMNS, PLAN_COLUMNS, PROMISE_COLUMNS
from receivables.filters.collection import CaseFilters, DisputeFilters, LetterFilters, PlanFilters, PromiseFilters
from receivables.models import Case, Dispute, InstalmentPlan, Letter, PaymentPromise
from receivables.views.collection_round import remember_list

# Of what waits the reason and the day matter more than what a call would bring.
WAITING_COLUMNS = "customer,pause,next_on,overdue,disputed,days,last_contact,said,owner"


class CollectionList(ListView):
    """A list of collection; each leads to the others."""

    template_name = "receivables/collection/list.html"

    def extra_context(self, request: HttpRequest) -> dict[str, Any]:
        user: Any = request.user
        sisters = (CaseList, LetterList, DisputeList, PromiseList, PlanList)
        return {
            "links": [
                {"label": each.title, "url": page_url(f"receivables:{each.key}"), "current": each.key == self.key}
                for each in sisters
                if user.has_perm(each.permission)
            ]
        }


class CaseList(CollectionList):
    """Who to call first: the cases by what a call is likely to bring. It opens on the calls of today."""

    key = "cases"
    title = _("Collection")
    permission = "receivables.view_case"
    model = Case
    filterset_class = CaseFilters
    columns = CASE_COLUMNS
    default_order = ("-expected",)
    presets = (
        Preset("calls", _("To be called"), "work=calls"),
        Preset("waiting", _("Waiting"), f"work=waiting&sort=next_on&cols={WAITING_COLUMNS}"),
        Preset("open", _("All open"), "state=open"),
        Preset("stopped", _("Supply stopped"), "supply_stopped=true&state=open"),
        Preset("closed", _("Closed"), "state=closed&sort=-closed_on"),
    )
    empty = Empty(
        _("No case here"),
        _("A case opens by itself in the night after an invoice has become overdue beyond the tolerance."),
    )

    @classmethod
    def row_url(cls, row: Any) -> str:
        return record_url("receivables:case", row.pk)

    @classmethod
    def row_css(cls, row: Any) -> str:
        return "row-quiet" if row.state == Case.State.CLOSED else ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.GET and not request.headers.get("HX-Request"):
            return HttpResponseRedirect(f"{request.path}?{self.presets[0].query}")
        return super().get(request, *args, **kwargs)

    def answer(self, request: HttpRequest, params: QueryDict) -> HttpResponse:
        remember_list(request, params)
        return super().answer(request, params)


class LetterList(CollectionList):
    key = "letters"
    title = _("Letters")
    permission = "receivables.view_letter"
    model = Letter
    filterset_class = LetterFilters
    columns = LETTER_COLUMNS
    default_order = ("-on", "-base_amount")
    presets = (
        Preset("all", _("All")),
        Preset("todo", _("To send"), "state=todo&sort=-base_amount"),
        Preset("error", _("Errors"), "state=error&state=sending"),
        Preset("sent", _("Sent"), "state=sent&sort=-sent_on"),
    )
    bulk_actions = (Action("send", _("Send"), "receivables:send_letters", "receivables.send_letter", "send"),)
    empty = Empty(
        _("No letter here"),
        _("Letters are prepared in the night, one for a customer, when the collection policy asks for one."),
    )

    @classmethod
    def row_url(cls, row: Any) -> str:
        return record_url("receivables:letter", row.pk)

    @classmethod
    def row_css(cls, row: Any) -> str:
        return "row-danger" if row.state == Letter.State.ERROR else ""


class DisputeList(CollectionList):
    key = "disputes"
    title = _("Disputes")
    permission = "receivables.view_dispute"
    model = Dispute
    filterset_class = DisputeFilters
    columns = DISPUTE_COLUMNS
    select_related = ("invoice",)
    default_order = ("-on",)
    presets = (
        Preset("all", _("All")),
        Preset("open", _("Open"), "state=open&sort=due_on"),
        Preset("late", _("Past their clock"), "late=true&sort=due_on"),
        Preset("resolved", _("Resolved"), "state=resolved&sort=-resolved_on"),
    )
    empty = Empty(
        _("No dispute here"), _("Open one on the page of a case, when a customer does not accept an invoice.")
    )

    @classmethod
    def row_url(cls, row: Any) -> str:
        return record_url("receivables:dispute", row.pk)

    @classmethod
    def row_css(cls, row: Any) -> str:
        return "row-quiet" if row.state == Dispute.State.RESOLVED else ""


class PromiseList(CollectionList):
    key = "promises"
    title = _("Promises to pay")
    permission = "receivables.view_paymentpromise"
    model = PaymentPromise
    filterset_class = PromiseFilters
    columns = PROMISE_COLUMNS
    default_order = ("-promised_on",)
    total_group = "currency"
    presets = (
        Preset("all", _("All")),
        Preset("open", _("Open"), "state=open&sort=promised_on"),
        Preset("broken", _("Broken"), "state=broken&state=partly&sort=-judged_on"),
        Preset("kept", _("Kept"), "state=kept&sort=-judged_on"),
    )
    empty = Empty(_("No promise here"), _("Promises are noted on the page of a case, as the outcome of a call."))

    @classmethod
    def row_url(cls, row: Any) -> str:
        return record_url("receivables:case", row.case_id)


class PlanList(CollectionList):
    key = "plans"
    title = _("Instalment plans")
    permission = "receivables.view_instalmentplan"
    model = InstalmentPlan
    filterset_class = PlanFilters
    columns = PLAN_COLUMNS
    default_order = ("-on",)
    total_group = "currency"
    presets = (
        Preset("all", _("All")),
        Preset("running", _("Running"), "state=running&sort=next_due_on"),
        Preset("proposed", _("In approval"), "state=proposed"),
        Preset("broken", _("Broken"), "state=broken&sort=-ended_on"),
        Preset("completed", _("Completed"), "state=completed&sort=-ended_on"),
    )
    empty = Empty(
        _("No instalment plan here"),
        _("Propose one on the page of a case, when a customer can pay what is open only by and by."),
    )

    @classmethod
    def row_url(cls, row: Any) -> str:
        return record_url("receivables:plan", row.pk)

    @classmethod
    def row_css(cls, row: Any) -> str:
        return "row-quiet" if row.state in ("completed", "refused") else ""
