"""Pages of credit requests: asked for from the customer page, completed, submitted, followed."""

from decimal import Decimal
from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from credit.columns import SEE_ACCOUNTS
from credit.errors import RequestSubmitted
from credit.forms.requests import AttachmentForm, CreditRequestForm, RestrictForm, group_kinds_for, kinds_for
from credit.instruments import all_instruments, in_sentence
from credit.models import AccountStatus, CreditAccount, CreditRequest, RequestKind
from credit.rules import requests as rules
from credit.selectors.accounts import account_summary
from credit.selectors.groups import sums_of_groups
from credit.selectors.limits import Sheet, limit_sheet
from credit.selectors.requests import requests_beside
from credit.services import (
    add_attachment,
    change_request,
    discard_request,
    draft_request,
    remove_attachment,
    restrict_account,
    submit_request,
)
from credit.services.requests import KIND, MAY_ASK, facts_of
from credit.words.limits import METHODS
from credit.words.requests import ITEMS, figures_of, proposal_of
from crm.approvals.models import RequestState
from crm.approvals.selectors.inbox import preview
from crm.approvals.services import pick_rule
from crm.approvals.views import page_context
from crm.audit.registry import audit_url
from crm.core.columns import Column
from crm.core.dates import business_today
from crm.core.display import figure, isodate
from crm.core.errors import DomainError
from crm.core.filters import ListFilterSet, SearchFilter, YesNoFilter
from crm.core.lists import Empty, ListView, Preset
from crm.core.pages import FormView, RecordView, refusals_told
from crm.core.permissions import requires, visible_or_404
from crm.core.uploads import handed_out
from customers.choice_filters import CustomerChoiceFilter
from customers.columns import customer_column
from customers.models import Customer

SEE = "credit.view_creditrequest"
PAPERS_NEEDED = ("application", "statements", "solvency")
NO_FIELD = ("no_limit_yet", "has_limit", "restricted", "heads_group", "has_group_limit", "held")  # another kind helps
BESIDE = 5  # requests that are named beside a new one


class CreditRequestFilter(ListFilterSet):
    q = SearchFilter(method="search", placeholder=gettext_lazy("Number or customer"))
    kind = django_filters.MultipleChoiceFilter(choices=RequestKind.choices, label=gettext_lazy("Kind"))
    state = django_filters.MultipleChoiceFilter(
        field_name="approval__state", choices=RequestState.choices, label=gettext_lazy("State")
    )
    draft = YesNoFilter(field_name="number", lookup_expr="isnull", label=gettext_lazy("Draft"))
    mine = YesNoFilter(method="asked_by_me", label=gettext_lazy("Asked by me"))
    customer = CustomerChoiceFilter(field_name="account__customer")

    def search(self, queryset: Any, name: str, value: str) -> Any:
        customers = Customer.objects.search(value).order_by().values("pk")
        return queryset.filter(Q(number__icontains=value) | Q(account__customer__in=customers))

    def asked_by_me(self, queryset: Any, name: str, value: bool) -> Any:
        own = Q(created_by=self.request.user)
        return queryset.filter(own) if value else queryset.exclude(own)


class RequestList(ListView):
    """Every request for other limits and terms, newest first."""

    key = "credit_requests"
    title = gettext_lazy("Credit requests")
    permission = SEE
    model = CreditRequest
    filterset_class = CreditRequestFilter
    default_order = ("-pk",)
    select_related = ("approval",)
    columns = (
        Column("number", gettext_lazy("Number"), value=lambda row: row.number or _("Draft"), order_by="number"),
        Column("kind", gettext_lazy("Request"), value=CreditRequest.get_kind_display, order_by="kind"),
        customer_column("account.customer", url=None),
        Column("wanted_limit", gettext_lazy("Limit wanted"), "money", order_by="wanted_limit"),
        Column(
            "granted",
            gettext_lazy("Granted"),
            "money",
            value=lambda row: (
                row.approval.granted
                if row.approval
                and row.approval.state == RequestState.APPROVED
                and row.kind in (*rules.LIMIT_KINDS, rules.GROUP)
                else None
            ),
        ),
        Column("wanted_term_days", gettext_lazy("Term in days"), "number", order_by="wanted_term_days"),
        Column("until", gettext_lazy("Last day"), "date", order_by="until", default=False),
        Column("created_by", gettext_lazy("Asked by"), related=("created_by",), order_by="created_by__name"),
        Column("created_at", gettext_lazy("Begun"), "datetime", order_by="created_at", default=False),
        Column("submitted", gettext_lazy("Asked on"), "date", value="approval.submitted_on"),
        Column("state", gettext_lazy("State"), "badge", value="state_badge", order_by="approval__state"),
    )
    presets = (
        Preset("all", gettext_lazy("All")),
        Preset("open", gettext_lazy("Undecided"), "state=submitted&state=returned"),
        Preset("drafts", gettext_lazy("Drafts"), "draft=true"),
        Preset("mine", gettext_lazy("Asked by me"), "mine=true"),
    )
    empty = Empty(
        gettext_lazy("No credit requests"), gettext_lazy("They are asked for on the page of a customer, under Credit.")
    )

    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[Any]:
        return CreditRequest.objects.visible_to(user)


