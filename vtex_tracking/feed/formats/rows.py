"""Rows of CSV: cells with the line where they start, found again after a row that is broken."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, NamedTuple

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.defects import DefectCode
from vtex_tracking.feed.lines import LINES_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vtex_tracking.feed.lines import Block, Line
    from vtex_tracking.feed.tally import Tally


class Row(NamedTuple):
    """One row, with the number of its first line; a fault says why its cells are not what was meant."""

    number: int
    cells: list[str]
    fault: DefectCode | None = None


class Rows(NamedTuple):
    """Rows that follow one another, blank ones too, each with the number of its first line; with a fault it is one alone."""

    numbers: Sequence[int]
    cells: Sequence[list[str]]
    fault: DefectCode | None = None


def read_rows(
    blocks: Iterator[Block], *, delimiter: str, name: str, field_characters_max: int, tally: Tally
) -> Iterator[Rows]:
    """Yield every row, many at once. Raises FeedError for a quote that is never closed, or closed in the middle.

    A quote may hold line breaks, so one that is left open would swallow the feed: it is named by the line where it opened.
    """
    feeder = _Feeder(blocks, name=name, delimiter=delimiter, characters_max=field_characters_max, tally=tally)
    for block in blocks:
        rows = _rows_of_lines(block, delimiter, field_characters_max)
        if rows is None:
            yield from _together(_read_closely(block, feeder, delimiter))
        else:
            yield Rows(range(block.number, block.number + len(rows)), rows)


def _together(rows: Iterator[Row]) -> Iterator[Rows]:
    """Rows without a fault are taken together, those before an error too."""
    some: list[Row] = []
    try:
        for row in rows:
            if some and (row.fault is not None or len(some) == LINES_MAX):
                yield _rows(some)
                some = []
            if row.fault is None:
                some.append(row)
            else:
                yield Rows([row.number], [row.cells], row.fault)
    except FeedError:
        if some:
            yield _rows(some)
        raise
    if some:
        yield _rows(some)


def _rows(some: Sequence[Row]) -> Rows:
    return Rows([row.number for row in some], [row.cells for row in some])


def _rows_of_lines(block: Block, delimiter: str, characters_max: int) -> list[list[str]] | None:
    """The cells of each line, where every line is a row of its own and no cell is too long; else None."""
    if block.fault is not None or max(map(len, block.texts)) > characters_max:
        return None
    try:
        rows = list(csv.reader(block.texts, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows if len(rows) == len(block.texts) else None


def _read_closely(block: Block, feeder: _Feeder, delimiter: str) -> Iterator[Row]:
    """The rows of a block, and of those behind it that its last row goes on in."""
    parser = csv.reader(feeder.texts(block), delimiter=delimiter, strict=True)
    while True:
        feeder.start_row()
        try:
            cells = next(parser)
        except StopIteration:
            return
        except csv.Error:
            if not feeder.is_one_long_line():
                raise feeder.quote_error() from None
            cells = []  # a cell over the csv module's own limit
        yield feeder.row(cells)


class _Feeder:
    """Hands the lines to the csv module, and remembers those of the row that it is about to finish."""

    def __init__(
        self, blocks: Iterator[Block], *, name: str, delimiter: str, characters_max: int, tally: Tally
    ) -> None:
        self._blocks = blocks
        self._name = name
        self._delimiter = delimiter
        self._characters_max = characters_max
        self._tally = tally
        self._row: list[Line] = []
        self._characters = 0

    def start_row(self) -> None:
        self._row = []
        self._characters = 0

    def texts(self, block: Block) -> Iterator[str]:
        for line in self._lines(block):
            if not self._row and line.fault is None and line.text.isspace():
                self._tally.blank_lines += 1
                continue
            self._row.append(line)
            self._characters += len(line.text)
            is_too_long = line.fault is DefectCode.LINE_TOO_LONG
            if len(self._row) > 1 and (is_too_long or self._characters > self._characters_max):
                raise self.quote_error()
            yield "\n" if is_too_long else line.text

    def _lines(self, block: Block) -> Iterator[Line]:
        yield from block.lines()
        while self._row and (further := next(self._blocks, None)) is not None:
            yield from further.lines()

    def is_one_long_line(self) -> bool:
        return len(self._row) == 1 and self._characters > self._characters_max

    def row(self, cells: list[str]) -> Row:
        first = self._row[0]
        fault = first.fault
        if len(self._row) > 1:
            fault = next((line.fault for line in self._row if line.fault is not None), None)
        if fault is None and self._characters > self._characters_max:
            is_whole = cells and max(map(len, cells)) <= self._characters_max
            fault = None if is_whole else DefectCode.FIELD_TOO_LONG
        return Row(first.number, cells or [first.text[: self._characters_max]], fault)

    def quote_error(self) -> FeedError:
        number = _quote_line(self._row, self._delimiter)
        return FeedError(
            f"{self._name}:{number}: a quote opens here that is not closed, or is closed in the middle of its cell; "
            'a quote inside a cell is written twice: ""'
        )


def _quote_line(lines: Sequence[Line], delimiter: str) -> int:
    """The number of the line where the last quoted cell opened."""
    opened = lines[0].number
    is_quoted = was_closed = False
    is_start = True
    for line in lines:
        for char in line.text:
            if char == '"' and (is_quoted or was_closed or is_start):
                is_quoted = not is_quoted
                if is_quoted and not was_closed:
                    opened = line.number
                was_closed = not is_quoted
            else:
                was_closed = False
            is_start = char == delimiter and not is_quoted
    return opened
