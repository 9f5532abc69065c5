"""One measured figure of `make bench`, beside the floor it was measured against in the same run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """`value` in `unit`; `ratio` to the floor of the same run and the `target` it must reach, where there is one."""

    name: str
    value: float
    unit: str
    floor: str = ""
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""


class WrongFigures(Exception):
    """Two computations of the same figure disagree: the only thing that makes a benchmark fail."""
