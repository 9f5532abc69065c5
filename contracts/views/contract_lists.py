"""The list of contracts, and the search box over them."""

import datetime as dt
from typing import Any

import django_filters
from django.db.models import Case, QuerySet, SmallIntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from contracts.filters import contracts_of
from contracts.models import (
    Contract,
    ContractKind,
    ContractLanguage,
    ContractState,
    OriginalLoan,
    Template,
)
from contracts.rules.library import LIBRARY
from contracts.selectors.performance import FIXED_AMOUNT
from contracts.selectors.sealing import SealStage, to_be_signed
from contracts.selectors.versions import in_work_number
from crm.core.columns import Column
from crm.core.dates import business_today
from crm.core.filters import AmountFilter, DateFilter, ListFilterSet, SearchFilter, YesNoFilter
from crm.core.lists import Empty, ListView, Preset
from crm.core.models import LegalEntity
from crm.core.pages import options, search_text
from crm.core.permissions import requires
from crm.core.widgets import RemoteSelect
from customers.choice_filters import CustomerChoiceFilter
from customers.columns import customer_column
from customers.filters import colleagues


class ContractFilter(ListFilterSet):
    q = SearchFilter(method="search", placeholder=gettext_lazy("Number, customer or any words"))
    kind = django_filters.MultipleChoiceFilter(choices=ContractKind.choices, label=gettext_lazy("Kind"))
    state = django_filters.MultipleChoiceFilter(choices=ContractState.choices, label=gettext_lazy("State"))
    language = django_filters.ChoiceFilter(choices=ContractLanguage.choices, label=gettext_lazy("Language"))
    deviates = YesNoFilter(field_name="deviates", label=gettext_lazy("Deviates from the template"))
    seal = django_filters.MultipleChoiceFilter(
        choices=SealStage.choices, method="at_stage", label=gettext_lazy("Seal and signature")
    )
    in_force = YesNoFilter(method="is_in_force", label=gettext_lazy("In force"))
    template = django_filters.ModelChoiceFilter(
        queryset=Template.objects.exclude(kind=LIBRARY),
        field_name="template_version__template",
        label=gettext_lazy("Template"),
    )
    legal_entity = django_filters.ModelChoiceFilter(
        queryset=LegalEntity.objects.all(), label=gettext_lazy("Legal entity")
    )
    amount_from = AmountFilter(field_name="amount", lookup_expr="gte", label=gettext_lazy("Amount from"))
    amount_to = AmountFilter(field_name="amount", lookup_expr="lte", label=gettext_lazy("Amount to"))
    owner = django_filters.ModelChoiceFilter(
        queryset=colleagues, widget=RemoteSelect("customers:owners"), label=gettext_lazy("Owner")
    )
    ends_before = DateFilter(method="ends", label=gettext_lazy("Ends up to"))
    in_work = YesNoFilter(method="has_version_in_work", label=gettext_lazy("New version under way"))
    original_overdue = YesNoFilter(method="has_original_overdue", label=gettext_lazy("Original overdue"))
    mine = YesNoFilter(method="is_mine", label=gettext_lazy("My contracts"))
    customer = CustomerChoiceFilter()

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)

    def is_in_force(self, queryset: Any, name: str, value: bool) -> Any:
        binding = Contract.objects.in_force(business_today()).order_by().values("pk")
        return queryset.filter(pk__in=binding) if value else queryset.exclude(pk__in=binding)

    def at_stage(self, queryset: Any, name: str, value: list[str]) -> Any:
        """Any version that waits for seal or signature: the row of the contract stands for all."""
        waiting = to_be_signed(self.request.user).filter(seal__in=value).order_by().values("root_id")
        return queryset.filter(root__in=waiting) if value else queryset

    def ends(self, queryset: Any, name: str, value: dt.date) -> Any:
        """A contract that a signed version follows does not end."""
        return queryset.filter(ends_on__lte=value, replaced_on__isnull=True)

    def has_version_in_work(self, queryset: Any, name: str, value: bool) -> Any:
        further = Contract.objects.filter(is_current=False).in_work().order_by().values("root_id")
        return queryset.filter(root__in=further) if value else queryset.exclude(root__in=further)

    def has_original_overdue(self, queryset: Any, name: str, value: bool) -> Any:
        """The original of any version: the row of the contract stands for all."""
        late = OriginalLoan.objects.filter(returned_on__isnull=True, due_on__lt=business_today())
        roots = late.order_by().values("contract__root_id")
        return queryset.filter(root__in=roots) if value else queryset.exclude(root__in=roots)

    def is_mine(self, queryset: Any, name: str, value: bool) -> Any:
        own = {"owner": self.request.user}
        return queryset.filter(**own) if value else queryset.exclude(**own)


