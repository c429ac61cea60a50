"""Rows of CSV are told apart line by line, and an open quote does not swallow the feed."""

from __future__ import annotations

import pytest

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.formats.rows import Row, read_rows
from vtex_tracking.feed.lines import Line
from vtex_tracking.feed.tally import Tally


def test_a_row_has_the_number_of_its_first_line() -> None:
    """Blank lines are counted, except inside quotes."""
    tally = Tally()
    texts = ["a;b\n", "\n", 'c;"d\n', "\n", 'e"\n', "f"]
    lines = [Line(number, text) for number, text in enumerate(texts, start=1)]
    rows = read_rows(lines, delimiter=";", name="feed", field_characters_max=100, tally=tally)
    assert [Row(1, ["a", "b"]), Row(3, ["c", "d\n\ne"]), Row(6, ["f"])] == list(rows)
    assert 1 == tally.blank_lines


def test_an_open_quote_stops_the_feed_before_its_end() -> None:
    """As soon as its cell is longer than a cell may be, however much would follow."""
    lines = iter([Line(1, 'a;"b\n'), *(Line(number, "c;d\n") for number in range(2, 1000))])
    with pytest.raises(FeedError, match="feed:1: a quote opens here"):
        list(read_rows(lines, delimiter=";", name="feed", field_characters_max=100, tally=Tally()))
    assert next(lines).number < 30
