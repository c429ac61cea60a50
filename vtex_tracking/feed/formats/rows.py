"""Rows of CSV: cells with the line where they start, found again after a row that is broken."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, NamedTuple

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.defects import DefectCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vtex_tracking.feed.lines import Line
    from vtex_tracking.feed.tally import Tally


class Row(NamedTuple):
    """One row, with the number of its first line; a fault says why its cells are not what was meant."""

    number: int
    cells: list[str]
    fault: DefectCode | None = None


def read_rows(
    lines: Iterable[Line], *, delimiter: str, name: str, field_characters_max: int, tally: Tally
) -> Iterator[Row]:
    """Yield every row that is not blank. Raises FeedError for a quote that is never closed, or closed in the middle.

    A quote may hold line breaks, so one that is left open would swallow the feed: it is named by the line where it opened.
    """
    feeder = _Feeder(lines, name=name, delimiter=delimiter, characters_max=field_characters_max, tally=tally)
    parser = csv.reader(feeder.texts(), delimiter=delimiter, strict=True)
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

    def __init__(self, lines: Iterable[Line], *, name: str, delimiter: str, characters_max: int, tally: Tally) -> None:
        self._lines = lines
        self._name = name
        self._delimiter = delimiter
        self._characters_max = characters_max
        self._tally = tally
        self._row: list[Line] = []
        self._characters = 0

    def start_row(self) -> None:
        self._row = []
        self._characters = 0

    def texts(self) -> Iterator[str]:
        for line in self._lines:
            if not self._row and line.fault is None and line.text.isspace():
                self._tally.blank_lines += 1
                continue
            self._row.append(line)
            self._characters += len(line.text)
            is_too_long = line.fault is DefectCode.LINE_TOO_LONG
            if len(self._row) > 1 and (is_too_long or self._characters > self._characters_max):
                raise self.quote_error()
            yield "\n" if is_too_long else line.text

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
