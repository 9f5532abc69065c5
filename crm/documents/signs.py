"""Which signs documents can print: no control characters, and what the font of the house has."""

import re
import struct
from functools import cache
from pathlib import Path
from typing import Any

from crm.documents.errors import FontsMissing

# What XML cannot hold and no font shows, wherever a user got it from.
CONTROL = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def without_controls(data: Any) -> Any:
    """Texts, also those in lists and mappings, without control characters."""
    if isinstance(data, str):
        return CONTROL.sub("", data)
    if isinstance(data, dict):
        return {key: without_controls(value) for key, value in data.items()}
    return [without_controls(value) for value in data] if isinstance(data, list | tuple) else data


def lacking(text: str) -> list[str]:
    """The signs of a text that a PDF would show as boxes, each once, in order. Raises FontsMissing."""
    known = known_signs()
    return list(dict.fromkeys(sign for sign in text if sign > "~" and ord(sign) not in known and sign.isprintable()))


@cache
def known_signs() -> frozenset[int]:
    """The signs that the font of the house has, by its table 'cmap', read once a process. Raises FontsMissing."""
    path = Path(__file__).parent / "fonts/NotoSansSC-Regular.ttf"
    if not path.exists():
        raise FontsMissing
    font = path.read_bytes()
    tables = struct.unpack_from(">H", font, 4)[0]
    records = (struct.unpack_from(">4sIII", font, 12 + 16 * place) for place in range(tables))
    start = next(offset for tag, _sum, offset, _length in records if tag == b"cmap")
    found: set[int] = set()
    for place in range(struct.unpack_from(">H", font, start + 2)[0]):
        at = start + struct.unpack_from(">HHI", font, start + 4 + 8 * place)[2]
        kind = struct.unpack_from(">H", font, at)[0]
        if kind == 12:
            for group in range(struct.unpack_from(">I", font, at + 12)[0]):
                first, last, _glyph = struct.unpack_from(">III", font, at + 16 + 12 * group)
                found.update(range(first, last + 1))
        elif kind == 4:
            count = struct.unpack_from(">H", font, at + 6)[0] // 2
            ends = struct.unpack_from(f">{count}H", font, at + 14)
            starts = struct.unpack_from(f">{count}H", font, at + 16 + 2 * count)
            for first, last in zip(starts, ends, strict=True):
                found.update(range(first, last + 1))
    return frozenset(found - {0xFFFF})
