"""What a run put on the wire: how much, with what answers, how fast."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from attrs import frozen

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.model import Percentiles

# Why there was none, where there was none; an attempt that was cut off says what was answered before it.
_STATUS: Final = """
CASE WHEN reason IS NULL OR reason = 'interrupted' THEN 'none' ELSE coalesce(CAST(http_status AS TEXT), reason) END
"""


@frozen(kw_only=True)
class Traffic:
    """What a run put on the wire. Times are Unix seconds, 0 when there was nothing."""

    requests: int
    attempts_by_status: dict[str, int]
    latency_ms: Percentiles | None
    first_s: float
    last_s: float


def traffic_of(ledger: LedgerFile, *, run_no: int) -> Traffic:
    """What was sent, counted from the intents."""
    of_run = "FROM attempts WHERE run_no = ?"
    by_status = f"SELECT {_STATUS}, count(*), min(started_s), max(started_s) {of_run} GROUP BY 1 ORDER BY 1"
    by_latency = f"SELECT latency_ms, count(*) {of_run} AND latency_ms IS NOT NULL GROUP BY 1 ORDER BY 1"
    with ledger.reading() as sql:
        statuses = sql.execute(by_status, (run_no,)).fetchall()
        answered = sql.execute(by_latency, (run_no,)).fetchall()
    return Traffic(
        requests=sum(count for _status, count, _first_s, _last_s in statuses),
        attempts_by_status={status: count for status, count, _first_s, _last_s in statuses},
        latency_ms=_percentiles(answered),
        first_s=min((first_s for _status, _count, first_s, _last_s in statuses), default=0.0),
        last_s=max((last_s for _status, _count, _first_s, last_s in statuses), default=0.0),
    )


def _percentiles(answered: Sequence[tuple[int, int]]) -> Percentiles | None:
    """Of milliseconds in rising order, each with how many answers took so long."""
    if not answered:
        return None
    upto = list(accumulate(count for _latency_ms, count in answered))

    def reached(share: float) -> int:
        rank = min(upto[-1] - 1, int(upto[-1] * share))
        return answered[bisect_right(upto, rank)][0]

    return Percentiles(p50=reached(0.5), p90=reached(0.9), p99=reached(0.99), max=reached(1))
