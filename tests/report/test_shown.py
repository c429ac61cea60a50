"""Text from outside, on its way to a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.report.shown import SHOWN_CHARACTERS_MAX, shown


@given(st.text())
def test_shown_text_is_one_short_printable_line(text: str) -> None:
    """Whatever comes in, a terminal is given nothing to obey, and at most 300 characters."""
    line = shown(text)
    assert line.isprintable()
    assert len(line) <= SHOWN_CHARACTERS_MAX


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("São Paulo → entregue", "São Paulo → entregue"),
        ("one\r\ntwo\tthree", "one two three"),
        ("\x1b[31mred\x07", "[31mred"),
        ("left\u202eright", "left right"),
        ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 299 + "…"),
    ],
)
def test_examples(text: str, expected: str) -> None:
    """Honest text is shown as it is; line ends, escapes and marks of direction become a space; a cut is seen."""
    assert expected == shown(text)
