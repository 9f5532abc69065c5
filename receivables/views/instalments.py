"""Instalment plans: the form that proposes one from a case, and the page of one."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from crm.core.addresses import record_url
from crm.core.dates import business_today
from crm.core.pages import RecordView, RowsView
from receivables.forms.instalments import PlanForm
from receivables.models import InstalmentPlan
from receivables.selectors.collection.plans import invoices_to_plan, plan_page
from receivables.services.collection import propose_plan
from receivables.services.once import once
from receivables.views.collection_actions import CaseAction


class ProposePlan(RowsView, CaseAction):
    """Propose that a customer pays what is open in rows."""

    form_class = PlanForm
    template_name = "receivables/collection/plan_form.html"
    wide = True
    title = gettext_lazy("Propose an instalment plan")
    submit = gettext_lazy("Ask for approval")
    done = gettext_lazy("The plan is on its way to be approved.")
    intro = gettext_lazy(
        "Once it is approved, and as long as it is kept, the invoices are not dunned. Their due dates, the ageing, the "
        "exposure and the overdue rule of the credit check stay as they are."
    )

    def form_kwargs(self) -> dict[str, Any]:
        return {"offered": invoices_to_plan(self.case, business_today())}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"case": self.case}

    def perform(self, form: PlanForm) -> str:
        rows, invoices = form.plan_rows(), form.invoice_ids()
        reason = form.cleaned_data["reason"]
        once(
            "collection.plan",
            form.cleaned_data["idempotency_key"],
            lambda: propose_plan(
                actor=self.user,
                case_id=self.case.pk,
                invoice_ids=invoices,
                rows=rows,
                reason=reason,
                on=business_today(),
            ),
            case=self.case.pk,
            invoices=sorted(invoices),
            rows=[[row.due_on.isoformat(), str(row.amount)] for row in rows],
            reason=reason,
        )
        return record_url("receivables:case", self.case.pk)


class PlanPage(RecordView[InstalmentPlan]):
    model = InstalmentPlan
    permission = "receivables.view_instalmentplan"
    template_name = "receivables/collection/plan.html"
    select_related = ("customer__owner", "legal_entity", "case", "approval", "created_by")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"plan": self.record, "shown": plan_page(self.record), "today": business_today()}
