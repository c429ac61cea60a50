"""Sending, as the ledger sees it: what is due, what is intended, and what became of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.schema import UNSETTLED
from vtex_tracking.ledger.states import after_attempt, not_before_s
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
_INTEND: Final = """
INSERT INTO attempts (run_no, seq, number, started_s) SELECT :run_no, :seq, count(*) + 1, :now_s FROM attempts
WHERE run_no = :run_no AND seq = :seq
"""
_LAST_ATTEMPT: Final = """
WHERE run_no = :run_no AND seq = :seq
    AND number = (SELECT max(number) FROM attempts WHERE run_no = :run_no AND seq = :seq)
"""
_LIST: Final = """
UPDATE run_invoices SET outcome = coalesce(:outcome, outcome), reason = :reason, http_status = :http_status,
    request_id = :request_id, receipt = :receipt, receipt_date = :receipt_date,
    finished_s = CASE WHEN :outcome IS NULL THEN NULL ELSE :now_s END
WHERE run_no = :run_no AND seq = :seq
"""
_SETTLE: Final = """
UPDATE invoices SET state = :state, settled_s = :now_s, reason = :reason, http_status = :http_status,
    request_id = :request_id WHERE invoice_id = :invoice_id
"""
_CONFIRM: Final = """
UPDATE invoices SET body = NULL, receipt = :receipt, receipt_date = :receipt_date, confirmed_run_no = known_run_no
WHERE invoice_id = :invoice_id
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
        """All of these entries, in one commit."""
        with self._ledger.transaction() as sql:
            for entry in entries:
                match entry:
                    case Intent():
                        self._intend(sql, entry)
                    case Withdrawal():
                        self._withdraw(sql, entry)
                    case Settled():
                        self._settle(sql, entry)

    def _intend(self, sql: sqlite3.Connection, entry: Intent) -> None:
        listed = {"run_no": self._run_no, "seq": entry.due.seq, "now_s": entry.now_s}
        sql.execute("UPDATE invoices SET state = 'in_flight' WHERE invoice_id = ?", (entry.due.invoice_id,))
        sql.execute(_INTEND, listed)

    def _withdraw(self, sql: sqlite3.Connection, entry: Withdrawal) -> None:
        sql.execute(f"DELETE FROM attempts {_LAST_ATTEMPT}", {"run_no": self._run_no, "seq": entry.due.seq})  # noqa: S608
        state = after_attempt(Effect.NOT_APPLIED, was_ambiguous=_is_in_doubt(sql, entry.due))
        sql.execute("UPDATE invoices SET state = ? WHERE invoice_id = ?", (state, entry.due.invoice_id))

    def _settle(self, sql: sqlite3.Connection, entry: Settled) -> None:
        due, settlement = entry.due, entry.settlement
        receipt = settlement.receipt
        values = {
            "run_no": self._run_no,
            "seq": due.seq,
            "invoice_id": due.invoice_id,
            "now_s": entry.now_s,
            "outcome": settlement.outcome,
            "reason": settlement.reason,
            "http_status": settlement.http_status,
            "request_id": settlement.request_id,
            "receipt": None if receipt is None else receipt.receipt,
            "receipt_date": None if receipt is None else receipt.date,
            "started_s": settlement.started_s,
            "effect": settlement.effect,
            "result": str(settlement.http_status or settlement.reason),
            "latency_ms": settlement.latency_ms,
            "state": after_attempt(settlement.effect, was_ambiguous=_is_in_doubt(sql, due)),
        }
        if settlement.effect is Effect.AMBIGUOUS:
            sql.execute(_DOUBT, (due.invoice_id, due.update.fingerprint, entry.now_s))
        sql.execute(
            f"UPDATE attempts SET started_s = :started_s, effect = :effect, result = :result, latency_ms = :latency_ms {_LAST_ATTEMPT}",  # noqa: S608
            values,
        )
        sql.execute(_LIST, values)
        sql.execute(_SETTLE, values)
        if settlement.effect is Effect.CONFIRMED:
            sql.execute(_CONFIRM, values)


def doubt_in_flight(ledger: LedgerFile, *, now_s: float) -> int:
    """Every invoice that is in flight although nothing is sent any more is UNKNOWN, and so says the last run.

    Returns how many there were.
    """
    with ledger.transaction() as sql:
        sql.execute(_CLOSE_LAST_RUN)
        sql.execute(_DOUBT_ALL, {"now_s": now_s})
        return sql.execute(f"UPDATE invoices SET state = 'unknown' WHERE {_IN_FLIGHT}").rowcount  # noqa: S608


def _is_in_doubt(sql: sqlite3.Connection, due: Due) -> bool:
    query = "SELECT 1 FROM ambiguities WHERE invoice_id = ? AND fingerprint = ?"
    return sql.execute(query, (due.invoice_id, due.update.fingerprint)).fetchone() is not None
