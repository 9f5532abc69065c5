"""What the lists of orders and products can be filtered by."""

from typing import Any

import django_filters
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from contracts.models import (
    Channel,
    Contract,
    Delivery,
    Order,
    OrderPaper,
    OrderReview,
    OrderState,
    PaperReview,
    Product,
)
from contracts.rules import orders as rules
from credit.models import Payment
from credit.selectors.prepaid import money_gone_sql
from crm.core.filters import DateFilter, ListFilterSet, SearchFilter, YesNoFilter
from crm.core.widgets import RemoteSelect
from customers.choice_filters import CustomerChoiceFilter
from customers.models import Customer


def contracts_of(request: Any) -> Any:
    """The contracts that a filter may name: those the reader sees, and none for who sees no contracts at all."""
    user = request.user
    return Contract.objects.visible_to(user) if user.has_perm("contracts.view_contract") else Contract.objects.none()


def by_number(queryset: QuerySet[Any], text: str, path: str = "") -> QuerySet[Any]:
    """Orders whose number or reference begins with the text, and those of customers it names."""
    text = text.strip()
    found = Q(**{f"{path}number__startswith": text.upper()}) | Q(**{f"{path}reference__startswith": text})
    if len(text) > 1:
        customers = Customer.objects.search(text).order_by().values("pk")
        found |= Q(**{f"{path}customer__in": customers})
    return queryset.filter(found)


# As contracts.rules.orders.supply_stopped says it; a released order has a check, so its customer has an account.
SUPPLY_STOPPED = (
    Q(customer__state__in=rules.REFUSED_STATES)
    | (
        Q(payment=Payment.CREDIT, customer__credit_account__status__in=rules.SUPPLY_STOPPED)
        & ~Q(last_check__status=F("customer__credit_account__status"))
    )
    | (Q(payment=Payment.PREPAID) & Q(money_gone_sql("customer__credit_account")))
)


# As contracts.services.releasing.require_confirmation says it; what was checked once is confirmed.
CONFIRMATIONS = OrderPaper.objects.filter(
    order=OuterRef("pk"), edition=OuterRef("version"), kind=OrderPaper.Kind.CONFIRMATION
)
UNCONFIRMED = Q(state=OrderState.DRAFT, channel=Channel.PHONE) & ~Q(Exists(CONFIRMATIONS))


# A delivery that stands, whose note has not come back signed by the customer; and orders that have one.
SIGNED_NOTE = Exists(OrderPaper.objects.filter(delivery=OuterRef("pk")))
UNSIGNED = Q(reversal=None) & ~Q(SIGNED_NOTE)
HAS_UNSIGNED = Q(Exists(Delivery.objects.filter(UNSIGNED, order=OuterRef("pk"))))


# A draft for what is made to order, whose edition nobody has reviewed.
REVIEWS = OrderReview.objects.filter(order=OuterRef("pk"), edition=OuterRef("version"))
AWAITS_REVIEW = Q(state=OrderState.DRAFT, is_custom=True) & ~Q(Exists(REVIEWS))


# A draft on credit that goes under a contract of the customer's own, the newest of which nobody has read yet, as
# contracts.services.releasing.lacking_contract says it.
PURCHASE = OrderPaper.objects.filter(kind=OrderPaper.Kind.PURCHASE)
NEWER = PURCHASE.filter(order=OuterRef("order"), edition=OuterRef("edition"), pk__gt=OuterRef("pk"))
UNREAD = PURCHASE.filter(
    ~Exists(PaperReview.objects.filter(paper=OuterRef("pk"))),
    ~Exists(NEWER),
    order=OuterRef("pk"),
    edition=OuterRef("version"),
)
AWAITS_CONTRACT = Q(state=OrderState.DRAFT, payment=Payment.CREDIT, contract=None) & Q(Exists(UNREAD))


