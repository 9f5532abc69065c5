"""Which column is which field: guessed from the heads, in English and Chinese; the user has the last word."""

from collections.abc import Mapping, Sequence

from rapidfuzz.fuzz import ratio

from crm.exchange.issues import CellError
from crm.exchange.kinds import FieldSpec, ImportKind
from crm.exchange.readers.table import plain

OWN, EXACT, PART, SIMILAR = 100, 99, 80, 88


def known_words(kind: ImportKind) -> list[str]:
    """Every head this kind knows, as it is compared."""
    return [plain(word) for spec in kind.fields for word in words_of(spec)]


def words_of(spec: FieldSpec) -> list[str]:
    """The field's key, its labels in all languages, whichever the user reads, and what else people call it."""
    return [spec.key, *spec.labels, *spec.aliases]


def guess_mapping(
    kind: ImportKind,
    heads: Sequence[str],
    samples: Sequence[Sequence[str]] = (),
    profile: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """A head for each field that is recognised; those of the profile first, then the best likeness, each head once.

    A column none of whose first cells can be read as the field is not proposed for it, unless the field is required.
    """
    mapping = {key: head for key, head in (profile or {}).items() if head in heads}
    scores = sorted(
        (
            (likeness(spec, head), spec.required, -place, spec.key, head)
            for place, head in enumerate(heads)
            for spec in kind.fields
            if spec.key not in mapping
            and head not in mapping.values()
            and (spec.required or readable(spec, [row[place] for row in samples]))
        ),
        reverse=True,
    )
    for score, _required, _place, key, head in scores:
        if score and key not in mapping and head not in mapping.values():
            mapping[key] = head
    return mapping


def readable(spec: FieldSpec, cells: Sequence[str]) -> bool:
    """Whether at least one of the cells can be read as this field; empty cells say nothing."""
    filled = [cell for cell in cells if cell]
    for cell in filled:
        try:
            spec.parser(cell, {"date_order": "dmy"})
        except CellError:
            continue
        return True
    return not filled


def likeness(spec: FieldSpec, head: str) -> int:
    """0 when the head says nothing; a label counts most, then another exact word, a word inside, a misspelt one."""
    text = plain(head)
    if text and text in map(plain, spec.labels):
        return OWN
    best = 0
    for word in map(plain, words_of(spec)):
        if not word or not text:
            continue
        if word == text:
            return EXACT
        long_enough = len(word) >= (3 if not word.isascii() else 7)
        if long_enough and word in text:
            best = max(best, PART - abs(len(text) - len(word)))
        elif len(word) >= 6 and (score := ratio(word, text)) >= SIMILAR:
            best = max(best, int(score) - 20)
    return max(best, 0)
