"""The results, in each format that they are written in."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from vtex_tracking.report.block import Block
from vtex_tracking.report.results_csv import RESULT_COLUMNS, csv_rows
from vtex_tracking.report.results_jsonl import json_lines
from vtex_tracking.report.spreadsheet import write_columns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from vtex_tracking.model import Outcome

_BLOCK: Final = 250  # outcomes in memory at once: more of them cost no less each


def write_results(outcomes: Iterable[Outcome], *, jsonl: TextIO, table: TextIO) -> None:
    """One pass over the outcomes fills every file of them, and keeps no more than a block of them."""
    write_columns(RESULT_COLUMNS, to=table)
    rest = iter(outcomes)
    while rows := list(islice(rest, _BLOCK)):
        block = Block(rows)
        jsonl.write(json_lines(block))
        table.write(csv_rows(block))
