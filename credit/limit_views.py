"""The sheet of the limit proposal: three methods, each step, the lowest counts."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from credit.columns import SEE_ACCOUNTS
from credit.limit_selectors import limit_sheet
from credit.limit_words import FORMULAS, METHODS, MISSING, STEPS
from credit.models import CreditAccount
from credit.services.requests import MAY_ASK
from crm.core.dates import business_today
from crm.core.permissions import Guarded, visible_or_404
from customers.models import Customer


class LimitSheet(Guarded):
    """What limit the figures of a customer support now."""

    permission = SEE_ACCOUNTS

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        customer = visible_or_404(Customer, request.user, pk=pk)
        account = get_object_or_404(CreditAccount, customer=customer)
        sheet = limit_sheet(account, business_today())
        context: dict[str, Any] = {"record": customer, "customer": customer, "account": account, "sheet": sheet}
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
        return render(request, "credit/limits/sheet.html", context)
