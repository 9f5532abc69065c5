"""Clause texts: variables are filled in once, conditions are read, nothing that is filled in is read again."""

import datetime as dt
from decimal import Decimal

import pytest

from contracts.amount_words import capitals, in_words
from contracts.clause_text import condition_problem, holds, known_names, own_problems, problems_in, redline, write
from contracts.contract_rules import doubled, reminder_due, risky_payment, search_words, terms_exceed
from tests.contracts.making import TODAY

KNOWN = known_names([{"name": "place", "kind": "text"}])


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "人民币零元整"),
        ("0.05", "人民币伍分"),
        ("0.50", "人民币伍角整"),
        ("1.05", "人民币壹元零伍分"),
        ("10", "人民币壹拾元整"),
        ("105.60", "人民币壹佰零伍元陆角整"),
        ("1000", "人民币壹仟元整"),
        ("10005.00", "人民币壹万零伍元整"),
        ("100000", "人民币壹拾万元整"),
        ("1234567.89", "人民币壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分"),
        ("100000000", "人民币壹亿元整"),
        ("100000001", "人民币壹亿零壹元整"),
        ("1000010000.10", "人民币壹拾亿零壹万元壹角整"),
        ("20030040", "人民币贰仟零叁万零肆拾元整"),
        ("9999999999999999.99", "人民币" + "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_amounts_in_chinese_capitals(amount: str, words: str) -> None:
    assert capitals(Decimal(amount)) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "USD zero only"),
        ("21", "USD twenty-one only"),
        ("1205.30", "USD one thousand two hundred and five and 30/100"),
        ("1000000", "USD one million only"),
    ],
)
def test_amounts_in_english_words(amount: str, words: str) -> None:
    assert in_words(Decimal(amount), currency="USD", language="en") == words


@pytest.mark.parametrize("amount", ["-1", "0.001", "10000000000000000"])
def test_what_has_no_words_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="cannot be put into words"):
        in_words(Decimal(amount), currency="CNY", language="zh")


def test_variables_are_written_out_in_the_language_of_the_contract() -> None:
    values = {"contract.amount": Decimal("1234.5"), "contract.currency": "CNY", "contract.starts_on": TODAY}
    values["contract.amount_in_words"] = values["contract.amount"]
    text = "{{ contract.currency }} {{ contract.amount }} {{contract.amount_in_words}} {{ contract.starts_on }}"
    chinese = write(text, values, KNOWN, language="zh")
    assert chinese.text == "人民币 1,234.50 人民币壹仟贰佰叁拾肆元伍角整 2026年3月31日"
    english = write(text, values, KNOWN, language="en")
    assert english.text == "CNY 1,234.50 CNY one thousand two hundred and thirty-four and 50/100 31 March 2026"


def test_what_stands_for_nothing_is_listed() -> None:
    written = write("{{ customer.name }} {{ place }} {{ nonsense }}", {"customer.name": "A"}, KNOWN, language="en")
    assert written.text == "A [place] [nonsense]"
    assert written.unresolved == ("place", "nonsense")


@pytest.mark.parametrize(
    "evil",
    [
        "{{ contract.amount }}",
        "{{ customer.__class__.__mro__ }}",
        "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
        '#eval("sys.inputs") #read("/etc/passwd") $x$ *bold* @ref <label>',
        "<script>alert(1)</script><w:p/>&amp;",
        "\\1 \\g<0>",
    ],
)
def test_what_is_filled_in_is_never_read_again(evil: str) -> None:
    values = {"customer.name": evil, "contract.amount": Decimal(5)}
    assert write("{{ customer.name }}!", values, KNOWN, language="en").text == f"{evil}!"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("{{ customer.name }} {{ place }}", []),
        ("{{ customer.password }}", [("unknown", "customer.password")]),
        ("{% if x %}", [("mark", "{%"), ("mark", "%}")]),
        ("{{ customer.name|safe }}", [("mark", "{{"), ("mark", "}}")]),
        ("{{ a.b.c }}", [("mark", "{{"), ("mark", "}}")]),
    ],
)
def test_what_a_text_may_name(text: str, problems: list[tuple[str, str]]) -> None:
    assert problems_in(text, KNOWN) == problems


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("", True),
        ("account.term_days > 0", True),
        ("account.term_days > 30", False),
        ("not account.term_days > 30", True),
        ("place", False),
        ("not place", True),
        ("contract.currency == 'CNY'", True),
        ("contract.currency != 'CNY'", False),
        ("__import__('os').system('x')", True),  # cannot be read: nothing is left out, nothing is run
    ],
)
def test_conditions(condition: str, answer: bool) -> None:
    assert holds(condition, {"account.term_days": 30, "contract.currency": "CNY"}) is answer


