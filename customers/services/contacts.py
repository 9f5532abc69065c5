"""The people at a customer."""

import datetime as dt
from typing import Any, TypedDict, Unpack

import pghistory

from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from customers.errors import ContactNameMissing, ContactNotActive
from customers.models import Contact
from customers.names import phone_digits
from customers.services.access import actor_id, check, locked_customer
from customers.services.events import record_event


class ContactFields(TypedDict, total=False):
    """What is known about a contact; a field that is not given stays as it is."""

    name: str
    job_title: str
    role: str
    phone: str
    email: str
    is_primary: bool
    notes: str


def add_contact(*, actor: Any, customer_id: int, today: dt.date, **fields: Unpack[ContactFields]) -> Contact:
    """Add a contact. A customer's first one is its main contact; a new main contact takes over from the old one."""
    check(actor, "customers.add_contact")
    given = cleaned(fields)
    if not given.get("name"):
        raise ContactNameMissing
    with atomic_or_busy(), pghistory.context(user=actor_id(actor)):
        locked_customer(actor=actor, customer_id=customer_id)
        others = Contact.objects.filter(customer_id=customer_id, is_active=True)
        given["is_primary"] = bool(given.get("is_primary")) or not others.exists()
        if given["is_primary"]:
            others.filter(is_primary=True).update(is_primary=False)
        contact = Contact.objects.create(customer_id=customer_id, created_by_id=actor_id(actor), **given)
        record(contact, "contact_added", today, actor)
    return contact


def update_contact(*, actor: Any, contact_id: int, today: dt.date, **fields: Unpack[ContactFields]) -> Contact:
    """Change a contact. The main contact stops being it only when another one takes over."""
    check(actor, "customers.change_contact")
    given = cleaned(fields)
    if "name" in given and not given["name"]:
        raise ContactNameMissing
    with atomic_or_busy(), pghistory.context(user=actor_id(actor)):
        contact = locked_contact(actor, contact_id)
        if contact.is_primary:
            given.pop("is_primary", None)
        changed = [name for name, value in given.items() if getattr(contact, name) != value]
        if not changed:
            return contact
        if given.get("is_primary"):
            Contact.objects.filter(customer=contact.customer_id, is_active=True, is_primary=True).update(
                is_primary=False
            )
        for name in changed:
            setattr(contact, name, given[name])
        contact.save(update_fields=changed)
        record(contact, "contact_changed", today, actor)
    return contact


def deactivate_contact(*, actor: Any, contact_id: int, today: dt.date) -> Contact:
    """Somebody left or is not to be called any more; what was recorded with the contact stays."""
    check(actor, "customers.change_contact")
    with atomic_or_busy(), pghistory.context(user=actor_id(actor)):
        contact = locked_contact(actor, contact_id)
        contact.is_active, contact.is_primary = False, False
        contact.save(update_fields=["is_active", "is_primary"])
        record(contact, "contact_deactivated", today, actor)
    return contact


def locked_contact(actor: Any, contact_id: int) -> Contact:
    """An active contact, under the lock of its customer's row: two new main contacts wait for each other there."""
    found = Contact.objects.filter(pk=contact_id).values_list("customer_id", flat=True).first()
    if found is None:
        raise NotAllowed
    locked_customer(actor=actor, customer_id=found)
    contact: Contact = Contact.objects.get(pk=contact_id)
    if not contact.is_active:
        raise ContactNotActive(name=contact.name)
    return contact


def cleaned(fields: Any) -> dict[str, Any]:
    given = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
    if "phone" in given:
        given["phone_digits"] = phone_digits(given["phone"])
    return given


def record(contact: Contact, kind: str, today: dt.date, actor: Any) -> None:
    record_event(
        customer_id=contact.customer_id,
        kind=kind,
        on=today,
        data={"id": contact.pk, "name": contact.name},
        actor_id=actor_id(actor),
    )
