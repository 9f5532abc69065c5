"""The sheet of the limit proposal: three methods, each step, the lowest counts."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from credit.columns import SEE_ACCOUNTS
from credit.models import CreditAccount, CreditRequest
from credit.selectors.limits import limit_sheet
from credit.services.requests import MAY_ASK, kept_proposals
from credit.words.limits import FORMULAS, METHODS, MISSING, STEPS
from crm.core.dates import business_today
from crm.core.pages import RecordView
from customers.models import Customer

MOST_DIGITS = 18  # of a key


class LimitSheet(RecordView[Customer]):
    """What limit the figures of a customer support now."""

    model = Customer
    permission = SEE_ACCOUNTS
    template_name = "credit/limits/sheet.html"

    asked: CreditRequest | None = None  # the request whose terms it is worked out for, where the address names one

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Who sees the request, as one who decides it in another team, sees what it is decided on."""
        key = request.GET.get("request", "")
        if key.isascii() and key.isdigit() and len(key) <= MOST_DIGITS:
            seen = CreditRequest.objects.visible_to(request.user).filter(pk=key, account__customer=kwargs["pk"])
            self.asked = seen.select_related("account__customer", "approval").first()
        if self.asked is None:
            return super().get(request, *args, **kwargs)
        self.record = self.asked.account.customer
        return render(request, self.template_name, {"record": self.record, **self.context(request)})

    def kept(self) -> dict[str, Any] | None:
        """What the figures supported when the request was submitted."""
        approval = self.asked.approval if self.asked is not None else None
        return kept_proposals([approval]).get(approval.pk) if approval is not None else None

    def context(self, request: HttpRequest) -> dict[str, Any]:
        customer = self.record
        account = get_object_or_404(CreditAccount, customer=customer)
        sheet = limit_sheet(account, business_today(), self.asked)
        context: dict[str, Any] = {"customer": customer, "account": account, "sheet": sheet, "asked": self.asked}
        if sheet is not None:
            proposal = sheet.proposal
            context |= {
                "kept": self.kept(),
                "proposal": proposal,
                "methods": [
                    {
                        "code": method.code,
                        "label": METHODS[method.code],
                        "formula": FORMULAS[method.code],
                        "amount": method.amount,
                        "lowest": method.code == proposal.by,
                        "steps": [
                            (STEPS[step.code], step.kind, int(step.value) if step.kind == "days" else step.value)
                            for step in method.steps
                        ],
                        "missing": [MISSING[code] for code in method.missing],
                    }
                    for method in proposal.methods
                ],
                "of_class": sheet.of_class,
                "may_ask": self.asked is None and request.user.has_perm(MAY_ASK),
                "kind": "new" if account.limit is None else "increase",
            }
        return context
