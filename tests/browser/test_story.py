"""The whole story of selling on credit: from the wish for a limit to a grade that falls because of late payment.

In the browser: the application, the answer, a review and the decision for less, the draft of the contract, its changed
clause, the decision of legal, seal and signing, the order, the reasons of its hold, both deliveries, both invoices.
Through the services: the history before the story, what other approvers say (tests/browser/test_approvals.py clicks
through them), the receipts (tests/browser/test_receipts.py types them), and everything that lies in the future, which
no browser can reach: the late payments, the morning on which behaviour is worked out, the review of a later quarter.
"""

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page, expect

from contracts.models import Contract, ContractState, Order, OrderState, Product, TemplateVersion
from credit.models import CreditAccount, CreditRequest, PaymentBehaviour, Rating, RatingState
from credit.rules.ratings import rank
from credit.selectors.accounts import grade_of
from credit.services import (
    OpeningTerms,
    confirm_statement,
    lock_account,
    rate_customer,
    recheck_changed,
    record_investigation,
    record_statement,
    review_ratings,
    set_opening_terms,
)
from credit.services.reviews import submit_review
from crm.accounts.models import User
from crm.approvals.models import Request, RequestStep, StepState, Verb
from crm.approvals.services import decide
from crm.core.models import LegalEntity
from customers.demo import invented_code
from customers.models import Customer
from customers.services import create_customer
from receivables.models import Invoice
from receivables.services import Line, post_invoice, post_receipt
from receivables.services.behaviour import work_out_behaviour
from tests.browser.hands import digits, pick, settled
from tests.browser.names import unique_name
from tests.world import World

SignIn = Callable[..., Page]
DAY = dt.timedelta(days=1)
D = Decimal
WORDS = {
    "zh-hans": {"line": "深沟球轴承", "unit": "套", "who": "王晓敏", "role": "法定代表人", "clause": "共同跟进。"},
    "en": {"line": "Ball bearing", "unit": "pcs", "who": "Ann Lee", "role": "Director", "clause": "Agreed by both."},
}


class Buyer:
    """A customer of alice's that always paid in time: a limit of 100,000.00, 30 days, rated."""

    def __init__(self, world: World) -> None:
        self.world, self.today = world, world.today
        self.customer: Customer = create_customer(
            actor=None,
            today=self.today - 400 * DAY,
            name=unique_name(),
            owner_id=world.users["alice"].pk,
            state="active",
        )
        Customer.objects.filter(pk=self.customer.pk).update(
            uscc=invented_code(random.Random(unique_name()), "310000"),
            address="张江路 88 号",
            legal_representative="王晓敏",
            founded_on=dt.date(2005, 1, 1),
            size="large",
            ownership="state",
        )
        LegalEntity.objects.filter(pk=world.entity.pk).update(
            uscc="91310115MA1K4BXX0H", address="张江路 88 号", bank_details="4563 5100"
        )
        with transaction.atomic():
            self.account = lock_account(customer_id=self.customer.pk)
        terms = OpeningTerms(
            customer_id=self.customer.pk, limit=D("100000.00"), term_days=30, settlement="rolling", status="normal"
        )
        set_opening_terms(rows=[terms], reason="首次授信", on=self.today - 400 * DAY)
        for days in (200, 150, 100):
            self.pay(self.invoice(f"H{days}", "30000.00", self.today - days * DAY), self.today - (days - 20) * DAY)
        self.work_out_behaviour(self.today)
        alice = world.users["alice"]
        statement = record_statement(
            actor=alice,
            customer_id=self.customer.pk,
            year=self.today.year - 1,
            total_assets=D(900),
            liabilities=D(300),
        )
        confirm_statement(actor=world.users["carol"], statement_id=statement.pk)
        record_investigation(
            actor=alice,
            customer_id=self.customer.pk,
            on=self.today,
            answers={"conduct": (4, "共同跟进"), "competitors": (4, "共同跟进")},
        )
        rating = rate_customer(actor=alice, customer_id=self.customer.pk, reason="首次授信", on=self.today)
        assert rating.approval is not None
        for name in ("mary", "frank", "greg"):
            say(rating.approval, world.users[name], self.today)

    def invoice(self, number: str, amount: str, on: dt.date) -> Invoice:
        return post_invoice(
            actor=None,
            legal_entity_id=self.world.entity.pk,
            customer_id=self.customer.pk,
            currency="CNY",
            number=f"{self.customer.code}-{number}",
            on=on,
            amount=D(amount),
        )

    def pay(self, invoice: Invoice, on: dt.date, amount: Decimal | None = None) -> None:
        paid = amount or Invoice.objects.get(pk=invoice.pk).open_amount
        post_receipt(
            actor=None,
            legal_entity_id=self.world.entity.pk,
            customer_id=self.customer.pk,
            currency="CNY",
            on=on,
            amount=paid,
            instrument="transfer",
            lines=[Line(invoice.pk, paid)],
            method="manual",
        )

    def work_out_behaviour(self, on: dt.date) -> PaymentBehaviour:
        """As the night of that day does it, of this customer alone."""
        with transaction.atomic():
            work_out_behaviour(on=on, piece={"first": self.customer.pk, "last": self.customer.pk})
        return PaymentBehaviour.objects.get(account=self.account, window_months=12)

    @property
    def limit(self) -> Decimal | None:
        return CreditAccount.objects.get(pk=self.account.pk).limit


