"""What was measured, as a table for the terminal and for docs/benchmarks.md."""

import os
import platform
from collections.abc import Mapping, Sequence

from django.db import connection

from tests.benchmarks.generate import Size
from tests.benchmarks.result import Result

HEADS = ("", "measured", "ratio", "target", "", "")


def figure(result: Result) -> str:
    digits = 0 if result.value >= 100 or not result.unit else 1
    return f"{result.value:,.{digits}f} {result.unit}".strip()


def cells(result: Result) -> tuple[str, ...]:
    ratio = f"{result.ratio:.2f} x {result.floor}" if result.ratio is not None else ""
    verdict = {True: "met", False: "MISSED", None: ""}[result.met]
    return (result.name, figure(result), ratio, result.target, verdict, result.note)


def plain(results: Sequence[Result]) -> str:
    lines = [cells(result) for result in results]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEADS))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def markdown(size: Size, command: str, seconds: Mapping[str, float], parts: Mapping[str, Sequence[Result]]) -> str:
    """One section of docs/benchmarks.md."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0].split()[0]
    shape = f"{size.open_invoices:,} open invoices ({size.invoices:,} in all), {size.customers:,} customers"
    made = ", ".join(f"{name} {taken:.0f} s" for name, taken in seconds.items())
    lines = [
        f"### {size.name}: {shape}",
        "",
        f"`{command}`, {os.cpu_count()} processors, PostgreSQL {server}, Python {platform.python_version()}.",
        f"Made in {sum(seconds.values()):.0f} s ({made}).",
        "",
        "| | measured | ratio to the floor | target | | |",
        "|---|---:|---|---|---|---|",
    ]
    for name, results in parts.items():
        lines.append(f"| **{name}** | | | | | |")
        lines += [f"| {' | '.join(cells(result))} |" for result in results]
    return "\n".join(lines) + "\n"
