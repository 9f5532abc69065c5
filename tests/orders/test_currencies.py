"""Contracts and orders in a currency without decimals, from the draft to the money: no yen is broken into cents."""

from collections.abc import Sequence
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from contracts.contract_text import text_of
from contracts.documents import contract_docx, contract_pdf, printed
from contracts.errors import BelowSmallestCoin
from contracts.models import Contract, Order, OrderLine
from contracts.rules.payment_plans import Part
from contracts.services.deliveries import deliver
from contracts.services.drafting import LineTerms
from contracts.services.orders import LineInput, draft_order
from contracts.services.releasing import release_order
from crm.accounts import roles
from crm.core.display import figure
from crm.core.errors import AmountPlaces
from crm.core.models import Currency
from crm.core.widgets import MoneyField
from receivables.models import Invoice
from receivables.services.order_invoices import invoice_delivery
from tests.contracts.making import TODAY, again, change, draft, signed
from tests.contracts.test_documents import bare, read_docx, read_pdf
from tests.contracts.test_pages import form_of, signed_in
from tests.factories import Company, account_of, make_company, make_rate, make_receipt, make_user
from tests.orders.making import make_product

D = Decimal
MIGRATION = import_module("contracts.migrations.0009_currency_places")
LINES = (LineTerms("轴承 Bearing", "套", D("120.5"), D(4321)), LineTerms("润滑脂 Grease", "桶", D(3), D(101)))
TOTAL = D(520984)  # 120.5 at 4,321 are 520,680.5, which nobody can pay: 520,681; and 303
THIRDS = [Part(D(share), None, "delivery", days=30) for share in ("33.33", "33.33", "33.34")]


@pytest.fixture
def company(db: None) -> Company:
    make_rate("JPY", "0.0487")
    return make_company()


def in_yen(company: Company, **terms: Any) -> Contract:
    return draft(company, currency="JPY", **{"lines": LINES, **terms})


def whole(*amounts: Decimal) -> bool:
    return all(amount == int(amount) for amount in amounts)


def order_in_yen(company: Company, contract: Contract | None = None, lines: Sequence[LineInput] = ()) -> Order:
    """120.5 and 7 of two products at 99.99 and 12.34 CNY, the second with 5 % off."""
    usual = [LineInput(make_product("99.99").pk, D("120.5")), LineInput(make_product("12.34").pk, D(7), D(5))]
    return draft_order(
        actor=company.alice,
        customer_id=company.customer.pk,
        legal_entity_id=company.entity.pk,
        currency="JPY",
        contract_id=contract.pk if contract else None,
        payment="credit" if contract else "prepaid",
        lines=lines or usual,
        on=TODAY,
    )


def reader(company: Company, language: str) -> Client:
    """Alice's browser, in a language."""
    company.alice.language = language
    company.alice.save()
    return signed_in(company.alice)


def test_from_draft_contract_to_invoice_and_receipt(company: Company) -> None:
    contract = signed(company, currency="JPY", lines=LINES)
    assert contract.amount == TOTAL
    order = order_in_yen(company, contract)
    order = release_order(actor=company.alice, order_id=order.pk, version=order.version, on=TODAY)
    figures = [(line.list_price, line.price, line.amount) for line in order.lines.order_by("position")]
    assert figures == [(D(2053), D(2053), D(247387)), (D(253), D(240), D(1680))]
    assert (order.state, order.total) == ("released", D(249067))
    walter = make_user("walter", roles.WAREHOUSE)
    first, second = order.lines.order_by("position")
    invoices = []
    for quantities in ({first.pk: D("0.333")}, {first.pk: D("120.167"), second.pk: D(7)}):
        delivery = deliver(actor=walter, order_id=order.pk, quantities=quantities, on=TODAY)
        invoices.append(invoice_delivery(actor=company.anna, delivery_id=delivery.pk, on=TODAY))
    assert [invoice.amount for invoice in invoices] == [D(684), D(248383)]
    assert all(whole(*invoice.lines.values_list("amount", flat=True)) for invoice in invoices)
    account = account_of(company.customer)
    order.refresh_from_db()
    assert (order.state, order.invoiced_total, account.reserved) == ("invoiced", order.total, D(0))
    assert account.receivable == order.base_total == sum(invoice.base_amount for invoice in invoices)
    make_receipt(
        company.customer,
        str(order.total),
        on=TODAY,
        currency="JPY",
        entity=company.entity,
        actor=company.anna,
        lines=[(invoice, str(invoice.amount)) for invoice in invoices],
    )
    assert not Invoice.objects.filter(open_amount__gt=0).exists()
    assert account_of(company.customer).receivable == 0


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", "日元伍拾贰万零玖佰捌拾肆元整"),
        ("en", "Japanese yen five hundred and twenty thousand nine hundred and eighty-four only"),
    ],
)
def test_documents_print_no_decimals(company: Company, language: str, words: str) -> None:
    contract = change(in_yen(company, language=language), company.alice, plan=THIRDS)
    text = text_of(again(contract))
    content = printed(text)
    assert [row[5:] for row in content.rows] == [["4,321", "520,681"], ["101", "303"]]
    assert f"{ {'zh': '日元', 'en': 'JPY'}[language] } 520,984" in content.total
    assert words in content.total
    assert [row[2] for row in content.plan] == ["173,644", "173,644", "173,696"]
    paragraphs, _rows = read_docx(contract_docx(text))
    printed_pdf, clauses = read_pdf(contract_pdf(text)), "\n".join(each.written.text for each in text.clauses)
    assert content.total in paragraphs
    for said in (bare("\n".join(paragraphs)), printed_pdf):
        assert bare(words) in said
        assert "520,984.00" not in said
    assert "520,984" in clauses
    assert "520,984.00" not in clauses


