"""What credit shows on other pages: headroom in the head of the customer page, its panel, cards of 'My day'."""

from typing import Any

from django.db.models import F, Min, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.columns import SEE_ACCOUNTS, exposure_of, headroom_of, source_url, source_words, with_numbers
from credit.forms.requests import group_kinds_for, kinds_for
from credit.models import AccountStatus, CreditAccount, CreditRequest, OpenByDueDate
from credit.selectors.accounts import account_summary
from credit.selectors.groups import group_sheets
from crm.accounts.roles import Scope
from crm.audit.registry import audit_url
from crm.core.dates import business_today
from crm.core.day_cards import card
from crm.core.display import figure
from crm.core.registry import DayCard, DayCardContent, DayCardRow, Panel
from customers.models import Customer
from customers.visibility import visible_customer_keys

LAST_ENTRIES = 8
LAST_REQUESTS = 5


def head_panel(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """How much may still be owed, at a glance."""
    account = CreditAccount.objects.filter(customer=customer).first()
    return {
        "account": account,
        "summary": account_summary(account, business_today()) if account else None,
        "usual": account is None or account.status == AccountStatus.NORMAL,
    }


def credit_panel(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """Limit, the parts of the exposure, headroom, what is overdue, and the last entries with their documents."""
    user: Any = request.user
    account = CreditAccount.objects.filter(customer=customer).first()
    shared = {
        "customer": customer,
        "account": account,
        "can_restrict": account is not None
        and account.status != AccountStatus.CASH_ONLY
        and user.has_perm("credit.restrict_account"),
    }
    if account is None:
        return shared
    entries = account.entries.select_related("created_by").order_by("-on", "-pk")[: LAST_ENTRIES + 1]
    found = with_numbers(list(entries)) if user.has_perm("credit.view_creditentry") else []
    return {
        **shared,
        "summary": account_summary(account, business_today()),
        "groups": group_sheets(account, user),
        "asks_group": account.pk in (account.groups or ()) and user.has_perm("credit.add_creditrequest"),
        "entries": [(entry, source_words(entry), source_url(entry, user)) for entry in found[:LAST_ENTRIES]],
        "has_more": len(found) > LAST_ENTRIES,
        "changes_url": audit_url(account),
    }


def requests_panel(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """The last requests, and the kinds that may be asked for now."""
    user: Any = request.user
    account = CreditAccount.objects.filter(customer=customer).first()
    found = CreditRequest.objects.filter(account__customer=customer).select_related("approval", "created_by")
    rows = list(found[: LAST_REQUESTS + 1])
    return {
        "customer": customer,
        "account": account,
        "rows": rows[:LAST_REQUESTS],
        "has_more": len(rows) > LAST_REQUESTS,
        "kinds": [*kinds_for(account), *group_kinds_for(customer, account)]
        if user.has_perm("credit.add_creditrequest")
        else [],
    }


PANELS = (
    Panel("credit_head", gettext_lazy("Headroom"), "credit/panels/head.html", head_panel, SEE_ACCOUNTS, place="head"),
    Panel("credit", gettext_lazy("Credit"), "credit/panels/credit.html", credit_panel, SEE_ACCOUNTS, order=10),
    Panel(
        "credit_requests",
        gettext_lazy("Credit requests"),
        "credit/panels/requests.html",
        requests_panel,
        "credit.view_creditrequest",
        order=12,
    ),
)


def over_limit_card(user: Any) -> DayCardContent:
    """Customers whose exposure is above a limit that was set, the furthest first."""
    over = CreditAccount.objects.visible_to(user).filter(limit__isnull=False, limit__lt=exposure_of())
    return card(
        over.annotate(left=headroom_of(), taken=exposure_of()).select_related("customer").order_by("left", "pk"),
        lambda account: DayCardRow(
            label=account.customer.name,
            url=account.customer.get_absolute_url(),
            detail=_("exposure %(exposure)s of %(limit)s")
            % {"exposure": figure(account.taken), "limit": figure(account.limit)},
            amount=-account.left,
            amount_label=_("over the limit"),
            tone="danger",
        ),
        url=f"{reverse('customers:customers')}?over_limit=true&sort=headroom",
        empty=_("No customer is over its limit."),
    )


def mine(user: Any) -> Any:
    """The customers one answers for: the team's for a manager, the own ones for everybody else."""
    if user.scope is Scope.TEAM:
        return Customer.objects.filter(pk__in=visible_customer_keys(user))
    return Customer.objects.filter(owner=user)


def overdue_card(user: Any) -> DayCardContent:
    """My customers with something open beyond its due date, the largest sum first."""
    today = business_today()
    late = (
        OpenByDueDate.objects.filter(account__customer__in=mine(user).values("pk"), due_on__lt=today, open_amount__gt=0)
        .values(pk_of=F("account__customer_id"), name=F("account__customer__name"))
        .annotate(late=Sum("open_amount"), oldest=Min("due_on"))
    )
    return card(
        late.order_by("-late", "pk_of"),
        lambda row: DayCardRow(
            label=row["name"],
            url=reverse("customers:detail", args=[row["pk_of"]]),
            detail=_("oldest %(days)s days late") % {"days": (today - row["oldest"]).days},
            amount=row["late"],
            tone="danger",
        ),
        url=f"{reverse('customers:customers')}?overdue=true&sort=-overdue"
        + ("" if user.scope is Scope.TEAM else "&mine=true"),
        empty=_("None of your customers is overdue."),
        key="pk_of",
    )


DAY_CARDS = (
    DayCard("over_limit", gettext_lazy("Customers over limit"), SEE_ACCOUNTS, over_limit_card, order=30),
    DayCard("overdue_customers", gettext_lazy("Overdue customers of mine"), SEE_ACCOUNTS, overdue_card, order=20),
)