class RequestPage(RecordView[CreditRequest]):
    """One request: a draft with its check list, or what was asked with its way through the approvers."""

    model = CreditRequest
    permission = SEE
    template_name = "credit/requests/page.html"
    select_related = ("account__customer__team", "approval", "created_by")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        found, user = self.record, request.user
        context = {
            "files": found.attachments.select_related("uploaded_by"),
            "customer": found.account.customer,
            "sees_customer": Customer.objects.visible_to(user).filter(pk=found.account.customer_id).exists(),
            "changes_url": audit_url(found),
        }
        if found.approval is not None:
            approval = (
                type(found.approval)
                .objects.select_related("applicant", "team", "chain", "rule")
                .get(pk=found.approval.pk)
            )
            page = {**page_context(approval, user), **context, "record": found, "approval": approval}
            return page | (adding(user) if page["may_answer"] else {})
        return {**context, **draft_context(found, user)}


def draft_context(found: CreditRequest, user: Any) -> dict[str, Any]:
    """What is there and what is missing, and whom the request would reach."""
    today = business_today()
    account = found.account
    asked, now = found.asked(), account.terms_on(today)
    items = rules.checklist(asked, now, exposure=account.exposure, today=today)
    way, problem = [], ""
    try:
        rule = pick_rule(kind=KIND, facts=facts_of(found, account, on=today))
        way = preview(rule, applicant_id=user.pk, team=account.customer.team or user.team)
    except DomainError as error:
        problem = str(error)
    may_ask = user.has_perm(MAY_ASK)
    return {
        "figures": figures_of([found])[found.pk] | proposal_of(found, today),
        "items": [
            (ITEMS[code], there, "" if there else entered_at(found, code, user))
            for code, there in sorted(items, key=lambda item: item[1])
        ],
        "is_complete": all(there for _code, there in items),
        "way": way,
        "problem": problem,
        "may_edit": may_ask,
        **adding(user),
    }


def entered_at(found: CreditRequest, code: str, user: Any) -> str:
    """Where what a draft lacks is entered: in its form, among its files, in the profile; empty where nothing helps."""
    customer, asked = found.account.customer, found.asked()
    if code in NO_FIELD:
        return ""
    if code in PAPERS_NEEDED:
        return "#files" if user.has_perm(MAY_ASK) else ""
    if code == "identified":
        return customer.get_absolute_url()
    if code in rules.needed_profile(asked.form, is_unlimited=asked.is_unlimited):
        return reverse("customers:edit", args=[customer.pk]) if user.has_perm("customers.change_customer") else ""
    return reverse("credit:edit_request", args=[found.pk]) if user.has_perm(MAY_ASK) else ""


def adding(user: Any) -> dict[str, Any]:
    """The form that adds a paper: to a draft, or to what one is asked about."""
    if not user.has_perm(MAY_ASK):
        return {}
    return {"may_add": True, "attach_form": AttachmentForm(), "kinds": AttachmentForm.base_fields["kind"]}


