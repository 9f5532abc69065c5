"""Orders on credit under the customer's own contract: it counts once somebody else has read and accepted it."""

from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.db import IntegrityError, InternalError, connection, transaction
from django.test import Client
from django.urls import reverse

from contracts.errors import (
    ContractMissing,
    ContractOutdated,
    ContractRefused,
    ContractUnread,
    NothingToAccept,
    OrderChanged,
    OwnContractAccepted,
    PaperReviewed,
)
from contracts.models import Order, OrderPaper, OrderState, PaperReview
from contracts.panels.orders import accept_card
from contracts.services.order_papers import add_paper, remove_paper
from contracts.services.orders import LineInput, change_order, copy_order
from contracts.services.paper_reviews import review_contract
from contracts.verification.orders import verify_orders
from credit.models import CreditCheck
from credit.services import recheck_holds
from crm.accounts import roles
from crm.accounts.models import User
from crm.core.errors import NotAllowed, ReasonMissing
from crm.notices.models import Notice
from customers.models import TimelineEvent
from receivables.models import Invoice
from receivables.services.order_invoices import invoice_delivery
from tests.factories import make_user
from tests.orders.making import TODAY, Shop
from tests.orders.test_pages import typed

D = Decimal


@pytest.fixture
def leo(shop: Shop) -> User:
    return make_user("leo", roles.LEGAL)


def own(shop: Shop, quantity: str = "10", **fields: Any) -> Order:
    """An order on credit under none of our contracts."""
    return shop.draft(quantity, contract_id=None, **fields)


def bring(shop: Shop, order: Order, kind: str = "purchase", text: bytes = b"ten", **fields: Any) -> OrderPaper:
    file = ContentFile(b"%PDF-1.7 " + text)
    values: dict[str, Any] = {"actor": shop.alice, **fields}
    return add_paper(order_id=order.pk, kind=kind, file=file, name="采购合同.pdf", **values)


def say(leo: User, paper: OrderPaper, verdict: str = "accepted", **fields: Any) -> PaperReview:
    values: dict[str, Any] = {"version": paper.order.version, "on": TODAY, **fields}
    return review_contract(actor=leo, order_id=paper.order_id, paper_id=paper.pk, verdict=verdict, **values)


@pytest.mark.parametrize("quantity", ["10", "2000"], ids=["within the limit", "beyond it"])
def test_it_is_checked_once_the_contract_was_accepted(shop: Shop, leo: User, quantity: str) -> None:
    order = own(shop, quantity)
    bring(shop, order, kind="confirmation")  # another file is no contract
    with pytest.raises(ContractMissing) as nothing:
        shop.release(order)
    assert nothing.type is ContractMissing
    paper = bring(shop, order)
    with pytest.raises(ContractUnread):
        shop.release(order)
    order.refresh_from_db()
    assert (order.state, CreditCheck.objects.count()) == (OrderState.DRAFT, 0)
    say(leo, paper)
    order = shop.release(order)
    assert order.state == (OrderState.RELEASED if quantity == "10" else OrderState.HELD)
    order.refresh_from_db()
    assert order.purchase_contract == paper
    assert list(verify_orders()) == []


def test_one_on_hold_goes_by_itself_and_is_billed_as_the_account_says(shop: Shop, leo: User) -> None:
    shop.pay("100000")
    order = own(shop, "2500")
    say(leo, bring(shop, order))
    assert shop.release(order).state == OrderState.HELD
    shop.pay("60000")
    recheck_holds(customer_id=shop.customer.pk, on=TODAY)
    order.refresh_from_db()
    assert order.state == OrderState.RELEASED
    delivery = shop.deliver(order, "4")
    invoice_delivery(actor=None, delivery_id=delivery.pk, on=TODAY, number="FP-1")
    assert (Invoice.objects.get().due_on - TODAY).days == 60


