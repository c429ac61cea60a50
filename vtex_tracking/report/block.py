"""Rows that are written together, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class Block:
    """Some rows, at least one; of a column that says the same in each of them one cell is kept.

    Much of a run is the same in all of its rows, and is put into words once: the rest takes a third of the time that
    one row after the other takes.
    """

    def __init__(self, rows: Sequence[tuple[object, ...]]) -> None:
        self._rows = len(rows)
        self._columns = [_of_one_cell_where_same(column) for column in zip(*rows, strict=True)]

    def lines(self, *, leads: Iterable[str], end: str, texts: Callable[[Sequence[object]], Iterable[str]]) -> str:
        """A line has the text of each of its cells after the lead of that column; `texts` gives those of a column."""
        pattern, varying = [], []
        for lead, column in zip(leads, self._columns, strict=True):
            if len(column) == 1:
                (text,) = texts(column)
                pattern.append(_literal(lead + text))
            else:
                pattern.append(f"{_literal(lead)}%s")
                varying.append(texts(column))
        line = f"{''.join(pattern)}{_literal(end)}"
        return "".join(map(line.__mod__, zip(*varying, strict=True))) if varying else (line % ()) * self._rows


def _of_one_cell_where_same(column: tuple[object, ...]) -> tuple[object, ...]:
    first = column[0]
    return column[:1] if first == column[-1] and column.count(first) == len(column) else column


def _literal(text: str) -> str:
    return text.replace("%", "%%")
