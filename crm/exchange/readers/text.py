"""Text files: their encoding and separator found out, their lines read one by one."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import IO

from crm.exchange.errors import BrokenText, EncodingUnknown

SEPARATORS = ",;\t|"
LONGEST_CELL = 32_767  # as in Excel
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def find_encoding(file: IO[bytes], chosen: str = "") -> str:
    """The chosen encoding if the whole file can be read in it; raises EncodingUnknown.

    Without a choice UTF-8 or UTF-16 by their mark, else the first of UTF-8, UTF-16 and GB18030 that fits.
    """
    if chosen:
        return chosen if fits(file, chosen) else unknown()
    file.seek(0)
    start = file.read(4096)
    for mark, name in BOMS:
        if start.startswith(mark):
            return name if fits(file, name) else unknown()
    guesses = ["utf-8", "gb18030"]
    if b"\x00" in start:
        even, odd = start[0::2].count(0), start[1::2].count(0)
        if max(even, odd) > len(start) // 8 and min(even, odd) * 4 < max(even, odd):
            guesses = ["utf-16-le" if odd > even else "utf-16-be"]
    return next((name for name in guesses if fits(file, name)), None) or unknown()


def unknown() -> str:
    raise EncodingUnknown


def fits(file: IO[bytes], encoding: str) -> bool:
    """Whether every byte of the file can be read in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(1 << 20):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def find_separator(file: IO[bytes], encoding: str) -> str:
    """The sign that cuts the first lines into the most columns, the same number in most lines."""
    file.seek(0)
    sample = io.TextIOWrapper(file, encoding=encoding, newline="")
    text = sample.read(64_000)
    sample.detach()
    lines = text.splitlines()[:30]
    if len(text) == 64_000 and len(lines) > 1:
        lines = lines[:-1]
    best, best_score = ",", (0, 0)
    for separator in SEPARATORS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if len(row) > 1)
        except csv.Error:
            continue
        if widths:
            width, times = widths.most_common(1)[0]
            best, best_score = max((best, best_score), (separator, (times, width)), key=lambda found: found[1])
    return best


def text_rows(file: IO[bytes], encoding: str, separator: str) -> Iterator[list[str]]:
    """The lines of the file cut into cells.

    Raises BrokenText, with the line where the broken record begins, when a quotation mark is never closed or the text
    goes on behind one that closes: read on, such a record would take the following rows in.
    """
    csv.field_size_limit(LONGEST_CELL)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    reader = csv.reader(text, delimiter=separator, strict=True)
    read = 0
    try:
        for row in reader:
            read = reader.line_num
            yield row
    except csv.Error as error:
        raise BrokenText(line=read + 1) from error
    finally:
        # A reader that was left early may be closed after its file.
        if not file.closed:
            text.detach()
