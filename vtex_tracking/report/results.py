"""The results, in each format that they are written in."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from itertools import islice
from typing import TYPE_CHECKING, Final

from vtex_tracking.report.block import Block
from vtex_tracking.report.folder import append_text, nameless
from vtex_tracking.report.results_csv import RESULT_COLUMNS, csv_rows
from vtex_tracking.report.results_jsonl import json_lines
from vtex_tracking.report.spreadsheet import write_columns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import TextIO

    from vtex_tracking.model import Outcome

_BLOCK: Final = 250  # outcomes in memory at once: more of them cost no less each


def write_results(
    outcomes: Iterable[Outcome], *, jsonl: TextIO, table: TextIO, early: EarlyResults | None = None
) -> None:
    """One pass over the outcomes fills every file of them; `early` are those before them that are in words already."""
    write_columns(RESULT_COLUMNS, to=table)
    if early is not None:
        early.copy(jsonl=jsonl, table=table)
    _write_rows(outcomes, jsonl=jsonl, table=table)


class EarlyResults:
    """Results that are put into words while a run is still going on.

    They lie in files without a name, in the folder of the report: nobody sees them, and a kill takes them away. Raises
    OSError where the folder takes no more; they are of no use then.
    """

    def __init__(self, directory: Path) -> None:
        with ExitStack() as files:
            self._jsonl = files.enter_context(nameless(directory))
            self._table = files.enter_context(nameless(directory))
            self._files = files.pop_all()

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Put these into words as well."""
        _write_rows(outcomes, jsonl=self._jsonl, table=self._table)

    def copy(self, *, jsonl: TextIO, table: TextIO) -> None:
        """All of them, behind what these files have."""
        append_text(self._jsonl, to=jsonl)
        append_text(self._table, to=table)

    def close(self) -> None:
        """Leave nothing of them."""
        with suppress(OSError):  # on a full disk, closing fails again
            self._files.close()


def _write_rows(outcomes: Iterable[Outcome], *, jsonl: TextIO, table: TextIO) -> None:
    """No more than a block of them is in memory."""
    rest = iter(outcomes)
    while rows := list(islice(rest, _BLOCK)):
        block = Block(rows)
        jsonl.write(json_lines(block))
        table.write(csv_rows(block))