def test_what_was_refused_asks_for_another_contract(shop: Shop, leo: User) -> None:
    order = own(shop)
    paper = bring(shop, order)
    say(leo, paper)
    say(leo, paper, "refused", note="not signed by them")
    with pytest.raises(ContractRefused, match="not signed by them"):
        shop.release(order)
    say(leo, bring(shop, order, text=b"signed"))
    assert shop.release(order).state == OrderState.RELEASED
    with pytest.raises(InternalError), transaction.atomic():
        PaperReview.objects.update(verdict="accepted")


def test_of_several_the_newest_decides(shop: Shop, leo: User) -> None:
    order = own(shop)
    first = bring(shop, order)
    say(leo, first)
    second = bring(shop, order, text=b"eleven")
    with pytest.raises(ContractUnread):
        shop.release(order)
    assert accept_card(leo).count == 1
    with pytest.raises(NothingToAccept):
        say(leo, first)
    say(leo, second, "refused", note="not what we sell")
    assert accept_card(leo).count == 0
    with pytest.raises(ContractRefused):
        shop.release(order)
    say(leo, bring(shop, order, text=b"twelve"))
    assert shop.release(order).state == OrderState.RELEASED


def test_it_counts_for_the_edition_it_came_with(shop: Shop, leo: User) -> None:
    order = own(shop, "2000")
    say(leo, bring(shop, order))
    order = shop.release(order)
    lines = [LineInput(shop.product.pk, D(11))]
    order = change_order(
        actor=shop.alice, order_id=order.pk, version=1, lines=lines, on=TODAY, contract_id=None, payment="credit"
    )
    assert order.purchase_contract is None
    with pytest.raises(ContractOutdated):
        shop.release(order)
    copied = copy_order(actor=shop.alice, order_id=order.pk, on=TODAY)
    with pytest.raises(ContractMissing):
        shop.release(copied)


def test_nobody_accepts_what_he_or_she_wrote_or_brought(shop: Shop, leo: User) -> None:
    greg = make_user("greg_manages", roles.GENERAL_MANAGER)
    order = own(shop)
    paper = bring(shop, order)
    with pytest.raises(NotAllowed):
        say(make_user("sam_sells", roles.SALES_DIRECTOR), paper)
    lea = make_user("lea", roles.LEGAL)
    lea.groups.add(Group.objects.get(name=roles.SALES_DIRECTOR))
    brought = bring(shop, order, text=b"hers", actor=lea)
    with pytest.raises(OwnContractAccepted):
        say(lea, brought)
    with pytest.raises(OwnContractAccepted):
        say(lea, bring(shop, own(shop, actor=lea)))
    say(greg, brought)
    say(lea, bring(shop, own(shop)))
    assert PaperReview.objects.count() == 2


def test_only_drafts_on_credit_without_a_contract_of_ours_are_read(shop: Shop, leo: User) -> None:
    under_ours, paid, order = shop.draft(), own(shop, payment="prepaid"), own(shop)
    confirmation, paper = bring(shop, order, kind="confirmation"), bring(shop, order)
    for asked in (bring(shop, under_ours), bring(shop, paid), confirmation):
        with pytest.raises(NothingToAccept):
            say(leo, asked)
    with pytest.raises(NothingToAccept):  # of another order
        review_contract(actor=leo, order_id=order.pk, paper_id=under_ours.papers.get().pk, version=1,
                        verdict="accepted", on=TODAY)  # fmt: skip
    with pytest.raises(OrderChanged):
        say(leo, paper, version=2)
    with pytest.raises(ReasonMissing):
        say(leo, paper, "refused", note=" ")
    say(leo, paper)
    shop.release(order)
    with pytest.raises(NothingToAccept):
        say(leo, paper, "refused", note="too late")


