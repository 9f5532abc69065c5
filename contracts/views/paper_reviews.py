"""The page on which legal says whether a contract of the customer's own counts for its order."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contracts.errors import NothingToAccept
from contracts.forms.orders import ContractReviewForm
from contracts.models import Order, OrderPaper
from contracts.services.paper_reviews import MAY_ACCEPT, awaits_contract, review_contract
from credit.models import CreditAccount
from crm.core.dates import business_today
from crm.core.display import Text
from crm.core.pages import FormView
from crm.core.permissions import visible_or_404


class ReviewContract(FormView):
    """A contract of the customer is read beside the term and settlement of the customer's account, by which invoices
    will be due. Limit and exposure are not shown: legal does not see them.
    """

    form_class, permission = ContractReviewForm, MAY_ACCEPT
    record: Order
    paper: OrderPaper

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.record = visible_or_404(Order, request.user, pk=kwargs["pk"])
        self.paper = get_object_or_404(self.record.papers, pk=kwargs["paper_pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What cannot be read any more is not shown; what comes to be so while it is read refuses in the form."""
        self.prepare(request, **kwargs)
        if not awaits_contract(self.record, self.paper):
            raise NothingToAccept(number=self.record.number)
        return self.show(request, self.build())

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"version": self.record.version}}

    def page_title(self) -> Text:
        return _("Customer's contract for order %(number)s") % {"number": self.record.number}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        lines: list[str] = [
            format_html(
                _("{file} counts when both sides have signed it and it says what the order says."),
                file=format_html('<a href="{}">{}</a>', self.paper_url(), self.paper.name),
            )
        ]
        account = CreditAccount.objects.filter(customer=self.record.customer_id).first()
        if account is not None:
            days = ngettext("%(days)s day", "%(days)s days", account.term_days) % {"days": account.term_days}
            lines.append(
                _(
                    "Invoices will be due as the account says: %(settlement)s, %(days)s. A contract that grants more is"
                    " not accepted."
                )
                % {"settlement": account.get_settlement_display(), "days": days}
            )
        return {"intro": format_html_join(" ", "{}", ((line,) for line in lines))}

    def paper_url(self) -> str:
        return reverse("contracts:paper", args=[self.record.pk, self.paper.pk])

    def perform(self, form: ContractReviewForm) -> str:
        review_contract(
            actor=self.request.user,
            order_id=self.record.pk,
            paper_id=self.paper.pk,
            on=business_today(),
            **form.cleaned_data,
        )
        return self.record.get_absolute_url()

    def cancel_url(self) -> str:
        return self.record.get_absolute_url()
