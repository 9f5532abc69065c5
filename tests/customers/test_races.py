"""Two at once: editors of one profile, two new main contacts, two customers with one number."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from customers.errors import CodeTaken, CustomerChanged
from customers.models import Contact, Customer
from customers.services import add_contact, create_customer, update_contact, update_customer
from tests.factories import make_customer

TODAY = dt.date(2026, 3, 31)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


def together(*works: Callable[[], Any]) -> list[Any]:
    """Run all at once, each on a connection of its own; a result is what was returned or raised."""
    start, results = threading.Barrier(len(works)), [None] * len(works)

    def run(index: int, work: Callable[[], Any]) -> None:
        try:
            start.wait(10)
            results[index] = work()
        except Exception as error:
            results[index] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, work)) for index, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_without_the_version_the_later_save_would_win_silently() -> None:
    """The control: two editors who do not compare versions overwrite each other."""
    customer = make_customer("Raced")
    for address in ("First road", "Second road"):
        update_customer(actor=None, customer_id=customer.pk, version=None, today=TODAY, address=address)
    customer.refresh_from_db()
    assert customer.address == "Second road"


def test_of_two_editors_at_once_exactly_one_saves_and_the_other_is_told() -> None:
    customer = make_customer("Raced")

    def edit(address: str) -> Callable[[], Any]:
        return lambda: (
            update_customer(actor=None, customer_id=customer.pk, version=1, today=TODAY, address=address).address
        )

    results = together(edit("First road"), edit("Second road"))
    saved = [result for result in results if isinstance(result, str)]
    assert len(saved) == 1
    assert sum(isinstance(result, CustomerChanged) for result in results) == 1
    customer.refresh_from_db()
    assert (customer.address, customer.version) == (saved[0], 2)


def test_two_new_main_contacts_at_once_leave_one_main_contact() -> None:
    customer = make_customer("Raced")
    contacts = [
        add_contact(actor=None, customer_id=customer.pk, today=TODAY, name=name) for name in ("One", "Two", "Three")
    ]

    def make_main(contact: Contact) -> Callable[[], Any]:
        return lambda: update_contact(actor=None, contact_id=contact.pk, today=TODAY, is_primary=True).pk

    results = together(*(make_main(contact) for contact in contacts))
    assert all(isinstance(result, int) for result in results), results
    assert Contact.objects.filter(customer=customer, is_primary=True).count() == 1


def test_one_number_is_given_to_one_customer() -> None:
    def create(name: str) -> Callable[[], Any]:
        return lambda: create_customer(actor=None, today=TODAY, name=name, code="SAME").name

    results = together(create("One"), create("Two"))
    assert sum(isinstance(result, CodeTaken) for result in results) == 1
    assert Customer.objects.filter(code="SAME").count() == 1
