"""Use cases of customers: the only place that writes them."""

from customers.services.events import EventRow, record_event, record_events

__all__ = ["EventRow", "record_event", "record_events"]