def say(approval: Request, actor: User, on: dt.date, verb: Verb = Verb.APPROVE, **more: Any) -> None:
    """One decision about the step that is open."""
    step = RequestStep.objects.get(request=approval, state=StepState.OPEN)
    decide(request_id=approval.pk, step_id=step.pk, actor=actor, verb=verb, on=on, **more)


@pytest.fixture
def buyer(world: World) -> Buyer:
    return Buyer(world)


def test_from_the_wish_for_a_limit_to_a_lower_grade(sign_in: SignIn, buyer: Buyer, language: str) -> None:
    rep = sign_in("alice", language)
    first_grade = grade_of(buyer.customer.pk)
    assert first_grade
    grant_less_than_wished(sign_in, rep, buyer, language)
    contract = sign_with_a_deviation(sign_in, rep, buyer, language)
    order = hold_and_release(rep, buyer, contract)
    invoices = deliver_and_invoice(sign_in, buyer, order, language)
    pay_late_and_review(buyer, invoices, first_grade)
    rep.goto(buyer.customer.get_absolute_url())
    expect(rep.locator(".page-title")).to_contain_text(buyer.customer.name)


def grant_less_than_wished(sign_in: SignIn, rep: Page, buyer: Buyer, language: str) -> None:
    people, name = buyer.world.users, buyer.customer.name
    rep.goto(f"/credit/customers/{buyer.customer.pk}/requests/increase/")
    rep.fill("#id_wanted_limit", "800,000")
    rep.fill("#id_purchase_estimate", "300000")
    rep.fill("#id_reason", "共同跟进")
    rep.locator(".form-foot .btn-primary").click()
    rep.locator(".page-actions .btn-primary").click()
    expect(rep.locator(".way-step").first).to_be_visible()
    request = CreditRequest.objects.get(account=buyer.account, number__isnull=False)
    approval = request.approval
    assert approval is not None
    manager = sign_in("mary", language)
    manager.goto("/approvals/")
    manager.locator("[data-ask]", has_text=name).locator("[data-key=a]").click()
    expect(manager.locator("[data-ask-done]", has_text=name)).to_be_visible()
    say(approval, people["fiona"], buyer.today, Verb.ASK, reason="首次授信")
    rep.goto(f"/approvals/{approval.pk}/")
    rep.locator(".page-actions .btn-primary").click()
    rep.fill("#dialog textarea", "共同跟进")
    rep.locator("#dialog .btn-primary").click()
    expect(rep.locator(".record-side .said-answer")).to_contain_text("共同跟进")
    for who in ("fiona", "flora"):
        say(approval, people[who], buyer.today)
    director = sign_in("greg", language)
    director.goto("/approvals/")
    last = director.locator("[data-ask]", has_text=name)
    last.locator("[data-amount]").fill("500,000")
    last.locator("[data-reason]").fill("首次授信")
    last.locator("[data-key=l]").click()
    expect(director.locator("[data-ask-done]", has_text=name)).to_be_visible()
    assert buyer.limit == 500_000


