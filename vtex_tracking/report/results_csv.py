"""`results.csv`: one row per invoice, for a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vtex_tracking.model import Outcome
from vtex_tracking.report.spreadsheet import csv_cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vtex_tracking.report.block import Block

RESULT_COLUMNS: Final = Outcome._fields
_LEADS: Final = ("", *("," for _column in RESULT_COLUMNS[1:]))
_PLAIN: Final = frozenset({str, int})


def csv_rows(outcomes: Block) -> str:
    """A row has the fields of `Outcome`, in its order."""
    return outcomes.lines(leads=_LEADS, end="\r\n", texts=_texts)


def _texts(column: Sequence[object]) -> Iterable[str]:
    kind, *others = set(map(type, column))
    return csv_cells(list(map(str if kind in _PLAIN and not others else _text, column)))


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
