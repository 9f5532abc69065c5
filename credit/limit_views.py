"""The sheet of the limit proposal: three methods, each step, the lowest counts."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from credit.columns import SEE_ACCOUNTS
from credit.limit_selectors import limit_sheet
from credit.limit_words import FORMULAS, METHODS, MISSING, STEPS
from credit.models import CreditAccount
from credit.services.requests import MAY_ASK
from crm.core.dates import business_today
from crm.core.pages import RecordView
from customers.models import Customer


class LimitSheet(RecordView[Customer]):
    """What limit the figures of a customer support now."""

    model = Customer
    permission = SEE_ACCOUNTS
    template_name = "credit/limits/sheet.html"

    def context(self, request: HttpRequest) -> dict[str, Any]:
        customer = self.record
        account = get_object_or_404(CreditAccount, customer=customer)
        sheet = limit_sheet(account, business_today())
        context: dict[str, Any] = {"customer": customer, "account": account, "sheet": sheet}
        if sheet is not None:
            proposal = sheet.proposal
            context |= {
                "proposal": proposal,
                "methods": [
                    {
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
                "treatment": next(
                    row for row in sheet.policy.classes.all() if row.credit_class == proposal.credit_class
                ),
                "may_ask": request.user.has_perm(MAY_ASK),
                "kind": "new" if account.limit is None else "increase",
            }
        return context
