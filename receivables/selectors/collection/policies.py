"""Which policy counts for a customer."""

from crm.core.versions import PolicyState
from customers.models import Customer
from receivables.models import CollectionPolicy
from receivables.selectors.collection.conditions import MATCHED_BY


def policy_for(customer: Customer) -> CollectionPolicy:
    """The active policy for one customer, as the night chooses it; one that is for everybody is always there."""
    active = CollectionPolicy.objects.filter(state=PolicyState.ACTIVE).order_by("priority", "code", "pk")
    for policy in active:
        if all(MATCHED_BY[name].value(customer) in values for name, values in policy.conditions.items()):
            return policy
    raise CollectionPolicy.DoesNotExist
