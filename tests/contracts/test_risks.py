"""Words that let payment wait for a resale, or for an acceptance without a date."""

import pytest

from contracts.contract_text import text_of
from contracts.rules.payment_plans import Part
from contracts.rules.risks import risky_payment
from contracts.services.drafting import LineTerms
from tests.contracts.making import LINES, again, change, draft
from tests.contracts.test_payment_plan import share
from tests.factories import Company

RISKY = [
    "乙方在收到其客户付款后三日内付款",
    "收到业主付款后10日内支付",
    "收到下游客户货款后五日内结清",
    "背靠背付款",
    "本合同采用背靠背方式结算",
    "待下游回款后付款",
    "乙方回款后支付",
    "货物销售后付款",
    "货物转售后付款",
    "转卖货物后付款",
    "实现销售后结算",
    "售完结算",
    "售出后七日内付款",
    "业主支付工程款后，甲方方可要求付款",
    "付款以乙方收到终端客户回款为前提",
    "待乙方验收合格时付款",
    "验收合格后付款",
    "最终验收通过后付清",
    "验收完成后支付",
    "设备安装调试，验收合格，付清余款",
    "The Buyer pays after it has received payment from its customer.",
    "Pay when paid.",
    "Payment is back-to-back.",
    "The price is due once the goods are sold on.",
    "Payment is due upon final acceptance.",
    "Payment after the goods have been accepted.",
    "The Buyer shall pay when the goods have been resold.",
    "Payment is made after resale of the goods.",
    "The Buyer pays upon acceptance.",
    "The price is payable only if its customers have paid.",
    "Payment follows upon receipt of funds from the end customer.",
]
HARMLESS = [
    "验收合格后三十日内付款",
    "自验收合格之日起30个工作日内，乙方应当支付全部价款",
    "乙方应当自开票之日起30日内付款",
    "产品一经验收后不予退货",
    "乙方不得以其与第三人之间的转售、回款情况作为迟延付款的理由",
    "甲方提供售后服务，费用另行支付",
    "产品是否售出不影响乙方按期付款的义务",
    "客户付款后三日内发货",
    "Payment within 30 days after acceptance.",
    "Payment is made 30 days after acceptance.",
    "The Buyer pays after acceptance within thirty (30) days.",
    "The services are accepted upon completion.",
    "The Buyer may not delay payment on account of its dealings with third parties.",
    "Goods that have been accepted are not taken back.",
    "The Buyer resells at its own price.",
    "Payment is due 30 days after the invoice. The goods count as accepted once they are used.",
]


@pytest.mark.parametrize(("text", "risky"), [(text, True) for text in RISKY] + [(text, False) for text in HARMLESS])
def test_payment_that_may_never_fall_due_is_found(text: str, risky: bool) -> None:
    assert risky_payment([text]) is risky


@pytest.mark.parametrize("note", ["验收合格后", "待下游回款后", "after acceptance", "after resale", "pay when paid"])
def test_the_note_of_a_payment_plan_speaks_of_payment(note: str) -> None:
    assert risky_payment([], [note])
    assert not risky_payment([], ["预付款 Deposit", "质保金", "验收合格后30日内", "30 days after acceptance"])


def test_notes_specifications_values_and_title_are_read_too(company: Company) -> None:
    contract = draft(company)
    values, (first, *rest) = contract.values, LINES
    for terms in (
        {"plan": [share("100", note="转售后付款")]},
        {
            "lines": [
                LineTerms(first.description, first.unit, first.quantity, first.price, "payment after resale"),
                *rest,
            ]
        },
        {"values": {**values, "delivery_place": "上海，货物售完付款"}},
        {"title": "买卖合同（背靠背付款）"},
    ):
        assert text_of(again(change(contract, company.alice, **terms))).is_risky, terms
        harmless: list[Part] = []
        change(contract, company.alice, plan=harmless, lines=LINES, values=values, title="买卖合同")
        assert not text_of(again(contract)).is_risky
