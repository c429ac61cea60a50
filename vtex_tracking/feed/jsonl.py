"""JSON Lines: an event in every line, or an invoice in VTEX's own form with a list of events."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

import attrs
from attrs import frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.columns import Columns, Field, find_columns, normal_name
from vtex_tracking.feed.dates import check_not_ahead, in_utc
from vtex_tracking.feed.defects import LINE_PROBLEMS, DefectCode, MonthFirstDate, ValueProblem, plain, show
from vtex_tracking.feed.records import Record, RecordReader
from vtex_tracking.model import Defect, TrackingEvent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vtex_tracking.feed.lines import Line
    from vtex_tracking.settings import FeedSettings

JsonObject: TypeAlias = dict[str, object]

_TEXT_CHARACTERS_MAX: Final = 64 << 10  # of a line, what a defect keeps
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_EVENTS: Final = "events"
_NO_COLUMNS: Final = find_columns((), mapping={})
_EVENTS_MAX: Final = 1000  # of one line; each may be a defect, which keeps what the line says
_SHAPES_MAX: Final = 16  # kept at a time; the keys of a shape may be as long as a line


def read_jsonl(
    lines: Iterator[Line], *, name: str, settings: FeedSettings, reader: RecordReader
) -> Iterator[TrackingEvent | Defect]:
    """Yield one value for each event in a line's list of events; for a line without such a list, or with a defect, one.

    Raises FeedError for a date that puts the whole feed in doubt.
    """
    objects = _ObjectReader(name, settings.columns, reader)
    for line in lines:
        if line.fault is None and line.text.isspace():
            reader.tally.blank_lines += 1
        else:
            yield from objects.read(line)


@frozen
class _Shape:
    """What the keys of an object mean: the key of each field in order, and that of the list of events."""

    columns: Columns
    keys: tuple[str | None, ...]
    events_key: str | None

    def record(self, found: JsonObject) -> Record:
        return Record(*("" if key is None else found[key] for key in self.keys))


class _ObjectReader:
    """Reads the object of one line after another; objects with the same keys share what the keys mean."""

    def __init__(self, name: str, mapping: Mapping[str, str], reader: RecordReader) -> None:
        self._name = name
        self._mapping = mapping
        self._reader = reader
        self._shape = lru_cache(maxsize=_SHAPES_MAX)(self._find_shape)

    def read(self, line: Line) -> list[TrackingEvent | Defect]:
        columns = _NO_COLUMNS
        try:
            found = parse_object(line)
            shape = self._shape(tuple(found))
            columns = shape.columns
            record = shape.record(found)
            entries = found[shape.events_key] if shape.events_key is not None else None
            if not entries:
                return [self._reader.read(record, place=self._place(line))]
            kept = attrs.evolve(line, text=_kept(line.text))  # once: the defects of a line share its text
            return self._read_invoice(kept, record, entries, key=str(shape.events_key))
        except ValueProblem as problem:
            return [self._defect(line, problem, columns.name(problem.field))]

    def _read_invoice(self, line: Line, invoice: Record, entries: object, *, key: str) -> list[TrackingEvent | Defect]:
        """An invoice with a list of events: "delivered" is said of the invoice, and goes with its newest event.

        Where it has no date of its own and an event is a defect, no one knows which event is the newest: then nothing
        is said to be delivered until the line comes back mended.
        """
        if not isinstance(entries, list):
            raise ValueProblem(DefectCode.BAD_TYPE, "is not a list of events", field=key)
        if len(entries) > _EVENTS_MAX:
            problem = (
                f"has {len(entries)} events; at most {_EVENTS_MAX} are allowed; do they all belong to this invoice?"
            )
            raise ValueProblem(DefectCode.TOO_MANY_EVENTS, problem, field=key)
        self._reader.read_key(invoice)
        delivery = self._reader.read_delivery(invoice)
        values = [self._read_entry(line, invoice, entry, f"{key}[{index}]") for index, entry in enumerate(entries)]
        dated = [value for value in values if isinstance(value, TrackingEvent) and value.date is not None]
        if not delivery.is_delivered or not dated or (delivery.moment is None and len(dated) < len(values)):
            return values
        newest = max(dated, key=_moment)
        if delivery.moment is None:
            check_not_ahead(_moment(newest), now=self._reader.now, field=key)
        latest = attrs.evolve(newest, is_delivered=True, delivered_date=delivery.moment)
        return [latest if value is newest else value for value in values]

    def _read_entry(self, line: Line, invoice: Record, entry: object, key: str) -> TrackingEvent | Defect:
        columns = _NO_COLUMNS
        try:
            entry = _object(entry, "a date and a description")
            shape = self._shape(tuple(entry))
            columns = shape.columns
            ids = {"order_id": invoice.order_id, "invoice_number": invoice.invoice_number}
            return self._reader.read(attrs.evolve(shape.record(entry), **ids), place=self._place(line))
        except ValueProblem as problem:
            column = columns.name(problem.field)
            return self._defect(line, problem, f"{key}.{column}" if column else key)

    def _find_shape(self, keys: tuple[str, ...]) -> _Shape:
        events_key = next((key for key in keys if normal_name(key) == _EVENTS), None)
        columns = find_columns([key for key in keys if key != events_key], mapping=self._mapping)
        if columns.doubts:
            raise ValueProblem(DefectCode.AMBIGUOUS_FIELD, "; ".join(columns.doubts))
        tally = self._reader.tally
        tally.leave_unused(columns.unused)
        for choice in columns.choices:
            tally.warn(f"{self._name}: {choice}; name the right one with --map if it is not")
        found = (columns.indexes.get(field) for field in Field)
        return _Shape(columns, tuple(None if index is None else columns.names[index] for index in found), events_key)

    def _place(self, line: Line) -> str:
        return f"{self._name}:{line.number}"

    def _defect(self, line: Line, problem: ValueProblem, column: str) -> Defect:
        defect = Defect(
            place=self._place(line),
            column=plain(column),
            code=problem.code,
            problem=problem.problem,
            text=_kept(line.text),
        )
        if isinstance(problem, MonthFirstDate):
            raise FeedError(str(defect))
        return defect


def _kept(text: str) -> str:
    """What a defect keeps of a line; the same text where that is all of it."""
    return text[:_TEXT_CHARACTERS_MAX].rstrip("\r\n")


def _moment(event: TrackingEvent) -> datetime:
    return in_utc(datetime.fromisoformat(str(event.date)))


def parse_object(line: Line) -> JsonObject:
    """A line is one JSON object, strictly: no NaN, no key twice, no half characters. Raises ValueProblem."""
    if line.fault is not None:
        raise ValueProblem(line.fault, LINE_PROBLEMS[line.fault])
    try:
        found = _DECODER.decode(line.text)
        if _SURROGATE.search(line.text):  # a pair of them is a character, and half of one is none
            json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        if not line.text.endswith(("\n", "\r")):
            problem = "is the last line, and ends in the middle; was the feed still being written?"
            raise ValueProblem(DefectCode.TRUNCATED, problem) from None
        raise ValueProblem(DefectCode.BAD_JSON, f"is not JSON: {error.msg} at character {error.colno}") from None
    except UnicodeEncodeError:
        raise ValueProblem(DefectCode.BAD_UNICODE, "holds half of a surrogate pair, which is no character") from None
    except RecursionError:
        raise ValueProblem(DefectCode.TOO_DEEP, "is nested too deeply; expected one event or invoice") from None
    except ValueError:
        raise ValueProblem(DefectCode.BAD_NUMBER, "holds a number of thousands of digits") from None
    return _object(found, "one event or invoice")


def _object(value: object, expected: str) -> JsonObject:
    if isinstance(value, dict):
        return value
    raise ValueProblem(DefectCode.NOT_AN_OBJECT, f"is not an object; expected {expected} in braces")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueProblem(DefectCode.BAD_NUMBER, f"holds {name}, which is not JSON")


def _unique(pairs: list[tuple[str, object]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise ValueProblem(DefectCode.DUPLICATE_KEY, f"has the key {show(twice)} twice")
    return found


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
