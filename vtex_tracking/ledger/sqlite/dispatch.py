"""Sending, as the ledger sees it: what is due, what is intended, and what became of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.schema import UNSETTLED
from vtex_tracking.ledger.states import State, after_attempt, not_before_s
from vtex_tracking.model import Due, Effect, InvoiceKey, Settlement, Update

_IN_FLIGHT: Final = f"{UNSETTLED} AND state = 'in_flight'"
# What was in flight when its run died may have been heard: in doubt from now on, since nobody knows when it gave up.
_DOUBT_ALL: Final = f"""
INSERT INTO ambiguities SELECT invoice_id, fingerprint, :now_s FROM invoices WHERE {_IN_FLIGHT}
ON CONFLICT DO UPDATE SET at_s = excluded.at_s
"""  # noqa: S608 - the condition is our own words
# What may have arrived is not pending, whatever stopped the run. Only of the last run does the state still tell.
_CLOSE_LAST_RUN: Final = """
UPDATE run_invoices SET outcome = 'unknown',
    reason = CASE WHEN state = 'in_flight' OR listed.reason = 'not_started' THEN 'interrupted' ELSE listed.reason END
FROM run_invoices AS listed JOIN invoices USING (invoice_id)
WHERE listed.run_no = (SELECT max(run_no) FROM runs) AND listed.outcome = 'pending' AND state IN ('in_flight', 'unknown')
    AND run_invoices.run_no = listed.run_no AND run_invoices.seq = listed.seq
"""
_DOUBT: Final = """
INSERT INTO ambiguities VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at_s = excluded.at_s
"""
_DUE: Final = """
SELECT listed.seq, listed.invoice_id, order_id, invoice_number, body, fingerprint, invoices.events,
    invoices.is_delivered, invoices.delivered_date,
    EXISTS (SELECT 1 FROM ambiguities AS mine WHERE mine.invoice_id = listed.invoice_id
        AND mine.fingerprint = invoices.fingerprint),
    (SELECT max(at_s) FROM ambiguities AS others WHERE others.invoice_id = listed.invoice_id
        AND others.fingerprint <> invoices.fingerprint)
FROM run_invoices AS listed JOIN invoices USING (invoice_id)
WHERE run_no = ? AND seq > ? AND outcome = 'pending'
ORDER BY seq LIMIT ?
"""
_INTEND: Final = "UPDATE invoices SET state = 'in_flight' WHERE invoice_id = ?"
_LIST_INTENT: Final = """
INSERT INTO attempts (run_no, seq, number, started_s) SELECT ?1, ?2, count(*) + 1, ?3 FROM attempts
WHERE run_no = ?1 AND seq = ?2
"""
_LAST_ATTEMPT: Final = (
    "run_no = ?1 AND seq = ?2 AND number = (SELECT max(number) FROM attempts WHERE run_no = ?1 AND seq = ?2)"
)
_WITHDRAW: Final = f"DELETE FROM attempts WHERE {_LAST_ATTEMPT}"  # noqa: S608 - the condition is our own words
_LIST_ATTEMPT: Final = f"""
UPDATE attempts SET started_s = ?3, effect = ?4, result = ?5, latency_ms = ?6 WHERE {_LAST_ATTEMPT}
"""  # noqa: S608 - likewise
_LIST: Final = """
UPDATE run_invoices SET outcome = coalesce(?3, outcome), reason = ?4, http_status = ?5, request_id = ?6, receipt = ?7,
    receipt_date = ?8, finished_s = CASE WHEN ?3 IS NULL THEN NULL ELSE ?9 END
WHERE run_no = ?1 AND seq = ?2
"""
_SETTLE: Final = """
UPDATE invoices SET state = ?2, settled_s = ?3, reason = ?4, http_status = ?5, request_id = ?6 WHERE invoice_id = ?1
"""
_CONFIRM: Final = """
UPDATE invoices SET state = ?2, settled_s = ?3, reason = ?4, http_status = ?5, request_id = ?6, body = NULL, receipt = ?7,
    receipt_date = ?8, confirmed_run_no = known_run_no