def sign_with_a_deviation(sign_in: SignIn, rep: Page, buyer: Buyer, language: str) -> Contract:
    people, words = buyer.world.users, WORDS[language]
    version = TemplateVersion.objects.get(template__code="sales", language=language[:2], state="published")
    rep.goto(reverse("contracts:new_contract", args=[buyer.customer.pk]))
    rep.select_option("[name=version]", str(version.pk))
    rep.select_option("[name=legal_entity]", str(buyer.world.entity.pk))
    rep.select_option("[name=currency]", "CNY")
    rep.locator(".form-foot .btn-primary").click()
    expect(rep.locator(".checklist .is-missing").first).to_be_visible()
    contract = Contract.objects.get(customer=buyer.customer)
    rep.goto(reverse("contracts:edit_contract", args=[contract.pk]))
    rep.fill("[name=starts_on]", str(buyer.today))
    rep.fill("[name=ends_on]", str(buyer.today + 364 * DAY))
    for side in ("customer", "our"):
        rep.fill(f"[name={side}_signatory]", words["who"])
        rep.fill(f"[name={side}_authority]", words["role"])
    for each in version.variables:
        kinds = {"number": "7", "money": "3000", "date": str(buyer.today), "text": words["clause"]}
        rep.fill(f"[name=value_{each['name']}]", kinds[each["kind"]])
    typed = {"description": words["line"], "unit": words["unit"], "quantity": "1000", "price": "85"}
    for field, value in typed.items():
        rep.fill(f"[name=line-0-{field}]", value)
    rep.locator(".form-foot .btn-primary").click()
    expect(rep.locator(".checklist .is-missing")).to_have_count(0)
    other = contract.clauses.get(key="other")
    rep.locator(f"a[href='{reverse('contracts:edit_clause', args=[contract.pk, other.pk])}']").click()
    rep.fill("#id_text", words["clause"])
    rep.locator(".form-foot .btn-primary").click()
    expect(rep.locator(".clause-changed")).to_have_count(1)
    expect(rep.locator(".redline-in, .redline ins").first).to_be_visible()
    rep.locator("a[href*='/submit/reason/']").click()
    rep.fill("#dialog [name=reason]", words["clause"])
    rep.locator("#dialog .btn-primary").click()
    expect(rep.locator("a[href*='/submit/reason/']")).to_have_count(0)
    approval = contract.submissions.get().approval
    assert approval.deviation
    for who in ("mary", "fiona"):
        say(approval, people[who], buyer.today)
    legal = sign_in("leo", language)
    legal.goto("/approvals/")
    mine = legal.locator("[data-ask]", has_text=contract.number)
    expect(mine.locator(".redline-out").first).to_be_visible()
    mine.locator("[data-key=a]").click()
    expect(legal.locator("[data-ask-done]", has_text=contract.number)).to_be_visible()
    rep.goto(contract.get_absolute_url())
    rep.locator("a[href$='/ask-seal/']").click()
    rep.locator("#dialog .btn-primary").click()
    expect(rep.locator("a[href$='/ask-seal/']")).to_have_count(0)
    legal.goto(contract.get_absolute_url())
    legal.locator("a[href$='/seal/']").click()
    legal.locator("#dialog .btn-primary").click()
    legal.locator("a[href$='/sign/']").click()
    legal.fill("[name=signed_on]", str(buyer.today))
    scan = {"name": "1.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 signed"}
    legal.set_input_files("[name=file]", [scan])
    legal.locator(".form-foot .btn-primary").click()
    expect(legal.locator("a[href$='/scan/']")).to_be_visible()
    contract.refresh_from_db()
    assert contract.state == ContractState.SIGNED
    return contract


