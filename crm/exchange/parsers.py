"""Cells as people write them, read into values: pure functions, no guessing where money or days could go wrong.

A cell comes as text (CSV) or as what the spreadsheet held (float, date, bool, text). Each parser returns the value or
raises CellError with a code; an empty cell is None before any parser is asked.
"""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from crm.core.money import CENT
from crm.exchange.issues import CellError

Options = Mapping[str, Any]
Parser = Callable[[Any, Options], Any]

THOUSANDTH = Decimal("0.001")
LARGEST = Decimal("9999999999999999.99")
EPOCH = dt.date(1899, 12, 30)  # day 0 of Excel's 1900 calendar, as all dates after February 1900 count
FIRST_YEAR, LAST_YEAR = 1970, 2100
INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SPACES = re.compile(r"\s+")
SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE][+]?\d+")
FLOAT_ID = re.compile(r"(\d+)\.0+")
CURRENCY_SIGNS = re.compile(r"[¥$€£元]|RMB|[A-Z]{3}(?![A-Z])")
SIGNED = re.compile(r"([+-]) ?([^+-]+)|([^+-]+?) ?(-)")
GROUPED = {
    ".": re.compile(r"\d{1,3}(?:[,' ]\d{3})+(?:\.\d+)?"),
    ",": re.compile(r"\d{1,3}(?:[.' ]\d{3})+(?:,\d+)?"),
}
PLAIN = {".": re.compile(r"\d+(?:\.\d*)?|\.\d+"), ",": re.compile(r"\d+(?:,\d*)?|,\d+")}
CURRENCY_NAMES = {
    "RMB": "CNY", "人民币": "CNY", "人民币元": "CNY", "元": "CNY", "¥": "CNY", "CNH": "CNY", "美元": "USD", "$": "USD",
    "US$": "USD", "欧元": "EUR", "€": "EUR", "港币": "HKD", "港元": "HKD", "HK$": "HKD", "日元": "JPY", "英镑": "GBP",
    "£": "GBP", "加元": "CAD", "加拿大元": "CAD", "C$": "CAD", "澳元": "AUD", "新加坡元": "SGD", "台币": "TWD",
}  # fmt: skip
MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}  # noqa: SIM905


class Percent(float):
    """A figure that a workbook shows in percent: 0.05 is shown as 5 %."""

    def __str__(self) -> str:
        shown = Decimal(repr(self)) * 100
        return f"{shown.normalize():f}%"


def tidy(cell: Any) -> str:
    """The cell as one line of text: blanks at the ends and doubled blanks gone, invisible characters removed."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    text = str(cell)
    if text.isprintable():
        return " ".join(text.split())
    text = INVISIBLE.sub("", text)
    if CONTROL.search(text):
        raise CellError("control_characters")
    return SPACES.sub(" ", text).strip()


def parse_text(cell: Any, options: Options) -> str:
    """Words as they are, only tidied: full-width brackets of Chinese names stay."""
    return tidy(cell)


def limited(limit: int, parser: Parser = parse_text) -> Parser:
    """The same text, refused when it is longer than its column."""

    def parse(cell: Any, options: Options) -> str:
        text: str = parser(cell, options)
        if len(text) > limit:
            raise CellError("too_long", limit=limit)
        return text

    return parse


def parse_document_number(cell: Any, options: Options) -> str:
    """A number that names a document: '1930571429.0' and 1930571429.0 are both 1930571429; zeros in front stay."""
    text = unicodedata.normalize("NFKC", tidy(cell)).removeprefix("'").strip()
    if SCIENTIFIC.fullmatch(text):
        raise CellError("digits_lost")
    whole = FLOAT_ID.fullmatch(text)
    return whole.group(1) if whole else text


def parse_customer_number(cell: Any, options: Options) -> str:
    """A customer's number; zeros in front are kept, stripped, or filled up to a width, as the option says."""
    text = parse_document_number(cell, options)
    if not text.isdecimal():
        return text
    zeros = options.get("zeros", "keep")
    if zeros == "strip":
        return text.lstrip("0") or "0"
    if zeros == "pad":
        return text.zfill(int(options.get("zeros_width") or 0))
    return text


