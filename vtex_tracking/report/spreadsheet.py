"""What a CSV file needs to be opened safely by a spreadsheet."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

_BYTE_ORDER_MARK: Final = "\ufeff"  # without it, Excel reads UTF-8 as the machine's old code page
_ARMED: Final = re.compile(r"'*[=+\-@\t\r]")


def disarmed(text: str) -> str:
    """A text that a spreadsheet would run gets a `'` before it; taking one away gives back the text exactly.

    For that, a text which looks as if it had been disarmed already gets one more.
    """
    return f"'{text}" if _ARMED.match(text) else text


def write_table(rows: Iterable[Iterable[object]], *, columns: Iterable[str], to: TextIO) -> None:
    """A table is CSV with commas, CRLF and a byte order mark; None is an empty cell, and no cell is a formula."""
    to.write(_BYTE_ORDER_MARK)
    writer = csv.writer(to)
    writer.writerow(map(disarmed, columns))
    writer.writerows(map(_cell, row) for row in rows)


def _cell(value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return disarmed(value)
        case _:
            return value
