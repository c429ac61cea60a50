"""What a CSV file needs to be opened safely by a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

_BYTE_ORDER_MARK: Final = "\ufeff"  # without it, Excel reads UTF-8 as the machine's old code page
# Where semicolons or tabs are what a spreadsheet expects between cells, one begins behind each of them as well.
_ARMED: Final = re.compile(r"(?:^|(?<=[;\t]))(?='*[=+\-@\t\r])")
_MAY_BE_ARMED: Final = re.compile(r"(?:^|[\n;\t])['=+\-@\t\r]")
_IN_QUOTES: Final = re.compile(r'[,"\r\n]')


def disarmed(text: str) -> str:
    """What a spreadsheet would run gets a `'` before it; taking one away at each such place gives back the text exactly.

    For that, what looks as if it had been disarmed already gets one more.
    """
    return _ARMED.sub("'", text) if _MAY_BE_ARMED.search(text) else text


def csv_cells(column: Sequence[str]) -> Iterable[str]:
    """Cells that stand below each other, as a table has them: disarmed, and quoted where CSV asks for it.

    Nearly always they stay as they are, which is seen of all at once.
    """
    text = "\n".join(column)
    is_armed = _MAY_BE_ARMED.search(text)
    is_quoted = text.count("\n") >= len(column) or "," in text or '"' in text or "\r" in text
    return [_quoted(disarmed(cell)) for cell in column] if is_armed or is_quoted else column


def write_table(rows: Iterable[Iterable[object]], *, columns: Iterable[str], to: TextIO) -> None:
    """A table is CSV with commas, CRLF and a byte order mark; None is an empty cell, and no cell is a formula."""
    write_columns(columns, to=to)
    to.writelines(csv_line(tuple(map(_cell, row))) for row in rows)


def write_columns(columns: Iterable[str], *, to: TextIO) -> None:
    """A table begins with the byte order mark and the names of its columns."""
    to.write(_BYTE_ORDER_MARK)
    to.write(csv_line(tuple(map(disarmed, columns))))


def csv_line(cells: Sequence[str]) -> str:
    """Cells are written as they are, and quoted where CSV asks for it; what a spreadsheet would run was disarmed before."""
    line = ",".join(cells)
    if line and line.count(",") == len(cells) - 1 and '"' not in line and "\r" not in line and "\n" not in line:
        return f"{line}\r\n"  # nearly always: in a tenth of the writer's time, which looks at each character
    quoted = io.StringIO(newline="")
    csv.writer(quoted).writerow(cells)
    return quoted.getvalue()


def _quoted(cell: str) -> str:
    return '"{}"'.format(cell.replace('"', '""')) if _IN_QUOTES.search(cell) else cell


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return disarmed(value)
        case _:
            return str(value)
