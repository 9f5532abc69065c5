"""Clauses of the library in the editor of a template version: what was typed comes back with them in it, unsaved."""

from collections.abc import Mapping
from typing import Any

from contracts.clause_text import CONDITION, KNOWN, names_in
from contracts.models import Clause
from contracts.selectors.library import sources
from crm.core.more_rows import with_more_rows

INSERT, TAKE = "insert", "take-"  # what the button `more` asks for beside another empty clause


def answered(data: Any, library: Mapping[str, Clause], *, language: str, most: int) -> Any:
    """What was typed, with the clause that was asked for: an empty one, one of the library, or its newer wording."""
    wish = str(data.get("more"))
    if wish.startswith(TAKE):
        return with_newer(data, wish.removeprefix(TAKE), library, language=language)
    if wish != INSERT:
        return with_more_rows(data, prefix="clause", more=1, most=most)
    clause = library.get(str(data.get("from_library")))
    return data if clause is None else with_inserted(data, clause, most=most)


def with_newer(data: Any, place: str, library: Mapping[str, Clause], *, language: str) -> Any:
    """The row at a place says what the library says now; its place and its key stay."""
    source_id = str(data.get(f"clause-{place}-source_id", ""))
    source = sources([int(source_id)], language).get(int(source_id)) if source_id.isdecimal() else None
    now = library.get(source.key) if source else None
    return data if now is None else filled(data.copy(), place, now)


def with_inserted(data: Any, clause: Clause, *, most: int) -> Any:
    """The clause in the first empty row, or in one more. One that is there already is not put in twice."""
    total = str(data.get("clause-TOTAL_FORMS", ""))
    rows = min(int(total), most) if total.isdecimal() and len(total) < 5 else 0
    if any(data.get(f"clause-{place}-key") == clause.key for place in range(rows)):
        return data
    words = ("key", "title", "text", "condition")
    empty = [place for place in range(rows) if not any(data.get(f"clause-{place}-{name}") for name in words)]
    if not empty and rows == most:
        return data
    made = data.copy() if empty else with_more_rows(data, prefix="clause", more=1, most=most)
    place = empty[0] if empty else rows
    made[f"clause-{place}-key"] = clause.key
    return filled(made, place, clause)


def filled(data: Any, place: int | str, clause: Clause) -> Any:
    """A row with all a clause says, and the variables of the library that it names."""
    for name in ("title", "text", "condition"):
        data[f"clause-{place}-{name}"] = getattr(clause, name)
    data.setlist(f"clause-{place}-elements", clause.elements)
    data[f"clause-{place}-source_id"] = str(clause.pk)
    data.pop(f"clause-{place}-is_fixed", None)
    if clause.is_fixed:
        data[f"clause-{place}-is_fixed"] = "on"
    data["variables"] = with_variables(str(data.get("variables", "")), clause)
    return data


def with_variables(typed: str, clause: Clause) -> str:
    """Own variables as they are typed, one a line, with those a clause of the library needs."""
    condition = CONDITION.match(clause.condition)
    needed = [*names_in(clause.text), *([condition["name"]] if condition else [])]
    there = {line.partition("|")[0].strip() for line in typed.splitlines()} | set(KNOWN)
    missing = [each for each in clause.version.variables if each["name"] in needed and each["name"] not in there]
    return "\n".join([*typed.rstrip().splitlines(), *map(variable_line, missing)])


def variable_line(variable: Mapping[str, Any]) -> str:
    return " | ".join(str(variable.get(name, "")) for name in ("name", "kind", "label_zh", "label_en"))
