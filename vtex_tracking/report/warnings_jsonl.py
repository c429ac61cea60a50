"""`warnings.jsonl`: what is doubtful about the feeds, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import asdict

from vtex_tracking.report.json_text import write_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from vtex_tracking.model import FeedWarning


def write_warnings_jsonl(warnings: Iterable[FeedWarning], *, to: TextIO) -> None:
    """A line has the fields of `FeedWarning`, in its order."""
    write_lines(map(asdict, warnings), to=to)
