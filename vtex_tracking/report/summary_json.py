"""`summary.json`: the run on one page, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import asdict

from vtex_tracking.report.advice import advice_for
from vtex_tracking.report.json_text import write_page

if TYPE_CHECKING:
    from typing import TextIO

    from vtex_tracking.model import Summary


def write_summary_json(summary: Summary, *, to: TextIO) -> None:
    """The page has the fields of `Summary`, in its order; each top reason carries its advice."""
    reasons = [{**asdict(top), "advice": advice_for(top.reason)} for top in summary.top_reasons]
    write_page({**asdict(summary), "top_reasons": reasons}, to=to)