class Asking(FormView):
    """The form of a request of one kind."""

    form_class, permission = CreditRequestForm, MAY_ASK
    submit = gettext_lazy("Save and look at it")
    customer: Customer
    account: CreditAccount | None
    kind: RequestKind
    record: CreditRequest | None = None
    begins_with_offer = False

    def page_title(self) -> str:
        return _("%(kind)s: %(customer)s") % {"kind": self.kind.label, "customer": self.customer.name}

    def form_kwargs(self) -> dict[str, Any]:
        return {"kind": self.kind.value, "record": self.record}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        if self.account is None:
            return {"intro": _("%(customer)s has no credit account yet.") % {"customer": self.customer}}
        if self.kind in rules.GROUP_KINDS:
            return {"intro": self.group_now(self.account)}
        summary = account_summary(self.account, business_today())
        limit = _("never set") if summary.limit is None else figure(summary.limit)
        figures = {
            "limit": limit,
            "days": self.account.term_days,
            "settlement": self.account.get_settlement_display(),
            "instruments": in_sentence(self.account.instruments),
            "exposure": figure(summary.exposure),
            "overdue": figure(summary.overdue),
        }
        text = _(
            "Now: limit %(limit)s, %(days)s days, settlement %(settlement)s, payment by %(instruments)s. Exposure is "
            "%(exposure)s, of which %(overdue)s is overdue."
        )
        return {"intro": format_html("{} {} {}", text % figures, self.supported(), self.sheet_link())}

    @cached_property
    def sheet(self) -> Sheet | None:
        """The limit proposal, where a limit is asked for and a policy is in force."""
        if self.account is None or self.kind not in (RequestKind.NEW, RequestKind.INCREASE):
            return None
        return limit_sheet(self.account, business_today(), self.record)

    @property
    def offered(self) -> Decimal | None:
        """The proposed limit, where a request of this kind may begin with it."""
        if self.sheet is None or self.account is None:
            return None
        return rules.limit_to_begin_with(self.sheet.proposal.amount, self.account.terms_on(business_today()))

    def sheet_link(self) -> str:
        """Where the proposal is worked out line by line."""
        if self.sheet is None or not self.request.user.has_perm(SEE_ACCOUNTS):
            return ""
        url = reverse("credit:limit_sheet", args=[self.customer.pk])
        if self.record is not None:
            url += f"?request={self.record.pk}"
        return format_html('<a href="{}" target="_blank" rel="noopener">{}</a>', url, _("How it is worked out"))

    def group_now(self, account: CreditAccount) -> str:
        """How the group stands: the company and all below it."""
        sums = sums_of_groups([account.pk])[account.pk]
        figures = {
            "companies": sums.members,
            "exposure": figure(sums.exposure),
            "limit": _("never set") if sums.limit is None else figure(sums.limit),
        }
        text = _("Now: group limit %(limit)s. Exposure of the group, %(companies)s companies, is %(exposure)s.")
        return text % figures

    def supported(self) -> str:
        """What limit the figures support, where one is asked for."""
        sheet = self.sheet
        if sheet is None or sheet.proposal.amount is None:
            return ""
        if sheet.proposal.no_credit:
            return _("The policy gives class %(credit_class)s no credit.") % {
                "credit_class": sheet.proposal.credit_class
            }
        text = _("The figures support a limit of %(amount)s (%(method)s).") % {
            "amount": figure(sheet.proposal.amount),
            "method": METHODS[sheet.proposal.by],
        }
        if self.begins_with_offer and self.offered is not None:
            text += " " + _("It stands in the form to begin with.")
        return text


class NewRequest(Asking):
    """A request begins as a draft, one for a limit with the proposed limit."""

    begins_with_offer = True

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.customer = visible_or_404(Customer, request.user, pk=kwargs["pk"])
        self.account = CreditAccount.objects.filter(customer=self.customer).first()
        kinds = kinds_for(self.account)
        if kwargs["kind"] in rules.GROUP_KINDS:
            kinds = group_kinds_for(self.customer, self.account)
        if kwargs["kind"] not in [kind.value for kind in kinds]:
            raise Http404
        self.kind = RequestKind(kwargs["kind"])

    def form_kwargs(self) -> dict[str, Any]:
        known: dict[str, Any] = {"wanted_instruments": all_instruments()}
        if self.account is not None:
            known = {
                "wanted_term_days": self.account.term_days,
                "wanted_settlement": self.account.settlement,
                "wanted_instruments": self.account.instruments,
            }
        if self.offered is not None:
            known["wanted_limit"] = self.offered
        return {**super().form_kwargs(), "initial": known}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        """Another one is no mistake, but only one is decided at a time: what is there already is said beforehand."""
        beside: Any = ()
        if self.account is not None:
            beside = requests_beside(account=self.account, kind=self.kind.value, user=request.user)[:BESIDE]
        return {**super().context(request), "what_happens": [beside_words(each) for each in beside]}

    def perform(self, form: CreditRequestForm) -> str:
        made = draft_request(actor=self.request.user, customer_id=self.customer.pk, kind=self.kind, **form.cleaned_data)
        return made.get_absolute_url()

    def cancel_url(self) -> str:
        return self.customer.get_absolute_url()


def beside_words(found: CreditRequest) -> str:
    """A draft of the same kind, or a request that is undecided, with a link to it."""
    if found.is_draft:
        text = _("There is a draft of the same kind already, begun by %(who)s on %(on)s.")
        words = text % {"who": found.created_by, "on": isodate(localtime(found.created_at).date())}
    else:
        text = _("%(request)s (%(kind)s) is undecided: another one can be submitted only afterwards.")
        words = text % {"request": found, "kind": found.get_kind_display()}
    return format_html('{} <a href="{}">{}</a>', words, found.get_absolute_url(), _("Look at it"))


