"""States, owners, colleagues and contacts of a customer."""

import datetime as dt
from typing import Any

import pytest

from crm.accounts import roles
from crm.core.errors import NotAllowed, ReasonMissing
from customers.errors import (
    AlreadyShared,
    ContactNameMissing,
    ContactNotActive,
    FieldTooLong,
    OwnCustomer,
    OwnerNotFit,
    OwnerOutsideTeams,
    TransitionNotAllowed,
)
from customers.forms import StateForm
from customers.models import Assignment, Contact, Customer, CustomerShare, StateChange, TimelineEvent
from customers.services import (
    add_contact,
    assign_owner,
    change_state,
    create_customer,
    deactivate_contact,
    share_customer,
    unshare_customer,
    update_contact,
)
from tests.factories import Company, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 31)


@pytest.fixture
def company() -> Company:
    return make_company()


def test_a_step_has_a_cause_and_a_date(company: Company) -> None:
    change_state(
        actor=company.alice, customer_id=company.customer.pk, to_state="dormant", cause=" No  orders ", today=TODAY
    )
    company.customer.refresh_from_db()
    step = StateChange.objects.get(customer=company.customer)
    assert company.customer.state == "dormant"
    assert (step.from_state, step.to_state, step.cause, step.on) == ("active", "dormant", "No orders", TODAY)
    event = TimelineEvent.objects.get(customer=company.customer)
    assert event.data == {"from": "active", "to": "dormant", "cause": "No orders"}


