"""A contract in force is amended from its page, and its paper original is lent and taken back."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect

from contracts.models import Contract, OriginalLoan, TemplateVersion
from contracts.services.drafting import draft_contract
from customers.services import create_customer
from tests.browser.hands import settled
from tests.browser.names import unique_name
from tests.world import World

SignIn = Callable[..., Page]


def in_force(world: World) -> Contract:
    """A contract of alice's, signed today."""
    customer = create_customer(
        actor=None, today=world.today, name=unique_name(), owner_id=world.users["alice"].pk, state="active"
    )
    version: Any = TemplateVersion.objects.get(template__code="sales", language="zh", state="published")
    contract = draft_contract(
        actor=world.users["alice"],
        customer_id=customer.pk,
        version_id=version.pk,
        legal_entity_id=world.entity.pk,
        currency="CNY",
        on=world.today,
        starts_on=world.today,
        ends_on=world.today.replace(year=world.today.year + 1, day=1),
    )
    for fields in ({"state": "in_approval"}, {"state": "approved"}, {"state": "signed", "signed_on": world.today}):
        Contract.objects.filter(pk=contract.pk).update(**fields)
    return contract


def test_an_amendment_is_begun_and_the_original_lent(sign_in: SignIn, world: World, language: str) -> None:
    contract = in_force(world)
    rep = sign_in("alice", language)
    rep.goto(contract.get_absolute_url())
    rep.locator("a[href$='/amend/']").click()
    expect(rep.locator("#dialog [name=starts_on]")).to_have_value(world.today.isoformat())
    rep.locator("#dialog .btn-primary").click()
    expect(rep.locator("h1")).to_contain_text(f"{contract.number}/2")
    amendment = Contract.objects.get(replaces=contract.pk)
    assert (amendment.state, amendment.change) == ("draft", "amendment")
    expect(rep.locator("#versions tbody tr")).to_have_count(2)
    rep.locator(".note a").click()
    expect(rep.locator("a[href$='/amend/']")).to_have_count(0)
    rep.goto(reverse("contracts:contracts"))
    expect(rep.locator("tbody tr", has_text=contract.number)).to_contain_text(amendment.number)

    archive = sign_in("leo", language)
    archive.goto(contract.get_absolute_url())
    archive.locator("a[href$='/lend/']").click()
    archive.select_option("#dialog [name=borrower]", str(world.users["alice"].pk))
    archive.fill("#dialog [name=purpose]", "共同跟进")
    archive.locator("#dialog .btn-primary").click()
    expect(archive.locator("#originals form")).to_be_visible()
    assert OriginalLoan.objects.get(contract=contract).is_out
    archive.locator("#originals form button").click()
    settled(archive)
    expect(archive.locator("#originals a[href$='/lend/']")).to_be_visible()
    assert not OriginalLoan.objects.get(contract=contract).is_out
