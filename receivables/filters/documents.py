"""What the lists of invoices and receipts can be filtered by; every filter stands in the address."""

import datetime as dt
from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from contracts.filters import ContractChoiceFilter
from crm.core.dates import business_today
from crm.core.filters import AmountFilter, DateFilter, ListFilterSet, SearchFilter, YesNoFilter
from crm.core.models import Currency, LegalEntity
from customers.choice_filters import CustomerChoiceFilter, OwnerChoiceFilter
from customers.models import Customer
from receivables.models import Instrument, InvoiceKind
from receivables.rules.documents import CLEARING_INSTRUMENTS

# Names that are found by a text: enough to name a customer, few enough for an index to answer at once.
CUSTOMERS_FOUND = 200

INVOICE_STATES = [
    ("open", _("Open")),
    ("not_due", _("Not due")),
    ("overdue", _("Overdue")),
    ("settled", _("Settled")),
    ("reversed", _("Reversed")),
]
RECEIPT_STATES = [
    ("unallocated", _("Unallocated")),
    ("allocated", _("Allocated")),
    ("uncleared", _("Not cleared")),
    ("bounced", _("Bounced")),
    ("reversed", _("Reversed")),
]


def number_or_customer(queryset: QuerySet[Any], text: str, *more: str) -> QuerySet[Any]:
    """Documents whose number (or one of the fields `more`) begins with the text, and those of customers it names."""
    text = text.strip()
    found = Q()
    for field in ("number", *more):
        found |= Q(**{f"{field}__startswith": text}) | Q(**{f"{field}__startswith": text.upper()})
    if len(text) >= 2:
        named = Customer.objects.filter(search_text__contains=text.lower()).values_list("pk", flat=True)
        found |= Q(customer_id__in=list(named[:CUSTOMERS_FOUND]))
    return queryset.filter(found)


class DocumentFilters(ListFilterSet):
    """What invoices and receipts share: dates, amounts, seller, currency, and whose customer it is."""

    customer = CustomerChoiceFilter()
    legal_entity = django_filters.ModelChoiceFilter(queryset=LegalEntity.objects.all(), label=_("Legal entity"))
    currency = django_filters.ModelChoiceFilter(queryset=Currency.objects.all(), label=_("Currency"))
    on_from = DateFilter(field_name="on", lookup_expr="gte", label=_("Dated from"))
    on_to = DateFilter(field_name="on", lookup_expr="lte", label=_("Dated to"))
    standing_on = DateFilter(method="not_reversed_by", label=_("Not reversed by"))
    owner = OwnerChoiceFilter()
    unassigned = YesNoFilter(field_name="customer__owner", lookup_expr="isnull", label=_("Without owner"))
    amount_from = AmountFilter(field_name="amount", lookup_expr="gte", label=_("Amount from"))
    amount_to = AmountFilter(field_name="amount", lookup_expr="lte", label=_("Amount to"))

    def not_reversed_by(self, queryset: QuerySet[Any], name: str, value: dt.date) -> QuerySet[Any]:
        """Documents that still stood at the end of that day."""
        return queryset.filter(Q(reversed_on__isnull=True) | Q(reversed_on__gt=value))


class InvoiceFilters(DocumentFilters):
    q = SearchFilter(method="search", placeholder=_("Number or customer"))
    state = django_filters.ChoiceFilter(method="in_state", choices=INVOICE_STATES, label=_("State"))
    kind = django_filters.MultipleChoiceFilter(choices=InvoiceKind.choices, label=_("Kind"))
    due_from = DateFilter(field_name="due_on", lookup_expr="gte", label=_("Due from"))
    due_to = DateFilter(field_name="due_on", lookup_expr="lte", label=_("Due to"))
    open_from = AmountFilter(field_name="open_amount", lookup_expr="gte", label=_("Open amount from"))
    responsible = django_filters.ModelChoiceFilter(
        queryset=get_user_model().objects.filter(is_active=True), label=_("Responsible")
    )
    contract = ContractChoiceFilter(field_name="of_delivery__delivery__order__contract")

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return number_or_customer(queryset, value)

    def in_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "reversed":
            return queryset.filter(reversed_on__isnull=False)
        if value == "settled":
            return queryset.filter(open_amount=0, reversed_on__isnull=True)
        queryset = queryset.filter(open_amount__gt=0)
        if value == "open":
            return queryset
        queryset = queryset.exclude(kind=InvoiceKind.CREDIT_NOTE)
        today = business_today()
        return queryset.filter(due_on__lt=today) if value == "overdue" else queryset.filter(due_on__gte=today)


class ReceiptFilters(DocumentFilters):
    q = SearchFilter(method="search", placeholder=_("Number, reference or customer"))
    state = django_filters.ChoiceFilter(method="in_state", choices=RECEIPT_STATES, label=_("State"))
    instrument = django_filters.MultipleChoiceFilter(choices=Instrument.choices, label=_("Instrument"))

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return number_or_customer(queryset, value, "reference")

    def in_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "bounced":
            return queryset.filter(bounced_on__isnull=False)
        if value == "reversed":
            return queryset.filter(reversed_on__isnull=False)
        queryset = queryset.filter(reversed_on__isnull=True)
        if value == "unallocated":
            return queryset.filter(open_amount__gt=0)
        if value == "allocated":
            return queryset.filter(open_amount=0)
        return queryset.filter(instrument__in=CLEARING_INSTRUMENTS, cleared_on__isnull=True)


__all__ = ["CUSTOMERS_FOUND", "InvoiceFilters", "ReceiptFilters"]
