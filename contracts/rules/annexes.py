"""What the annexes of a contract decide. Pure: no database, no clock."""

from collections.abc import Iterable

SPECIFICATION, SCHEDULE, BALANCE, CUSTOMER_DATA, TERMS, OTHER = (
    "specification",
    "schedule",
    "balance",
    "customer_data",
    "terms",
    "other",
)
FIGURES_AND_DATA = (SPECIFICATION, SCHEDULE, BALANCE, CUSTOMER_DATA)


def bring_terms(kinds: Iterable[str]) -> bool:
    """Whether annexes say, or may say, what no clause of the template says: legal has to look at them."""
    return any(kind not in FIGURES_AND_DATA for kind in kinds)


def in_groups(checksum: str, signs: int = 16) -> str:
    """A checksum as it is printed: in groups that two people can compare, and that a narrow column can break."""
    return " ".join(checksum[start : start + signs] for start in range(0, len(checksum), signs))
