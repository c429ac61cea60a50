"""The page's parts that are written by a program: each stands between two comments."""

from __future__ import annotations

import re


def fill(page: str, *, part: str, text: str) -> str:
    """Put the text between the part's two comments. Raises ValueError where the page has no such part."""
    begin, end = f"<!-- {part}, written by make bench -->", f"<!-- end of {part} -->"
    between = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    filled, times = between.subn(lambda _: f"{begin}\n{text}\n{end}", page)
    if times != 1:
        raise ValueError(f"the page has {times} parts between {begin!r} and {end!r}; expected one")
    return filled
