"""CSV: from lines to entries, with the delimiter and the names of the columns taken from the header."""

from __future__ import annotations

import csv
import re
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.columns import NO_COLUMNS, Columns, find_columns
from vtex_tracking.feed.defects import LINE_PROBLEMS, DefectCode, ValueProblem, show
from vtex_tracking.feed.entries import Entries, Entry, Reading, Shape, together
from vtex_tracking.feed.formats.rows import Row, Rows, read_rows
from vtex_tracking.feed.formats.tables import check_columns, header_index, without_totals
from vtex_tracking.feed.lines import Block, Line, blocks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vtex_tracking.feed.content import Content
    from vtex_tracking.feed.tally import Tally
    from vtex_tracking.settings import FeedSettings

DELIMITERS: Final = {",": ",", ";": ";", "tab": "\t", "\t": "\t", "|": "|"}
OURS: Final = frozenset({"_place", "_column", "_code", "_problem"})  # the columns of a report's defects
_DISARMED: Final = re.compile(r"(?:^|(?<=[;\t]))'(?='*[=+\-@\t\r])")
_FIRST: Final[Callable[[Sequence[str]], str]] = itemgetter(0)


def read_csv(content: Content, reading: Reading) -> Iterator[Entry | Entries]:
    """Yield an entry for each row below the header; blank lines, titles above it and totals at the end are none.

    Raises FeedError where the header leaves a doubt, and where the rows can no longer be told apart.
    """
    name, settings, tally = reading.name, reading.settings, reading.tally
    header, blocks = _find_header(content.blocks(), settings, tally)
    _check_header_line(header, name, settings)
    tally.delimiter = _find_delimiter(header.text, name, settings)
    rows = read_rows(
        chain([Block(header.number, [header.text])], blocks),
        delimiter=tally.delimiter,
        name=name,
        field_characters_max=settings.field_characters_max,
        tally=tally,
    )
    first = next(rows)  # a header that goes on in a further line may have others of its rows behind it
    names = _trimmed(first.cells[0])
    rows = chain([Rows(first.numbers[1:], first.cells[1:])], rows)
    if set(names) >= OURS:
        names, rows = _armed(names), (some._replace(cells=list(map(_armed, some.cells))) for some in rows)
    columns = find_columns(names, mapping=settings.mapping.columns)
    check_columns(columns, f"{name}:{header.number}", reading)
    yield from without_totals(_entries(rows, reading.shaped(columns, is_table=True), tally), tally=tally)


def _find_header(blocks: Iterator[Block], settings: FeedSettings, tally: Tally) -> tuple[Line, Iterator[Block]]:
    """The header among the first lines, and the lines below it."""
    first: list[Line] = []
    has_text = False
    for block in blocks:
        first += block.lines()
        has_text = has_text or any(not text.isspace() for text in block.texts)
        if has_text and len(first) >= settings.title_lines_max:
            break
    texts = [line for line in first[: settings.title_lines_max] if line.fault is not None or not line.text.isspace()]
    # A feed has a line that is not blank, however far down.
    texts = texts or [line for line in first if not line.text.isspace()][:1]
    header = texts[header_index([_columns(line, settings) for line in texts], settings=settings)]
    tally.title_lines = texts.index(header)
    above = first.index(header)
    tally.blank_lines += above - tally.title_lines
    return header, chain(blocks_of(first[above + 1 :]), blocks)


def _columns(line: Line, settings: FeedSettings) -> Columns:
    """What a line names, if it is a header, with the delimiter that finds the most."""
    if line.fault is not None or len(line.text) > settings.header_bytes_max:
        return NO_COLUMNS
    marks = sorted(set(DELIMITERS.values())) if settings.delimiter == "auto" else [DELIMITERS[settings.delimiter]]
    found = (find_columns(_trimmed(_split(line.text, mark)), mapping=settings.mapping.columns) for mark in marks)
    return max(found, key=lambda columns: len(columns.indexes))


def _entries(rows: Iterator[Rows], shape: Shape, tally: Tally) -> Iterator[Entry | Entries]:
    """The entries of rows: as many at once as are whole, for most rows of most feeds are."""
    width = len(shape.columns.names)
    for numbers, cells, fault in rows:
        if fault is not None:
            yield from (_entry(Row(number, some, fault), shape) for number, some in zip(numbers, cells, strict=True))
        elif width and set(map(len, cells)) == {width} and all(map(str.strip, map(_FIRST, cells))):
            yield Entries(numbers, (shape,) * len(cells), cells, ("",) * len(cells))
        else:
            filled = [row for row in map(Row, numbers, cells) if "".join(row.cells).strip()]
            tally.blank_lines += len(cells) - len(filled)
            yield from together(_entry(row, shape) for row in filled)


def _entry(row: Row, shape: Shape) -> Entry:
    """A row has as many cells as the header has names, or it is a problem."""
    names = shape.columns.names
    cells, extra = row.cells[: len(names)], row.cells[len(names) :]
    if row.fault is not None:
        problem = ValueProblem(row.fault, LINE_PROBLEMS[row.fault])
    elif len(cells) < len(names):
        text = f"is missing: the row ends after {len(cells)} of {len(names)} cells"
        problem = ValueProblem(DefectCode.MISSING_FIELD, text, field=names[len(cells)])
    elif any(map(str.strip, extra)):
        text = f"has {len(row.cells)} cells, but the header has {len(names)}; is a delimiter in a cell without quotes?"
        problem = ValueProblem(DefectCode.TOO_MANY_CELLS, text)
    else:
        return Entry(row.number, shape, cells)
    return Entry(row.number, shape, row.cells, problem=problem)


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
        found[delimiter] = len(find_columns(cells, mapping=settings.mapping.columns).indexes), cells
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
    return [_DISARMED.sub("", cell) if "'" in cell else cell for cell in cells]


def _trimmed(cells: Sequence[str]) -> Sequence[str]:
    """A header without the empty cells at its end."""
    width = max((index for index, cell in enumerate(cells, start=1) if cell.strip()), default=0)
    return cells[:width]
