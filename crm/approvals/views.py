"""Pages of approvals: what waits for me, every request with its way, and who stands in for me."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.accounts.models import User
from crm.approvals.errors import OneWord
from crm.approvals.filters import RequestFilter
from crm.approvals.forms import AnswerForm, DecisionForm, StandInForm, WithdrawForm
from crm.approvals.models import UNDECIDED, Delegation, Request, RequestState, Verb
from crm.approvals.selectors.inbox import spoke_for_another, waiting, waiting_row, waiting_rows, way_of
from crm.approvals.selectors.people import MAY_DECIDE
from crm.approvals.services import answer, decide, delegate_to, end_delegation, withdraw
from crm.core.columns import Column
from crm.core.dates import business_today
from crm.core.errors import Busy, DomainError
from crm.core.lists import Empty, ListView, Preset
from crm.core.pages import FormView, RecordView, options, search_text
from crm.core.permissions import Guarded, requires, visible_or_404

PER_PAGE = 20


@requires("approvals.view_request")
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits for my decision, each with what is needed to decide it."""
    today = business_today()
    text = request.GET.get("page", "")
    page = max(int(text), 1) if text.isdigit() and len(text) < 6 else 1
    rows = waiting_rows(request.user, today, limit=PER_PAGE + 1, offset=(page - 1) * PER_PAGE)
    context = {
        "title": _("Approvals"),
        "rows": rows[:PER_PAGE],
        "page": page,
        "has_next": len(rows) > PER_PAGE,
        "today": today,
        "may_decide": request.user.has_perm(MAY_DECIDE),
    }
    return render(request, "approvals/inbox.html", context)


@requires("approvals.decide_request")
def head(request: HttpRequest) -> HttpResponse:
    """How many requests wait for me, in the head of every page."""
    return render(request, "approvals/head.html", {"count": waiting(request.user, business_today()).count()})


class RequestList(ListView):
    """Every request one may see, newest first."""

    key = "approvals"
    title = gettext_lazy("Requests")
    permission = "approvals.view_request"
    model = Request
    filterset_class = RequestFilter
    default_order = ("-pk",)
    select_related = ("applicant",)
    columns = (
        Column("label", gettext_lazy("Number"), url=lambda row: row.get_absolute_url(), order_by="label"),
        Column("what", gettext_lazy("Request"), order_by=("kind", "variant")),
        Column("customer_name", gettext_lazy("Customer"), order_by="customer_name"),
        Column(
            "amount",
            gettext_lazy("Amount"),
            "money",
            value=lambda row: row.amount if row.asks_amount else None,
            order_by="amount",
        ),
        Column("granted", gettext_lazy("Granted"), "money", value=lambda row: row.granted if row.for_less else None),
        Column("days", gettext_lazy("Days"), "number", order_by="days"),
        Column("applicant", gettext_lazy("Asked by"), order_by="applicant__name"),
        Column("submitted_on", gettext_lazy("Asked on"), "date", order_by="submitted_on"),
        Column("state", gettext_lazy("State"), "badge", order_by="state"),
        Column("decided_on", gettext_lazy("Decided on"), "date", order_by="decided_on"),
        Column("expires_on", gettext_lazy("Expires on"), "date", order_by="expires_on", default=False),
    )
    presets = (
        Preset("all", gettext_lazy("All")),
        Preset("open", gettext_lazy("Undecided"), "state=submitted&state=returned"),
        Preset("mine", gettext_lazy("Asked by me"), "mine=true"),
        Preset("decided", gettext_lazy("Decided by me"), "decided_by_me=true"),
    )
    empty = Empty(
        gettext_lazy("No requests"), gettext_lazy("What needs an approval, such as a credit limit, is listed here.")
    )


class RequestPage(RecordView[Request]):
    """One request: what is asked, its way (done, now, next), what was said, and the buttons of whoever must act."""

    model = Request
    permission = "approvals.view_request"
    template_name = "approvals/request.html"
    select_related = ("applicant", "team", "chain", "rule")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return page_context(self.record, request.user)


def page_context(record: Request, user: Any) -> dict[str, Any]:
    """What the page of a request shows, also where its own app shows it."""
    kind = record.approval_kind
    own = record.applicant_id == user.pk
    kept = record.decisions.exclude(figures={}).exclude(figures__has_key="ended")
    decided = kept.order_by("-pk").first() if record.is_decided else None
    row = waiting_row(user, business_today(), record.pk)
    spoke = None if row else spoke_for_another(record, user)
    return {
        "record": record,
        "kind": kind,
        "figures": decided.figures if decided else figures_of_page(record),
        "figures_as_decided": decided is not None,
        "way": way_of(record),
        "decisions": record.decisions.select_related("actor", "principal", "step").order_by("pk"),
        "row": row,
        "one_word": OneWord(label=record.label) if spoke else None,
        "question": record.decisions.filter(verb=Verb.ASK).select_related("actor").order_by("-pk").first()
        if record.state == RequestState.RETURNED
        else None,
        "may_answer": own and record.state == RequestState.RETURNED,
        "may_withdraw": own and record.state in UNDECIDED,
        "sees_subject": user.has_perm(kind.permission),
    }


def figures_of_page(record: Request) -> dict[str, Any]:
    """What a request is decided on now, with what is too dear for a list of them."""
    kind = record.approval_kind
    return kind.figures([record]).get(record.pk, {}) | kind.page_figures(record)


