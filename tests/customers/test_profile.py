"""Creating and changing a profile."""

import datetime as dt

import pytest

from crm.accounts import roles
from crm.core.errors import NotAllowed
from customers.errors import (
    CodeTaken,
    CustomerChanged,
    FieldInvalid,
    FieldTooLong,
    FoundedLater,
    NameMissing,
    NoCountry,
    OwnerNotFit,
    ParentLoop,
    SimilarCustomers,
    UsccInvalid,
    UsccTaken,
)
from customers.models import Assignment, Customer, StateChange, TimelineEvent
from customers.services import create_customer, update_customer
from tests.factories import Company, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 31)
USCC = "91110000600037341L"


@pytest.fixture
def company() -> Company:
    return make_company()


def test_a_rep_creates_a_customer_of_her_own(company: Company) -> None:
    customer = create_customer(
        actor=company.alice,
        today=TODAY,
        name=" 深圳市华信科技有限公司 ",
        uscc="9111 0000 6000 3734 1l",
        phone="0755-88888888",
    )
    customer.refresh_from_db()
    assert (customer.owner, customer.team, customer.created_by) == (company.alice, company.east, company.alice)
    assert (customer.name, customer.core_name, customer.uscc) == ("深圳市华信科技有限公司", "华信科技", USCC)
    assert customer.pinyin.startswith("shenzhenshihuaxin")
    assert " hxkj" in customer.search_text
    assert customer.phone_digits == "75588888888"
    assert customer.code.startswith("C")
    assert StateChange.objects.get(customer=customer).to_state == "prospect"
    assert Assignment.objects.get(customer=customer).owner == company.alice
    assert TimelineEvent.objects.get(customer=customer).kind == "customer_created"


def test_a_customer_that_finance_creates_waits_for_its_owner(company: Company) -> None:
    customer = create_customer(actor=company.fiona, today=TODAY, name="Waiting Ltd")
    assert customer.owner is None
    assert not Assignment.objects.filter(customer=customer).exists()


def test_numbers_given_out_step_over_numbers_that_were_imported(company: Company) -> None:
    first = create_customer(actor=None, today=TODAY, name="One")
    following = f"C{int(first.code[1:]) + 1:06d}"
    make_customer("Imported", code=following)
    third = create_customer(actor=None, today=TODAY, name="Three entirely different")
    assert third.code not in {first.code, following}


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"name": "  "}, NameMissing),
        ({"name": "x" * 201}, FieldTooLong),
        ({"name": "A", "uscc": USCC[:-1]}, UsccInvalid),
        ({"name": "A", "email": "not an address"}, FieldInvalid),
        ({"name": "A", "website": "javascript:alert(1)"}, FieldInvalid),
        ({"name": "A", "region_id": "999999"}, FieldInvalid),
        ({"name": "A", "industry_id": "Z99"}, FieldInvalid),
        ({"name": "A", "size": "gigantic"}, FieldInvalid),
        ({"name": "A", "kind": ""}, FieldInvalid),
        ({"name": "A", "country": "China"}, FieldTooLong),
        ({"name": "A", "country": "1!"}, NoCountry),
        ({"name": "A", "country": "XX"}, NoCountry),
        ({"name": "A", "founded_on": dt.date(2099, 1, 1)}, FoundedLater),
    ],
)
def test_what_no_field_can_take_is_refused(company: Company, fields: dict[str, str], error: type[Exception]) -> None:
    before = Customer.objects.count()
    with pytest.raises(error):
        create_customer(actor=company.alice, today=TODAY, **fields)  # type: ignore[arg-type]
    assert Customer.objects.count() == before


def test_numbers_belong_to_one_customer(company: Company) -> None:
    create_customer(actor=None, today=TODAY, name="First", code="K1", uscc=USCC)
    with pytest.raises(CodeTaken):
        create_customer(actor=None, today=TODAY, name="Other", code="K1")
    with pytest.raises(UsccTaken):
        create_customer(actor=None, today=TODAY, name="Other", uscc=USCC)
    assert not Customer.objects.filter(name="Other").exists()


def test_a_like_customer_must_be_confirmed_as_another_one(company: Company) -> None:
    create_customer(actor=company.alice, today=TODAY, name="深圳市华信科技有限公司")
    with pytest.raises(SimilarCustomers):
        create_customer(actor=company.alice, today=TODAY, name="上海华信科技股份有限公司")
    twin = create_customer(actor=company.alice, today=TODAY, name="上海华信科技股份有限公司", accept_similar=True)
    assert Customer.objects.filter(core_name="华信科技").count() == 2
    assert twin.owner == company.alice


