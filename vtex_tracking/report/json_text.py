"""JSON as the report writes it: exact, readable, and never with a NaN."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

_LINE: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
# A setting may be a path or another value that JSON does not know; its text is what a person wrote.
_PAGE: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=2, default=str)


def write_lines(rows: Iterable[Mapping[str, object]], *, to: TextIO) -> None:
    """Each row is one object on one line, whatever text is in it."""
    to.writelines(f"{_LINE.encode(row)}\n" for row in rows)


def write_page(page: Mapping[str, object], *, to: TextIO) -> None:
    """A page is one object, laid out to be read. Raises ValueError for NaN and infinity."""
    to.write(f"{_PAGE.encode(page)}\n")
