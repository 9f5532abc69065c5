"""Letters prepared in the night: one for a customer and legal entity, with a line for everything it asks for."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from crm.core.locks import atomic_or_busy
from customers.services import record_event, record_events
from customers.services.events import EventRow
from receivables.errors.collection import LetterNotWaiting
from receivables.models import CaseStep, Letter, PolicyStep
from receivables.selectors.collection.overdue_sql import active_policies, policy_choice
from receivables.services.access import actor_id_of, require
from receivables.services.collection.escalation import Night, night, rows

# What an earlier night prepared and nobody sent gives way to tonight's. What may be out already stays as long as the
# next letter would wait for it if it were; then it gives way too, and the timeline says so.
REPLACED = """
WITH old AS (
    SELECT letter.id FROM receivables_letter letter
    JOIN receivables_policystep step ON step.id = letter.policy_step_id
    JOIN receivables_collectionpolicy policy ON policy.id = step.policy_id
    WHERE letter.state IN ('todo', 'error') AND letter."on" < %(on)s
      AND (letter.error_code <> 'sending_interrupted'
           OR (letter.claimed_at AT TIME ZONE %(zone)s)::date + policy.letter_interval_days::int <= %(on)s)
      AND letter.customer_id >= %(low)s AND letter.customer_id < %(high)s
    ORDER BY letter.id FOR UPDATE OF letter SKIP LOCKED
), lines AS (
    DELETE FROM receivables_letterline line USING old WHERE line.letter_id = old.id
)
DELETE FROM receivables_letter letter USING old WHERE letter.id = old.id
RETURNING letter.id, letter.customer_id, letter.case_id, letter.base_amount, letter.checksum,
          letter.error_code = 'sending_interrupted'
"""

# Cases whose step to do is a letter: of several the one furthest up the ladder, not within the interval of the last.
WARNINGS = """
WITH wanted AS (
    SELECT DISTINCT ON (c.id) c.id AS case_id, c.customer_id, c.legal_entity_id, rung.id AS step_id, rung.template_id,
           rung.action AS channel, policy.letter_interval_days AS days
    FROM receivables_case c
    JOIN receivables_casestep s ON s.case_id = c.id AND s.state = 'todo' AND s.cycle = c.cycle
    JOIN receivables_policystep rung ON rung.id = s.policy_step_id AND rung.action IN ('email', 'letter')
    JOIN receivables_collectionpolicy policy ON policy.id = c.policy_id
    WHERE c.state = 'open' AND c.paused_by = '' AND c.overdue > policy.tolerance
      AND c.customer_id >= %(low)s AND c.customer_id < %(high)s
    ORDER BY c.id, s."on" DESC, s.id DESC
), asked AS (
    SELECT item.customer_id, item.legal_entity_id, sum(item.chased_base) AS base_amount FROM collection_item item
    WHERE item.due_on < %(on)s GROUP BY 1, 2
)
INSERT INTO receivables_letter (customer_id, legal_entity_id, case_id, policy_step_id, template_id, channel, "on",
                                state, base_amount, language, recipient, file, checksum, attempts, error_code,
                                error_params)
SELECT wanted.customer_id, wanted.legal_entity_id, wanted.case_id, wanted.step_id, wanted.template_id, wanted.channel,
       %(on)s, 'todo', asked.base_amount, '', '', '', '', 0, '', '{}'
FROM wanted JOIN asked USING (customer_id, legal_entity_id)
WHERE asked.base_amount > 0 AND NOT EXISTS (
    SELECT 1 FROM receivables_letter sent
    WHERE sent.customer_id = wanted.customer_id AND sent.legal_entity_id = wanted.legal_entity_id
      AND sent.case_id IS NOT NULL AND sent.state = 'sent' AND sent.sent_on > %(on)s - wanted.days::int
)
ORDER BY wanted.customer_id, wanted.legal_entity_id
ON CONFLICT (customer_id, legal_entity_id) WHERE state <> 'sent' DO NOTHING
RETURNING id
"""
WARNING_LINES = """
INSERT INTO receivables_letterline (letter_id, invoice_id, due_on, currency, amount, open_amount, open_base)
SELECT letter.id, item.invoice_id, item.due_on, item.currency, item.amount, item.chased, item.chased_base
FROM receivables_letter letter
JOIN collection_item item ON item.customer_id = letter.customer_id
                         AND item.legal_entity_id = letter.legal_entity_id
