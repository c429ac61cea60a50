"""Rows of CSV are told apart line by line, and an open quote does not swallow the feed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.formats.rows import Row, Rows, read_rows
from vtex_tracking.feed.lines import LINES_MAX, Block
from vtex_tracking.feed.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def _each(found: Iterable[Rows], tally: Tally) -> Iterator[Row]:
    """Each row for itself; blank ones are counted, as those lines are that were known to be blank before."""
    for numbers, cells, fault in found:
        for number, some in zip(numbers, cells, strict=True):
            if fault is None and not "".join(some).strip():
                tally.blank_lines += 1
            else:
                yield Row(number, some, fault)


def test_a_row_has_the_number_of_its_first_line() -> None:
    """Blank lines are counted, except inside quotes."""
    tally = Tally()
    texts = ["a;b\n", "\n", 'c;"d\n', "\n", 'e"\n', "f"]
    rows = read_rows(iter([Block(1, texts)]), delimiter=";", name="feed", field_characters_max=100, tally=tally)
    assert [Row(1, ["a", "b"]), Row(3, ["c", "d\n\ne"]), Row(6, ["f"])] == list(_each(rows, tally))
    assert 1 == tally.blank_lines


@pytest.mark.parametrize(
    ("texts", "sizes"),
    [
        (["a;b\n", "\n", "c;d\n"], [3]),
        (["a;b\n", 'c;"d\n', 'e"\n'], [2]),
        (["a;b\n", f"{'c' * 101}\n", "d;e\n"], [1, 1, 1]),
        (['a;"b\n', 'c"\n'] * (LINES_MAX + 1), [LINES_MAX, 1]),
    ],
)
def test_rows_of_many_lines_come_together(texts: list[str], sizes: list[int]) -> None:
    """Also where a quote holds a line break in one of them, but never too many at once."""
    rows = read_rows(iter([Block(1, texts)]), delimiter=";", name="feed", field_characters_max=100, tally=Tally())
    assert sizes == [len(some.cells) for some in rows]


def test_rows_above_an_open_quote_are_still_rows() -> None:
    """What was read is counted before the feed stops."""
    rows = read_rows(iter([Block(1, ["a\n", 'b;"\n'])]), delimiter=";", name="f", field_characters_max=9, tally=Tally())
    assert Rows([1], [["a"]]) == next(rows)
    with pytest.raises(FeedError, match="f:2: a quote opens here"):
        next(rows)


def test_an_open_quote_stops_the_feed_before_its_end() -> None:
    """As soon as its cell is longer than a cell may be, however much would follow."""
    lines = iter([Block(1, ['a;"b\n']), *(Block(number, ["c;d\n"]) for number in range(2, 1000))])
    with pytest.raises(FeedError, match="feed:1: a quote opens here"):
        list(read_rows(lines, delimiter=";", name="feed", field_characters_max=100, tally=Tally()))
    assert next(lines).number < 30


TEXTS = st.lists(st.sampled_from(["a", "bb", ";", '"', '""', " ", "\n", "\r\n", "c" * 9]), max_size=30).map("".join)


def _rows(blocks: list[Block]) -> tuple[list[Row], str, int]:
    rows: list[Row] = []
    tally = Tally()
    try:
        found = read_rows(iter(blocks), delimiter=";", name="feed", field_characters_max=12, tally=tally)
        rows.extend(_each(found, tally))
    except FeedError as error:
        return rows, str(error), tally.blank_lines
    return rows, "", tally.blank_lines


@example(text=' \n"', ends=[])
@given(text=TEXTS, ends=st.lists(st.integers(1, 9), max_size=3))
def test_rows_are_the_same_however_many_lines_come_at_once(text: str, ends: list[int]) -> None:
    """Each line for itself, some of them, or all: rows, blank lines and the error are the same."""
    lines = text.splitlines(keepends=True)
    cuts = sorted({0, *(end for end in ends if end < len(lines)), len(lines)})
    blocks = [Block(start + 1, lines[start:end]) for start, end in pairwise(cuts)]
    assert _rows([Block(number, [line]) for number, line in enumerate(lines, start=1)]) == _rows(blocks)
