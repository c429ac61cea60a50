"""Rows that are written together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.report.block import Block

_CELLS = st.sampled_from(["a", "b", "%", "%s", "%%d"])


def _asked(column: Sequence[object]) -> Iterable[str]:
    return [f"<{cell}>" for cell in column]


@given(st.lists(st.tuples(_CELLS, _CELLS), min_size=1, max_size=4))
def test_lines_are_as_if_each_was_written_alone(rows: list[tuple[str, str]]) -> None:
    """Whatever of it is the same in all rows, and whatever `%` would read in it."""
    expected = "".join(f"1%<{one}>,<{other}>;" for one, other in rows)
    assert expected == Block(rows).lines(leads=["1%", ","], end=";", texts=_asked)


def test_what_is_the_same_is_put_into_words_once() -> None:
    """Much of a run is the same in each row of its report."""
    asked: list[tuple[object, ...]] = []

    def texts(column: Sequence[object]) -> Iterable[str]:
        asked.append(tuple(column))
        return _asked(column)

    Block([("run", 1), ("run", 2), ("run", 3)]).lines(leads=["", ","], end=";", texts=texts)
    assert [("run",), (1, 2, 3)] == asked
