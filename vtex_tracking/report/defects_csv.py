"""`defects.csv`: the defects of tabular feeds, to be mended in a spreadsheet and fed back."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from vtex_tracking.report.spreadsheet import write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TextIO

    from vtex_tracking.model import Defect

_OURS: Final = ("_place", "_column", "_code", "_problem")


@frozen
class _Column:
    name: str
    number: int = field(kw_only=True)


def write_defects_csv(defects: Callable[[], Iterable[Defect]], *, to: TextIO) -> None:
    """A row is the record under its feed's own columns, then `_place,_column,_code,_problem`; `defects` is read twice.

    Cells beyond the feed's columns stand beyond ours, under no name: fed back unmended, such a record is a defect
    again, where cells under an ignored column would quietly be left out of it.
    """
    columns = _feed_columns(defects())
    rows = (_row(defect, columns=columns) for defect in defects() if defect.columns)
    write_table(rows, columns=[*(column.name for column in columns), *_OURS], to=to)


def _feed_columns(defects: Iterable[Defect]) -> tuple[_Column, ...]:
    """Every column of every feed once, as first met; those of a mended file that are ours are left out."""
    headers = dict.fromkeys(defect.columns for defect in defects)
    columns = dict.fromkeys(chain.from_iterable(map(_told_apart, headers)))
    return tuple(column for column in columns if column.name not in _OURS)


def _row(defect: Defect, *, columns: tuple[_Column, ...]) -> list[str]:
    record = dict(zip(_told_apart(defect.columns), defect.cells, strict=False))
    own = (record.get(column, "") for column in columns)
    return [*own, defect.place, defect.column, defect.code, defect.problem, *defect.cells[len(defect.columns) :]]


def _told_apart(header: tuple[str, ...]) -> Iterator[_Column]:
    """A name that comes again, such as the empty one, is another column."""
    seen: Counter[str] = Counter()
    for name in header:
        yield _Column(name, number=seen[name])
        seen[name] += 1
