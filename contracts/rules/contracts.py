"""What contracts and their templates decide: legal elements, states, what deviates. Pure: no database, no clock."""

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

# Kinds of template
SALES, FRAMEWORK, SERVICE, DEALER, CREDIT_TERMS, RECONCILIATION = (
    "sales",
    "framework",
    "service",
    "dealer",
    "credit_terms",
    "reconciliation",
)

# Elements a contract needs to bind (Civil Code art. 470 and what selling on credit adds)
PARTIES, SUBJECT, QUANTITY, PRICE, PAYMENT_FORM, PAYMENT_DATE = (
    "parties",
    "subject",
    "quantity",
    "price",
    "payment_form",
    "payment_date",
)
DELIVERY, ACCEPTANCE, DUTIES, TERM, LIABILITY, SIGNATORIES = (
    "delivery",
    "acceptance",
    "duties",
    "term",
    "liability",
    "signatories",
)
ELEMENTS = (
    PARTIES, SUBJECT, QUANTITY, PRICE, PAYMENT_FORM, PAYMENT_DATE, DELIVERY, ACCEPTANCE, DUTIES, TERM, LIABILITY,
    SIGNATORIES,
)  # fmt: skip
# Own variables of a template that mean something to us wherever a version has them: the day whose balance is confirmed,
# and the last day to pay it
RECONCILED_ON, PAY_BY = "reconciled_on", "pay_by"
WITH_LINES = (SALES, SERVICE)  # kinds whose subject, quantity and price stand in lines

DRAFT, IN_APPROVAL, APPROVED, SIGNED, IN_PERFORMANCE, COMPLETED, TERMINATED, EXPIRED, SUPERSEDED = (
    "draft",
    "in_approval",
    "approved",
    "signed",
    "in_performance",
    "completed",
    "terminated",
    "expired",
    "superseded",
)
UNFINISHED = (DRAFT, IN_APPROVAL, APPROVED)
IN_FORCE = (SIGNED, IN_PERFORMANCE)
OVER = (COMPLETED, TERMINATED, EXPIRED, SUPERSEDED)

# How a further version of a contract comes about
AMENDMENT, RENEWAL = "amendment", "renewal"


def in_force_on(
    day: dt.date,
    *,
    state: str,
    starts_on: dt.date | None,
    ends_on: dt.date | None,
    replaced_on: dt.date | None = None,
) -> bool:
    """True when a signed contract binds on a day: from its first to its last day, both included.

    A later version takes its place on the day `replaced_on`.
    """
    if replaced_on is not None and replaced_on <= day:
        return False
    return state in IN_FORCE and (starts_on is None or starts_on <= day) and (ends_on is None or day <= ends_on)


def number_of_version(number: str, revision: int) -> str:
    """Number of a further version: that of the contract, and which version it is."""
    return f"{number}/{revision}"


def takes_over_on(starts_on: dt.date, signed_on: dt.date) -> dt.date:
    """The first day on which a version holds: its start, or its signing where that came later."""
    return max(starts_on, signed_on)


def day_after(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=1)


def end_of_last_month(on: dt.date) -> dt.date:
    """The day up to which accounts are reconciled when nobody names another."""
    return on.replace(day=1) - dt.timedelta(days=1)


def last_day(first: dt.date, starts_on: dt.date | None, ends_on: dt.date | None) -> dt.date:
    """The last day of a renewal that is as long as the term before it; a year where that is not known."""
    length = ends_on - starts_on if starts_on and ends_on else dt.timedelta(days=364)
    return first + length


def fixed_total(kind: str, amount: Decimal) -> Decimal | None:
    """What is to be ordered under a contract in all; None where its amount is only the volume both sides expect."""
    return amount if kind in WITH_LINES and amount > 0 else None


@dataclass(frozen=True)
class Measure:
    """How much of a whole was done; `share` is None where there is no whole to hold it against."""

    amount: Decimal
    whole: Decimal | None

    @property
    def share(self) -> Decimal | None:
        return self.amount / self.whole if self.whole else None

    @property
    def percent(self) -> int:
        """For a bar: whole percent, 100 at most, and full only when all of it is done."""
        return int(min(max(self.share or Decimal(0), Decimal(0)), Decimal(1)) * 100)

    @property
    def tone(self) -> str:
        """Done, on its way, or more than the whole."""
        share = self.share or Decimal(0)
        return "warning" if share > 1 else "success" if share == 1 else "info"


