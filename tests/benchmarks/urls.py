"""The product's addresses, and bare pages to compare with: the same rows, signed in, no filters, no frame."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from contracts.models import Contract
from crm.core.dates import business_today
from customers.models import Customer
from receivables.models import Invoice

TABLE = """<!doctype html><html><body><p>{{ request.user }}</p><table>
{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table></body></html>"""
FIFTY = 50


@cache
def compiled() -> Any:
    return engines["django"].from_string(TABLE)


def table(request: HttpRequest, rows: list[tuple[object, ...]]) -> HttpResponse:
    return HttpResponse(compiled().render({"rows": rows}, request))


def customers(request: HttpRequest) -> HttpResponse:
    """As many customers as the list shows, with what its columns show of them."""
    rows = Customer.objects.select_related("owner", "region", "credit_account").order_by("pinyin", "pk")[:FIFTY]
    return table(
        request,
        [
            (
                c.code,
                c.name,
                c.get_state_display(),
                c.owner,
                c.region,
                c.credit_account.headroom_on(business_today()),
                c.credit_account.receivable,
            )
            for c in rows
        ],
    )


def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """One customer with what stands in the head of its page."""
    c = Customer.objects.select_related("owner", "region", "credit_account").get(pk=pk)
    return table(
        request,
        [(c.code, c.name, c.get_state_display(), c.owner, c.region, c.credit_account.headroom_on(business_today()))],
    )


def invoices(request: HttpRequest) -> HttpResponse:
    """As many invoices as the list shows, newest first."""
    rows = Invoice.objects.select_related("customer", "responsible").order_by("-on", "-pk")[:FIFTY]
    return table(
        request,
        [
            (i.number, i.customer.name, i.get_kind_display(), i.on, i.due_on, i.currency, i.amount, i.open_amount)
            for i in rows
        ],
    )


def contracts(request: HttpRequest) -> HttpResponse:
    """As many contracts as the list shows, newest first."""
    rows = Contract.objects.select_related("customer", "owner").defer("search_text", "values").order_by("-pk")[:FIFTY]
    return table(
        request,
        [
            (
                c.number,
                c.title,
                c.customer.name,
                c.amount,
                c.currency,
                c.term_days,
                c.ends_on,
                c.owner,
                c.get_state_display(),
            )
            for c in rows
        ],
    )


urlpatterns = [
    path("bare/customers/", customers),
    path("bare/customers/<int:pk>/", customer),
    path("bare/invoices/", invoices),
    path("bare/contracts/", contracts),
    path("", include("crm.urls")),
]
