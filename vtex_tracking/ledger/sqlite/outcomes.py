"""The outcomes of a run, as the tables have them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import takewhile
from math import floor
from typing import Any, Final, Literal

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.model import Outcome, OutcomeKind, Reason

Which = Literal["all", "known at once", "left over"]

_PAGE: Final = 1000  # rows in memory at once
_BEFORE_ALL: Final = -(1 << 62)  # a seq
_US_PER_S: Final = 1_000_000
_MILLISECONDS: Final = tuple(f".{number:03}Z" for number in range(1000))
_KINDS: Final = {kind.value: kind for kind in OutcomeKind}
_REASONS: Final = {reason.value: reason for reason in Reason}

# What was attempted has come to what its last attempt has; that the rest has come to, the run's list says.
LAST_ATTEMPT: Final = """
LEFT JOIN attempts AS last ON last.run_no = listed.run_no AND last.seq = listed.seq
    AND last.number = (SELECT max(number) FROM attempts AS own WHERE own.run_no = listed.run_no AND own.seq = listed.seq)
"""
OUTCOME: Final = "coalesce(last.outcome, CASE last.state WHEN 'unknown' THEN 'unknown' END, listed.outcome)"
REASON: Final = "coalesce(last.reason, listed.reason)"

_OUTCOMES: Final = f"""
SELECT listed.seq, account, order_id, invoice_number, {OUTCOME}, {REASON},
    coalesce(last.http_status, listed.http_status), coalesce(last.receipt, listed.receipt),
    coalesce(last.receipt_date, listed.receipt_date), coalesce(last.request_id, listed.request_id), listed.is_delivered,
    listed.delivered_date, listed.events, listed.first_place, CASE WHEN last.outcome IS NOT NULL THEN last.ended_s END,
    coalesce(last.number, 0), CASE WHEN last.number > 1 THEN (SELECT started_s FROM attempts AS own
        WHERE own.run_no = listed.run_no AND own.seq = listed.seq AND own.number = 1) ELSE last.started_s END
FROM run_invoices AS listed JOIN invoices USING (invoice_id) {LAST_ATTEMPT} WHERE listed.run_no = ?
"""  # noqa: S608 - our own words
_OUTCOME, _FINISHED = 4, 14  # columns of that
_KNOWN_AT_ONCE: Final = ("unchanged", "rejected")  # where there was no attempt
_THESE: Final = "AND listed.seq IN (SELECT value FROM json_each(?))"
_PAGE_OF: Final = {
    "all": "AND listed.seq > ? ORDER BY listed.seq LIMIT ?",
    "known at once": f"AND listed.seq > ? AND listed.outcome IN {_KNOWN_AT_ONCE} ORDER BY listed.seq LIMIT ?",
    "left over": "AND listed.seq > ? AND listed.outcome IN ('pending', 'unknown') AND last.outcome IS NULL "
    "ORDER BY listed.seq LIMIT ?",
}


class Roll:
    """The outcomes of a run in the order of the feed, each of them once: while it goes on, and the rest when it is over."""

    def __init__(self, ledger: LedgerFile, *, run_no: int, run_id: str) -> None:
        self._ledger = ledger
        self._run_no = run_no
        self._run_id = run_id
        self._after_seq = _BEFORE_ALL

    def ended(self, most: int) -> list[Outcome]:
        """The next ones, so many at most, up to the first that the run is not done with."""
        page = (self._run_no, self._after_seq, most)
        with self._ledger.reading() as sql:
            rows = list(takewhile(_is_final, sql.execute(_OUTCOMES + _PAGE_OF["all"], page)))
        if rows:
            self._after_seq = rows[-1][0]
        return [_outcome(row, run_id=self._run_id) for row in rows]

    def rest(self) -> Iterator[Outcome]:
        """All that were not yet had, as they are now."""
        return outcomes(self._ledger, run_no=self._run_no, run_id=self._run_id, which="all", after_seq=self._after_seq)


def _is_final(row: Sequence[Any]) -> bool:
    """Whether an attempt has ended it, or it never needed one."""
    return row[_FINISHED] is not None or row[_OUTCOME] in _KNOWN_AT_ONCE


def outcomes(
    ledger: LedgerFile, *, run_no: int, run_id: str, which: Which, after_seq: int = _BEFORE_ALL
) -> Iterator[Outcome]:
    """Every invoice of a run, in the order of the feed, a page in memory at a time."""
    while True:
        with ledger.reading() as sql:
            rows = sql.execute(_OUTCOMES + _PAGE_OF[which], (run_no, after_seq, _PAGE)).fetchall()
        if not rows:
            return
        for row in rows:
            yield _outcome(row, run_id=run_id)
        after_seq = rows[-1][0]


def outcomes_of(ledger: LedgerFile, *, run_no: int, run_id: str, seqs: Sequence[int]) -> list[Outcome]:
    """These invoices of a run, in this order, by one question."""
    with ledger.reading() as sql:
        rows = {row[0]: row for row in sql.execute(_OUTCOMES + _THESE, (run_no, json.dumps(seqs)))}
    return [_outcome(rows[seq], run_id=run_id) for seq in seqs]


def utc_text(moment_s: float) -> str:
    """Unix seconds as ISO 8601 in UTC, to the millisecond."""
    second = floor(moment_s)
    beyond_us = round((moment_s - second) * _US_PER_S)
    if beyond_us == _US_PER_S:  # so close to the next second that it is that one
        second, beyond_us = second + 1, 0
    return _second_text(second) + _MILLISECONDS[beyond_us // 1000]


@lru_cache(maxsize=1024)  # a run settles many invoices in each second of it
def _second_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().removesuffix("+00:00")


def _outcome(row: tuple[Any, ...], *, run_id: str) -> Outcome:
    (
        _seq,
        account,
        order_id,
        invoice_number,
        outcome,
        reason,
        http_status,
        receipt,
        receipt_date,
        request_id,
        is_delivered,
        delivered_date,
        events,
        first_place,
        finished_s,
        attempts,
        started_s,
    ) = row
    has_ended = started_s is not None and finished_s is not None
    return Outcome(  # by place: of every invoice of a run, and names take twice the time
        run_id,
        account,
        order_id,
        invoice_number,
        _KINDS[outcome],
        _REASONS[reason],
        http_status,
        attempts,
        receipt,
        receipt_date,
        request_id,
        is_delivered != 0,
        delivered_date,
        events,
        first_place,
        None if started_s is None else utc_text(started_s),
        utc_text(finished_s) if has_ended else None,
        round((finished_s - started_s) * 1000) if has_ended else None,
    )
