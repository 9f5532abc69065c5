"""A file is annexed to a draft in the dialog of its page, stands there with its checksum, and is taken out again."""

from collections.abc import Callable
from hashlib import sha256

from django.urls import reverse
from playwright.sync_api import Page, expect

from contracts.models import Contract, TemplateVersion
from contracts.services.drafting import draft_contract
from customers.services import create_customer
from tests.browser.hands import no_sideways_scroll, settled
from tests.browser.names import unique_name
from tests.browser.watch import Watch
from tests.world import World

SignIn = Callable[..., Page]
PLAN = b"%PDF-1.7 delivery by week"


def drafted(world: World) -> Contract:
    """A draft of alice's."""
    alice = world.users["alice"]
    customer = create_customer(actor=None, today=world.today, name=unique_name(), owner_id=alice.pk, state="active")
    return draft_contract(
        actor=alice,
        customer_id=customer.pk,
        version_id=TemplateVersion.objects.get(template__code="sales", language="zh", state="published").pk,
        legal_entity_id=world.entity.pk,
        currency="CNY",
        on=world.today,
    )


def test_a_file_is_annexed_and_taken_out(sign_in: SignIn, watch: Watch, world: World, language: str) -> None:
    contract = drafted(world)
    title, name = f"Plan {language}", f"plan-{language}.pdf"
    watch.typed += [title, name]
    page = sign_in("alice", language)
    page.goto(contract.get_absolute_url())
    page.locator(f"a[href='{reverse('contracts:add_annex', args=[contract.pk])}']").click()
    page.fill("dialog [name=title]", title)
    content = PLAN + language.encode()
    page.set_input_files("dialog [name=file]", {"name": name, "mimeType": "application/pdf", "buffer": content})
    page.locator("dialog .dialog-foot .btn-primary").click()
    row = page.locator("#annexes li", has_text=title)
    expect(row).to_contain_text(sha256(content).hexdigest())
    settled(page)
    no_sideways_scroll(page)
    row.locator("form[action$='/remove/'] button").click()
    expect(row).to_have_count(0)