WHERE invoice_id = ?1
"""


@frozen(kw_only=True)
class Intent:
    """An attempt is about to be made; durable before its first byte."""

    due: Due
    now_s: float


@frozen(kw_only=True)
class Withdrawal:
    """An intent that never became an attempt: not a byte left."""

    due: Due


@frozen(kw_only=True)
class Settled:
    """What became of the attempt that was intended last."""

    due: Due
    settlement: Settlement
    now_s: float


Entry = Intent | Withdrawal | Settled


class Dispatch:
    """One run's sending."""

    def __init__(self, ledger: LedgerFile, *, run_no: int, quiet_period_s: float) -> None:
        self._ledger = ledger
        self._run_no = run_no
        self._quiet_period_s = quiet_period_s

    def count(self) -> int:
        """How many updates this run has to send."""
        with self._ledger.reading() as sql:
            query = "SELECT count(*) FROM run_invoices WHERE run_no = ? AND outcome = 'pending'"
            return int(sql.execute(query, (self._run_no,)).fetchone()[0])

    def due(self, *, after_seq: int | None, limit: int, now_s: float) -> tuple[Due, ...]:
        """The next updates to send, in the order of the run, from behind `after_seq` on."""
        with self._ledger.reading() as sql:
            first = -(1 << 62) if after_seq is None else after_seq
            rows = sql.execute(_DUE, (self._run_no, first, limit)).fetchall()
        return tuple(
            Due(
                seq=seq,
                invoice_id=invoice_id,
                update=Update(
                    key=InvoiceKey(order_id, invoice_number),
                    body=body,
                    fingerprint=fingerprint,
                    events=events,
                    is_delivered=bool(is_delivered),
                    delivered_date=delivered_date,
                ),
                is_ambiguous=bool(is_ambiguous),
                not_before_s=not_before_s(
                    others_ambiguous_at_s=others_s, now_s=now_s, quiet_period_s=self._quiet_period_s
                ),
            )
            for (
                seq,
                invoice_id,
                order_id,
                invoice_number,
                body,
                fingerprint,
                events,
                is_delivered,
                delivered_date,
                is_ambiguous,
                others_s,
            ) in rows
        )

    def write(self, entries: Sequence[Entry]) -> None:
        """All of these entries, in one commit; no two of them are of the same update."""
        with self._ledger.transaction() as sql:
            self._intend(sql, [entry for entry in entries if isinstance(entry, Intent)])
            self._withdraw(sql, [entry for entry in entries if isinstance(entry, Withdrawal)])
            self._settle(sql, [entry for entry in entries if isinstance(entry, Settled)])

    def _intend(self, sql: sqlite3.Connection, entries: Sequence[Intent]) -> None:
        sql.executemany(_INTEND, [(entry.due.invoice_id,) for entry in entries])
        sql.executemany(_LIST_INTENT, [(self._run_no, entry.due.seq, entry.now_s) for entry in entries])

    def _withdraw(self, sql: sqlite3.Connection, entries: Sequence[Withdrawal]) -> None:
        for entry in entries:
            state = _state_after(sql, entry.due, Effect.NOT_APPLIED)
            sql.execute(_WITHDRAW, (self._run_no, entry.due.seq))
            sql.execute("UPDATE invoices SET state = ? WHERE invoice_id = ?", (state, entry.due.invoice_id))

    def _settle(self, sql: sqlite3.Connection, entries: Sequence[Settled]) -> None:
        run_no = self._run_no
        ambiguous = [entry for entry in entries if entry.settlement.effect is Effect.AMBIGUOUS]
        sql.executemany(_DOUBT, [(one.due.invoice_id, one.due.update.fingerprint, one.now_s) for one in ambiguous])
        attempts, listed, settled, confirmed = [], [], [], []
        for entry in entries:
            due, one = entry.due, entry.settlement
            receipt, receipt_date = (None, None) if one.receipt is None else (one.receipt.receipt, one.receipt.date)
            result = str(one.http_status or one.reason)
            attempts.append((run_no, due.seq, one.started_s, one.effect, result, one.latency_ms))
            said = (one.reason, one.http_status, one.request_id)
            listed.append((run_no, due.seq, one.outcome, *said, receipt, receipt_date, entry.now_s))
            state = _state_after(sql, due, one.effect)
            if one.effect is Effect.CONFIRMED:
                confirmed.append((due.invoice_id, state, entry.now_s, *said, receipt, receipt_date))
            else:
                settled.append((due.invoice_id, state, entry.now_s, *said))
        sql.executemany(_LIST_ATTEMPT, attempts)
        sql.executemany(_LIST, listed)
        sql.executemany(_SETTLE, settled)
        sql.executemany(_CONFIRM, confirmed)


def doubt_in_flight(ledger: LedgerFile, *, now_s: float) -> int:
    """Every invoice that is in flight although nothing is sent any more is UNKNOWN, and so says the last run.

    Returns how many there were.
    """
    with ledger.transaction() as sql:
        sql.execute(_CLOSE_LAST_RUN)
        sql.execute(_DOUBT_ALL, {"now_s": now_s})
        return sql.execute(f"UPDATE invoices SET state = 'unknown' WHERE {_IN_FLIGHT}").rowcount  # noqa: S608


def _state_after(sql: sqlite3.Connection, due: Due, effect: Effect) -> State:
    """Where an attempt leaves an invoice; only what was not applied depends on the attempts before it."""
    was_ambiguous = effect is Effect.NOT_APPLIED and _is_in_doubt(sql, due)
    return after_attempt(effect, was_ambiguous=was_ambiguous)


def _is_in_doubt(sql: sqlite3.Connection, due: Due) -> bool:
    query = "SELECT 1 FROM ambiguities WHERE invoice_id = ? AND fingerprint = ?"
    return sql.execute(query, (due.invoice_id, due.update.fingerprint)).fetchone() is not None