@dataclass(frozen=True)
class Drafted:
    """What a draft says, for its check list. `provided` are the elements of its clauses that are complete."""

    kind: str
    provided: Collection[str]
    lines: int
    starts_on: dt.date | None
    ends_on: dt.date | None
    signatories: Sequence[str]
    unresolved: Collection[str]
    on: dt.date  # the day it is looked at


VARIABLES, TO_COME = "variables", "to_come"


def is_over(ends_on: dt.date | None, on: dt.date) -> bool:
    """True when the last day of a contract has gone by."""
    return ends_on is not None and ends_on < on


def checklist(drafted: Drafted) -> list[tuple[str, bool]]:
    """Each legal element, that no variable is open and that the term is not over, with whether it is so."""
    there = {element: element in drafted.provided for element in ELEMENTS}
    if drafted.kind in WITH_LINES:
        for element in (SUBJECT, QUANTITY, PRICE):
            there[element] = there[element] and drafted.lines > 0
    there[TERM] = there[TERM] and drafted.starts_on is not None and drafted.ends_on is not None
    there[SIGNATORIES] = there[SIGNATORIES] and all(drafted.signatories)
    is_open = not is_over(drafted.ends_on, drafted.on)
    return [*there.items(), (VARIABLES, not drafted.unresolved), *([] if is_open else [(TO_COME, False)])]


def missing(drafted: Drafted) -> list[str]:
    return [code for code, there in checklist(drafted) if not there]


LONGEST_VALUE = 120  # signs of a template's own variable: a place or a name, no clause


def is_value(text: str) -> bool:
    """Whether a text may stand for a variable: one line, and no longer than what is filled in."""
    return len(text) <= LONGEST_VALUE and text.isprintable()


def days_to_pay(settlement: str, term_days: int) -> int:
    """Days from the day the term of an invoice runs from to its last day to pay: in cash none, whatever was typed."""
    return 0 if settlement == "cash" else term_days


# What a contract can grant beyond the credit account
WAIT, SETTLEMENT, INSTRUMENT, LIMIT = "wait", "settlement", "instrument", "limit"


def limit_granted(kind: str, amount: Decimal) -> Decimal:
    """The credit limit that a contract grants: credit terms with guarantee are over it, others grant none."""
    return amount if kind == CREDIT_TERMS else Decimal(0)


def exceeding(
    *,
    term_days: int,
    settlement: str,
    account_days: int | None,
    account_settlement: str | None,
    instruments: Collection[str] = (),
    account_instruments: Collection[str] | None = None,
    limit: Decimal | None = Decimal(0),
    account_limit: Decimal | None = None,
) -> list[str]:
    """What a contract grants beyond the credit account; an account that is not there grants cash only.

    `limit` is the one it grants, in base currency, None where that cannot be told.
    """
    found = []
    if account_days is None:
        if settlement != "cash" or term_days > 0:
            found.append(WAIT)
    else:
        if term_days > account_days:
            found.append(WAIT)
        if settlement not in ("cash", account_settlement):
            found.append(SETTLEMENT)
    if account_instruments is not None and not set(instruments) <= set(account_instruments):
        found.append(INSTRUMENT)
    if limit is None or limit > (account_limit or 0):
        found.append(LIMIT)
    return found


REMINDERS = (30, 60, 90)


def reminder_due(ends_on: dt.date, today: dt.date, reminded: int | None) -> int | None:
    """The step of 90, 60 or 30 days before its end that a contract has reached and was not told yet."""
    left = (ends_on - today).days
    if left < 0:
        return None
    step = next((days for days in REMINDERS if left <= days), None)
    return step if step is not None and (reminded is None or step < reminded) else None


def doubled(text: str) -> str:
    """A text as it is searched: in small letters, each Chinese sign twice.

    An index of three-letter groups finds words of three letters and more; most Chinese words have two signs, which
    written twice make four.
    """
    return CHINESE.sub(r"\g<0>\g<0>", text.lower())


def searched(title: str, text: str) -> str:
    """The words of a clause by which its contracts are found."""
    return f"{title}\n{text}"


def search_words(text: str) -> list[str]:
    """The words of a text to search for; Latin words of one or two letters ('of') only where there are no others."""
    words = text.split()
    return [word for word in words if not TINY.fullmatch(word)] or words


TINY = re.compile(r"[A-Za-z]{1,2}")
CHINESE = re.compile(r"[\u3400-\u9fff]")
