"""`warnings.csv`: what is doubtful about the feeds, for a spreadsheet."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

from attrs import fields

from vtex_tracking.model import FeedWarning
from vtex_tracking.report.spreadsheet import write_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

_COLUMNS: Final = tuple(attribute.name for attribute in fields(FeedWarning))


def write_warnings_csv(warnings: Iterable[FeedWarning], *, to: TextIO) -> None:
    """A row has the fields of `FeedWarning`, in its order."""
    write_table(map(attrgetter(*_COLUMNS), warnings), columns=_COLUMNS, to=to)
