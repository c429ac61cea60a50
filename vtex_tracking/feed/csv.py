"""CSV: from lines to values, with the delimiter and the meaning of the columns taken from the header."""

from __future__ import annotations

import csv
import re
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.columns import IGNORED_PREFIX, KNOWN_NAMES, Columns, Field, find_columns
from vtex_tracking.feed.defects import LINE_PROBLEMS, DefectCode, MonthFirstDate, ValueProblem, plain, show
from vtex_tracking.feed.records import Record, RecordReader
from vtex_tracking.feed.rows import Row, read_rows
from vtex_tracking.model import Defect, TrackingEvent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vtex_tracking.feed.lines import Line
    from vtex_tracking.settings import FeedSettings

DELIMITERS: Final = {",": ",", ";": ";", "tab": "\t", "\t": "\t", "|": "|"}
OURS: Final = frozenset({"_place", "_column", "_code", "_problem"})  # the columns of a report's defects
_DISARMED: Final = re.compile(r"'+[=+\-@\t\r]")
_NAMES_SHOWN_MAX: Final = 30


def read_csv(
    header: Line, lines: Iterator[Line], *, name: str, settings: FeedSettings, reader: RecordReader
) -> Iterator[TrackingEvent | Defect]:
    """Yield one value for each record below the header; blank lines are none.

    Raises FeedError where the header leaves a doubt, and where the records can no longer be told apart.
    """
    tally = reader.tally
    _check_header_line(header, name, settings)
    tally.delimiter = _find_delimiter(header.text, name, settings)
    rows = read_rows(
        chain([header], lines),
        delimiter=tally.delimiter,
        name=name,
        field_characters_max=settings.field_characters_max,
        tally=tally,
    )
    names = _trimmed(next(rows).cells)
    if set(names) >= OURS:
        names, rows = _armed(names), (evolve(row, cells=_armed(row.cells)) for row in rows)
    columns = find_columns(names, mapping=settings.columns)
    _check_columns(columns, f"{name}:{header.number}", settings.columns)
    tally.leave_unused(columns.unused)
    for choice in columns.choices:
        tally.warn(f"{name}: {choice}; name the right one with --map if it is not")
    table = _Table(name, columns)
    pick = itemgetter(*map(columns.index, Field))
    for row in rows:
        if row.fault is None and not any(map(str.strip, row.cells)):
            tally.blank_lines += 1
            continue
        try:
            yield reader.read(Record(*pick(table.fit(row))), place=table.place(row))
        except MonthFirstDate as problem:
            raise FeedError(str(table.defect(row, problem))) from None
        except ValueProblem as problem:
            yield table.defect(row, problem)


@frozen
class _Table:
    """The shape of a feed's rows: a cell for each name of the header, and an empty one at the end for what it has not."""

    name: str
    columns: Columns

    def place(self, row: Row) -> str:
        return f"{self.name}:{row.number}"

    def fit(self, row: Row) -> list[str]:
        """The row's cells, as many as the header has names, and an empty one. Raises ValueProblem."""
        if row.fault is not None:
            raise ValueProblem(row.fault, LINE_PROBLEMS[row.fault])
        names = self.columns.names
        cells, extra = row.cells[: len(names)], row.cells[len(names) :]
        if len(cells) < len(names):
            problem = f"is missing: the row ends after {len(cells)} of {len(names)} cells"
            raise ValueProblem(DefectCode.MISSING_FIELD, problem, field=names[len(cells)])
        if any(map(str.strip, extra)):
            problem = (
                f"has {len(row.cells)} cells, but the header has {len(names)}; is a delimiter in a cell without quotes?"
            )
            raise ValueProblem(DefectCode.TOO_MANY_CELLS, problem)
        return [*cells, ""]

    def defect(self, row: Row, problem: ValueProblem) -> Defect:
        """What is wrong with a row, with its cells, so that they can be mended and fed back."""
        return Defect(
            place=self.place(row),
            column=plain(self.columns.name(problem.field)),
            code=problem.code,
            problem=problem.problem,
            columns=self._names,
            cells=self._kept(row.cells),
        )

    @cached_property
    def _ours(self) -> frozenset[int]:
        return frozenset(index for index, name in enumerate(self.columns.names) if name.startswith(IGNORED_PREFIX))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return self._kept(self.columns.names)  # once: thousands of names may stand above rows of one cell

    def _kept(self, cells: Sequence[str]) -> tuple[str, ...]:
        """Without the columns of an earlier report of defects, which the next one writes anew."""
        return tuple(cell for index, cell in enumerate(cells) if index not in self._ours)


