"""Many contacts at once, with the rules of the single services."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pghistory
from django.db import connection

from crm.core.errors import DomainError, NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.setbased import CHUNK
from customers.errors import ContactNameMissing, RowsFaulty
from customers.models import Contact
from customers.services.access import actor_id, check
from customers.services.bulk import RowFault, UpsertResult, visible_ids
from customers.services.contacts import cleaned
from customers.services.events import EventRow, record_events

FIELDS = ("name", "job_title", "role", "phone", "email", "notes")


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact as a file tells it; None = the file says nothing about it.

    A known contact is found within its customer by e-mail when the row has one, else by name.
    """

    customer_id: int
    name: str
    job_title: str | None = None
    role: str | None = None
    phone: str | None = None
    email: str | None = None
    is_primary: bool | None = None
    notes: str | None = None


def upsert_contacts(*, actor: Any, rows: Sequence[ContactRow], today: dt.date) -> UpsertResult:
    """Add and change contacts, all or nothing. A customer's first contact becomes its main contact."""
    check(actor, "customers.add_contact", "customers.change_contact")
    with atomic_or_busy(), pghistory.context(user=actor_id(actor)):
        lock_customers(actor, rows)
        book = Book(sorted({row.customer_id for row in rows}), actor_id(actor))
        faults: list[RowFault] = []
        for index, row in enumerate(rows):
            try:
                book.take(row)
            except DomainError as error:
                faults.append(RowFault(index, error))
        if faults:
            raise RowsFaulty(count=len(faults), faults=faults)
        return book.write(today)


def lock_customers(actor: Any, rows: Sequence[ContactRow]) -> None:
    """Lock the customers in the order of their keys; one that the actor does not see refuses the whole."""
    wanted = sorted({row.customer_id for row in rows})
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM customers_customer WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [wanted])
        found = {row[0]: None for row in cursor.fetchall()}
    if len(found) != len(wanted) or len(visible_ids(actor, found)) != len(wanted):
        raise NotAllowed


class Book:
    """The active contacts of some customers, and what the rows make of them."""

    def __init__(self, customer_ids: Sequence[int], by: int | None) -> None:
        self.by = by
        self.by_mail: dict[tuple[int, str], Contact] = {}
        self.by_name: dict[tuple[int, str], Contact] = {}
        self.main: dict[int, Contact] = {}
        self.demoted: list[int] = []
        self.new: list[Contact] = []
        self.changed: dict[int, Contact] = {}
        self.taken: list[Contact] = []
        for start in range(0, len(customer_ids), CHUNK):
            chunk = customer_ids[start : start + CHUNK]
            for contact in Contact.objects.filter(customer__in=chunk, is_active=True).order_by("pk"):
                self.enter(contact)

    def enter(self, contact: Contact) -> None:
        customer = contact.customer_id
        if contact.email:
            self.by_mail.setdefault((customer, contact.email.lower()), contact)
        self.by_name.setdefault((customer, contact.name.lower()), contact)
        if contact.is_primary:
            self.main[customer] = contact

    def take(self, row: ContactRow) -> None:
        """Match one row and note what it changes."""
        given = cleaned({name: value for name in FIELDS if (value := getattr(row, name)) is not None})
        if not given["name"]:
            raise ContactNameMissing
        mail, customer = given.get("email", "").lower(), row.customer_id
        found = self.by_mail.get((customer, mail)) if mail else None
        contact = found or self.by_name.get((customer, given["name"].lower()))
        if contact is None:
            contact = Contact(customer_id=customer, created_by_id=self.by, **given)
            self.new.append(contact)
        elif any(getattr(contact, name) != value for name, value in given.items()):
            for name, value in given.items():
                setattr(contact, name, value)
            self.note_change(contact)
        if row.is_primary or customer not in self.main:
            self.make_main(contact)
        self.enter(contact)
        self.taken.append(contact)

    def make_main(self, contact: Contact) -> None:
        former = self.main.get(contact.customer_id)
        if former is contact:
            return
        if former is not None:
            former.is_primary = False
            if former.pk:
                self.demoted.append(former.pk)
        contact.is_primary = True
        self.main[contact.customer_id] = contact
        self.note_change(contact)

    def note_change(self, contact: Contact) -> None:
        if contact.pk:
            self.changed[contact.pk] = contact

    def write(self, today: dt.date) -> UpsertResult:
        """Main contacts step back first: a customer never has two."""
        Contact.objects.filter(pk__in=self.demoted).update(is_primary=False)
        changed = list(self.changed.values())
        Contact.objects.bulk_update(changed, [*FIELDS, "phone_digits", "is_primary"], batch_size=1000)
        Contact.objects.bulk_create(self.new, batch_size=2000)
        record_events(
            EventRow(contact.customer_id, kind, today, {"id": contact.pk, "name": contact.name}, self.by)
            for kind, contacts in (("contact_added", self.new), ("contact_changed", changed))
            for contact in contacts
        )
        return UpsertResult(
            [contact.pk for contact in self.new],
            [contact.pk for contact in changed],
            [contact.pk for contact in self.taken],
        )