class ContractChoiceFilter(django_filters.ModelChoiceFilter):
    """One contract, whichever of its versions, chosen through the search box."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Contract"))
        super().__init__(queryset=contracts_of, widget=RemoteSelect("contracts:contract_options"), **kwargs)

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(**{f"{self.field_name}__root": value.root_id}) if value else qs


class OrderFilter(ListFilterSet):
    q = SearchFilter(method="search", placeholder=_("Number or customer"))
    state = django_filters.MultipleChoiceFilter(choices=OrderState.choices, label=_("State"))
    payment = django_filters.MultipleChoiceFilter(choices=Payment.choices, label=_("On credit or prepaid"))
    channel = django_filters.MultipleChoiceFilter(choices=Channel.choices, label=_("How it came"))
    is_custom = YesNoFilter(label=_("Made to order"))
    to_review = YesNoFilter(method="awaits_review", label=_("Waiting for review"))
    to_accept = YesNoFilter(method="awaits_contract", label=_("Customer's contract to read"))
    unconfirmed = YesNoFilter(method="lacks_confirmation", label=_("Confirmation missing"))
    partly = YesNoFilter(method="partly_delivered", label=_("Partly delivered"))
    unsigned = YesNoFilter(method="lacks_signed_note", label=_("Signed note missing"))
    stopped = YesNoFilter(method="supply_stopped", label=_("Supply stopped"))
    to_invoice = YesNoFilter(method="not_billed", label=_("To invoice"))
    mine = YesNoFilter(method="own", label=_("Mine"))
    on_from = DateFilter(field_name="on", lookup_expr="gte", label=_("From"))
    on_to = DateFilter(field_name="on", lookup_expr="lte", label=_("To"))
    customer = CustomerChoiceFilter()
    contract = ContractChoiceFilter()

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return by_number(queryset, value)

    def awaits_review(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.filter(AWAITS_REVIEW) if value else queryset.exclude(AWAITS_REVIEW)

    def awaits_contract(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.filter(AWAITS_CONTRACT) if value else queryset.exclude(AWAITS_CONTRACT)

    def lacks_confirmation(self, queryset: Any, name: str, value: bool) -> Any:
        """Drafts by telephone that are not confirmed in writing yet."""
        return queryset.filter(UNCONFIRMED) if value else queryset.exclude(UNCONFIRMED)

    def partly_delivered(self, queryset: Any, name: str, value: bool) -> Any:
        partly = Q(state=OrderState.RELEASED, delivered_total__gt=0, delivered_total__lt=F("total"))
        return queryset.filter(partly) if value else queryset.exclude(partly)

    def lacks_signed_note(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.filter(HAS_UNSIGNED) if value else queryset.exclude(HAS_UNSIGNED)

    def supply_stopped(self, queryset: Any, name: str, value: bool) -> Any:
        stopped = Q(SUPPLY_STOPPED, state=OrderState.RELEASED)
        return queryset.filter(stopped) if value else queryset.exclude(stopped)

    def not_billed(self, queryset: Any, name: str, value: bool) -> Any:
        """Of which something has left that is not invoiced yet."""
        waiting = Q(state__in=(OrderState.RELEASED, OrderState.DELIVERED), delivered_total__gt=F("invoiced_total"))
        return queryset.filter(waiting) if value else queryset.exclude(waiting)

    def own(self, queryset: Any, name: str, value: bool) -> Any:
        own = Q(owner=self.request.user)
        return queryset.filter(own) if value else queryset.exclude(own)


class WarehouseFilter(ListFilterSet):
    q = SearchFilter(method="search", placeholder=_("Number or customer"))
    partly = YesNoFilter(method="partly_delivered", label=_("Partly delivered"))
    until = DateFilter(field_name="wanted_on", lookup_expr="lte", label=_("Wanted until"))

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return by_number(queryset, value)

    def partly_delivered(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.filter(delivered_total__gt=0) if value else queryset.filter(delivered_total=0)


class DeliveredFilter(ListFilterSet):
    q = SearchFilter(method="search", placeholder=_("Delivery, order or customer"))
    unsigned = YesNoFilter(method="lacks_signed_note", label=_("Signed note missing"))
    on_from = DateFilter(field_name="on", lookup_expr="gte", label=_("From"))
    on_to = DateFilter(field_name="on", lookup_expr="lte", label=_("To"))

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return deliveries_by_number(queryset, value)

    def lacks_signed_note(self, queryset: Any, name: str, value: bool) -> Any:
        return lacking_signed_note(queryset, value)


def lacking_signed_note(queryset: QuerySet[Any], value: bool) -> QuerySet[Any]:
    """Deliveries whose note has not come back signed, or the others: those taken back are not waited for."""
    return queryset.filter(UNSIGNED) if value else queryset.exclude(UNSIGNED)


def deliveries_by_number(queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Deliveries whose number begins with the text, and those of the orders it names."""
    orders = by_number(Order.objects.all(), text).order_by().values("pk")
    return queryset.filter(Q(number__startswith=text.strip().upper()) | Q(order__in=orders))


class ProductFilter(ListFilterSet):
    q = SearchFilter(method="search", placeholder=_("Code or name"))
    is_custom = YesNoFilter(label=_("Made to order"))
    is_active = YesNoFilter(label=_("Sold"))

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return search_products(queryset, value)


def search_products(queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
    text = text.strip()
    return queryset.filter(Q(code__istartswith=text) | Q(name_zh__icontains=text) | Q(name_en__icontains=text))


def products_sold() -> QuerySet[Product]:
    return Product.objects.filter(is_active=True)


def orders_to_deliver(user: Any) -> QuerySet[Order]:
    """What the warehouse may deliver: released orders of every customer whose supply is not stopped, and no others."""
    return released_orders(user).exclude(SUPPLY_STOPPED)


def orders_to_review(user: Any) -> QuerySet[Order]:
    """Orders that wait for a review by the user, who sees them and wrote none of them."""
    found = Order.objects.visible_to(user).filter(AWAITS_REVIEW)
    return found.exclude(created_by=user).exclude(author_ids__contains=[user.pk])


def contracts_to_accept(user: Any) -> QuerySet[Order]:
    """Orders under a contract of the customer's own that the user may read: neither order nor contract is theirs."""
    others = UNREAD.exclude(uploaded_by=user)
    found = Order.objects.visible_to(user).filter(AWAITS_CONTRACT).filter(Exists(others))
    return found.exclude(created_by=user).exclude(author_ids__contains=[user.pk])


def deliveries_made(user: Any) -> QuerySet[Delivery]:
    """What has left, of every customer, for those who deliver."""
    if not user.has_perm("contracts.deliver_order"):
        return Delivery.objects.none()
    return Delivery.objects.all()


def deliveries_seen(user: Any) -> QuerySet[Delivery]:
    """What has left: of every customer for those who deliver, for others that of the orders they see."""
    if user.has_perm("contracts.deliver_order"):
        return Delivery.objects.all()
    if user.has_perm("contracts.view_delivery"):
        return Delivery.objects.visible_to(user)
    return Delivery.objects.none()


def released_orders(user: Any) -> QuerySet[Order]:
    """Released orders of every customer, for those who deliver them."""
    if not user.has_perm("contracts.deliver_order"):
        return Order.objects.none()
    return Order.objects.filter(state=OrderState.RELEASED)