def test_amounts_that_nobody_can_pay_are_refused(company: Company) -> None:
    contract = in_yen(company)
    for terms in (
        {"lines": [LineTerms("轴承", "套", D(1), D("0.5"))]},
        {"lines": (), "amount": D("1000.50")},
        {"plan": [Part(None, D("520984.5"), "signing", days=0)]},
    ):
        with pytest.raises(AmountPlaces):
            change(contract, company.alice, **terms)
    with pytest.raises(AmountPlaces):
        in_yen(company, lines=[LineTerms("轴承", "套", D(1), D("10.01"))])
    assert [again(contract).amount, Contract.objects.count()] == [TOTAL, 1]


@pytest.mark.parametrize(
    ("language", "refusal"),
    [("en", "0.50 has more decimal places than JPY knows."), ("zh-hans", "0.50 的小数位数超过 JPY 允许的位数。")],
)
def test_the_form_shows_whole_amounts_and_refuses_others(company: Company, language: str, refusal: str) -> None:
    contract, client = in_yen(company), reader(company, language)
    edit = f"{contract.get_absolute_url()}edit/"
    page = client.get(edit).content.decode()
    assert 'value="4,321"' in page
    assert 'value="520,984"' in page
    refused = client.post(edit, form_of(contract, **{"line-0-price": "0.50"}))
    assert refused.status_code == 422
    assert refusal in refused.content.decode()
    assert again(contract).amount == TOTAL
    taken = client.post(edit, form_of(contract, **{"line-0-price": "4,300.00", "amount": "520,984.00"}))
    assert taken.status_code == 302
    assert again(contract).amount == D(518453)


def test_a_field_says_how_many_places_its_currency_has() -> None:
    field = MoneyField()
    assert field.clean("10.50") == D("10.50")
    field.in_currency(Currency(code="JPY", places=0))
    assert field.clean("1,000.00") == D(1000)
    widget: Any = field.widget
    assert widget.format_value(D("1000.00")) == "1,000"
    for typed in ("10.5", "9" * 40):
        with pytest.raises(ValidationError):
            field.clean(typed)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_show_them_without_decimals(company: Company, language: str) -> None:
    contract = change(in_yen(company), company.alice, plan=THIRDS)
    order = order_in_yen(company)
    client = reader(company, language)
    pages = [client.get(record.get_absolute_url()).content.decode() for record in (contract, order)]
    for page, figures in zip(pages, [("520,984 JPY", "173,696"), ("249,067 JPY", "2,053", "1,680")], strict=True):
        assert f'<html lang="{language.replace("hans", "Hans")}"' in page
        assert all(f">{figure}<" in page for figure in figures)


def test_the_database_takes_whole_amounts_and_no_others(company: Company) -> None:
    line = order_in_yen(company).lines.get(position=1)
    assert (line.price, line.amount) == (D(2053), D(247387))  # 247,386.5
    for amount in ("247386", "247388", "247386.45"):
        with pytest.raises(IntegrityError), transaction.atomic():
            OrderLine.objects.filter(pk=line.pk).update(amount=D(amount))
    assert OrderLine.objects.filter(pk=line.pk).update(amount=D("247386.50")) == 1, "as cents are"


def test_nothing_is_given_away_by_rounding(company: Company) -> None:
    """At 0.02 CNY a piece is worth 0.41 yen; at 0.03 it is 0.62, which is one yen."""
    cheap, dear = make_product("0.02"), make_product("0.03")
    for lines in ([LineInput(cheap.pk, D(1000))], [LineInput(dear.pk, D("0.4"))], [LineInput(dear.pk, D(1), D(60))]):
        with pytest.raises(BelowSmallestCoin):
            order_in_yen(company, lines=lines)
    assert not Order.objects.exists()
    assert order_in_yen(company, lines=[LineInput(dear.pk, D(1))]).total == D(1)


def test_open_orders_of_before_are_priced_in_whole_amounts(company: Company) -> None:
    order = order_in_yen(company)
    for line, list_price in zip(order.lines.order_by("position"), ("2053.18", "253.39"), strict=True):
        price = round(D(list_price) * (100 - line.discount) / 100, 2)
        order.lines.filter(pk=line.pk).update(list_price=D(list_price), price=price, amount=line.quantity * price)
    Order.objects.filter(pk=order.pk).update(total=sum(order.lines.values_list("amount", flat=True)))
    with connection.cursor() as cursor:
        for sql in (MIGRATION.ROUND_OPEN_LINES, MIGRATION.ROUND_OPEN_ORDERS):
            cursor.execute(sql)
    assert list(order.lines.order_by("position").values_list("amount", flat=True)) == [D(247387), D(1680)]
    order.refresh_from_db()
    assert (order.total, order.version) == (D(249067), 2)


def test_what_was_kept_with_cents_is_never_printed_without_them() -> None:
    assert [figure(D(text), 0) for text in ("6159.54", "6160.00", "0.00")] == ["6,159.54", "6,160", "0"]
