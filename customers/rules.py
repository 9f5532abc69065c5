"""Decisions about customers: life cycle, registration numbers, how alike two names are. No database, no clock."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz
from stdnum.cn import ric as stdnum_ric
from stdnum.cn import uscc as stdnum_uscc
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat, InvalidLength, ValidationError
from stdnum.util import clean

LEAD, PROSPECT, LEAD_CUSTOMER, IDENTIFIED = "lead", "prospect", "lead_customer", "identified"
ACTIVE, DORMANT, LOST, CLOSED, BLACKLISTED = "active", "dormant", "lost", "closed", "blacklisted"

# Forward steps may be skipped: a customer that was found elsewhere enters where it stands.
KNOWN = frozenset({IDENTIFIED, ACTIVE, DORMANT})  # identified, and not gone since
TRANSITIONS: Mapping[str, frozenset[str]] = {
    LEAD: frozenset({PROSPECT, LEAD_CUSTOMER, IDENTIFIED, ACTIVE, LOST, CLOSED, BLACKLISTED}),
    PROSPECT: frozenset({LEAD_CUSTOMER, IDENTIFIED, ACTIVE, LOST, CLOSED, BLACKLISTED}),
    LEAD_CUSTOMER: frozenset({IDENTIFIED, ACTIVE, LOST, CLOSED, BLACKLISTED}),
    IDENTIFIED: frozenset({ACTIVE, DORMANT, LOST, CLOSED, BLACKLISTED}),
    ACTIVE: frozenset({DORMANT, LOST, CLOSED, BLACKLISTED}),
    DORMANT: frozenset({ACTIVE, LOST, CLOSED, BLACKLISTED}),
    LOST: frozenset({PROSPECT, ACTIVE, CLOSED, BLACKLISTED}),
    CLOSED: frozenset({PROSPECT, ACTIVE, BLACKLISTED}),
    BLACKLISTED: frozenset({PROSPECT, ACTIVE, LOST, CLOSED}),
}


def allowed_transitions(state: str) -> frozenset[str]:
    """States a customer may go to from `state`."""
    return TRANSITIONS[state]


def identifies(from_state: str, to_state: str) -> bool:
    """A step by which a customer counts as identified: contracts and credit are open to it. A new one has no state yet.

    Also one that was lost or closed is identified again when it comes back: nobody says what it was before.
    """
    return from_state not in KNOWN and to_state in KNOWN


def touches_blacklist(from_state: str, to_state: str) -> bool:
    """Putting a customer on the blacklist and taking it off are decisions of their own."""
    return BLACKLISTED in {from_state, to_state}


COMPANY, ABROAD, PERSON = "company", "abroad", "person"  # a company registered here, or elsewhere, or somebody
HOME = ("", "CN")
HERE = "here"  # where a customer is, beside ABROAD
# The field of the profile with the number that says who a customer is.
DOCUMENT_OF: Mapping[str, str] = {COMPANY: "uscc", ABROAD: "foreign_number", PERSON: "identity_number"}


def form_of(*, kind: str, country: str, uscc: str) -> str:
    """What a customer is in law: with a unified social credit code a company of this country, and so is an organisation
    of which that is not known yet.
    """
    if uscc:
        return COMPANY
    if kind == PERSON:
        return PERSON
    return COMPANY if country in HOME else ABROAD


def place_of(*, form: str, country: str) -> str:
    """Where a customer buys: a company of this country here, whoever else by the country it is in."""
    return HERE if form == COMPANY or country in HOME else ABROAD


class UsccFault(StrEnum):
    """What is wrong with a unified social credit code."""

    LENGTH = "length"
    CHARACTERS = "characters"
    CHECK_DIGIT = "check_digit"


def check_uscc(value: str) -> tuple[str, UsccFault | None]:
    """The code in its standard form (blanks and hyphens gone, upper case), and what is wrong with it."""
    try:
        compact = stdnum_uscc.compact(value)
    except ValidationError:
        return value.strip().upper(), UsccFault.CHARACTERS
    try:
        return stdnum_uscc.validate(compact), None
    except InvalidLength:
        return compact, UsccFault.LENGTH
    except InvalidChecksum:
        return compact, UsccFault.CHECK_DIGIT
    except InvalidFormat:
        return compact, UsccFault.CHARACTERS


# Digits alone, with a check character at the end: of all identity documents only resident identity cards (GB 11643)
# have so many. Their standard length is 18; whatever is a little shorter or longer is one that was mistyped.
IDENTITY_CARD = re.compile(r"[0-9]{16,}[0-9X]")


class IdentityFault(StrEnum):
    """What is wrong with the number of a resident identity card."""

    LENGTH = "length"
    CHECK_DIGIT = "check_digit"
    BIRTH = "birth"


def compact_identity(value: str) -> str:
    """The number of an identity document in its standard form: upper case, that of a resident identity card without
    blanks and hyphens, any other with single blanks.
    """
    compact = clean(value, " -").upper()
    return compact if IDENTITY_CARD.fullmatch(compact) else " ".join(value.split()).upper()


def identity_fault(number: str, *, today: dt.date) -> IdentityFault | None:
    """What is wrong with a number in its standard form, if it is one of a resident identity card: the date of birth in
    it is a real one that has come. Numbers of other documents are free.
    """
    if not IDENTITY_CARD.fullmatch(number):
        return None
    if len(number) != 18:
        return IdentityFault.LENGTH
    if number[-1] != stdnum_ric.calc_check_digit(number):
        return IdentityFault.CHECK_DIGIT
    try:
        born = stdnum_ric.get_birth_date(number)
    except InvalidComponent:
        return IdentityFault.BIRTH
    return IdentityFault.BIRTH if born > today else None


@dataclass(frozen=True)
class MatchPolicy:
    """When two core names count as alike: similarity from 0 to 100, and how many candidates are shown."""

    similarity: int = 75
    shown: int = 5


def name_similarity(left: str, right: str) -> int:
    """How alike two core names are, 0 to 100: by their letters in order, and by their words in any order."""
    if not left or not right:
        return 0
    return round(max(fuzz.ratio(left, right), fuzz.token_sort_ratio(left, right)))
