"""Create and change the profile of a customer."""

import datetime as dt
from typing import Any, Unpack

import pghistory
from django.db import IntegrityError, connection

from crm.core.errors import NotAllowed
from crm.core.locks import atomic_or_busy
from crm.core.registry import registry
from customers import names
from customers.errors import (
    CodeTaken,
    CustomerChanged,
    NameMissing,
    OwnCustomer,
    ParentLoop,
    SimilarCustomers,
    UsccTaken,
)
from customers.models import Assignment, Customer, CustomerKind, CustomerState, ExternalRef, StateChange
from customers.rules import identifies
from customers.selectors.duplicates import similar_customers
from customers.services.access import actor_id, check, locked_customer, taken
from customers.services.events import record_event
from customers.services.fields import Profile, check_identity, cleaned
from customers.services.ownership import default_owner_id, fit_owner
from customers.services.tree import lock_tree


def create_customer(
    *,
    actor: Any,
    today: dt.date,
    state: str = CustomerState.PROSPECT,
    owner_id: int | None = None,
    team_id: int | None = None,
    source: str = "",
    source_key: str = "",
    accept_similar: bool = False,
    **profile: Unpack[Profile],
) -> Customer:
    """Create a customer. Without an owner it belongs to the rep or manager who creates it, without a number it gets
    the next one.

    Whoever may be a second profile of a company that is there already is refused until `accept_similar` says that it
    is another one. Another owner than oneself needs the right to assign. A customer of one's own is not identified yet:
    somebody else does that.
    """
    check(actor, "customers.add_customer")
    given = cleaned(profile)
    if not given.get("name"):
        raise NameMissing
    check_identity(given.get("identity_number", ""))
    owner_id = owner_id or default_owner_id(actor)
    with atomic_or_busy():
        owner = None if owner_id is None else fit_owner(actor=actor, owner_id=owner_id)
        if actor is not None and owner_id == actor.pk and identifies("", state):
            raise OwnCustomer
        if team_id is None and owner is not None:
            team_id = owner.team_id
        if actor is not None and not accept_similar and similar_customers(actor=actor, **duplicate_keys(given)).found:
            raise SimilarCustomers
        given["code"] = given.get("code") or next_code()
        check_numbers(code=given["code"], uscc=given.get("uscc", ""))
        if given.get("parent_id") is not None:
            lock_tree()
            check_parent(actor, None, given["parent_id"])
        customer = Customer(**given, state=state, owner_id=owner_id, team_id=team_id, created_by_id=actor_id(actor))
        derive(customer)
        try:
            customer.save(force_insert=True)
        except IntegrityError as error:
            raise taken(error, code=customer.code, uscc=customer.uscc) from error
        StateChange.objects.create(customer=customer, to_state=state, on=today, created_by_id=actor_id(actor))
        if owner_id is not None or team_id is not None:
            Assignment.objects.create(
                customer=customer, owner_id=owner_id, team_id=team_id, on=today, created_by_id=actor_id(actor)
            )
        if source and source_key:
            ExternalRef.objects.create(customer=customer, source=source, key=source_key)
        if customer.parent_id is not None:
            tell_move(customer.pk)
        record_event(customer_id=customer.pk, kind="customer_created", on=today, actor_id=actor_id(actor))
    return customer


def update_customer(
    *, actor: Any, customer_id: int, version: int | None, today: dt.date, **profile: Unpack[Profile]
) -> Customer:
    """Change the given fields of a profile. `version` is the one the editor saw: when somebody saved a newer one in
    the meantime nothing is written and `CustomerChanged` names the fields that differ. None takes the row as it is."""
    check(actor, "customers.change_customer")
    given = cleaned(profile)
    if "name" in given and not given["name"]:
        raise NameMissing
    with atomic_or_busy(), pghistory.context(user=actor_id(actor)):
        customer = locked_customer(actor=actor, customer_id=customer_id)
        if "code" in given and not given["code"]:
            given["code"] = customer.code
        changed = [name for name, value in given.items() if getattr(customer, name) != value]
        if version is not None and version != customer.version:
            raise CustomerChanged(fields=changed, version=customer.version)
        if not changed:
            return customer
        check_identity(given.get("identity_number", ""), standing=customer.identity_number)
        if "parent_id" in changed:
            lock_tree()
            check_parent(actor, customer, given["parent_id"])
        for name in changed:
            setattr(customer, name, given[name])
        check_numbers(code=customer.code, uscc=customer.uscc, but=customer.pk)
        derive(customer)
        customer.version += 1
        try:
            customer.save()
        except IntegrityError as error:
            raise taken(error, code=customer.code, uscc=customer.uscc) from error
        if "parent_id" in changed:
            tell_move(customer.pk)
        record_event(
            customer_id=customer.pk,
            kind="customer_updated",
            on=today,
            data={"fields": sorted(name.removesuffix("_id") for name in changed)},
            actor_id=actor_id(actor),
        )
    return customer


def duplicate_keys(given: dict[str, Any]) -> dict[str, Any]:
    """What similar customers are looked for by."""
    asked = ("name", "code", "uscc", "foreign_number", "identity_number", "country", "phone", "email")
    keys = {name: given.get(name, "") for name in asked}
    return {**keys, "person": given.get("kind") == CustomerKind.PERSON}


def derive(customer: Customer) -> None:
    """Fill what follows from names and phone."""
    person = customer.kind == CustomerKind.PERSON
    customer.core_name = names.core_name(customer.name, person=person)[:200]
    customer.pinyin = names.sort_key(customer.name, person=person)
    customer.phone_digits = names.phone_digits(customer.phone)
    customer.search_text = names.search_text(
        code=customer.code,
        name=customer.name,
        short_name=customer.short_name,
        english_name=customer.english_name,
        other_names=customer.other_names,
        uscc=customer.uscc,
        foreign_number=customer.foreign_number,
        person=person,
    )


def check_numbers(*, code: str, uscc: str, but: int | None = None) -> None:
    """Refuse a number or registration code that another customer has."""
    others: Any = Customer.objects.exclude(pk=but or 0)
    if others.filter(code=code).exists():
        raise CodeTaken(code=code)
    if uscc and others.filter(uscc=uscc).exists():
        raise UsccTaken(uscc=uscc)


def check_parent(actor: Any, customer: Customer | None, parent_id: int | None) -> None:
    """A parent company is one the actor sees, and stands nowhere below the customer itself (under the tree's lock)."""
    if parent_id is None:
        return
    visible = Customer.objects.all() if actor is None else Customer.objects.visible_to(actor)
    parent: Customer | None = visible.filter(pk=parent_id).first()
    if parent is None:
        raise NotAllowed
    above: Customer | None = parent
    seen: set[int] = set()
    while above is not None and customer is not None and above.pk not in seen:
        if above.pk == customer.pk:
            raise ParentLoop(parent=parent.name)
        seen.add(above.pk)
        following: Any = above.parent_id
        above = Customer.objects.filter(pk=following).first()


def tell_move(customer_id: int) -> None:
    """Let the other apps know, in this transaction, that a company belongs to another parent."""
    for told in registry.moved_companies.values():
        told(customer_id)


def next_code() -> str:
    """The next free customer number, C000001 onwards; imported numbers are stepped over."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('customers_number_seq')")
            code = f"C{cursor.fetchone()[0]:06d}"
        if not Customer.objects.filter(code=code).exists():
            return code
