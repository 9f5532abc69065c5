"""What the lists of collection can be filtered by; every filter stands in the address."""

import datetime as dt
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.core.dates import business_today
from crm.core.filters import AmountFilter, DateFilter, ListFilterSet, SearchFilter, YesNoFilter
from crm.core.models import LegalEntity
from customers.choice_filters import CustomerChoiceFilter, OwnerChoiceFilter
from customers.models import Customer
from receivables.filters.documents import CUSTOMERS_FOUND
from receivables.models import (
    Case,
    CaseStep,
    CollectionContact,
    Dispute,
    Instalment,
    InstalmentPlan,
    Letter,
    LetterTemplate,
    PaymentPromise,
    PolicyStep,
)

KEY_DIGITS = 12  # no plan has a longer number
WORK = [
    ("calls", _("To be called")),
    ("waiting", _("Waiting")),
]


def named(queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Rows of the customers that a text names."""
    text = text.strip().lower()
    if len(text) < 2:
        return queryset.filter(customer__code__istartswith=text)
    found = Customer.objects.filter(search_text__contains=text).values_list("pk", flat=True)
    return queryset.filter(customer_id__in=list(found[:CUSTOMERS_FOUND]))


def calls(queryset: QuerySet[Case], today: dt.date) -> QuerySet[Case]:
    """Cases to be called today: not at rest, not to be followed up later, and not spoken with today yet."""
    return queryset.filter(
        Q(next_on__isnull=True) | Q(next_on__lte=today),
        Q(last_contact__isnull=True) | Q(last_contact__on__lt=today),
        state=Case.State.OPEN,
        paused_by="",
    )


def cause_due(queryset: QuerySet[Case]) -> QuerySet[Case]:
    """Cases whose rep is to file why they are overdue."""
    asked = CaseStep.objects.filter(state=CaseStep.State.TODO, policy_step__action=PolicyStep.Action.CAUSE)
    return queryset.filter(state=Case.State.OPEN, pk__in=asked.values("case_id"))


class StepFilter(django_filters.ModelChoiceFilter):
    """The last step a case took, or none yet."""

    def __init__(self) -> None:
        super().__init__(
            queryset=PolicyStep.objects.filter(policy__state__in=("active", "retired"), days__gt=0).select_related(
                "policy"
            ),
            label=_("Last step"),
            null_label=_("No step yet"),
            null_value="none",
        )


class CaseFilters(ListFilterSet):
    q = SearchFilter(method="search", placeholder=_("Customer"))
    work = django_filters.ChoiceFilter(method="in_work", choices=WORK, label=_("Work"))
    state = django_filters.ChoiceFilter(choices=Case.State.choices, label=_("State"))
    customer = CustomerChoiceFilter()
    step = StepFilter()
    actor = django_filters.ChoiceFilter(field_name="step__actor", choices=PolicyStep.Actor.choices, label=_("Who acts"))
    paused_by = django_filters.MultipleChoiceFilter(choices=Case.Pause.choices, label=_("Paused by"))
    outcome = django_filters.ChoiceFilter(
        field_name="last_contact__outcome", choices=CollectionContact.Outcome.choices, label=_("Last outcome")
    )
    overdue_from = AmountFilter(field_name="overdue", lookup_expr="gte", label=_("Overdue from"))
    days_from = django_filters.NumberFilter(method="overdue_since", label=_("Days overdue from"))
    follow_up_to = DateFilter(field_name="next_on", lookup_expr="lte", label=_("Follow up until"))
    cause_due = YesNoFilter(method="cause_missing", label=_("Cause to file"))
    supply_stopped = YesNoFilter(field_name="supply_stopped", label=_("Supply stopped"))
    owner = OwnerChoiceFilter()
    entity = django_filters.ModelChoiceFilter(
        field_name="legal_entity", queryset=LegalEntity.objects.all(), label=_("Legal entity")
    )

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return named(queryset, value)

    def in_work(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        today = business_today()
        if value == "calls":
            return calls(queryset, today)
        return queryset.filter(Q(next_on__gt=today) | ~Q(paused_by=""), state=Case.State.OPEN)

    def cause_missing(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        found = cause_due(queryset)
        return found if value else queryset.exclude(pk__in=found.values("pk"))

    def overdue_since(self, queryset: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        days = min(max(int(value), 0), 36_500)
        return queryset.filter(oldest_due_on__lte=business_today() - dt.timedelta(days=days))


class LetterFilters(ListFilterSet):
    q = SearchFilter(method="search", placeholder=_("Customer"))
    state = django_filters.MultipleChoiceFilter(choices=Letter.State.choices, label=_("State"))
    channel = django_filters.ChoiceFilter(choices=Letter.Channel.choices, label=_("Way"))
    template = django_filters.ModelChoiceFilter(queryset=LetterTemplate.objects.all(), label=_("Letter"))
    customer = CustomerChoiceFilter()
    owner = OwnerChoiceFilter()
    entity = django_filters.ModelChoiceFilter(
        field_name="legal_entity", queryset=LegalEntity.objects.all(), label=_("Legal entity")
    )
    on_from = DateFilter(field_name="on", lookup_expr="gte", label=_("Prepared from"))
    on_to = DateFilter(field_name="on", lookup_expr="lte", label=_("Prepared until"))

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return named(queryset, value)


class DisputeFilters(ListFilterSet):
    q = SearchFilter(method="search", placeholder=_("Customer or invoice"))
    state = django_filters.ChoiceFilter(choices=Dispute.State.choices, label=_("State"))
    late = YesNoFilter(method="past_clock", label=_("Past its clock"))
    reason = django_filters.MultipleChoiceFilter(choices=Dispute.Reason.choices, label=_("Reason"))
    settler = OwnerChoiceFilter(field_name="owner", label=_("Who settles it"))
    customer = CustomerChoiceFilter()
    legal_entity = django_filters.ModelChoiceFilter(
        field_name="invoice__legal_entity", queryset=LegalEntity.objects.all(), label=_("Legal entity")
    )
    on_from = DateFilter(field_name="on", lookup_expr="gte", label=_("Opened from"))
    on_to = DateFilter(field_name="on", lookup_expr="lte", label=_("Opened until"))

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        text = value.strip()
        return named(queryset, text) | queryset.filter(invoice__number__istartswith=text)

    def past_clock(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        late = Q(state=Dispute.State.OPEN, due_on__lt=business_today())
        return queryset.filter(late if value else ~late)


class PromiseFilters(ListFilterSet):
    q = SearchFilter(method="search", placeholder=_("Customer"))
    state = django_filters.MultipleChoiceFilter(choices=PaymentPromise.State.choices, label=_("State"))
    promised_from = DateFilter(field_name="promised_on", lookup_expr="gte", label=_("Promised from"))
    promised_to = DateFilter(field_name="promised_on", lookup_expr="lte", label=_("Promised until"))
    judged_from = DateFilter(field_name="judged_on", lookup_expr="gte", label=_("Judged from"))
    judged_to = DateFilter(field_name="judged_on", lookup_expr="lte", label=_("Judged until"))
    customer = CustomerChoiceFilter()
    owner = OwnerChoiceFilter()
    legal_entity = django_filters.ModelChoiceFilter(
        field_name="case__legal_entity", queryset=LegalEntity.objects.all(), label=_("Legal entity")
    )

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return named(queryset, value)


class PlanFilters(ListFilterSet):
    q = SearchFilter(method="search", placeholder=_("Customer or plan"))
    state = django_filters.MultipleChoiceFilter(choices=InstalmentPlan.State.choices, label=_("State"))
    due_to = DateFilter(method="row_due", label=_("An instalment due until"))
    ended_from = DateFilter(field_name="ended_on", lookup_expr="gte", label=_("Ended from"))
    ended_to = DateFilter(field_name="ended_on", lookup_expr="lte", label=_("Ended until"))
    customer = CustomerChoiceFilter()
    owner = OwnerChoiceFilter()
    legal_entity = django_filters.ModelChoiceFilter(queryset=LegalEntity.objects.all(), label=_("Legal entity"))

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        text = value.strip().upper().removeprefix("IP")
        found = named(queryset, value)
        return found | queryset.filter(pk=int(text)) if text.isdecimal() and len(text) <= KEY_DIGITS else found

    def row_due(self, queryset: QuerySet[Any], name: str, value: dt.date) -> QuerySet[Any]:
        rows = Instalment.objects.filter(state=Instalment.State.OPEN, due_on__lte=value)
        return queryset.filter(state=InstalmentPlan.State.RUNNING, pk__in=rows.values("plan_id"))