@pytest.mark.parametrize(
    ("to_state", "cause", "error"),
    [
        ("dormant", " ", ReasonMissing),
        ("dormant", "x" * 201, FieldTooLong),
        ("lead", "back", TransitionNotAllowed),
        ("active", "again", TransitionNotAllowed),
        ("nonsense", "?", TransitionNotAllowed),
        ("blacklisted", "does not pay", NotAllowed),
    ],
)
def test_a_step_that_is_not_allowed_changes_nothing(
    company: Company, to_state: str, cause: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        change_state(actor=company.alice, customer_id=company.customer.pk, to_state=to_state, cause=cause, today=TODAY)
    company.customer.refresh_from_db()
    assert company.customer.state == "active"
    assert not StateChange.objects.exists()


@pytest.mark.parametrize("to_state", ["identified", "active"])
def test_who_looks_after_a_customer_does_not_identify_it(company: Company, to_state: str) -> None:
    Customer.objects.filter(pk=company.customer.pk).update(state="prospect")
    customer = Customer.objects.get(pk=company.customer.pk)
    step = {"customer_id": customer.pk, "to_state": to_state, "cause": "I say so", "today": TODAY}
    with pytest.raises(OwnCustomer):
        change_state(actor=company.alice, **step)
    assert not StateChange.objects.exists()
    offered = [code for code, _label in StateForm(user=company.alice, customer=customer).fields["to_state"].choices]
    assert "lead_customer" in offered
    assert to_state not in offered
    change_state(actor=company.mona, **step)
    customer.refresh_from_db()
    assert customer.state == to_state


@pytest.mark.parametrize("gone", ["lost", "closed"])
def test_nobody_goes_round_it_by_losing_or_creating_a_customer(company: Company, gone: str) -> None:
    Customer.objects.filter(pk=company.customer.pk).update(state=gone)
    step: dict[str, Any] = {"customer_id": company.customer.pk, "to_state": "active", "cause": "back", "today": TODAY}
    with pytest.raises(OwnCustomer):
        change_state(actor=company.alice, **step)
    with pytest.raises(OwnCustomer):
        create_customer(actor=company.alice, today=TODAY, name="Mine", state="active")
    assert not Customer.objects.filter(name="Mine").exists()
    change_state(actor=company.mona, **step)
    assert create_customer(actor=company.alice, today=TODAY, name="Mine", state="lead").owner == company.alice


def test_the_blacklist_is_a_right_of_its_own_both_ways(company: Company) -> None:
    legal, customer = make_user("leo", roles.LEGAL), company.customer
    change_state(actor=legal, customer_id=customer.pk, to_state="blacklisted", cause="fraud", today=TODAY)
    with pytest.raises(NotAllowed):
        change_state(actor=company.alice, customer_id=customer.pk, to_state="active", cause="sorry", today=TODAY)
    change_state(actor=legal, customer_id=customer.pk, to_state="active", cause="mistaken identity", today=TODAY)
    with pytest.raises(NotAllowed):
        change_state(actor=legal, customer_id=customer.pk, to_state="dormant", cause="not theirs", today=TODAY)
    customer.refresh_from_db()
    assert customer.state == "active"


def test_handing_over_keeps_who_had_it_and_why(company: Company) -> None:
    assign_owner(
        actor=company.mona, customer_id=company.customer.pk, owner_id=company.bob.pk, reason="Alice moves", today=TODAY
    )
    company.customer.refresh_from_db()
    assert (company.customer.owner, company.customer.team) == (company.bob, company.east)
    assignment = Assignment.objects.get(customer=company.customer)
    assert (assignment.reason, assignment.created_by) == ("Alice moves", company.mona)
    assert TimelineEvent.objects.get(customer=company.customer).data == {
        "from": "Alice",
        "to": "Bob",
        "reason": "Alice moves",
    }
    assert not Customer.objects.visible_to(company.alice).exists()
    assert Customer.objects.visible_to(company.bob).exists()


def test_a_manager_hands_on_within_the_own_teams_only(company: Company) -> None:
    with pytest.raises(OwnerOutsideTeams):
        assign_owner(
            actor=company.mona, customer_id=company.customer.pk, owner_id=company.charlie.pk, reason="x", today=TODAY
        )
    with pytest.raises(OwnerOutsideTeams):
        assign_owner(
            actor=company.mona,
            customer_id=company.customer.pk,
            owner_id=company.bob.pk,
            team_id=company.west.pk,
            reason="x",
            today=TODAY,
        )
    assign_owner(
        actor=company.greg, customer_id=company.customer.pk, owner_id=company.charlie.pk, reason="x", today=TODAY
    )
    company.customer.refresh_from_db()
    assert (company.customer.owner, company.customer.team) == (company.charlie, company.west)


def test_an_owner_is_active_and_sees_customers(company: Company) -> None:
    walter = make_user("walter", roles.WAREHOUSE)
    for user_id in (walter.pk, 0):
        with pytest.raises(OwnerNotFit):
            assign_owner(actor=company.greg, customer_id=company.customer.pk, owner_id=user_id, reason="x", today=TODAY)
    with pytest.raises(NotAllowed):
        assign_owner(
            actor=company.alice, customer_id=company.customer.pk, owner_id=company.bob.pk, reason="x", today=TODAY
        )
    assert not Assignment.objects.exists()


def test_sharing_shows_a_customer_to_a_stranger_and_ends_again(company: Company) -> None:
    customer = company.customer
    share = share_customer(
        actor=company.mona, customer_id=customer.pk, user_id=company.charlie.pk, reason="Joint tender", today=TODAY
    )
    assert Customer.objects.visible_to(company.charlie).get() == customer
    with pytest.raises(AlreadyShared):
        share_customer(
            actor=company.mona, customer_id=customer.pk, user_id=company.charlie.pk, reason="again", today=TODAY
        )
    unshare_customer(actor=company.mona, share_id=share.pk, reason="Tender lost", today=TODAY)
    assert not Customer.objects.visible_to(company.charlie).exists()
    kinds = TimelineEvent.objects.filter(customer=customer).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["customer_shared", "customer_unshared"]


def test_only_managers_share_and_only_what_they_see(company: Company) -> None:
    foreign = make_customer("Foreign", owner=company.charlie)
    for actor, customer in ((company.alice, company.customer), (company.mona, foreign)):
        with pytest.raises(NotAllowed):
            share_customer(actor=actor, customer_id=customer.pk, user_id=company.bob.pk, reason="x", today=TODAY)
    assert not CustomerShare.objects.exists()


def test_the_first_contact_is_the_main_one_and_a_new_main_one_takes_over(company: Company) -> None:
    first = add_contact(actor=company.alice, customer_id=company.customer.pk, today=TODAY, name="王晓敏")
    second = add_contact(actor=company.alice, customer_id=company.customer.pk, today=TODAY, name="李文静")
    assert (first.is_primary, second.is_primary) == (True, False)
    update_contact(actor=company.alice, contact_id=second.pk, today=TODAY, is_primary=True)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.is_primary, second.is_primary) == (False, True)
    update_contact(actor=company.alice, contact_id=second.pk, today=TODAY, is_primary=False, phone="13800138000")
    second.refresh_from_db()
    assert (second.is_primary, second.phone_digits) == (True, "13800138000")


def test_a_contact_who_left_stays_in_the_record(company: Company) -> None:
    contact = add_contact(actor=company.alice, customer_id=company.customer.pk, today=TODAY, name="王晓敏")
    deactivate_contact(actor=company.alice, contact_id=contact.pk, today=TODAY)
    contact.refresh_from_db()
    assert (contact.is_active, contact.is_primary) == (False, False)
    with pytest.raises(ContactNotActive):
        update_contact(actor=company.alice, contact_id=contact.pk, today=TODAY, name="New")
    follower = add_contact(actor=company.alice, customer_id=company.customer.pk, today=TODAY, name="李文静")
    assert follower.is_primary


def test_contacts_need_a_name_and_a_customer_one_sees(company: Company) -> None:
    with pytest.raises(ContactNameMissing):
        add_contact(actor=company.alice, customer_id=company.customer.pk, today=TODAY, name=" ")
    with pytest.raises(NotAllowed):
        add_contact(actor=company.charlie, customer_id=company.customer.pk, today=TODAY, name="Spy")
    with pytest.raises(NotAllowed):
        add_contact(actor=company.greg, customer_id=company.customer.pk, today=TODAY, name="No right")
    assert not Contact.objects.exists()
