"""Clause texts: variables are filled in once, conditions are read, nothing that is filled in is read again."""

import datetime as dt
from decimal import Decimal

import pytest

from contracts.amount_words import capitals, in_words
from contracts.clause_text import (
    SETTLEMENTS,
    condition_problem,
    holds,
    known_names,
    own_problems,
    problems_in,
    redline,
    write,
)
from contracts.rules.contracts import doubled, exceeding, reminder_due, search_words
from credit.models import Settlement
from scripts.console import ROOT
from tests.contracts.making import TODAY

KNOWN = known_names([{"name": "place", "kind": "text"}])


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("1005", "Renminbi yuan one thousand and five only"),
        ("100005", "Renminbi yuan one hundred thousand and five only"),
        ("1000099.20", "Renminbi yuan one million and ninety-nine and 20/100"),
        ("1205", "Renminbi yuan one thousand two hundred and five only"),
        ("5000", "Renminbi yuan five thousand only"),
        ("5005000", "Renminbi yuan five million five thousand only"),
        ("21", "Renminbi yuan twenty-one only"),
    ],
)
def test_english_words_join_the_last_by_and(amount: str, words: str) -> None:
    assert in_words(Decimal(amount), currency="CNY", language="en") == words


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
    assert capitals(Decimal(amount), currency="CAD") == words.replace("人民币", "加拿大元")


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "US dollars zero only"),
        ("21", "US dollars twenty-one only"),
        ("1205.30", "US dollars one thousand two hundred and five and 30/100"),
        ("1000000", "US dollars one million only"),
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
    words = "Renminbi yuan one thousand two hundred and thirty-four and 50/100"
    assert english.text == f"CNY 1,234.50 {words} 31 March 2026"


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


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("account.term_days", False),
        ("deposit", False),  # values of a version's own variables are texts
        ("not deposit", True),
        ("share", True),
        ("contract.starts_on > '2026-01-01'", True),
        ("contract.starts_on < '2026-01-01'", False),
        ("account.settlement == 'monthly'", True),  # by its code, and by the word older conditions name
        ("account.settlement == '月结'", True),
        ("account.settlement != 'monthly'", False),
        ("account.settlement == 'cash'", False),
        ("customer.form == 'person'", True),
        ("customer.form", True),
    ],
)
def test_conditions_know_what_a_name_stands_for(condition: str, answer: bool) -> None:
    values = {
        "account.term_days": 0, "deposit": "0.00", "share": "0.5", "contract.starts_on": dt.date(2026, 3, 1),
        "account.settlement": "月结",
    }  # fmt: skip
    kinds = known_names([{"name": "deposit", "kind": "money"}, {"name": "share", "kind": "number"}])
    codes = {"account.settlement": "monthly", "customer.form": "person"}
    assert holds(condition, values, kinds, codes) is answer


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("contract.starts_on > 5", "kind"),
        ("contract.starts_on > '2026-13-01'", "kind"),
        ("contract.starts_on > '2026-01-01'", ""),
        ("customer.name > 3", "kind"),
        ("customer.name > 'B'", "kind"),
        ("customer.name == 'B'", ""),
        ("deposit == 'abc'", "kind"),
        ("deposit >= 100.50", ""),
        ("account.settlement == '月结'", "kind"),
        ("account.settlement == 'monthly'", ""),
        ("customer.form != 'person'", ""),
        ("customer.form == 'dog'", "kind"),
        ("not deposit", ""),
    ],
)
def test_conditions_that_can_never_be_true_are_told(condition: str, problem: str) -> None:
    assert condition_problem(condition, known_names([{"name": "deposit", "kind": "money"}])) == problem


def test_settlements_are_those_of_accounts() -> None:
    assert set(SETTLEMENTS) == set(Settlement.values)


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
    found = exceeding(term_days=days, settlement=settlement, account_days=account[0], account_settlement=account[1])
    assert bool(found) is exceed


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


def test_a_sentence_that_is_replaced_reads_as_one_change() -> None:
    before = "The Buyer pays within 30 days from the date of the invoice. Notices are in writing."
    after = (
        "The Buyer pays once it has been paid by its own customers, or the end user accepts. Notices are in writing."
    )
    found = [(piece.how, piece.text) for piece in redline(before, after)]
    assert len(found) <= 5
    assert found[-1] == ("", " Notices are in writing.") or found[-1][1].endswith("Notices are in writing.")
    assert all(len(text.split()) >= 3 for how, text in found if how == "")


def test_one_word_is_one_change() -> None:
    found = [
        (piece.how, piece.text) for piece in redline("Pay in five days. Ask first.", "Pay in ten days. Ask first.")
    ]
    assert found == [("", "Pay in "), ("del", "five"), ("ins", "ten"), ("", " days. Ask first.")]
    found = [(piece.how, piece.text) for piece in redline("十日内书面通知对方。", "十日内口头通知对方。")]
    assert found == [("", "十日内"), ("del", "书面"), ("ins", "口头"), ("", "通知对方。")]


def test_approvals_show_a_redline_in_its_colours() -> None:
    styles = (ROOT / "static/css/approvals.css").read_text()
    for css in ("redline-out", "redline-in"):
        assert f".{css}" in styles
    for page in ("approvals/request", "approvals/inbox", "contracts/contracts/page", "contracts/templates/version"):
        assert "css/approvals.css" in (ROOT / f"templates/{page}.html").read_text()
