"""What can be done with a case, a dispute or a customer beside calling: dialogs, each one use case."""

from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.addresses import record_url
from crm.core.dates import business_today
from crm.core.display import Text, isodate, money
from crm.core.pages import options, search_text
from crm.core.permissions import requires, visible_or_404
from customers.models import Customer
from receivables.forms.collection import CauseForm, DisputeForm, OptOutForm, ResolveForm, StepDoneForm, WhyForm
from receivables.models import Case, CaseStep, Dispute, DunningOptOut
from receivables.selectors.collection import case_page
from receivables.services.collection import (
    end_opt_out,
    file_cause,
    finish_step,
    open_dispute,
    opt_out,
    resolve_dispute,
)
from receivables.services.once import once
from receivables.views.base import PostingView


class CaseAction(PostingView):
    """A dialog about one case."""

    permission = "receivables.collect"

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.case: Case = visible_or_404(Case.objects.select_related("customer", "policy"), request.user, **kwargs)

    def cancel_url(self) -> str:
        return record_url("receivables:case", self.case.pk)


class OpenDispute(CaseAction):
    form_class = DisputeForm
    title = gettext_lazy("Open a dispute")
    submit = gettext_lazy("Open the dispute")
    intro = gettext_lazy("The disputed part is not dunned until the dispute is resolved; it stays in the ageing.")
    done = gettext_lazy("The dispute is open.")

    def form_kwargs(self) -> dict[str, Any]:
        page = case_page(self.case, business_today())
        return {"invoices": page.overdue_invoices, "chosen": self.request.GET.get("invoice", "")}

    def perform(self, form: Any) -> str:
        terms = form.terms(form.cleaned_data["note"])
        once(
            "collection.dispute",
            form.cleaned_data["idempotency_key"],
            lambda: open_dispute(actor=self.user, terms=terms, on=business_today()),
            terms=terms,
        )
        return self.cancel_url()


class FileCause(CaseAction):
    form_class = CauseForm
    title = gettext_lazy("File the cause")
    submit = gettext_lazy("File the cause")
    done = gettext_lazy("The cause is filed.")

    def perform(self, form: Any) -> str:
        values = form.cleaned_data
        figures: dict[str, Any] = {
            "case_id": self.case.pk,
            "cause_id": values["cause"].pk,
            "culprit_id": values["culprit"].pk if values["culprit"] else None,
            "note": values["note"],
            "on": business_today(),
        }
        once(
            "collection.cause",
            values["idempotency_key"],
            lambda: file_cause(actor=self.user, **figures),
            **figures,
        )
        return self.cancel_url()


class FinishStep(PostingView):
    """A task of the ladder is done."""

    permission = "receivables.collect"
    form_class = StepDoneForm
    submit = gettext_lazy("Done")
    done = gettext_lazy("The step is done.")

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.step: CaseStep = visible_or_404(CaseStep.objects.select_related("policy_step"), request.user, **kwargs)

    def page_title(self) -> Text:
        return self.step.policy_step.name

    def cancel_url(self) -> str:
        return record_url("receivables:case", self.step.case_id)

    def perform(self, form: Any) -> str:
        finish_step(actor=self.user, case_step_id=self.step.pk, on=business_today(), note=form.cleaned_data["note"])
        return self.cancel_url()


class ResolveDispute(PostingView):
    """Say how a dispute ended: its owner, or who may resolve those of others."""

    permission = "receivables.collect"
    form_class = ResolveForm
    title = gettext_lazy("Resolve the dispute")
    submit = gettext_lazy("Resolve")
    done = gettext_lazy("The dispute is resolved.")

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.dispute: Dispute = visible_or_404(
            Dispute.objects.select_related("invoice", "customer"), request.user, **kwargs
        )

    def context(self, request: HttpRequest) -> dict[str, Any]:
        values = {
            "amount": money(self.dispute.amount),
            "currency": self.dispute.invoice.currency,
            "number": self.dispute.invoice.number,
        }
        return {
            "what_happens": [
                _("%(amount)s %(currency)s of %(number)s are dunned again, as far as they stay open.") % values
            ]
        }

    def cancel_url(self) -> str:
        return record_url("receivables:dispute", self.dispute.pk)

    def perform(self, form: Any) -> str:
        values = form.cleaned_data
        resolve_dispute(
            actor=self.user,
            dispute_id=self.dispute.pk,
            outcome=values["outcome"],
            resolution=values["resolution"],
            on=business_today(),
        )
        return self.cancel_url()


class OptOut(PostingView):
    """Take a customer out of dunning for a time."""

    permission = "receivables.opt_out_of_dunning"
    form_class = OptOutForm
    title = gettext_lazy("Take out of dunning")
    submit = gettext_lazy("Take out of dunning")
    done = gettext_lazy("The customer is out of dunning.")
    danger = True

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.customer: Customer = visible_or_404(Customer, request.user, **kwargs)

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "what_happens": [
                _("No step is taken and no letter written for %(customer)s until that day, whatever becomes overdue.")
                % {"customer": self.customer.name}
            ]
        }

    def cancel_url(self) -> str:
        return self.customer.get_absolute_url()

    def perform(self, form: Any) -> str:
        values = form.cleaned_data
        opt_out(
            actor=self.user,
            customer_id=self.customer.pk,
            reason=values["reason"],
            on=business_today(),
            until=values["until"],
        )
        return self.cancel_url()


class EndOptOut(PostingView):
    """Dun a customer again before its opt-out is over."""

    permission = "receivables.opt_out_of_dunning"
    form_class = WhyForm
    title = gettext_lazy("Dun again")
    submit = gettext_lazy("Dun again")
    done = gettext_lazy("The customer is dunned again.")

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.found: DunningOptOut = visible_or_404(
            DunningOptOut.objects.select_related("customer"), request.user, **kwargs
        )

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "what_happens": [
                _("%(customer)s was to be left alone until %(until)s: %(reason)s")
                % {
                    "customer": self.found.customer.name,
                    "until": isodate(self.found.until),
                    "reason": self.found.reason,
                }
            ]
        }

    def cancel_url(self) -> str:
        return self.found.customer.get_absolute_url()

    def perform(self, form: Any) -> str:
        end_opt_out(actor=self.user, opt_out_id=self.found.pk, on=business_today(), reason=form.cleaned_data["reason"])
        return self.cancel_url()


@requires("receivables.collect")
def people(request: HttpRequest) -> HttpResponse:
    """Answers of the search box over colleagues: who settles a dispute, whose fault it was."""
    text = search_text(request)
    found = get_user_model().objects.filter(is_active=True).select_related("team").order_by("name", "pk")
    if text:
        found = found.filter(name__icontains=text)
    return options(found[:20], detail=lambda user: user.team or "")
