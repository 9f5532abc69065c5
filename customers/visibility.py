"""One rule of visibility for the whole product: who sees a customer sees all that hangs on it (docs/adr/0003)."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from crm.accounts.roles import Scope
from customers.names import core_name, search_words


def visible_customer_keys(user: Any) -> models.QuerySet[Any]:
    """Keys of the customers a user with a narrow scope may see: the own ones, those of the teams below a manager, and
    those shared with the user.

    A union, not an OR: the planner knows how few the own customers are, but takes an OR with a subquery for half of
    all, and then reads a million invoices to find fifty.
    """
    from customers.models import Customer, CustomerShare

    if not user.is_authenticated or not user.is_active or user.scope is Scope.NOTHING:
        return Customer.objects.none().values("pk")
    own = Q(owner=user)
    if user.scope is Scope.TEAM:
        own |= Q(team_id__in=user.team_ids)
    shared = CustomerShare.objects.filter(user=user).order_by()
    return Customer.objects.filter(own).order_by().values("pk").union(shared.values("customer_id"))


class VisibleQuerySet(models.QuerySet[Any]):
    """A queryset of records that hang on a customer; `customer_path` is the lookup that leads to it."""

    customer_path = "customer"

    def visible_to(self, user: Any) -> Self:
        """Only the records of customers the user may see."""
        if user.is_authenticated and user.is_active and user.scope is Scope.ALL:
            return self
        return self.filter(**{f"{self.customer_path}__in": visible_customer_keys(user)})


class CustomerQuerySet(VisibleQuerySet):
    """Reads of customers."""

    def visible_to(self, user: Any) -> Self:
        if user.is_authenticated and user.is_active and user.scope is Scope.ALL:
            return self
        return self.filter(pk__in=visible_customer_keys(user))

    def search(self, text: str) -> Self:
        """Customers found by number, names, pinyin, initials or registration code: every word must be found.

        A word that begins with a place, as legal names do, is looked for without it too.
        """
        found = self
        for word in search_words(text):
            wanted = Q(search_text__contains=word)
            core = core_name(word.strip())
            if core != word.strip() and len(core) >= 2:
                wanted |= Q(search_text__contains=core if len(core) > 2 else f" {core}")
            found = found.filter(wanted)
        return found
