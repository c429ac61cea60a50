"""Workbooks (.xlsx): from the rows of one sheet to entries, with the names of the columns taken from its header."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from attrs import frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.columns import NO_COLUMNS, Columns, Field, find_columns
from vtex_tracking.feed.defects import LINE_PROBLEMS, DefectCode, ValueProblem, show
from vtex_tracking.feed.entries import Entries, Entry, Reading, Shape, together
from vtex_tracking.feed.formats.tables import check_columns, header_index, without_totals
from vtex_tracking.feed.formats.workbook import Workbook
from vtex_tracking.feed.sources.archive import open_archive
from vtex_tracking.model import FeedNoticeCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vtex_tracking.feed.content import Content
    from vtex_tracking.feed.formats.sheets import SheetRow
    from vtex_tracking.feed.formats.workbook import Sheet
    from vtex_tracking.settings import FeedSettings

MAGIC: Final = b"PK\x03\x04"
_IDS: Final = (Field.ORDER_ID, Field.INVOICE_NUMBER, Field.TRACKING_NUMBER)
_SHEETS_SHOWN_MAX: Final = 10
_ROWS_AT_ONCE: Final = 32  # each may be as long as a line, and lines come no more at once than a chunk holds
_ROW_TOO_LONG: Final = "has more text than a line may have (line_bytes_max)"


def read_xlsx(content: Content, reading: Reading) -> Iterator[Entry | Entries]:
    """Yield one entry for each row below the header; empty rows, titles above it and totals at the end are none.

    Raises FeedError for a workbook that cannot be read, a sheet that is not there, and a header that leaves a doubt.
    """
    settings, tally = reading.settings, reading.tally
    tally.encoding = "utf-8"
    with content.file() as file:
        packed_bytes = file.seek(0, 2)
        with open_archive(file, name=reading.name, settings=settings) as archive:
            workbook = Workbook(archive, settings=settings, packed_bytes=packed_bytes)
            rows = workbook.rows(_choose(workbook.sheets, reading))
            yield from without_totals(together(_entries(rows, reading), at_once=_ROWS_AT_ONCE), tally=tally)


def _choose(sheets: Sequence[Sheet], reading: Reading) -> Sheet:
    """The sheet that was asked for, or the first one that is not hidden."""
    asked = reading.settings.sheet
    found = [sheet for sheet in sheets if (sheet.is_visible if asked is None else sheet.name == asked)]
    if not found:
        what = "no visible sheet" if asked is None else f"no sheet {show(asked)}"
        raise FeedError(f"{reading.name} has {what}; name one of its sheets with --sheet: {_listed(sheets)}")
    others = [sheet for sheet in found if sheet is not found[0]]
    if others:
        reading.tally.warn(
            f"{reading.name}: only the sheet {show(found[0].name)} is read; name another with --sheet: {_listed(others)}",
            code=FeedNoticeCode.OTHER_SHEETS,
        )
    return found[0]


def _listed(sheets: Sequence[Sheet]) -> str:
    more = ", …" if len(sheets) > _SHEETS_SHOWN_MAX else ""
    return ", ".join(show(sheet.name) for sheet in sheets[:_SHEETS_SHOWN_MAX]) + more


def _entries(rows: Iterator[SheetRow], reading: Reading) -> Iterator[Entry]:
    name, settings, tally = reading.name, reading.settings, reading.tally
    first = list(islice(_filled(rows, reading), settings.title_lines_max))
    if not first:
        return
    headers = [_header(row, settings) for row in first]
    index = header_index([header.columns for header in headers], settings=settings)
    tally.title_lines = index
    header = headers[index]
    check_columns(header.columns, f"{name}:{first[index].number}", reading)
    table = _Table(reading, header, reading.shaped(header.columns, is_table=True))
    for row in chain(first[index + 1 :], _filled(rows, reading)):
        yield table.entry(row)


def _filled(rows: Iterator[SheetRow], reading: Reading) -> Iterator[SheetRow]:
    for row in rows:
        if row.is_too_long or any(not isinstance(cell, str) or cell.strip() for cell in row.cells.values()):
            yield row
        else:
            reading.tally.blank_lines += 1


@frozen
class _Header:
    """A row as a header: what its cells name, and where in the sheet they stand."""

    columns: Columns
    places: tuple[int, ...]


def _header(row: SheetRow, settings: FeedSettings) -> _Header:
    named = {place: str(cell) for place, cell in sorted(row.cells.items()) if str(cell).strip()}
    if sum(map(len, named.values())) > settings.header_bytes_max:
        return _Header(NO_COLUMNS, ())
    return _Header(find_columns(tuple(named.values()), mapping=settings.mapping.columns), tuple(named))


class _Table:
    """Makes entries of the rows below a header. A warning is given for the first row that calls for it."""

    def __init__(self, reading: Reading, header: _Header, shape: Shape) -> None:
        self._reading = reading
        self._places = header.places
        self._shape = shape
        self._characters_max = reading.settings.field_characters_max
        self._ids = {field: shape.columns.indexes[field] for field in _IDS if field in shape.columns.indexes}
        self._is_beside = False

    def entry(self, row: SheetRow) -> Entry:
        """The cells below the names of the header, with whole numbers as text."""
        values = [row.cells.get(place, "") for place in self._places]
        if not self._is_beside and len(row.cells) > len(values) - values.count(""):
            self._is_beside = True
            text = f"row {row.number} has cells beside the table, under no name of its header: they are not read"
            self._warn(text, code=FeedNoticeCode.UNREAD_CELLS)
        for id_field, index in tuple(self._ids.items()):
            if type(values[index]) is int:
                del self._ids[id_field]
                self._warn(
                    f"row {row.number} has the {id_field} as a number, which has lost any zeros before it; if there were "
                    "some, format the column as text and fill it anew, or give invoice_digits in a mapping",
                    code=FeedNoticeCode.NUMERIC_IDS,
                )
        values = [str(value) if type(value) is int else value for value in values]
        if row.is_too_long:
            problem = ValueProblem(DefectCode.LINE_TOO_LONG, _ROW_TOO_LONG)
            return Entry(row.number, self._shape, values, problem=problem)
        if all(len(value) <= self._characters_max for value in values if isinstance(value, str)):
            return Entry(row.number, self._shape, values)
        kept = [value[: self._characters_max] if isinstance(value, str) else value for value in values]
        problem = ValueProblem(DefectCode.FIELD_TOO_LONG, LINE_PROBLEMS[DefectCode.FIELD_TOO_LONG])
        return Entry(row.number, self._shape, kept, problem=problem)

    def _warn(self, warning: str, *, code: FeedNoticeCode) -> None:
        self._reading.tally.warn(f"{self._reading.name}: {warning}", code=code)
