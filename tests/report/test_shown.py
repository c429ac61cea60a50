"""Text from outside, on its way to a terminal."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vtex_tracking.report.shown import SHOWN_CHARACTERS_MAX, shown, shown_json


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


@given(
    value=st.dictionaries(st.text(), st.lists(st.text() | st.integers() | st.none())), indent=st.sampled_from([None, 2])
)
@example(value={"\x9b31m\u202e": ["\U000e0001", "a\nb", "\ud800"]}, indent=2)
def test_shown_json_means_the_same_and_gives_a_terminal_nothing_to_obey(
    *, value: dict[str, list[str | int | None]], indent: int | None
) -> None:
    """Also where it says more than ASCII."""
    text = shown_json(json.dumps(value, ensure_ascii=False, indent=indent))
    assert value == json.loads(text)
    assert text.replace("\n", "").isprintable()
