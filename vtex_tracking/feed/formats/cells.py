"""What a cell of a workbook holds: texts as they are, whole numbers exactly, dates and times as ISO text.

The forms are those of ECMA-376, part 1: 18.3.1.4 (cells), 18.8.30 (number formats).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeVar

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

DIGITS_MAX: Final = 15  # that a spreadsheet keeps of a number; it makes zeros of the rest
NO_RESULT: Final = "#N/A"  # for a formula that no program has worked out yet

_NUMBER: Final = re.compile(r"[+-]?\d{1,100}(?:\.\d{0,100})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_ESCAPE: Final = re.compile(r"_x00(09|0A|0D|5F)_")  # how texts hold what XML would lose
_ESCAPED: Final = {"09": "\t", "0A": "\n", "0D": "\r", "5F": "_"}
_BOOLEANS: Final = {"1": True, "0": False}

_FORMAT_CHARACTERS_MAX: Final = 255  # Excel's own limit
_ELAPSED: Final = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_PLAIN_PARTS: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|[_*].|AM/PM|A/P', re.IGNORECASE)

_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet knows no zones; right from March 1900 on
_EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001 - likewise
_DAYS_MAX: Final = 2_958_465  # to the end of the year 9999
_DAY_S: Final = 86_400


@frozen(kw_only=True)
class Style:
    """Whether a cell shows its number as a date, a time, or both; a time may be one that has elapsed."""

    has_date: bool = False
    has_time: bool = False
    is_elapsed: bool = False


PLAIN: Final = Style()
_DATE: Final = Style(has_date=True)
_TIME: Final = Style(has_time=True)
_DATE_AND_TIME: Final = Style(has_date=True, has_time=True)
# The formats that have a number only; those from 27 on are East Asian.
_KNOWN_STYLES: Final = {
    **{str(number): _DATE for number in (*range(14, 18), *range(27, 32), 36, *range(50, 59))},
    **{str(number): _TIME for number in (*range(18, 22), 32, 33, 34, 35, 45, 47)},
    "22": _DATE_AND_TIME,
    "46": Style(has_time=True, is_elapsed=True),
}


def style_of(number: str, code: str) -> Style:
    """A number format shows dates and times if it has places for their parts; `code` is "" for one that is built in."""
    if not code or len(code) > _FORMAT_CHARACTERS_MAX:
        return _KNOWN_STYLES.get(number, PLAIN)
    first = code.partition(";")[0]
    parts = set(_PLAIN_PARTS.sub("", first).lower())
    is_elapsed = _ELAPSED.search(first) is not None
    has_time = is_elapsed or bool(parts & {"h", "s"})
    has_date = bool(parts & {"d", "y"}) or ("m" in parts and not has_time)
    return Style(has_date=has_date, has_time=has_time, is_elapsed=is_elapsed)


@frozen(kw_only=True)
class CellReader:
    """How the cells of one workbook are read: the texts and styles that they refer to by number."""

    texts: Sequence[str]
    styles: Sequence[Style]
    is_from_1904: bool = False

    def read(self, kind: str, text: str, *, style: str = "", has_formula: bool = False) -> object:
        """A cell is a text, a number, a boolean, or the sign of an error; "" where it is empty.

        A whole number of at most 15 digits is an int, any other a float: what an id needs of it may be lost.
        """
        match kind:
            case "s":
                return _at(self.texts, text, "")
            case "str" | "inlineStr":
                return unescaped(text)
            case "b":
                return _BOOLEANS.get(text, text)
            case "e" | "d":
                return text
            case _ if text:
                return self._number(text, _at(self.styles, style or "0", PLAIN))
            case _:
                return NO_RESULT if has_formula else ""

    def _number(self, text: str, style: Style) -> object:
        if _NUMBER.fullmatch(text) is None:
            return text
        if style.has_date or style.has_time:
            return self._moment(float(text), style)
        number = Decimal(text)
        if number == 0:
            return 0
        # `adjusted` first: a short text may be a number of a thousand digits
        if number.adjusted() < DIGITS_MAX and number == number.to_integral_value():
            return int(number)
        return float(text)

    def _moment(self, days: float, style: Style) -> object:
        """A date without a time, a time without a date, or both; what cannot be one stays a number."""
        if not 0 <= days <= _DAYS_MAX or (style.is_elapsed and days >= 1):
            return days
        moment = (_EPOCH_1904 if self.is_from_1904 else _EPOCH) + timedelta(seconds=round(days * _DAY_S))
        precision = "seconds" if moment.second else "minutes"
        if not style.has_date:
            return moment.time().isoformat(precision)
        if not style.has_time and moment.time() == _EPOCH.time():
            return moment.date().isoformat()
        return moment.isoformat(" ", precision)


def unescaped(text: str) -> str:
    """A text with its line breaks and tabs, where the file has them as `_x000A_`."""
    return _ESCAPE.sub(lambda match: _ESCAPED[match[1]], text) if "_x00" in text else text


def _at(things: Sequence[T], number: str, default: T) -> T:
    """The thing that a cell names by its number, from 0; the default where there is none."""
    index = int(number) if number.isascii() and number.isdigit() and len(number) < DIGITS_MAX else len(things)
    return things[index] if index < len(things) else default
