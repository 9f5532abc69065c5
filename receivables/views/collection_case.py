"""The page of a case: who owes what since when, what was said last, what comes next; and what a call came to."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from crm.core.addresses import page_url, record_url
from crm.core.dates import business_today
from crm.core.errors import DomainError, NotAllowed
from crm.core.pages import RecordView, go_to
from crm.core.permissions import Guarded, visible_or_404
from customers.models import Contact
from receivables.columns.collection import OUTCOME_TONES, PROMISE_TONES, bucket_of, pause_of, plan_state
from receivables.forms.collection import CONTACT_FORMS, ContactForm
from receivables.models import Case, CollectionContact, InstalmentPlan, PaymentPromise
from receivables.rules.collection import formula_lines
from receivables.selectors.collection import case_page
from receivables.selectors.collection.plans import plan_page, plans_of
from receivables.services.collection import log_contact
from receivables.services.collection.plans import LIVE
from receivables.services.once import once
from receivables.views.collection_round import place_of

SELECTED = (
    "customer__owner",
    "legal_entity",
    "policy",
    "step",
    "last_contact__created_by",
    "last_contact__contact",
    "last_contact__promise",
)
# Of the plans of a case the newest of these is shown with its rows; the others in a line.
SHOWN_IN_FULL = (*LIVE, InstalmentPlan.State.BROKEN)


def case_context(request: HttpRequest, case: Case, typed: ContactForm | None = None) -> dict[str, Any]:
    """Everything the page shows; `typed` is the form of an outcome that was refused, with what was typed in it."""
    user: Any = request.user
    today = business_today()
    page = case_page(case, today)
    contacts = list(Contact.objects.filter(customer_id=case.customer_id, is_active=True).order_by("-is_primary", "pk"))
    may_collect = case.state == Case.State.OPEN and user.has_perm("receivables.collect")
    promise = page.open_promise
    plans = plans_of(case)
    plan = next((each for each in plans if each.state in SHOWN_IN_FULL), None)
    shown = plan_page(plan) if plan else None
    return {
        "record": case,
        "case": case,
        "page": page,
        "today": today,
        "days": case.days_overdue(today),
        "pause": pause_of(case),
        "formula": [(bucket_of(line), line) for line in formula_lines(case.formula)],
        "contacts": contacts,
        "promise": promise,
        "cause_missing": page.cause_missing,
        "promises": [(each, PROMISE_TONES[each.state]) for each in page.promises],
        "log": [(each, OUTCOME_TONES[CollectionContact.Outcome(each.outcome)]) for each in page.contacts],
        "outcomes": outcome_forms(case, contacts, page.overdue_invoices, promise, typed) if may_collect else [],
        "may_collect": may_collect,
        "plan": shown,
        "earlier_plans": [(each, plan_state(each)) for each in plans if each is not plan],
        "planned": shown.covered if shown and shown.plan.state == InstalmentPlan.State.RUNNING else (),
        "may_plan": may_collect and not any(each.state in LIVE for each in plans),
        "may_opt_out": user.has_perm("receivables.opt_out_of_dunning"),
        "may_resolve": user.has_perm("receivables.resolve_dispute"),
        "place": place_of(request, case.pk),
    }


def outcome_forms(
    case: Case, contacts: list[Contact], invoices: Any, promise: PaymentPromise | None, typed: ContactForm | None
) -> list[ContactForm]:
    """One form an outcome, in the order of the buttons."""
    return [
        typed
        if typed is not None and typed.outcome == outcome
        else build_form(outcome, case=case, contacts=contacts, invoices=invoices, promise=promise)
        for outcome in CONTACT_FORMS
    ]


def build_form(outcome: str, *, promise: PaymentPromise | None, **kwargs: Any) -> ContactForm:
    if outcome == CollectionContact.Outcome.PROMISED:
        kwargs["open_promise"] = promise is not None
    return CONTACT_FORMS[outcome](**kwargs)


class CasePage(RecordView[Case]):
    model = Case
    permission = "receivables.view_case"
    template_name = "receivables/collection/case.html"
    select_related = SELECTED

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return case_context(request, self.record)


class LogContact(Guarded):
    """What a call came to. What is refused comes back on the page of the case with everything that was typed."""

    permission = "receivables.collect"

    def post(self, request: HttpRequest, pk: int, outcome: str) -> HttpResponse:
        if outcome not in CONTACT_FORMS:
            raise Http404
        case = visible_or_404(Case.objects.select_related(*SELECTED), request.user, pk=pk)
        today = business_today()
        page = case_page(case, today)
        contacts = list(
            Contact.objects.filter(customer_id=case.customer_id, is_active=True).order_by("-is_primary", "pk")
        )
        form = build_form(
            outcome,
            data=request.POST,
            case=case,
            contacts=contacts,
            invoices=page.overdue_invoices,
            promise=page.open_promise,
        )
        if form.is_valid():
            try:
                done = self.perform(request, case, form)
            except NotAllowed:
                raise
            except DomainError as error:
                form.refuse(error)
            else:
                if done:
                    messages.success(request, self.done_message(case, form))
                return go_to(request, self.after(request, case))
        return render(request, CasePage.template_name, case_context(request, case, form), status=422)

    def perform(self, request: HttpRequest, case: Case, form: ContactForm) -> bool:
        values = form.cleaned_data
        chosen = values.get("contact")
        figures: dict[str, Any] = {
            "case_id": case.pk,
            "outcome": str(form.outcome),
            "on": business_today(),
            "channel": values["channel"],
            "note": values["note"],
            "contact_id": chosen.pk if chosen else None,
            "next_on": values.get("next_on"),
            "promise": form.promise(),
            "dispute": form.dispute(),
        }
        return once(
            "collection.contact",
            values["idempotency_key"],
            lambda: log_contact(actor=request.user, **figures),
            **figures,
        )

    def done_message(self, case: Case, form: ContactForm) -> str:
        return _("%(customer)s: %(outcome)s") % {"customer": case.customer.name, "outcome": form.outcome.label}

    def after(self, request: HttpRequest, case: Case) -> str:
        """Back to the case, or on to the next of the round; after the last one back to the list."""
        if "next" not in request.POST:
            return record_url("receivables:case", case.pk)
        following = place_of(request, case.pk).following
        return record_url("receivables:case", following) if following else page_url("receivables:cases")
