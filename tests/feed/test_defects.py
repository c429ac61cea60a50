"""How texts from outside are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.feed.defects import DefectCode, escaped, plain, show

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_a_text_that_is_shown_can_be_written_anywhere(text: str) -> None:
    """No control character, no half of a surrogate pair; and no more characters than fit, escapes aside."""
    assert plain(text).isprintable()
    assert plain(text) == plain(text).encode().decode()
    assert len(show(text)) <= 2 + 10 * 80


def test_a_text_that_is_too_long_to_show_ends_in_an_ellipsis() -> None:
    """80 characters are shown, the last of them saying that there were more."""
    assert f'"{"x" * 79}…"' == show("x" * 81)
    assert f'"{"x" * 80}"' == show("x" * 80)


@pytest.mark.parametrize(
    ("text", "expected"), [("a\x1bb", "a\\x1bb"), ("\ud800", "\\ud800"), ("é", "é"), ("a\nb", "a\\nb")]
)
def test_what_does_not_print_stands_escaped(text: str, expected: str) -> None:
    """An escape shows what was there, and nothing is lost."""
    assert expected == escaped(text)


def test_codes_are_named_as_they_are_written() -> None:
    """A code in a report is the name in the documentation."""
    assert all(code.name.lower() == code.value for code in DefectCode)
