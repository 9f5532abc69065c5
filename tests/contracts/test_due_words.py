"""The day on which a contract of the house says an invoice is to be paid is the day on which the ledger has it due."""

import calendar
import datetime as dt
import re
from typing import Any

import pytest

from contracts.clause_text import SETTLEMENTS, holds, known_names, write
from contracts.rules.contracts import days_to_pay
from contracts.standard import StandardTemplate, standard_templates
from receivables.rules.documents import due_on

DAYS = [dt.date.fromisoformat(day) for day in ("2023-12-31", "2024-02-29", "2026-01-01", "2026-11-30", "2026-12-01")]
TERMS = (0, 1, 30, 90)
BILLED = [each for each in standard_templates() if each.kind != "reconciliation"]  # that one names a day itself
STARTS = {
    "zh": r"付款起算日为(?:该发票的开票日|开票日所在公历(?P<period>月|季度|年度)的最后一日)",
    "en": r"Starting Day of an invoice is (?:its date|the last day of the calendar (?P<period>month|quarter|year) of)",
}
WAITS = {
    "zh": r"付款起算日(?:后(?P<days>\d+)日内付清该发票项下的全部价款，付款起算日当日不计入|当日付清)",
    "en": r"in full (?:within (?P<days>\d+) days after its Starting Day, which is not counted|on its Starting Day)",
}
HERE = {"customer.form": "company", "customer.place": "here"}
MONTHS = {"月": 1, "季度": 3, "年度": 12, "month": 1, "quarter": 3, "year": 12}


def words_of(template: StandardTemplate, language: str, settlement: str, days: int) -> str:
    """What its clauses say of a contract with this settlement and term."""
    values: dict[str, Any] = {"account.term_days": days_to_pay(settlement, days)}
    kinds = known_names(template.variables)
    return "\n".join(
        write(clause["text"], values, kinds, language=language).text
        for clause in template.clauses[language]
        if holds(clause["condition"], values, kinds, {"account.settlement": settlement, **HERE})
    )


def by_the_words(words: str, language: str, on: dt.date) -> dt.date:
    """The last day to pay an invoice, as who reads the contract counts it: each rule stands there once."""
    (start,) = re.finditer(STARTS[language], words)
    (wait,) = re.finditer(WAITS[language], words)
    day = on
    if start["period"]:
        size = MONTHS[start["period"]]
        month = -(-on.month // size) * size
        day = dt.date(on.year, month, calendar.monthrange(on.year, month)[1])
    return day + dt.timedelta(days=int(wait["days"] or 0))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("settlement", SETTLEMENTS)
def test_the_words_give_the_due_date_of_the_ledger(settlement: str, language: str) -> None:
    assert len(BILLED) == 5
    for template in BILLED:
        for term in TERMS:
            words = words_of(template, language, settlement, term)
            for on in DAYS:
                assert by_the_words(words, language, on) == due_on(on, term, settlement), (template.code, on, term)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_day_moves_for_a_holiday(language: str) -> None:
    """The law moves a last day that is a holiday unless the parties agree otherwise; the ledger knows no holidays."""
    agreed = {"zh": "法定休假日的，不顺延", "en": "is not extended where"}[language]
    for template in BILLED:
        for term in (0, 30):
            assert agreed in words_of(template, language, "monthly", term)
        said = "\n".join(clause["text"] for clause in template.clauses[language])
        assert not re.search(r"工作日|working day|business day", said)
