"""Every setting is handed on by docker-compose.yml, shown in .env.example and explained in docs/operations.md.

The check `compose` compares the files themselves; here is what it tells of each difference.
"""

from typing import Any

import pytest

from scripts.compose import differences, documented

ALIKE: dict[str, set[str]] = {
    "read": {"SECRET_KEY", "EXCHANGE_KEEP_DAYS", "DATA_DIR"},
    "filled_in": {"SECRET_KEY", "LISTEN"},
    "handed_on": {"SECRET_KEY", "EXCHANGE_KEEP_DAYS"},
    "example": {"SECRET_KEY", "EXCHANGE_KEEP_DAYS", "DATA_DIR", "LISTEN"},
    "manual": {"SECRET_KEY", "EXCHANGE_KEEP_DAYS", "DATA_DIR", "LISTEN"},
}


def test_nothing_is_told_where_all_name_what_the_product_reads() -> None:
    assert list(differences(**ALIKE)) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"handed_on": {"SECRET_KEY"}}, "docker-compose.yml: EXCHANGE_KEEP_DAYS is read by the product"),
        ({"handed_on": ALIKE["handed_on"] | {"OLD"}}, "docker-compose.yml: OLD is read by nothing"),
        ({"example": ALIKE["example"] - {"DATA_DIR"}}, ".env.example: DATA_DIR is missing"),
        ({"example": ALIKE["example"] | {"OLD"}}, ".env.example: OLD is used by nothing"),
        ({"manual": ALIKE["manual"] - {"LISTEN"}}, "docs/operations.md, table of settings: LISTEN is missing"),
    ],
)
def test_a_name_that_is_not_everywhere_is_told(changed: dict[str, Any], told: str) -> None:
    [problem] = differences(**{**ALIKE, **changed})
    assert problem.startswith(told)


def test_the_table_is_read_up_to_the_next_heading() -> None:
    manual = "| `EARLIER` | |\n\n## Settings\n\n| `ONE`, `TWO` | `three` | `FOUR` |\n\n## Health\n\n| `/live` | |\n"
    assert documented(manual) == {"ONE", "TWO"}
