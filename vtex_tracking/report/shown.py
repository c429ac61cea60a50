"""Text from outside, made safe to show."""

from __future__ import annotations

from typing import Final

SHOWN_CHARACTERS_MAX: Final = 300


def shown(text: str) -> str:
    """Text from a feed or an answer is shown as one line of at most 300 characters, with nothing a terminal obeys.

    A character that is not printable becomes a space: line breaks and escapes, but also marks that turn the direction
    of writing, which could make a line read as something else.
    """
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= SHOWN_CHARACTERS_MAX else f"{line[: SHOWN_CHARACTERS_MAX - 1]}…"