def hold_and_release(rep: Page, buyer: Buyer, contract: Contract) -> Order:
    used = buyer.invoice("U1", "450000.00", buyer.today - 10 * DAY)
    product = Product.objects.get(code="B-6205")
    rep.goto(reverse("contracts:new_order", args=[buyer.customer.pk]))
    expect(rep.locator("[name=contract]")).to_have_value(str(contract.pk))
    rep.select_option("[name=legal_entity]", str(buyer.world.entity.pk))
    pick(rep, "lines-0-product", product.code)
    rep.fill("[name=lines-0-quantity]", "1000")
    rep.locator(".form-foot .btn-primary").click()
    # The draft says already that it would be held.
    expect(rep.locator(".checklist .is-missing")).to_have_count(1)
    rep.locator("form[action$='/release/'] .btn-primary").click()
    settled(rep)
    order = Order.objects.get(customer=buyer.customer)
    assert order.state == OrderState.HELD
    reason = digits(rep.locator(".checklist .is-missing").inner_text())
    for figure in ("450000.00", "85000.00", "35000.00", "500000.00"):
        assert figure in reason
    buyer.pay(used, buyer.today, D("60000.00"))
    recheck_changed()
    order.refresh_from_db()
    assert order.state == OrderState.RELEASED
    return order


def deliver_and_invoice(sign_in: SignIn, buyer: Buyer, order: Order, language: str) -> list[Invoice]:
    line = order.lines.get()
    walter, finance = sign_in("walter", language), sign_in("fiona", language)
    for quantity in ("400", "600"):
        walter.goto(reverse("contracts:warehouse"))
        walter.goto(reverse("contracts:deliver", args=[order.pk]))
        walter.fill(f"[name=line-{line.pk}]", quantity)
        walter.locator(".form-foot .btn-primary").click()
        walter.wait_for_load_state("networkidle")
        delivery = order.deliveries.latest("pk")
        assert delivery.lines.get().quantity == D(quantity)
        finance.goto(reverse("receivables:invoice_delivery", args=[delivery.pk]))
        finance.locator(".form-foot .btn-primary").click()
        expect(finance.locator(".form-foot")).to_have_count(0)
    invoices = list(Invoice.objects.filter(customer=buyer.customer, reference=order.number).order_by("pk"))
    assert [invoice.amount for invoice in invoices] == [D(34000), D(51000)]
    assert {invoice.due_on for invoice in invoices} == {buyer.today + 30 * DAY}
    return invoices


def pay_late_and_review(buyer: Buyer, invoices: list[Invoice], first_grade: str) -> None:
    before = PaymentBehaviour.objects.get(account=buyer.account, window_months=12)
    for invoice in Invoice.objects.filter(customer=buyer.customer, open_amount__gt=0):
        buyer.pay(invoice, buyer.today + 120 * DAY)
    day = buyer.today + 130 * DAY
    while Rating.objects.filter(review__year=day.year, review__quarter=(day.month - 1) // 3 + 1).exists():
        day += 92 * DAY  # the quarter of a story told before
    after = buyer.work_out_behaviour(day)
    assert (after.weighted_days_late or 0) > (before.weighted_days_late or 0) + 30
    review = review_ratings(on=day)
    rating = Rating.objects.get(review=review, account=buyer.account)
    assert rating.previous == first_grade
    assert rank(rating.grade) > rank(first_grade)
    users = buyer.world.users
    review = submit_review(actor=users["carol"], review_id=review.pk, reason="首次授信", on=day)
    assert review.approval is not None
    for name in ("diana", "frank", "greg"):
        say(review.approval, users[name], day)
    rating.refresh_from_db()
    assert rating.state == RatingState.ACCEPTED
    assert grade_of(buyer.customer.pk) == rating.grade
