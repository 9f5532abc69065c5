"""One rule of visibility for the whole product: who sees a customer sees all that hangs on it (docs/adr/0003)."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from crm.accounts.roles import Scope
from customers.names import core_name, search_words


def visible_customers_q(user: Any) -> Q:
    """Customers this user may see: the own ones, those of the teams below a manager, and those shared with the user."""
    if not user.is_authenticated or not user.is_active or user.scope is Scope.NOTHING:
        return Q(pk__in=[])
    if user.scope is Scope.ALL:
        return Q()
    from customers.models import CustomerShare

    seen = Q(owner=user) | Q(pk__in=CustomerShare.objects.filter(user=user).values("customer_id"))
    if user.scope is Scope.TEAM:
        seen |= Q(team_id__in=user.team_ids)
    return seen


class VisibleQuerySet(models.QuerySet[Any]):
    """A queryset of records that hang on a customer; `customer_path` is the lookup that leads to it."""

    customer_path = "customer"

    def visible_to(self, user: Any) -> Self:
        """Only the records of customers the user may see."""
        if user.is_authenticated and user.is_active and user.scope is Scope.ALL:
            return self
        from customers.models import Customer

        seen = Customer.objects.filter(visible_customers_q(user)).values("pk")
        return self.filter(**{f"{self.customer_path}__in": seen})


class CustomerQuerySet(VisibleQuerySet):
    """Reads of customers."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(visible_customers_q(user))

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
