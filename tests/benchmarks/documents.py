"""Letters as PDF: how many a second a worker sets, and that none of them differs when they are made side by side."""

import time

from crm.documents import pdf, pdfs
from tests.benchmarks.generate import Size
from tests.benchmarks.result import Result, WrongFigures
from tests.documents.sample import letter, letters

LETTERS = 500
TARGET = 20


def run(size: Size) -> list[Result]:
    pdf("letters", letters(letter(0)), language="zh")  # the font is read once a process
    each = [letters(letter(number)) for number in range(1, LETTERS + 1)]
    began = time.perf_counter()
    made = list(pdfs("letters", ((data, "zh") for data in each)))
    together = LETTERS / (time.perf_counter() - began)
    began = time.perf_counter()
    alone = [pdf("letters", data, language="zh") for data in each[: LETTERS // 5]]
    one_by_one = len(alone) / (time.perf_counter() - began)
    if made[: len(alone)] != alone:
        raise WrongFigures("letters made side by side differ from those made one by one")
    size_kb = sum(map(len, made)) / LETTERS / 1024
    return [
        Result("letters as PDF, one by one", one_by_one, "/s"),
        Result(
            f"{LETTERS} letters as PDF",
            together,
            "/s",
            ratio=together / one_by_one,
            floor="one by one",
            target=f">= {TARGET} /s",
            met=together >= TARGET,
            note=f"{size_kb:.0f} KB each",
        ),
    ]