def place_on_its_way(user: Any) -> dict[str, Any]:
    """From draft to the end, as the states follow each other."""
    places = [When(state=state, then=Value(place)) for place, state in enumerate(ContractState.values)]
    return {"place": Case(*places, output_field=SmallIntegerField())}


def under_way(user: Any) -> dict[str, Any]:
    return {"in_work_number": in_work_number()}


class ContractList(ListView):
    """Every contract once, by the version that holds; newest first."""

    key = "contracts"
    title = gettext_lazy("Contracts")
    permission = "contracts.view_contract"
    model = Contract
    filterset_class = ContractFilter
    default_order = ("-pk",)
    total_group = "currency"
    columns = (
        Column("number", gettext_lazy("Number"), url=Contract.get_absolute_url, order_by="number"),
        Column(
            "state",
            gettext_lazy("State"),
            "badge",
            value="state_badge",
            order_by=("place", "pk"),
            annotate=place_on_its_way,
            reads_annotation=False,
        ),
        Column(
            "amount",
            gettext_lazy("Amount"),
            "money",
            order_by="amount",
            total="fixed_amount",
            annotate=lambda user: {"fixed_amount": FIXED_AMOUNT},
            reads_annotation=False,
            help=gettext_lazy(
                "The total is that of sales and service contracts that were neither given up nor terminated. The "
                "amounts of other kinds are expected volumes, limits or balances."
            ),
        ),
        Column("currency", gettext_lazy("Currency")),
        customer_column(url=None),
        Column("title", gettext_lazy("Title")),
        Column("kind", gettext_lazy("Kind"), value=Contract.get_kind_display, default=False),
        Column("term_days", gettext_lazy("Term in days"), "number"),
        Column("starts_on", gettext_lazy("First day"), "date", default=False),
        Column("ends_on", gettext_lazy("Last day"), "date", order_by="ends_on"),
        Column("signed_on", gettext_lazy("Signed on"), "date", default=False),
        Column("owner", gettext_lazy("Owner"), related=("owner",)),
        Column("in_work", gettext_lazy("New version"), value="in_work_number", annotate=under_way),
    )
    presets = (
        Preset("all", gettext_lazy("All")),
        Preset("drafts", gettext_lazy("Drafts"), "state=draft"),
        Preset("waiting", gettext_lazy("On their way"), "state=in_approval&state=approved"),
        Preset("in_force", gettext_lazy("In force"), "in_force=true"),
        Preset("changing", gettext_lazy("New version under way"), "in_work=true"),
        Preset("mine", gettext_lazy("My contracts"), "mine=true"),
    )
    empty = Empty(
        gettext_lazy("No contracts"), gettext_lazy("They are drafted on the page of a customer, under Contracts.")
    )

    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[Any]:
        return Contract.objects.visible_to(user).current()


@requires("contracts.view_order")
def contract_options(request: HttpRequest) -> HttpResponse:
    """Answers of the search box over contracts, where orders are filtered by theirs."""
    found = contracts_of(request).current().search(search_text(request)).select_related("customer")
    return options(found.order_by("-pk")[:20], detail=lambda contract: f"{contract.customer.name} · {contract.title}")
