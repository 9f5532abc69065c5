"""Use cases of customers: the only place that writes them."""

from customers.services.bulk import CustomerRow, Plan, RowFault, UpsertResult, plan_customers, upsert_customers
from customers.services.bulk_contacts import ContactRow, upsert_contacts
from customers.services.contacts import add_contact, deactivate_contact, update_contact
from customers.services.events import EventRow, record_event, record_events
from customers.services.lifecycle import begin_trading, change_state
from customers.services.ownership import assign_owner, share_customer, unshare_customer
from customers.services.profile import create_customer, update_customer
from customers.services.tiers import set_tier
from customers.services.tree import lock_tree

__all__ = [
    "ContactRow",
    "CustomerRow",
    "EventRow",
    "Plan",
    "RowFault",
    "UpsertResult",
    "add_contact",
    "assign_owner",
    "begin_trading",
    "change_state",
    "create_customer",
    "deactivate_contact",
    "lock_tree",
    "plan_customers",
    "record_event",
    "record_events",
    "set_tier",
    "share_customer",
    "unshare_customer",
    "update_contact",
    "update_customer",
    "upsert_contacts",
    "upsert_customers",
]