def test_conditions_that_cannot_be_read_are_told() -> None:
    assert condition_problem("__import__('os')", KNOWN) == "condition"
    assert condition_problem("nobody > 3", KNOWN) == "unknown"
    assert condition_problem("account.term_days >= 3", KNOWN) == ""


@pytest.mark.parametrize(
    ("own", "bad"),
    [
        ([{"name": "place", "kind": "text", "label_zh": "地", "label_en": "Place"}], []),
        ([{"name": "Place", "kind": "text", "label_zh": "地", "label_en": "Place"}], ["Place"]),
        ([{"name": "place", "kind": "object", "label_zh": "地", "label_en": "Place"}], ["place"]),
        ("place", ["?"]),
        (["place"], ["?"]),
    ],
)
def test_own_variables_are_of_a_known_kind(own: object, bad: list[str]) -> None:
    assert own_problems(own) == bad


def test_a_redline_shows_what_was_taken_out_and_put_in() -> None:
    pieces = redline("三十日内付清", "六十日内付清")
    assert [(piece.how, piece.text) for piece in pieces] == [("del", "三"), ("ins", "六"), ("", "十日内付清")]
    assert redline("pay in 30 days", "pay in 60 days")[1].text == "30"


@pytest.mark.parametrize(
    ("text", "language", "risky"),
    [
        ("货物转售后付款", "zh", True),
        ("验收合格后付款", "zh", True),
        ("验收合格后三十日内付款", "zh", False),
        ("乙方应当自开票之日起30日内付款", "zh", False),
        ("Payment is made after resale of the goods.", "en", True),
        ("The Buyer pays upon acceptance.", "en", True),
        ("The Buyer pays after acceptance within 30 days.", "en", False),
    ],
)
def test_payment_that_may_never_fall_due_is_found(text: str, language: str, risky: bool) -> None:
    assert risky_payment([text], language) is risky


@pytest.mark.parametrize(
    ("days", "settlement", "account", "exceed"),
    [
        (30, "monthly", (30, "monthly"), False),
        (31, "monthly", (30, "monthly"), True),
        (30, "yearly", (30, "monthly"), True),
        (0, "cash", (None, None), False),
        (1, "cash", (None, None), True),
        (10, "cash", (30, "monthly"), False),
    ],
)
def test_terms_fit_the_account_or_exceed_it(
    days: int, settlement: str, account: tuple[int | None, str | None], exceed: bool
) -> None:
    found = terms_exceed(term_days=days, settlement=settlement, account_days=account[0], account_settlement=account[1])
    assert found is exceed


@pytest.mark.parametrize(
    ("left", "told", "step"),
    [
        (91, None, None), (90, None, 90), (61, 90, None), (60, 90, 60), (30, 60, 30), (0, 30, None), (5, None, 30),
        (-1, None, None),
    ],
)  # fmt: skip
def test_reminders_come_at_ninety_sixty_and_thirty_days(left: int, told: int | None, step: int | None) -> None:
    assert reminder_due(TODAY + dt.timedelta(days=left), TODAY, told) == step


def test_tiny_words_are_searched_only_where_there_are_no_others() -> None:
    assert search_words("bill of lading") == ["bill", "lading"]
    assert search_words("no 5 轴承 A1") == ["5", "轴承", "A1"]
    assert search_words("of a") == ["of", "a"]


def test_chinese_is_doubled_for_search() -> None:
    assert doubled("逾期 Pay") == "逾逾期期 pay"