def _check_header_line(header: Line, name: str, settings: FeedSettings) -> None:
    if header.fault is not None:
        raise FeedError(f"{name}:{header.number}: the header {LINE_PROBLEMS[header.fault]}")
    if len(header.text.encode()) > settings.header_bytes_max:
        raise FeedError(
            f"{name}:{header.number}: the header is longer than {settings.header_bytes_max} bytes (header_bytes_max); "
            "is the first line really one?"
        )


def _find_delimiter(header: str, name: str, settings: FeedSettings) -> str:
    """The delimiter that finds the most known names in the header. Raises FeedError where two find as many."""
    if settings.delimiter != "auto":
        return DELIMITERS[settings.delimiter]
    found: dict[str, tuple[int, list[str]]] = {}
    for delimiter in sorted(set(DELIMITERS.values())):
        cells = _split(header, delimiter)
        found[delimiter] = len(find_columns(cells, mapping=settings.columns).indexes), cells
    # With no name known in any way, the one that splits most shows the user the clearest list.
    best = max(found, key=lambda delimiter: (found[delimiter][0], len(found[delimiter][1])))
    most, cells = found[best]
    rivals = [mark for mark, (known, others) in found.items() if most and known == most and others != cells]
    if rivals:
        marks = " and ".join(map(show, sorted([best, *rivals])))
        raise FeedError(f"{name}: both {marks} may be the delimiter of the header; say which with --delimiter")
    return best


def _split(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:  # a cell over the csv module's own limit
        return [header]


def _armed(cells: Sequence[str]) -> list[str]:
    """A mended file of defects gives back what it had to hide from spreadsheets: one `'` before what they would run."""
    return [cell[1:] if _DISARMED.match(cell) else cell for cell in cells]


def _trimmed(cells: Sequence[str]) -> Sequence[str]:
    """A header without the empty cells at its end."""
    width = max((index for index, cell in enumerate(cells, start=1) if cell.strip()), default=0)
    return cells[:width]


def _check_columns(columns: Columns, place: str, mapping: Mapping[str, str]) -> None:
    """Every record can be told whose it is, and what it says. Raises FeedError with all that is in doubt at once."""
    faults = [*columns.doubts]
    faults += [
        f"no column is called {show(header)}, as the mapping has it for {field}"
        for field, header in mapping.items()
        if header and field not in columns.indexes
    ]
    faults += [
        f"no column for {field} ({KNOWN_NAMES[field]}…)" for field in _missing(columns) if not mapping.get(field)
    ]
    if not faults:
        return
    shown = ", ".join(map(show, columns.names[:_NAMES_SHOWN_MAX]))
    raise FeedError(
        f"{place}: {'; '.join(faults)}\n"
        f"  columns found: {shown}\n"
        "  name the right ones in a file, and give it with --map:\n"
        '    [columns]\n    order_id = "the header of that column"'
    )


def _missing(columns: Columns) -> list[Field]:
    missing = [field for field in (Field.ORDER_ID, Field.INVOICE_NUMBER) if field not in columns.indexes]
    event = [field for field in (Field.DATE, Field.DESCRIPTION) if field not in columns.indexes]
    is_backfill = len(event) == len((Field.DATE, Field.DESCRIPTION)) and Field.DELIVERED_DATE in columns.indexes
    return missing if is_backfill else missing + event
