"""The outcomes of a run, as the tables have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.model import Outcome, OutcomeKind, Reason

Which = Literal["all", "known at once", "left over"]

_PAGE: Final = 1000  # rows in memory at once

_OUTCOMES: Final = """
SELECT seq, account, order_id, invoice_number, listed.outcome, listed.reason, listed.http_status, listed.receipt,
    listed.receipt_date, listed.request_id, listed.is_delivered, listed.delivered_date, listed.events, listed.first_place,
    finished_s, (SELECT count(*) FROM attempts WHERE run_no = listed.run_no AND seq = listed.seq),
    (SELECT min(started_s) FROM attempts WHERE run_no = listed.run_no AND seq = listed.seq)
FROM run_invoices AS listed JOIN invoices USING (invoice_id) WHERE listed.run_no = ?
"""
_PAGE_OF: Final = {
    "all": "AND seq > ? ORDER BY seq LIMIT ?",
    "known at once": "AND seq > ? AND finished_s IS NULL AND outcome IN ('unchanged', 'rejected') ORDER BY seq LIMIT ?",
    "left over": "AND seq > ? AND finished_s IS NULL AND outcome IN ('pending', 'unknown') ORDER BY seq LIMIT ?",
}


def outcomes(ledger: LedgerFile, *, run_no: int, run_id: str, which: Which) -> Iterator[Outcome]:
    """Every invoice of a run, in the order of the feed, a page in memory at a time."""
    after_seq = -(1 << 62)
    while True:
        with ledger.reading() as sql:
            rows = sql.execute(_OUTCOMES + _PAGE_OF[which], (run_no, after_seq, _PAGE)).fetchall()
        if not rows:
            return
        for row in rows:
            yield _outcome(row, run_id=run_id)
        after_seq = rows[-1][0]


def outcomes_of(ledger: LedgerFile, *, run_no: int, run_id: str, seqs: Sequence[int]) -> list[Outcome]:
    """These invoices of a run, in this order."""
    query = f"{_OUTCOMES} AND seq = ?"
    with ledger.reading() as sql:
        return [_outcome(sql.execute(query, (run_no, seq)).fetchone(), run_id=run_id) for seq in seqs]


def utc_text(moment_s: float) -> str:
    """Unix seconds as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(moment_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _outcome(row: tuple[Any, ...], *, run_id: str) -> Outcome:
    finished_s, attempts, started_s = row[14:]
    has_ended = started_s is not None and finished_s is not None
    return Outcome(
        run_id=run_id,
        account=row[1],
        order_id=row[2],
        invoice_number=row[3],
        outcome=OutcomeKind(row[4]),
        reason=Reason(row[5]),
        http_status=row[6],
        attempts=attempts,
        receipt=row[7],
        receipt_date=row[8],
        request_id=row[9],
        is_delivered=bool(row[10]),
        delivered_date=row[11],
        events=row[12],
        first_place=row[13],
        started_at=None if started_s is None else utc_text(started_s),
        finished_at=utc_text(finished_s) if has_ended else None,
        duration_ms=round((finished_s - started_s) * 1000) if has_ended else None,
    )