WHERE letter.id = ANY(%(letters)s) AND item.due_on < %(on)s AND item.chased > 0
ORDER BY letter.id, item.due_on, item.invoice_id
"""

# Before the due date: what falls due within the days of a step, not asked for by a reminder yet; whoever has a case
# hears from that, whoever is out of dunning hears nothing.
REMINDERS = """
WITH fits AS (
    SELECT item.*, rung.id AS step_id, rung.template_id, rung.action AS channel
    FROM collection_item item
    JOIN customers_customer customer ON customer.id = item.customer_id
    JOIN receivables_collectionpolicy policy ON policy.id = {policy}
    CROSS JOIN LATERAL (
        SELECT * FROM receivables_policystep step
        WHERE step.policy_id = policy.id AND step.days < 0 AND item.due_on - %(on)s <= -step.days
        ORDER BY step.days DESC LIMIT 1
    ) rung
    WHERE item.due_on >= %(on)s AND item.chased > 0
      AND NOT EXISTS (
        SELECT 1 FROM receivables_letterline line JOIN receivables_letter letter ON letter.id = line.letter_id
        WHERE line.invoice_id = item.invoice_id AND letter.case_id IS NULL AND letter.policy_step_id IN (
            SELECT same.id FROM receivables_policystep same WHERE same.code = rung.code)
      )
      AND NOT EXISTS (
        SELECT 1 FROM receivables_case c
        WHERE c.customer_id = item.customer_id AND c.legal_entity_id = item.legal_entity_id AND c.state = 'open'
      )
      AND NOT EXISTS (
        SELECT 1 FROM receivables_dunningoptout o
        WHERE o.customer_id = item.customer_id AND o."on" <= %(on)s AND o.until >= %(on)s
          AND (o.ended_on IS NULL OR o.ended_on > %(on)s)
      )
), letters AS (
    INSERT INTO receivables_letter (customer_id, legal_entity_id, policy_step_id, template_id, channel, "on", state,
                                    base_amount, language, recipient, file, checksum, attempts, error_code,
                                    error_params)
    SELECT customer_id, legal_entity_id, step_id, template_id, channel, %(on)s, 'todo', total, '', '', '', '', 0, '',
           '{{}}'
    FROM (
        SELECT fits.customer_id, fits.legal_entity_id, sum(chased_base) AS total,
               (array_agg(step_id ORDER BY due_on, step_id))[1] AS step_id,
               (array_agg(template_id ORDER BY due_on, step_id))[1] AS template_id,
               (array_agg(channel ORDER BY due_on, step_id))[1] AS channel
        FROM fits GROUP BY 1, 2
    ) one
    ORDER BY customer_id, legal_entity_id
    ON CONFLICT (customer_id, legal_entity_id) WHERE state <> 'sent' DO NOTHING
    RETURNING id, customer_id, legal_entity_id
), lines AS (
    INSERT INTO receivables_letterline (letter_id, invoice_id, due_on, currency, amount, open_amount, open_base)
    SELECT letters.id, fits.invoice_id, fits.due_on, fits.currency, fits.amount, fits.chased, fits.chased_base
    FROM letters JOIN fits USING (customer_id, legal_entity_id)
    ORDER BY letters.id, fits.due_on, fits.invoice_id
)
SELECT id FROM letters
"""


@dataclass(frozen=True)
class Prepared:
    """What a night left to send."""

    letters: int = 0
    reminders: int = 0
    replaced: int = 0

    def figures(self) -> dict[str, int]:
        return asdict(self)


def prepare_letters(
    *, on: dt.date, customers: tuple[int, int] | None = None, recorded_at: dt.datetime | None = None
) -> Prepared:
    """Prepare what is to be sent on `on` to these customers; again for the same day it changes nothing."""
    with night(on=on, customers=customers, recorded_at=recorded_at) as found:
        return prepare_night(found)


def prepare_night(found: Night) -> Prepared:
    """The night's letters, in the transaction of `night`."""
    replaced = rows(REPLACED, found)
    unclear = [
        EventRow(
            customer_id,
            "letter_unclear",
            found.on,
            {"letter": pk, "case": case_id, "amount": str(amount), "checksum": checksum},
        )
        for pk, customer_id, case_id, amount, checksum, interrupted in replaced
        if interrupted
    ]
    if unclear:
        record_events(unclear)
    policies = active_policies()
    letters = [row[0] for row in rows(WARNINGS, found)]
    if letters:
        with connection.cursor() as cursor:
            cursor.execute(WARNING_LINES, {**found.params, "letters": letters})
    reminders: list[Any] = []
    if PolicyStep.objects.filter(policy__in=policies, days__lt=0).exists():
        choice, matched = policy_choice(policies)
        with connection.cursor() as cursor:
            cursor.execute(REMINDERS.format(policy=choice), {**found.params, **matched})
            reminders = cursor.fetchall()
    return Prepared(letters=len(letters), reminders=len(reminders), replaced=len(replaced))