def parse_amount(cell: Any, options: Options) -> Decimal:
    """Money with at most two decimals: brackets or a minus on either side are negative, currency signs are dropped.

    Thousands must stand in groups of three, and three decimals are refused even when they are zeros: '5,000' is never
    read as five thousand by one option and as five by another.
    """
    if isinstance(cell, bool | dt.date | dt.time):
        raise CellError("not_a_number")
    if isinstance(cell, int | float):
        return money_of_float(cell)
    text = unicodedata.normalize("NFKC", tidy(cell)).replace("−", "-").replace("–", "-").replace("’", "'")
    if SCIENTIFIC.fullmatch(text):
        raise CellError("digits_lost")
    negative = text.startswith("(") and text.endswith(")")
    if negative:
        text = text[1:-1]
    text = CURRENCY_SIGNS.sub("", text).strip()
    if signed := SIGNED.fullmatch(text):
        if negative:
            raise CellError("not_a_number")
        negative = "-" in signed.group(1, 4)
        text = CURRENCY_SIGNS.sub("", signed[2] or signed[3]).strip()
    decimal_sign = "," if options.get("decimal") == "comma" else "."
    if GROUPED[decimal_sign].fullmatch(text):
        text = re.sub(r"[' ]", "", text).replace("," if decimal_sign == "." else ".", "")
    elif not PLAIN[decimal_sign].fullmatch(text):
        raise CellError("separators" if re.fullmatch(r"[\d.,' ]*\d[\d.,' ]*", text) else "not_a_number")
    if len(text.partition(decimal_sign)[2]) == 3:
        raise CellError("too_many_decimals")
    try:
        amount = Decimal(text.replace(decimal_sign, "."))
    except InvalidOperation:
        raise CellError("not_a_number") from None
    return checked_money(-amount if negative else amount)


def money_of_float(cell: float) -> Decimal:
    """A figure of a spreadsheet: what a binary fraction leaves behind the cents is cut, true decimals are refused."""
    return figure_of_float(cell, CENT, "too_many_decimals")


def figure_of_float(cell: float, step: Decimal, refusal: str) -> Decimal:
    if not math.isfinite(cell):
        raise CellError("not_a_number")
    if abs(cell) >= 1e16:
        raise CellError("too_large")
    figure = Decimal(repr(cell))
    steps = figure.quantize(step)
    if abs(figure - steps) > Decimal("0.000001"):
        raise CellError(refusal)
    return steps + 0


def checked_money(amount: Decimal) -> Decimal:
    if abs(amount) > LARGEST:
        raise CellError("too_large")
    cents = amount.quantize(CENT)
    if cents != amount:
        raise CellError("too_many_decimals")
    return cents + 0


def parse_quantity(cell: Any, options: Options) -> Decimal:
    """A quantity with at most three decimals. Text such as '5,000' or '5.000' is five thousand to one and five to
    another: as thousands it is taken by the option; three decimals only behind a zero, or when a further zero follows.
    """
    if isinstance(cell, bool | dt.date | dt.time):
        raise CellError("not_a_number")
    if isinstance(cell, int | float):
        return figure_of_float(cell, THOUSANDTH, "quantity_decimals")
    text = unicodedata.normalize("NFKC", tidy(cell))
    if SCIENTIFIC.fullmatch(text):
        raise CellError("digits_lost")
    decimal_sign = "," if options.get("decimal") == "comma" else "."
    if GROUPED[decimal_sign].fullmatch(text) and not text.startswith("0"):
        text = re.sub(r"[' ]", "", text).replace("," if decimal_sign == "." else ".", "")
    elif not PLAIN[decimal_sign].fullmatch(text):
        raise CellError("separators" if re.fullmatch(r"[\d.,' ]*\d[\d.,' ]*", text) else "not_a_number")
    whole, _sign, decimals = text.partition(decimal_sign)
    if len(decimals) == 3 and whole.strip("0"):
        raise CellError("quantity_unclear")
    figure = Decimal(f"{whole or 0}.{decimals or 0}")
    if figure > LARGEST:
        raise CellError("too_large")
    if figure != figure.quantize(THOUSANDTH):
        raise CellError("quantity_decimals")
    return figure.quantize(THOUSANDTH)


def parse_percent(cell: Any, options: Options) -> Decimal:
    """A percentage, not a share of 1: 5 and '5 %' are both five in a hundred.

    A cell that a workbook shows as 5 % holds 0.05, and one of 100 % holds 1: it is taken as it is shown. A bare figure
    below one may be a share or less than a percent; it is taken as text with its sign only.
    """
    if isinstance(cell, Percent):
        return figure_of_float(cell * 100, CENT, "too_many_decimals")
    text = unicodedata.normalize("NFKC", cell).strip() if isinstance(cell, str) else ""
    if text.endswith("%"):
        return parse_amount(text.removesuffix("%").rstrip(), options)
    if isinstance(cell, float) and 0 < abs(cell) < 1:
        raise CellError("percent_unclear")
    percent = parse_amount(cell, options)
    if 0 < abs(percent) < 1:
        raise CellError("percent_unclear")
    return percent


