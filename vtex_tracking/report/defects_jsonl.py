"""`defects.jsonl`: every defect of every feed, exactly as it was read."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING

from vtex_tracking.report.json_text import write_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from vtex_tracking.model import Defect


def write_defects_jsonl(defects: Iterable[Defect], *, to: TextIO) -> None:
    """A line says where and what the defect is, then shows the record: its cells by column, or its text."""
    write_lines(map(_row, defects), to=to)


def _row(defect: Defect) -> dict[str, object]:
    record: dict[str, str] = {}
    extra: list[str] = []
    for name, cell in zip(chain(defect.columns, repeat(None)), defect.cells, strict=False):
        if name is None or name in record:
            extra.append(cell)
        else:
            record[name] = cell
    return {
        "_place": defect.place,
        "_column": defect.column,
        "_code": defect.code,
        "_problem": defect.problem,
        "record": record if defect.columns else None,
        "extra": extra,
        "text": defect.text or None,
    }