def letter_sent(*, letter_id: int, actor: Any, on: dt.date, recipient: str = "", channel: str = "") -> Letter:
    """The letter is out: its case's letter steps are done and the timeline tells; raises LetterNotWaiting.

    `channel` is how it really went, where that is not how it was meant to go.
    """
    require(actor, "receivables.send_letter")
    with atomic_or_busy():
        letter = _lock(letter_id)
        if letter.state == Letter.State.SENT:
            raise LetterNotWaiting
        letter.state = Letter.State.SENT
        letter.sent_on, letter.sent_at, letter.recipient = on, timezone.now(), recipient
        letter.sent_by_id = actor_id_of(actor)
        letter.channel = channel or letter.channel
        letter.error_code, letter.error_params = "", {}
        letter.save(
            update_fields=[
                "state",
                "sent_on",
                "sent_at",
                "sent_by",
                "recipient",
                "channel",
                "error_code",
                "error_params",
            ]
        )
        if letter.case_id:
            CaseStep.objects.filter(
                case_id=letter.case_id, state=CaseStep.State.TODO, policy_step__action__in=("email", "letter")
            ).update(state=CaseStep.State.DONE, done_on=on, done_by_id=actor_id_of(actor))
        record_event(
            customer_id=letter.customer_id,
            kind="letter_sent",
            on=on,
            data={
                "letter": letter.pk,
                "case": letter.case_id,
                "kind": letter.template.kind,
                "amount": str(letter.base_amount),
                "lines": letter.lines.count(),
                "channel": letter.channel,
            },
            actor_id=actor_id_of(actor),
        )
    return letter


def letter_failed(*, letter_id: int, code: str, params: dict[str, Any] | None = None) -> Letter:
    """The letter could not be sent; it may be tried again. `code` and `params` become a sentence when shown."""
    with atomic_or_busy():
        letter = _lock(letter_id)
        if letter.state == Letter.State.SENT:
            raise LetterNotWaiting
        letter.state, letter.error_code, letter.error_params = Letter.State.ERROR, code, params or {}
        letter.save(update_fields=["state", "error_code", "error_params"])
    return letter


def _lock(letter_id: int) -> Letter:
    return Letter.objects.select_for_update(no_key=True, of=("self",)).select_related("template").get(pk=letter_id)
