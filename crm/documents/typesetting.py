"""Documents as PDF, set by typst: `pdf(template, data, language=...)`.

A template is a file of templates/documents; what it prints is handed over as JSON, so a customer who is called
`#eval("...")` or `<b>` is printed under just that name. Only the font of the house is used, never one of the machine,
so the same data give the same bytes everywhere.
"""

import json
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import typst
from django.conf import settings

from crm.documents.errors import DocumentFailed, FontsMissing
from crm.documents.signs import without_controls

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Noto Sans SC"
# Setting a page works one core; more workers than a small machine has cores would only wait for each other.
WORKERS = 2

_of_thread = threading.local()


@cache
def fonts() -> typst.Fonts:
    """The font of the house, read once a process. Raises FontsMissing."""
    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    if FAMILY not in found.families():
        raise FontsMissing
    return found


def templates() -> Path:
    return Path(settings.BASE_DIR) / "templates/documents"


def compiler() -> typst.Compiler:
    """A compiler of this thread: it is not to be shared, but worth keeping."""
    kept: typst.Compiler | None = getattr(_of_thread, "compiler", None)
    if kept is None:
        kept = _of_thread.compiler = typst.Compiler(root=str(templates()), font_paths=fonts(), ignore_system_fonts=True)
    return kept


def pdf(template: str, data: dict[str, Any], *, language: str) -> bytes:
    """The document of a template of templates/documents, such as 'letters', filled with `data`.

    `data` holds texts, lists and numbers that JSON knows; `language` ('zh-hans', 'en') is that of the file, of which a
    letter in it may differ. Raises DocumentFailed, FontsMissing.
    """
    inputs = {"data": json.dumps(without_controls(data), ensure_ascii=False), "language": language}
    try:
        made = compiler().compile(str(templates() / f"{template}.typ"), format="pdf", sys_inputs=inputs)
    except typst.TypstError as error:
        raise DocumentFailed(template=template, cause=error.message) from error
    if not isinstance(made, bytes):
        raise DocumentFailed(template=template, cause="")
    return made


def pdfs(template: str, each: Iterable[tuple[dict[str, Any], str]]) -> Iterator[bytes]:
    """Many documents of one template, from (data, language) pairs, in their order, set side by side."""
    fonts()
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="pdf") as pool:
        yield from pool.map(lambda pair: pdf(template, pair[0], language=pair[1]), each)
