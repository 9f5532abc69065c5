"""Forms with rows: a button named `more` shows the form again as it was typed, with more empty rows."""

from typing import Any


def wants_more(data: Any) -> bool:
    """Whether somebody asked for rows instead of saving."""
    return bool(data and data.get("more"))


def with_more_rows(data: Any, *, prefix: str, more: int, most: int) -> Any:
    """What was typed into a form, for a formset with so many more rows, and no more than the most."""
    data = data.copy()
    total = str(data.get(f"{prefix}-TOTAL_FORMS", ""))
    rows = int(total) if total.isdecimal() and len(total) < 5 else 0
    data[f"{prefix}-TOTAL_FORMS"] = str(min(rows + more, most))
    return data
