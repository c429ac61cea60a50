"""OCOREN 3.1 and 5.0, the EDI of PROCEDA: lines of fixed width, each a record of the type in its first three digits.

The layout of 3.1 is the same in https://github.com/hfoletto/edi-proceda and https://github.com/Enviabybus/node-edi-proceda; 5.0
widens the invoice's number and the code, and has the free text in records of its own. A record shows its version by its
type, so files of both may stand in one stream, with or without their headers.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from attrs import frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.columns import Field
from vtex_tracking.feed.defects import LINE_PROBLEMS, DefectCode, ValueProblem, show
from vtex_tracking.feed.entries import Entry, Reading
from vtex_tracking.feed.formats.ocoren_codes import CODES, normal_code
from vtex_tracking.model import FeedNoticeCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vtex_tracking.feed.content import Content
    from vtex_tracking.feed.lines import Line


def _columns(*starts: int) -> tuple[slice, ...]:
    """Values that follow each other, by the columns where they start, counted from 1 as the layouts do; the last ends them."""
    return tuple(slice(start - 1, end - 1) for start, end in pairwise(starts))


_EVENT_NAMES: Final = (
    Field.ISSUER,
    Field.INVOICE_SERIES,
    Field.INVOICE_NUMBER,
    Field.EVENT_CODE,
    Field.DATE,
    Field.TIME,
    "remark",
    "text",
)
_NAMES: Final = (*_EVENT_NAMES, "carrier", "carrier_cnpj")
_LAST_NEEDED: Final = _EVENT_NAMES.index(Field.DATE)
_TEXT_INDEX: Final = _EVENT_NAMES.index("text")

_TYPE: Final = 3  # the width of a record's type
_IS_TYPE: Final = re.compile(r"\d{3}", re.ASCII)

_EVENTS: Final = {
    "342": _columns(4, 18, 21, 29, 31, 39, 43, 45, 115),
    "542": _columns(4, 18, 21, 30, 33, 41, 45, 47, 47),  # its text stands in records of its own
}
_CARRIERS: Final = {"341": slice(17, 57), "541": slice(17, 67)}
_CARRIER_CNPJ: Final = slice(3, 17)
_TEXT: Final = slice(3, 213)  # three lines of 70
_AFTER_EVENT: Final = frozenset({"343", "543", "544", "545"})
_DOCUMENT: Final = frozenset({"340", "540", "549", *_CARRIERS, *_EVENTS})
_KNOWN: Final = frozenset({"000", *_DOCUMENT, *_AFTER_EVENT})
_KNOWN_BY_LINES: Final = 3

_REFUSED: Final = "01"  # the remark of what the customer refused in whole
_AROUND: Final = "\r\n\x1a\ufeff"  # ends of lines, and what DOS and Windows leave between files that were joined
_DATE_DIGITS: Final = 8
_TIME_DIGITS: Final = 4


@frozen
class _Carrier:
    name: str = ""
    cnpj: str = ""


_NOBODY: Final = _Carrier()


def is_ocoren(lines: Sequence[str]) -> bool:
    """A feed is OCOREN where its first lines begin with its types of records, and not all of them are a file's own."""
    types = {line[:_TYPE] for line in lines[:_KNOWN_BY_LINES]}
    return types <= _KNOWN and not types.isdisjoint(_DOCUMENT)


def read_ocoren(content: Content, reading: Reading) -> Iterator[Entry]:
    """Yield one entry for each event, with the text and the carrier told beside it; a line that is no record is a problem.

    Records of types that OCOREN has not are left out, with a warning. Raises FeedError for a feed that begins with none of its own.
    """
    if _DOCUMENT.isdisjoint(line[:_TYPE] for line in content.first_lines()):
        raise FeedError(
            f"{reading.name} does not begin as OCOREN does: none of its first lines is a record 340 to 342 or 540 to 542; "
            "name its --format"
        )
    reader = _RecordReader(reading)
    for line in content.lines():
        text = line.text.strip(_AROUND)
        if line.fault is None and not text.strip():
            reading.tally.blank_lines += 1
        else:
            yield from reader.read(line, text=text)
    yield from reader.rest()


