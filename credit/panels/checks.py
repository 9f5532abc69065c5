"""The credit checks of a customer on its page."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from credit.columns import source_words, with_numbers
from credit.models import CreditCheck
from credit.selectors.groups import heads_seen
from credit.words.checks import in_words
from crm.core.registry import Panel
from customers.models import Customer

LAST_CHECKS = 5


def checks_panel(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """The last checks, with what spoke against each document."""
    found = with_numbers(list(CreditCheck.objects.filter(account__customer=customer)[: LAST_CHECKS + 1]))
    heads = heads_seen((finding for check in found for finding in check.findings), request.user)
    return {
        "customer": customer,
        "rows": [(check, source_words(check), in_words(check.findings, heads)) for check in found[:LAST_CHECKS]],
        "has_more": len(found) > LAST_CHECKS,
    }


CHECKS_PANEL = Panel(
    "credit_checks",
    gettext_lazy("Credit checks"),
    "credit/panels/checks.html",
    checks_panel,
    "credit.view_creditcheck",
    order=11,
)
