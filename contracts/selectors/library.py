"""The clause library as templates see it: what it has published, and how a clause taken from it stands today."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contracts.clause_text import Piece, redline
from contracts.models import Clause, TemplateVersion, VersionState
from contracts.rules.library import LIBRARY, Wordings

IN_USE = (VersionState.PUBLISHED, VersionState.LEGAL_REVIEW, VersionState.DRAFT)
WAS_PUBLISHED = (VersionState.PUBLISHED, VersionState.RETIRED)


@dataclass(frozen=True)
class Standing:
    """A clause of a template beside the one of the library it was taken from, and what the library says now."""

    clause: Clause
    source: Clause
    now: Clause | None
    wordings: Wordings

    @property
    def is_otherwise(self) -> bool:
        return self.wordings.has_newer or self.wordings.is_changed or self.wordings.is_gone

    @property
    def pieces(self) -> Sequence[Piece]:
        """What a newer wording would change."""
        return redline(self.wordings.own, self.wordings.now or "")


def standing_of(clause: Clause, source: Clause, library: Mapping[str, Clause]) -> Standing:
    now = library.get(source.key)
    return Standing(clause, source, now, Wordings(clause.words, source.words, now.words if now else None))


def library_in(language: str) -> dict[str, Clause]:
    """What the library has published in a language, by key, in its order. One query."""
    found = Clause.objects.filter(
        version__template__kind=LIBRARY, version__state=VersionState.PUBLISHED, version__language=language
    )
    return {clause.key: clause for clause in found.select_related("version").order_by("position")}


def sources(ids: Iterable[int], language: str) -> dict[int, Clause]:
    """Clauses by their keys in the database, as far as the library published them in that language. One query."""
    found = Clause.objects.filter(
        pk__in=set(ids),
        version__template__kind=LIBRARY,
        version__state__in=WAS_PUBLISHED,
        version__language=language,
    )
    return {clause.pk: clause for clause in found.select_related("version")}


def standings(version: TemplateVersion, clauses: Sequence[Clause]) -> dict[int, Standing]:
    """How the clauses of a version stand to the library, by their keys in the database. Two queries, or none."""
    taken = sources([clause.source_id for clause in clauses if clause.source_id], version.language)
    library = library_in(version.language) if taken else {}
    return {
        clause.pk: standing_of(clause, taken[clause.source_id], library)
        for clause in clauses
        if clause.source_id in taken
    }


@dataclass(frozen=True)
class Entry:
    """A clause of the library in each of its languages, with the clauses that templates in use took from it."""

    clauses: Sequence[Clause]
    uses: Sequence[Standing]

    @property
    def otherwise(self) -> list[Standing]:
        """Uses that say something else than the library does now."""
        return [use for use in self.uses if use.is_otherwise]

    @property
    def alike(self) -> list[Standing]:
        return [use for use in self.uses if not use.is_otherwise]


def library_entries(languages: Sequence[str]) -> list[Entry]:
    """The whole library by key, as published now, and what became of clauses it no longer has. Three queries."""
    published = {language: library_in(language) for language in languages}
    uses: dict[str, list[Standing]] = defaultdict(list)
    taken = Clause.objects.filter(source__isnull=False, version__state__in=IN_USE)
    for clause in taken.select_related("version__template", "source__version").order_by("version", "position"):
        assert clause.source is not None
        library = published.get(clause.version.language, {})
        uses[clause.source.key].append(standing_of(clause, clause.source, library))
    keys = dict.fromkeys(key for language in languages for key in published[language])
    entries = [
        Entry([published[language][key] for language in languages if key in published[language]], uses.pop(key, []))
        for key in keys
    ]
    return entries + [Entry([found[-1].source], found) for found in uses.values()]