def test_only_a_manager_makes_somebody_else_the_owner(company: Company) -> None:
    with pytest.raises(NotAllowed):
        create_customer(actor=company.alice, today=TODAY, name="For Bob", owner_id=company.bob.pk)
    assert (
        create_customer(actor=company.mona, today=TODAY, name="For Bob", owner_id=company.bob.pk).owner == company.bob
    )
    company.bob.is_active = False
    company.bob.save()
    with pytest.raises(OwnerNotFit):
        create_customer(actor=company.mona, today=TODAY, name="Another for Bob", owner_id=company.bob.pk)


@pytest.mark.parametrize("role", [roles.WAREHOUSE, roles.LEGAL, roles.SERVICE, roles.GENERAL_MANAGER])
def test_who_may_not_create_creates_nothing(role: str) -> None:
    with pytest.raises(NotAllowed):
        create_customer(actor=make_user(role=role), today=TODAY, name="Nothing")
    assert not Customer.objects.exists()


def test_an_edit_keeps_the_version_and_tells_what_changed(company: Company) -> None:
    customer = company.customer
    update_customer(
        actor=company.alice, customer_id=customer.pk, version=1, today=TODAY, address="Road 1", region_id="310000"
    )
    customer.refresh_from_db()
    assert (customer.address, customer.version) == ("Road 1", 2)
    event = TimelineEvent.objects.get(customer=customer, kind="customer_updated")
    assert event.data == {"fields": ["address", "region"]}
    assert event.actor == company.alice


def test_saving_the_same_again_changes_nothing(company: Company) -> None:
    name = company.customer.name
    update_customer(actor=company.alice, customer_id=company.customer.pk, version=1, today=TODAY, name=name)
    company.customer.refresh_from_db()
    assert company.customer.version == 1
    assert not TimelineEvent.objects.filter(kind="customer_updated").exists()


def test_the_second_of_two_editors_is_told_and_nothing_is_lost(company: Company) -> None:
    customer = company.customer
    update_customer(actor=company.alice, customer_id=customer.pk, version=1, today=TODAY, address="Road 1")
    with pytest.raises(CustomerChanged) as caught:
        update_customer(
            actor=company.alice, customer_id=customer.pk, version=1, today=TODAY, address="Road 2", phone="021-5550000"
        )
    assert caught.value.params == {"fields": ["address", "phone"], "version": 2}
    customer.refresh_from_db()
    assert (customer.address, customer.phone) == ("Road 1", "")
    update_customer(actor=company.alice, customer_id=customer.pk, version=2, today=TODAY, address="Road 2")
    customer.refresh_from_db()
    assert customer.address == "Road 2"


def test_a_stranger_edits_nothing(company: Company) -> None:
    for stranger in (company.bob, company.charlie):
        with pytest.raises(NotAllowed):
            update_customer(actor=stranger, customer_id=company.customer.pk, version=1, today=TODAY, name="Taken over")
    company.customer.refresh_from_db()
    assert company.customer.name == "Alice's customer"


def test_a_company_is_never_above_itself(company: Company) -> None:
    top, middle, low = (make_customer(name, owner=company.alice) for name in ("Top", "Middle", "Low"))
    for child, parent in ((middle, top), (low, middle)):
        update_customer(actor=company.alice, customer_id=child.pk, version=1, today=TODAY, parent_id=parent.pk)
    for parent in (top, low):
        with pytest.raises(ParentLoop):
            update_customer(actor=company.alice, customer_id=top.pk, version=1, today=TODAY, parent_id=parent.pk)
    top.refresh_from_db()
    assert top.parent is None


def test_a_parent_is_a_customer_one_sees(company: Company) -> None:
    foreign = make_customer("Foreign", owner=company.charlie)
    with pytest.raises(NotAllowed):
        update_customer(
            actor=company.alice, customer_id=company.customer.pk, version=1, today=TODAY, parent_id=foreign.pk
        )


def test_the_history_keeps_the_old_value_and_who_changed_it(company: Company) -> None:
    update_customer(actor=company.alice, customer_id=company.customer.pk, version=1, today=TODAY, short_name="AC")
    event = company.customer.events.select_related("pgh_context").get()
    assert event.short_name == ""
    assert event.pgh_context.metadata["user"] == company.alice.pk
