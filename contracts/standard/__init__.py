"""What an installation begins with, as files: six contracts and the clauses they share, in Chinese and English."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.clause_text import names_in

HOME = Path(__file__).parent
LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class StandardTemplate:
    """A template with the clauses of each language, in their order."""

    code: str
    kind: str
    name_zh: str
    name_en: str
    variables: list[dict[str, Any]]
    clauses: dict[str, list[dict[str, Any]]]
    shared: dict[str, set[str]]  # keys of those from the library, by language

    def title(self, language: str) -> str:
        return self.name_zh if language == "zh" else self.name_en


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((HOME / f"{name}.toml").read_text(encoding="utf-8"))


def standard_templates() -> Iterator[StandardTemplate]:
    """Every template of the house, read from its files."""
    index = read("templates")
    common = {language: read(f"common_{language}") for language in LANGUAGES}
    for found in index["template"]:
        yield StandardTemplate(
            code=found["code"],
            kind=found["kind"],
            name_zh=found["name_zh"],
            name_en=found["name_en"],
            variables=[{"name": name, **index["variables"][name]} for name in found["variables"]],
            clauses={language: clauses_of(found["code"], language, common[language]) for language in LANGUAGES},
            shared={language: shared_in(found["code"], language) for language in LANGUAGES},
        )


def standard_library() -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    """The clause library: the variables its clauses name, and the clauses of each language."""
    clauses = {
        language: [words_of(key, position, clause) for position, (key, clause) in enumerate(found.items(), 1)]
        for language, found in ((language, read(f"common_{language}")) for language in LANGUAGES)
    }
    named = {name for found in clauses.values() for clause in found for name in names_in(clause["text"])}
    own = read("templates")["variables"]
    return [{"name": name, **variable} for name, variable in own.items() if name in named], clauses


def clauses_of(code: str, language: str, common: dict[str, Any]) -> list[dict[str, Any]]:
    """The clauses of a template in their order: its own, otherwise those that templates share."""
    own = read(f"{code}_{language}")
    return [words_of(key, position, own.get(key) or common[key]) for position, key in enumerate(own["order"], 1)]


def shared_in(code: str, language: str) -> set[str]:
    """Keys of the clauses that a template has not of its own."""
    own = read(f"{code}_{language}")
    return {key_of(key) for key in own["order"] if not own.get(key)}


def key_of(name: str) -> str:
    return name.replace("_", "-")


def words_of(name: str, position: int, clause: dict[str, Any]) -> dict[str, Any]:
    return {
        "position": position,
        "key": key_of(name),
        "elements": clause.get("elements", []),
        "title": clause["title"],
        "text": clause["text"].strip(),
        "is_fixed": clause.get("is_fixed", False),
        "condition": clause.get("condition", ""),
    }
