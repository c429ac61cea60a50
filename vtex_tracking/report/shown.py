"""Text from outside, made safe to show."""

from __future__ import annotations

import json
from typing import Final

SHOWN_CHARACTERS_MAX: Final = 300


def shown(text: str) -> str:
    """Text from a feed or an answer is shown as one line of at most 300 characters, with nothing a terminal obeys.

    A character that is not printable becomes a space: line breaks and escapes, but also marks that turn the direction
    of writing, which could make a line read as something else.
    """
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= SHOWN_CHARACTERS_MAX else f"{line[: SHOWN_CHARACTERS_MAX - 1]}…"


def shown_json(text: str) -> str:
    """JSON is shown as it is, but for what no terminal may obey: that stands as an escape of JSON, which means the same."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in text)
