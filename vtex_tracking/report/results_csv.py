"""`results.csv`: one row per invoice, for a spreadsheet."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

from attrs import fields

from vtex_tracking.model import Outcome
from vtex_tracking.report.spreadsheet import write_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

_COLUMNS: Final = tuple(attribute.name for attribute in fields(Outcome))


def write_results_csv(outcomes: Iterable[Outcome], *, to: TextIO) -> None:
    """A row has the fields of `Outcome`, in its order."""
    write_table(map(attrgetter(*_COLUMNS), outcomes), columns=_COLUMNS, to=to)
