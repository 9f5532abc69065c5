"""The templates an installation begins with, as files: six contracts, each in Chinese and English."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        )


def clauses_of(code: str, language: str, common: dict[str, Any]) -> list[dict[str, Any]]:
    """The clauses of a template in their order: its own, otherwise those that templates share."""
    own = read(f"{code}_{language}")
    found = []
    for position, key in enumerate(own["order"], 1):
        clause = own.get(key) or common[key]
        found.append(
            {
                "position": position,
                "key": key.replace("_", "-"),
                "elements": clause.get("elements", []),
                "title": clause["title"],
                "text": clause["text"].strip(),
                "is_fixed": clause.get("is_fixed", False),
                "condition": clause.get("condition", ""),
            }
        )
    return found