class Decide(Guarded):
    """A decision from the inbox or the page of a request; without it the row stays with what was typed."""

    permission = MAY_DECIDE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked = visible_or_404(Request, request.user, pk=pk)
        form = DecisionForm(request.POST)
        error = ""
        if form.is_valid():
            data = form.cleaned_data
            verb = Verb(data["verb"])
            try:
                decided = decide(
                    request_id=asked.pk,
                    step_id=data["step"],
                    actor=request.user,
                    verb=verb,
                    amount=data["amount"] if verb is Verb.APPROVE_LESS else None,
                    reason=data["reason"],
                )
            except Busy:
                raise
            except DomainError as refusal:
                error = str(refusal)
            else:
                return self.done(request, decided, verb)
        return self.again(request, asked, form, error)

    def done(self, request: HttpRequest, decided: Request, verb: Verb) -> HttpResponse:
        if not request.htmx:  # type: ignore[attr-defined]
            return HttpResponseRedirect(decided.get_absolute_url())
        response = render(request, "approvals/done.html", {"request_": decided, "verb": verb})
        response.headers["HX-Trigger"] = "refresh-approvals"
        return response

    def again(self, request: HttpRequest, asked: Request, form: DecisionForm, error: str) -> HttpResponse:
        row = waiting_row(request.user, business_today(), asked.pk)
        context = {"row": row, "request_": asked, "form": form, "error": error}
        template = "approvals/row.html" if row else "approvals/gone.html"
        if not request.htmx:  # type: ignore[attr-defined]
            template = "approvals/again.html"
        return render(request, template, context, status=422)


def own_or_404(user: Any, **lookup: Any) -> Request:
    """A request the user asked for."""
    found: Request = visible_or_404(Request.objects.filter(applicant=user), user, **lookup)
    return found


class Answer(FormView):
    """The answer to an open question."""

    form_class, permission = AnswerForm, "approvals.view_request"
    title, submit = gettext_lazy("Answer"), gettext_lazy("Send the answer")
    done = gettext_lazy("Your answer is on its way.")
    asked: Request

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.asked = own_or_404(request.user, **kwargs)

    def context(self, request: HttpRequest) -> dict[str, Any]:
        question = self.asked.decisions.filter(verb=Verb.ASK).order_by("-pk").first()
        return {"intro": f"{question.actor}: {question.reason}" if question else ""}

    def perform(self, form: AnswerForm) -> str:
        answer(request_id=self.asked.pk, actor=self.request.user, text=form.cleaned_data["text"])
        return self.asked.get_absolute_url()

    def cancel_url(self) -> str:
        return self.asked.get_absolute_url()


class Withdraw(FormView):
    """The applicant takes a request back."""

    form_class, permission, danger = WithdrawForm, "approvals.view_request", True
    title, submit = gettext_lazy("Withdraw the request"), gettext_lazy("Withdraw")
    done = gettext_lazy("The request is withdrawn.")
    asked: Request

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.asked = own_or_404(request.user, **kwargs)

    def context(self, request: HttpRequest) -> dict[str, Any]:
        text = _("Nobody is asked about %(label)s any more. What was approved so far does not count.")
        return {"what_happens": [text % {"label": self.asked}]}

    def perform(self, form: WithdrawForm) -> str:
        withdraw(request_id=self.asked.pk, actor=self.request.user, reason=form.cleaned_data["reason"])
        return self.asked.get_absolute_url()

    def cancel_url(self) -> str:
        return self.asked.get_absolute_url()


def possible_stand_ins(user: Any) -> QuerySet[User]:
    """Colleagues who may decide at all."""
    return (
        User.objects.filter(is_active=True, groups__permissions__codename="decide_request")
        .exclude(pk=user.pk)
        .distinct()
        .order_by("name", "username")
    )


@requires(MAY_DECIDE)
def colleagues(request: HttpRequest) -> JsonResponse:
    """The search box for a stand-in."""
    text = search_text(request)
    found = possible_stand_ins(request.user).filter(name__icontains=text)
    return options(found, detail=lambda user: user.role_names)


class StandIns(FormView):
    """Who decides for me while I am away, and for whom I decide."""

    form_class, permission = StandInForm, MAY_DECIDE
    title, submit = gettext_lazy("Stand-ins"), gettext_lazy("Let this colleague stand in")
    intro = gettext_lazy("The stand-in decides what waits for you in those days. You still may as well.")
    done = gettext_lazy("The stand-in is told.")
    template_name = "approvals/stand_ins.html"

    def form_kwargs(self) -> dict[str, Any]:
        today = business_today()
        return {"colleagues": possible_stand_ins(self.request.user), "initial": {"starts_on": today, "ends_on": today}}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        found = Delegation.objects.visible_to(request.user).select_related("delegator", "delegate")
        rows = list(found.filter(ends_on__gte=business_today(), ended_at__isnull=True).order_by("starts_on"))
        return {
            "given": [row for row in rows if row.delegator_id == request.user.pk],
            "received": [row for row in rows if row.delegate_id == request.user.pk],
        }

    def perform(self, form: StandInForm) -> str:
        delegate_to(actor=self.request.user, today=business_today(), **form.cleaned_data)
        return reverse("approvals:stand_ins")

    def cancel_url(self) -> str:
        return reverse("accounts:profile")


@requires(MAY_DECIDE)
@require_POST
def end_stand_in(request: HttpRequest, pk: int) -> HttpResponse:
    """End a delegation I gave."""
    user: Any = request.user
    given = visible_or_404(Delegation.objects.filter(delegator=user), user, pk=pk)
    end_delegation(actor=user, delegation_id=given.pk)
    return HttpResponseRedirect(reverse("approvals:stand_ins"))
