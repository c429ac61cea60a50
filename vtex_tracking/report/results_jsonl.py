"""`results.jsonl`: one object per invoice, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import asdict

from vtex_tracking.report.json_text import write_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from vtex_tracking.model import Outcome


def write_results_jsonl(outcomes: Iterable[Outcome], *, to: TextIO) -> None:
    """A line has the fields of `Outcome`, in its order, every one of them."""
    write_lines((asdict(outcome, recurse=False) for outcome in outcomes), to=to)
