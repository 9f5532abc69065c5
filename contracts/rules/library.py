"""The clause library: a template of its own kind, whose clauses other templates copy. Pure: no database, no clock."""

from dataclasses import dataclass

LIBRARY = "library"  # a kind of template that no contract is drafted from


@dataclass(frozen=True)
class Wordings:
    """One clause as a template says it, as the library did when it was taken, and as it does now (None: no more)."""

    own: str
    taken: str
    now: str | None

    @property
    def is_gone(self) -> bool:
        return self.now is None

    @property
    def has_newer(self) -> bool:
        """The library was published since with other words than these."""
        return self.now is not None and self.now not in (self.taken, self.own)

    @property
    def is_changed(self) -> bool:
        """The template says neither what was taken nor what the library says now."""
        return self.own not in (self.taken, self.now)
