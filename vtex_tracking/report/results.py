"""The results, in each format that they are written in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vtex_tracking.report.results_csv import RESULT_COLUMNS, csv_row
from vtex_tracking.report.results_jsonl import json_line
from vtex_tracking.report.spreadsheet import write_columns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from vtex_tracking.model import Outcome


def write_results(outcomes: Iterable[Outcome], *, jsonl: TextIO, table: TextIO) -> None:
    """One pass over the outcomes fills every file of them, and keeps none of them."""
    write_columns(RESULT_COLUMNS, to=table)
    for outcome in outcomes:
        jsonl.write(json_line(outcome))
        table.write(csv_row(outcome))
