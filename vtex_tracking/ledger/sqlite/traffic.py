"""What a run put on the wire: how much, with what answers, how fast."""

from __future__ import annotations

from attrs import frozen

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.model import Percentiles


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
    with ledger.reading() as sql:
        (requests, first_s, last_s) = sql.execute(
            "SELECT count(*), min(started_s), max(started_s) FROM attempts WHERE run_no = ?", (run_no,)
        ).fetchone()
        by_status = dict(
            sql.execute(
                "SELECT coalesce(result, 'none'), count(*) FROM attempts WHERE run_no = ? GROUP BY 1 ORDER BY 1",
                (run_no,),
            )
        )
        latencies = "FROM attempts WHERE run_no = ? AND latency_ms IS NOT NULL"
        (answered,) = sql.execute(f"SELECT count(*) {latencies}", (run_no,)).fetchone()
        ranks = [min(answered - 1, int(answered * share)) for share in (0.5, 0.9, 0.99, 1)] if answered else []
        ordered = f"SELECT latency_ms {latencies} ORDER BY latency_ms LIMIT 1 OFFSET ?"
        points = [int(sql.execute(ordered, (run_no, rank)).fetchone()[0]) for rank in ranks]
    return Traffic(
        requests=requests,
        attempts_by_status=by_status,
        latency_ms=Percentiles(p50=points[0], p90=points[1], p99=points[2], max=points[3]) if points else None,
        first_s=first_s or 0.0,
        last_s=last_s or 0.0,
    )