class EditRequest(Asking):
    """A draft is changed."""

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.record = visible_or_404(CreditRequest, request.user, pk=kwargs["pk"])
        if not self.record.is_draft:
            raise RequestSubmitted
        self.account, self.kind = self.record.account, RequestKind(self.record.kind)
        self.customer = self.account.customer

    def perform(self, form: CreditRequestForm) -> str:
        assert self.record is not None
        change_request(actor=self.request.user, request_id=self.record.pk, **form.cleaned_data)
        return self.record.get_absolute_url()

    def cancel_url(self) -> str:
        return self.record.get_absolute_url() if self.record else "/"


@requires(MAY_ASK)
@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Submit a draft; what is missing is said above its page."""
    found = visible_or_404(CreditRequest, request.user, pk=pk)
    with refusals_told(request):
        submit_request(actor=request.user, request_id=found.pk)
        messages.success(request, _("The request is submitted."))
    return HttpResponseRedirect(found.get_absolute_url())


class Discard(FormView):
    """Throw a draft away, after it was said what goes."""

    form_class, permission, danger = forms.Form, MAY_ASK, True
    title, submit = gettext_lazy("Discard the draft"), gettext_lazy("Discard the draft")
    done = gettext_lazy("The draft is gone.")
    record: CreditRequest

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.record = visible_or_404(CreditRequest, request.user, **kwargs)
        if not self.record.is_draft:
            raise RequestSubmitted

    def context(self, request: HttpRequest) -> dict[str, Any]:
        files = self.record.attachments.count()
        goes = [_("What is written in %(request)s goes. That cannot be undone.") % {"request": self.record}]
        if files:
            goes.append(
                ngettext("%(count)s file goes with it.", "%(count)s files go with it.", files) % {"count": files}
            )
        return {"what_happens": goes}

    def perform(self, form: Any) -> str:
        discard_request(actor=self.request.user, request_id=self.record.pk)
        return self.record.account.customer.get_absolute_url()

    def cancel_url(self) -> str:
        return self.record.get_absolute_url()


class AddAttachment(FormView):
    """A paper for a draft, or for an answer."""

    form_class, permission = AttachmentForm, MAY_ASK
    title, submit = gettext_lazy("Add a file"), gettext_lazy("Add")
    record: CreditRequest

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.record = visible_or_404(CreditRequest, request.user, **kwargs)

    def perform(self, form: AttachmentForm) -> str:
        file = form.cleaned_data["file"]
        add_attachment(
            actor=self.request.user,
            request_id=self.record.pk,
            kind=form.cleaned_data["kind"],
            file=file,
            name=file.name,
        )
        return self.record.get_absolute_url()

    def cancel_url(self) -> str:
        return self.record.get_absolute_url()


@requires(SEE)
def attachment(request: HttpRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """A paper of a request, to those who see the request; saved, never shown in our own pages."""
    found = visible_or_404(CreditRequest, request.user, pk=pk)
    return handed_out(get_object_or_404(found.attachments, pk=file_pk))


@requires(MAY_ASK)
@require_POST
def remove(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """Take a paper out of a draft."""
    found = visible_or_404(CreditRequest, request.user, pk=pk)
    remove_attachment(actor=request.user, request_id=found.pk, attachment_id=file_pk)
    return HttpResponseRedirect(found.get_absolute_url())


class Restrict(FormView):
    """A stricter status, at once."""

    form_class, permission, danger = RestrictForm, "credit.restrict_account", True
    title, submit = gettext_lazy("Restrict the account"), gettext_lazy("Restrict")
    done = gettext_lazy("The account is restricted.")
    customer: Customer
    account: CreditAccount

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.customer = visible_or_404(Customer, request.user, **kwargs)
        self.account = get_object_or_404(CreditAccount, customer=self.customer)

    def form_kwargs(self) -> dict[str, Any]:
        return {"status": self.account.status}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        now = AccountStatus(self.account.status).label
        return {
            "what_happens": [
                _("The status is %(status)s now. A stricter one holds at once.") % {"status": now},
                _("It is lifted by an approved request only."),
            ]
        }

    def perform(self, form: RestrictForm) -> str:
        restrict_account(account_id=self.account.pk, actor=self.request.user, **form.cleaned_data)
        return self.customer.get_absolute_url()

    def cancel_url(self) -> str:
        return self.customer.get_absolute_url()