class _RecordReader:
    """Reads one record after another; holds the event whose text may still come, and the carrier who sends the events."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._shape = reading.layout(_NAMES)
        self._carrier = _NOBODY
        self._held: list[Entry] = []

    def read(self, line: Line, *, text: str) -> Iterator[Entry]:
        """The entries that are whole once this line was read, whose text is without its end."""
        record_type = text[:_TYPE]
        if line.fault is not None or record_type not in _AFTER_EVENT:
            yield from self.rest()
        if record_type in _CARRIERS:
            self._carrier = _NOBODY  # not the one before, even where this one cannot be read
        match record_type:
            case _ if line.fault is not None:
                yield self._no_record(line, ValueProblem(line.fault, LINE_PROBLEMS[line.fault]))
            case "000" | "340" | "540":
                self._carrier = _NOBODY
            case "341" | "541":
                self._carrier = _Carrier(name=_words(text[_CARRIERS[record_type]]), cnpj=text[_CARRIER_CNPJ].strip())
            case "342" | "542":
                self._held = [self._event(line.number, text)]
            case "543":
                self._held = [self._with_text(entry, text[_TEXT]) for entry in self._held]
            case _ if record_type in _KNOWN:
                pass
            case _ if _IS_TYPE.fullmatch(record_type):
                self._reading.tally.warn(
                    f"{self._reading.name}: nothing is read from records of type {show(record_type)}, which OCOREN has not",
                    code=FeedNoticeCode.UNKNOWN_RECORDS,
                )
            case _:
                problem = f"begins with {show(record_type)}, which is no type of a record; is a line broken in two?"
                yield self._no_record(line, ValueProblem(DefectCode.NOT_A_RECORD, problem))

    def rest(self) -> list[Entry]:
        """The event that was held, whose text has ended."""
        held, self._held = self._held, []
        return held

    def _event(self, number: int, text: str) -> Entry:
        columns = _EVENTS[text[:_TYPE]]
        issuer, series, invoice_number, code, date, time, remark, words = (text[column].strip() for column in columns)
        code = normal_code(code)
        values = (
            issuer,
            series,
            invoice_number,
            code,
            _iso_date(date),
            _iso_time(time),
            remark,
            _words(words),
            self._carrier.name,
            self._carrier.cnpj,
        )
        needed_characters = columns[_LAST_NEEDED].stop
        problem = None
        if len(text) < needed_characters:
            said = f"ends after {len(text)} characters; its invoice, code and date need {needed_characters}"
            problem = ValueProblem(DefectCode.SHORT_RECORD, said)
        elif remark == _REFUSED and code in CODES and CODES[code].is_delivered:
            said = (
                f"is {remark}, refused in whole, beside the code {code}, delivered; ask the carrier which of them holds"
            )
            problem = ValueProblem(DefectCode.DELIVERED_CONTRADICTION, said, field="remark")
        return Entry(number, self._shape, values, text=text, problem=problem)

    def _with_text(self, entry: Entry, text: str) -> Entry:
        """An event with one more text, up to the limit of a field; a feed may hold texts without end."""
        values = list(entry.values)
        values[_TEXT_INDEX] = _words(f"{values[_TEXT_INDEX]} {text}")[: self._reading.settings.field_characters_max]
        return entry._replace(values=tuple(values))

    def _no_record(self, line: Line, problem: ValueProblem) -> Entry:
        return Entry(line.number, self._shape, text=line.text, problem=problem)


def _words(text: str) -> str:
    """A text without what fills its width."""
    return " ".join(text.split())


def _iso_date(text: str) -> str:
    """DDMMAAAA in the order of ISO; whatever else stands there, as it is."""
    return f"{text[4:]}-{text[2:4]}-{text[:2]}" if len(text) == _DATE_DIGITS and text.isdecimal() else text


def _iso_time(text: str) -> str:
    """HHMM in the form of ISO; whatever else stands there, as it is."""
    return f"{text[:2]}:{text[2:]}" if len(text) == _TIME_DIGITS and text.isdecimal() else text
