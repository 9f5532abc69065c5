"""Pages of what is entered for a rating: statements, who confirmed them, investigations with what they rest on."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.errors import StatementUnusual
from credit.forms.ratings import InvestigationForm, StatementForm
from credit.models import FinancialStatement
from credit.selectors.evidence import investigations_of, statements_for, statements_of
from credit.services import confirm_statement, record_investigation, record_statement
from credit.services.evidence import MAY_CONFIRM, MAY_ENTER, MAY_INVESTIGATE, needs_confirmation
from credit.words.ratings import figure_lines
from crm.core.columns import Column
from crm.core.dates import business_today
from crm.core.errors import DomainError
from crm.core.filters import ListFilterSet, SearchFilter
from crm.core.lists import Empty, ListView
from crm.core.pages import FormView, RecordView
from crm.core.permissions import visible_or_404
from customers.columns import customer_column
from customers.models import Customer

SEE_STATEMENTS = "credit.view_financialstatement"


class Evidence(RecordView[Customer]):
    """All statements and investigations of a customer: what counts, what is to be confirmed, and whose it is."""

    model = Customer
    permission = SEE_STATEMENTS
    template_name = "credit/ratings/evidence.html"

    def context(self, request: HttpRequest) -> dict[str, Any]:
        user: Any = request.user
        customer = self.record
        return {
            "customer": customer,
            "statements": [
                (row, figure_lines(row), may_confirm(user, row)) for row in statements_of(customer.pk, business_today())
            ],
            "investigations": investigations_of(customer.pk),
            "may_enter": user.has_perm(MAY_ENTER),
            "may_investigate": user.has_perm(MAY_INVESTIGATE),
        }


def may_confirm(user: Any, statement: Any) -> bool:
    """Whether the page offers to confirm a statement that would then count: the service refuses those who entered it or
    own the customer.
    """
    own = (statement.created_by_id, statement.account.customer.owner_id)
    return statement.standing == "to_confirm" and user.has_perm(MAY_CONFIRM) and user.pk not in own


class StatementFilter(ListFilterSet):
    q = SearchFilter(method="search", placeholder=gettext_lazy("Customer"))

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(account__customer__in=Customer.objects.search(value).order_by().values("pk"))


class StatementsToConfirm(ListView):
    """Statements that count once the reader has compared them with the paper, the oldest first."""

    key = "statements_to_confirm"
    title = gettext_lazy("Financial statements to confirm")
    permission = MAY_CONFIRM
    model = FinancialStatement
    filterset_class = StatementFilter
    default_order = ("pk",)
    columns = (
        customer_column("account.customer", url=lambda row: evidence_url(row.account.customer)),
        Column("year", gettext_lazy("Year"), order_by="year"),
        Column("created_by", gettext_lazy("Entered by"), related=("created_by",), order_by="created_by__name"),
        Column("created_at", gettext_lazy("Entered at"), "datetime", order_by="pk"),
    )
    empty = Empty(gettext_lazy("No statement waits for its confirmation."))

    @classmethod
    def base_queryset(cls, user: Any) -> Any:
        return statements_for(user, business_today())

    @classmethod
    def row_url(cls, row: Any) -> str:
        return evidence_url(row.account.customer)


def evidence_url(customer: Customer) -> str:
    return reverse("credit:evidence", args=[customer.pk])


class OfCustomer(FormView):
    """A form about one customer."""

    customer: Customer

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.customer = visible_or_404(Customer, request.user, **kwargs)

    def cancel_url(self) -> str:
        return self.customer.get_absolute_url()


class NewStatement(OfCustomer):
    """The figures of a year are entered; those entered before for it are kept but count no more."""

    form_class, permission = StatementForm, MAY_ENTER
    done = gettext_lazy("The statement is entered.")

    def page_title(self) -> str:
        return _("Financial statement: %(customer)s") % {"customer": self.customer.name}

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"year": business_today().year - 1}}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        years = FinancialStatement.objects.filter(account__customer=self.customer).order_by("-year")
        entered = list(dict.fromkeys(years.values_list("year", flat=True)))
        text = _("In base currency. What is not known is left empty.")
        if needs_confirmation(self.request.user, self.customer):
            text += " " + _("It counts when somebody else, of credit control or finance, has confirmed it.")
        if entered:
            text += " " + _("Entered already: %(years)s.") % {"years": _(", ").join(map(str, entered))}
        return {"intro": text}

    def refused(self, form: StatementForm, error: DomainError) -> None:
        if isinstance(error, StatementUnusual):
            form.ask_about(error.params["codes"])
        super().refused(form, error)

    def perform(self, form: StatementForm) -> str:
        record_statement(actor=self.request.user, customer_id=self.customer.pk, **form.cleaned_data)
        return evidence_url(self.customer)


class ConfirmStatement(FormView):
    """Somebody who neither entered a statement nor looks after the customer has compared it with the paper."""

    form_class, permission = forms.Form, MAY_CONFIRM
    title, submit = gettext_lazy("Confirm the statement"), gettext_lazy("Confirm")
    intro = gettext_lazy("I have compared these figures with the paper:")
    record: FinancialStatement

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.record = visible_or_404(
            FinancialStatement.objects.select_related("account__customer"), request.user, **kwargs
        )

    def context(self, request: HttpRequest) -> dict[str, Any]:
        year = _("Year: %(year)s") % {"year": self.record.year}
        audited = _("audited") if self.record.audited else _("not audited")
        return {"what_happens": [year, audited, *(f"{label}: {value}" for label, value in figure_lines(self.record))]}

    def cancel_url(self) -> str:
        return evidence_url(self.record.account.customer)

    def done_message(self) -> str:
        """Whether it counts now: somebody may have entered another one meanwhile."""
        rows: list[Any] = statements_of(self.record.account.customer_id, business_today())
        standing = next((row.standing for row in rows if row == self.record), "")
        if standing in ("counts", "limit"):
            return _("The statement is confirmed and counts.")
        return _("The statement is confirmed; it does not count, as its page says.")

    def perform(self, form: forms.Form) -> str:
        confirm_statement(actor=self.request.user, statement_id=self.record.pk)
        return self.cancel_url()


class NewInvestigation(OfCustomer):
    """What was found out about a customer."""

    form_class, permission = InvestigationForm, MAY_INVESTIGATE
    done = gettext_lazy("The investigation is entered.")
    intro = gettext_lazy("1 is the worst, 5 the best. Each score says what it rests on.")

    def page_title(self) -> str:
        return _("Investigation: %(customer)s") % {"customer": self.customer.name}

    def perform(self, form: InvestigationForm) -> str:
        record_investigation(
            actor=self.request.user,
            customer_id=self.customer.pk,
            on=form.cleaned_data["on"],
            answers=form.answers,
        )
        return evidence_url(self.customer)
