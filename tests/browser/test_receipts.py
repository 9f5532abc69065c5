"""Receipts: posted and allocated by the keyboard alone, taken back, bounced; sent twice they are posted once."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from receivables.models import Allocation, Invoice, Receipt
from receivables.services import take_back
from tests.browser.hands import settled, type_into_open_box
from tests.browser.names import unique_name
from tests.browser.watch import Watch
from tests.world import Holding, World, build_holding

SignIn = Callable[..., Page]


@pytest.fixture
def payer(world: World, request: pytest.FixtureRequest) -> Holding:
    """A customer of this test alone: invoices of 12,000.00 (6,000.00 open, overdue) and 8,000.50 (all open)."""
    return build_holding(world, "alice", name=unique_name(), contact_name="赵永康")


def test_posted_and_allocated_by_keyboard_alone(sign_in: SignIn, payer: Holding, language: str) -> None:
    page = sign_in("fiona", language)
    page.goto("/receivables/receipts/post/")
    # The search box of the customer has the focus when the page opens.
    type_into_open_box(page, payer.customer.name)
    expect(page.locator("[data-match]")).to_have_count(2)
    expect(page.locator("#id_amount")).to_be_focused()
    page.keyboard.type("8000.50")
    # The amount is that of the second invoice exactly: it is suggested, and the page says why.
    exact = page.locator("[data-match]", has_text=payer.open_invoice.number)
    expect(exact.locator("[data-line]")).to_have_value(re.compile(r"8,?000\.50"))
    expect(exact.locator("[data-why]")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/receivables/receipts/\d+/"))
    receipt = Receipt.objects.filter(customer=payer.customer).latest("pk")
    assert (receipt.amount, receipt.open_amount) == (Decimal("8000.50"), Decimal("0.00"))
    assert receipt.created_by_id is not None
    invoice = Invoice.objects.get(pk=payer.open_invoice.pk)
    assert invoice.open_amount == 0
    assert receipt.allocations.get().method == Allocation.Method.EXACT


def test_amounts_by_hand_with_the_keys_of_the_table(sign_in: SignIn, payer: Holding) -> None:
    page = sign_in("fiona", "en")
    page.goto(f"/receivables/receipts/post/?customer={payer.customer.pk}&amount=1000")
    expect(page.locator("[data-match]")).to_have_count(2)
    settled(page)
    page.keyboard.press("Control+ArrowDown")
    page.keyboard.press("x")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("250.25")
    expect(page.locator("[data-sum-rest]")).to_have_text("749.75")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/receivables/receipts/\d+/"))
    receipt = Receipt.objects.filter(customer=payer.customer).latest("pk")
    assert receipt.open_amount == Decimal("749.75")
    assert receipt.allocations.get().method == Allocation.Method.MANUAL


def test_too_much_is_said_at_once_and_nothing_is_posted(sign_in: SignIn, payer: Holding, language: str) -> None:
    count = Receipt.objects.count()
    page = sign_in("fiona", language)
    page.goto(f"/receivables/receipts/post/?customer={payer.customer.pk}&amount=1000")
    line = page.locator("[data-match] [data-line]").last
    line.fill("9999999")
    expect(line).to_have_class(re.compile("is-invalid"))
    expect(page.locator(".matches-sums")).to_have_class(re.compile("is-over"))
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-match] [data-line]").last).to_have_value("9999999")
    expect(page.locator(".live-error, .invalid-feedback, .alert").first).to_be_attached()
    assert Receipt.objects.count() == count


def test_pressed_twice_it_is_posted_once(sign_in: SignIn, payer: Holding) -> None:
    page = sign_in("fiona", "en")
    page.goto(f"/receivables/receipts/post/?customer={payer.customer.pk}&amount=77")
    settled(page)
    page.locator("[data-post]").dblclick()
    page.wait_for_url(re.compile(r"/receivables/receipts/\d+/"))
    assert Receipt.objects.filter(customer=payer.customer, amount=77).count() == 1


def test_back_after_posting_shows_a_fresh_form(sign_in: SignIn, payer: Holding) -> None:
    page = sign_in("fiona", "en")
    page.goto(f"/receivables/receipts/post/?customer={payer.customer.pk}")
    page.locator("#id_amount").fill("55")
    expect(page.locator("[data-match]")).to_have_count(2)
    settled(page)
    page.wait_for_timeout(600)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/receivables/receipts/\d+/"))
    page.go_back()
    page.wait_for_url(re.compile(r"/receipts/post/"))
    expect(page.locator("#id_amount")).to_have_value("")
    settled(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#id_amount")).to_have_class(re.compile("is-invalid"))
    assert Receipt.objects.filter(customer=payer.customer, amount=55).count() == 1


def test_an_allocation_is_taken_back(sign_in: SignIn, payer: Holding, language: str) -> None:
    page = sign_in("fiona", language)
    page.goto(f"/receivables/receipts/{payer.receipt.pk}/")
    page.locator(f"a[href*='/allocations/{payer.allocation.pk}/take-back/']").first.click()
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    reason = dialog.locator("textarea[name=reason]")
    if reason.count():
        reason.fill("记错了发票")
    dialog.locator("button[type=submit]").last.click()
    expect(dialog).not_to_be_visible()
    expect(page).to_have_url(re.compile(rf"/receipts/{payer.receipt.pk}/"))
    assert Receipt.objects.get(pk=payer.receipt.pk).open_amount == Decimal("5000.00")
    assert Allocation.objects.filter(takes_back=payer.allocation).exists()


def test_a_bounced_cheque_opens_its_invoice_again(sign_in: SignIn, watch: Watch, payer: Holding, language: str) -> None:
    watch.typed.append("存款不足")
    before = Invoice.objects.get(pk=payer.overdue_invoice.pk).open_amount
    page = sign_in("frank", language)
    page.goto(f"/receivables/receipts/{payer.cheque.pk}/")
    page.locator(f"a[href*='/receipts/{payer.cheque.pk}/bounce/']").first.click()
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    dialog.locator("button[type=submit]").last.click()
    expect(dialog.locator("textarea[name=reason]")).to_have_class(re.compile("is-invalid"))  # no reason, no bounce
    dialog.locator("textarea[name=reason]").fill("存款不足")
    dialog.locator("button[type=submit]").last.click()
    expect(dialog).not_to_be_visible()
    assert Receipt.objects.get(pk=payer.cheque.pk).bounced_on is not None
    assert Invoice.objects.get(pk=payer.overdue_invoice.pk).open_amount == before + 2000
    page.goto(f"/receivables/invoices/{payer.overdue_invoice.pk}/")
    expect(page.locator("h1")).to_contain_text(payer.overdue_invoice.number)


def test_what_somebody_else_took_back_meanwhile_is_told(sign_in: SignIn, payer: Holding, world: World) -> None:
    page = sign_in("fiona", "en")
    page.goto(f"/receivables/receipts/{payer.receipt.pk}/")
    take_back(actor=None, allocation_id=payer.allocation.pk, on=world.today)
    page.locator(f"a[href*='/allocations/{payer.allocation.pk}/take-back/']").first.click()
    page.wait_for_timeout(500)
    dialog = page.locator("#dialog")
    if dialog.is_visible():
        reason = dialog.locator("textarea[name=reason]")
        if reason.count():
            reason.fill("again")
        dialog.locator("button[type=submit]").last.click()
        expect(dialog.locator(".alert, .note-error, [role=alert]").first).to_be_visible()
    assert Allocation.objects.filter(takes_back=payer.allocation).count() == 1