def parse_date(cell: Any, options: Options) -> dt.date:
    """A day: a date cell, Excel's day number, ISO, 2026/11/22, 20261122, 2026年11月22日, 22-Nov-2026, and day or month
    first where the option says which.
    """
    if isinstance(cell, dt.datetime):
        return in_range(cell.date())
    if isinstance(cell, dt.date):
        return in_range(cell)
    if isinstance(cell, bool | dt.time | dt.timedelta):
        raise CellError("not_a_date")
    if isinstance(cell, int | float):
        if not math.isfinite(cell) or (cell != int(cell) and cell >= 1e6):
            raise CellError("not_a_date")
        if cell >= 1e7:
            return day_of_text(str(int(cell)), options)
        return day_of_serial(int(cell))
    return day_of_text(unicodedata.normalize("NFKC", tidy(cell)), options)


def day_of_serial(serial: int) -> dt.date:
    if not 0 < serial < 110_000:
        raise CellError("not_a_date")
    return in_range(EPOCH + dt.timedelta(days=serial))


YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
CHINESE = re.compile(r"(\d{4}) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?[日号]?")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
YEAR_SHORT = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{2}")
MONTH_NAME = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3,9})\.?,?[- ](\d{4})|([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})")
CLOCK = re.compile(r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")


def day_of_text(text: str, options: Options) -> dt.date:
    text = CLOCK.sub("", text).strip()
    if found := YEAR_FIRST.fullmatch(text):
        return day(found[1], found[3], found[4])
    if found := CHINESE.fullmatch(text) or COMPACT.fullmatch(text):
        return day(found[1], found[2], found[3])
    if found := MONTH_NAME.fullmatch(text):
        number, name, year = (found[1], found[2], found[3]) if found[1] else (found[5], found[4], found[6])
        if name[:3].lower() in MONTHS:
            return day(year, MONTHS[name[:3].lower()], number)
    if found := YEAR_LAST.fullmatch(text):
        order = options.get("date_order") or "ymd"
        if order == "ymd":
            raise CellError("date_order")
        first, second = found[1], found[3]
        return day(found[4], second, first) if order == "dmy" else day(found[4], first, second)
    if YEAR_SHORT.fullmatch(text):
        raise CellError("short_year")
    if re.fullmatch(r"\d{5}(?:\.0*)?", text):
        return day_of_serial(int(text[:5]))
    raise CellError("not_a_date")


def day(year: Any, month: Any, number: Any) -> dt.date:
    try:
        return in_range(dt.date(int(year), int(month), int(number)))
    except ValueError:
        raise CellError("not_a_date") from None


def in_range(value: dt.date) -> dt.date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise CellError("date_out_of_range")
    return value


def parse_whole(cell: Any, options: Options) -> int:
    """A whole number that is not negative, such as days of a term."""
    text = unicodedata.normalize("NFKC", tidy(cell))
    whole = FLOAT_ID.fullmatch(text)
    text = whole.group(1) if whole else text
    if not text.isdecimal() or len(text) > 6:
        raise CellError("not_whole")
    return int(text)


def parse_currency(cell: Any, options: Options) -> str:
    """An ISO 4217 code, or a name or sign everybody writes for one."""
    text = unicodedata.normalize("NFKC", tidy(cell)).upper().strip()
    text = CURRENCY_NAMES.get(text, text)
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise CellError("not_a_currency")
    return text


def parse_email(cell: Any, options: Options) -> str:
    text = unicodedata.normalize("NFKC", tidy(cell))
    if not re.fullmatch(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]{2,}", text) or len(text) > 254:
        raise CellError("not_an_email")
    return text


def choice(values: Mapping[str, str]) -> Parser:
    """One of the codes; `values` maps what people write (lower case) to codes."""

    def parse(cell: Any, options: Options) -> str:
        text = unicodedata.normalize("NFKC", tidy(cell)).lower()
        if text not in values:
            raise CellError("not_a_choice", choices=", ".join(sorted(set(values.values()))))
        return values[text]

    return parse


YES = {"1": "1", "yes": "1", "y": "1", "true": "1", "x": "1", "是": "1", "√": "1", "主要": "1"}
NO = {"0": "", "no": "", "n": "", "false": "", "否": "", "-": ""}


def parse_yes(cell: Any, options: Options) -> bool:
    text = unicodedata.normalize("NFKC", tidy(cell)).lower()
    if text in YES:
        return True
    if text in NO:
        return False
    raise CellError("not_a_choice", choices="1, 0")
