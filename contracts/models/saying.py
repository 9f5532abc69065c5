"""Which contracts say a word: a search through their own texts and those of their templates."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import BooleanField, F, Func

from contracts.rules import contracts as rules


class Says(Func):
    """True for contracts that say every one of the words.

    A contract says a word in its own search text, or in a clause of its template's version that it kept as it was.
    `clauses` are those of all versions with any of the words: version, key and text in small letters.

    One expression for all words, and its SQL written here: as a tree of conditions it costs a page twice the time.
    """

    output_field = BooleanField()

    def __init__(self, words: Sequence[str], clauses: Iterable[tuple[int, str, str]]) -> None:
        super().__init__(F("search_text"), F("template_version"), F("changed_keys"))
        clauses = list(clauses)
        self.words = [(rules.doubled(word), versions_by_keys(word, clauses)) for word in words]

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> tuple[str, Any]:
        text, version, changed = (compiler.compile(column)[0] for column in self.get_source_expressions())
        said, params = [], []
        for word, versions in self.words:
            # What is cheap to tell comes first: the search text of a contract need not be read then.
            ways = [f"{version} = ANY(%s) AND NOT {changed} @> %s::varchar[]" for _each in versions]
            for keys, of_versions in versions.items():
                params += [of_versions, list(keys)]
            said.append(f"({' OR '.join([*ways, f'{text} LIKE %s'])})")
            params.append(f"%{connection.ops.prep_for_like_query(word)}%")
        return f"({' AND '.join(said)})", tuple(params)


def versions_by_keys(word: str, clauses: Iterable[tuple[int, str, str]]) -> dict[tuple[str, ...], list[int]]:
    """The versions of templates that say a word, by the clauses in which they do."""
    keys_of: dict[int, list[str]] = defaultdict(list)
    for version, key, text in clauses:
        if word in text:
            keys_of[version].append(key)
    saying: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for version, keys in keys_of.items():
        saying[tuple(keys)].append(version)
    return saying
