"""What every movement must know of its legal entity, currency and date, read under one shared lock of the entities.

The lock is what `close_period` waits for: no movement slips into a period that is being closed.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from crm.core.errors import CurrencyUnknown, LegalEntityUnknown, PeriodClosed, RateMissing
from crm.core.money import base_currency
from crm.core.prepared import execute
from crm.core.setbased import array

FACTS = """
SELECT asked.position, entity.id, entity.code, entity.closed_through, currency.places, rate.rate
FROM unnest(%s::bigint[], %s::varchar[], %s::date[]) WITH ORDINALITY
     AS asked (entity_id, currency, day, position)
LEFT JOIN core_currency currency ON currency.code = asked.currency
LEFT JOIN LATERAL (
    SELECT core_rate.rate FROM core_rate
    WHERE core_rate.currency_id = asked.currency AND core_rate.date <= asked.day
    ORDER BY core_rate.date DESC LIMIT 1
) rate ON true
JOIN core_legalentity entity ON entity.id = asked.entity_id
{after}
ORDER BY entity.id, asked.position
FOR SHARE OF entity
"""
COLUMNS = ("position", "id", "code", "closed_through", "places", "rate")  # of what FACTS answers


class Posting(NamedTuple):
    """Where, in what currency and when something is to be posted."""

    legal_entity_id: int
    currency: str
    on: dt.date


@dataclass(frozen=True)
class Facts:
    """What holds for a posting: its entity is open on that day, and what the currency is worth (None = no rate)."""

    posting: Posting
    entity_code: str
    closed_through: dt.date | None
    places: int
    known_rate: Decimal | None

    @property
    def rate(self) -> Decimal:
        """Base currency for one unit on that day; raises RateMissing."""
        if self.posting.currency == base_currency():
            return Decimal(1)
        if self.known_rate is None:
            raise RateMissing(currency=self.posting.currency, on=self.posting.on)
        return self.known_rate

    def check_open(self, on: dt.date) -> None:
        """Raise PeriodClosed when the entity is closed on that day."""
        if self.closed_through is not None and on <= self.closed_through:
            raise PeriodClosed(entity=self.entity_code, closed_through=self.closed_through, on=on)


def facts_for(postings: Iterable[Posting]) -> dict[Posting, Facts]:
    """The facts of each posting; the legal entities stay locked against closing until the transaction ends."""
    asked = list(dict.fromkeys(postings))
    with connection.cursor() as cursor:
        arrays = [array(posting[place] for posting in asked) for place in range(3)]
        execute(cursor, FACTS.format(after=""), arrays)
        return facts_of_rows(asked, cursor.fetchall())


def facts_of_rows(asked: Sequence[Posting], rows: Iterable[Sequence[Any]]) -> dict[Posting, Facts]:
    """What FACTS answered; raises CurrencyUnknown and LegalEntityUnknown."""
    facts = {}
    for position, _entity_id, code, closed_through, places, rate in rows:
        posting = asked[position - 1]
        if places is None:
            raise CurrencyUnknown(currency=posting.currency)
        facts[posting] = Facts(posting, code, closed_through, places, rate)
    for posting in asked:
        if posting not in facts:
            raise LegalEntityUnknown(id=posting.legal_entity_id)
    return facts