def test_what_was_read_stays(shop: Shop, leo: User) -> None:
    order = own(shop)
    paper = bring(shop, order)
    say(leo, paper)
    other = bring(shop, order, text=b"eleven")
    with pytest.raises(PaperReviewed):
        remove_paper(actor=shop.alice, order_id=order.pk, paper_id=paper.pk)
    with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM contracts_orderpaper WHERE id = %s", [paper.pk])
    remove_paper(actor=shop.alice, order_id=order.pk, paper_id=other.pk)
    assert list(order.papers.all()) == [paper]


def test_legal_and_who_drafted_are_told_once_and_the_history_says_it(shop: Shop, leo: User) -> None:
    bring(shop, shop.draft())  # under a contract of ours nobody has to read it
    order = own(shop)
    for _ in range(2):
        paper = bring(shop, order)
        say(leo, paper, "refused", note="no date")
    told = [(notice.user, notice.kind) for notice in Notice.objects.order_by("pk")]
    assert told == [(leo, "order_contract_to_read"), (shop.alice, "order_contract_refused")]
    assert TimelineEvent.objects.filter(kind="order_contract_read").count() == 1


def test_legal_finds_what_waits_and_the_page_takes_the_word(
    shop: Shop, leo: User, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr("contracts.views.paper_reviews.business_today", lambda: TODAY)
    order = own(shop)
    paper = bring(shop, order)
    with django_assert_max_num_queries(3):
        card = accept_card(leo)
    assert (card.count, card.rows[0].url, accept_card(shop.alice).count) == (1, order.get_absolute_url(), 0)
    client, rep = Client(), Client()
    client.force_login(leo)
    rep.force_login(shop.alice)
    listed = reverse("contracts:orders") + "?to_accept=true"
    address = reverse("contracts:review_paper", args=[order.pk, paper.pk])
    assert order.number in client.get(listed).content.decode()
    assert address in client.get(order.get_absolute_url()).content.decode()
    page = rep.get(order.get_absolute_url()).content.decode()
    assert (address in page, "waits for legal to accept" in page) == (False, True)
    assert "60 days" in client.get(address).content.decode()
    assert client.post(address, {"note": "nothing chosen", "version": 1}).status_code == 422
    assert client.post(address, {"verdict": "refused", "version": 1}).status_code == 422
    assert client.post(address, {"verdict": "accepted", "version": 1, "note": "as ordered"}).status_code == 302
    page = rep.get(order.get_absolute_url()).content.decode()
    assert ("as ordered" in page, "waits for legal" in page) == (True, False)
    assert reverse("contracts:remove_paper", args=[order.pk, paper.pk]) not in page
    shop.release(order)
    assert "The customer's own" in rep.get(order.get_absolute_url()).content.decode()
    assert "The customer&#x27;s own" in rep.get(reverse("contracts:orders")).content.decode()
    assert accept_card(leo).count == 0


def test_the_form_says_what_it_takes(shop: Shop) -> None:
    client = Client()
    client.force_login(shop.alice)
    data = typed(shop, contract="", quote="1")
    told = client.post(reverse("contracts:new_order", args=[shop.customer.pk]), data).content.decode()
    assert "once it is among the files and legal has accepted it" in told


def test_verify_finds_what_was_released_without(shop: Shop, leo: User) -> None:
    order = own(shop)
    paper = bring(shop, order)
    say(leo, paper)
    shop.release(order)
    other = bring(shop, own(shop), text=b"another")
    say(leo, other)
    for wrong in ({"version": 2}, {"purchase_contract": other}):
        with transaction.atomic(), pgtrigger.ignore("contracts.Order:released_stays"):
            Order.objects.filter(pk=order.pk).update(**wrong)
            assert [(found.code, found.key) for found in verify_orders()] == [("order_contract", order.number)]
            Order.objects.filter(pk=order.pk).update(version=1, purchase_contract=paper)
    assert list(verify_orders()) == []
    PaperReview.objects.create(paper=paper, verdict="refused", note="not signed", on=TODAY, reviewed_by=leo)
    assert [(found.code, found.key) for found in verify_orders()] == [("order_contract", order.number)]
