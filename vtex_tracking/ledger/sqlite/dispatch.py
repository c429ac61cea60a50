"""Sending, as the ledger sees it: what is due, what is intended, and what became of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Final, Literal

from attrs import frozen

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.states import State, after_attempt, not_before_s
from vtex_tracking.model import Attempted, Due, Effect, InvoiceKey, Settlement, Update

_DOUBT: Final = """
INSERT INTO ambiguities VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at_s = excluded.at_s
"""
# What was attempted is not due again where the run is done with it: its outcome stands beside the attempt.
_DUE: Final = """
SELECT listed.seq, listed.invoice_id, order_id, invoice_number, body, fingerprint, invoices.events,
    invoices.is_delivered, invoices.delivered_date,
    EXISTS (SELECT 1 FROM ambiguities AS mine WHERE mine.invoice_id = listed.invoice_id
        AND mine.fingerprint = invoices.fingerprint),
    (SELECT max(at_s) FROM ambiguities AS others WHERE others.invoice_id = listed.invoice_id
        AND others.fingerprint <> invoices.fingerprint)
FROM run_invoices AS listed JOIN invoices USING (invoice_id)
WHERE run_no = ?1 AND seq > ?2 AND outcome = 'pending' AND NOT EXISTS (SELECT 1 FROM attempts
    WHERE attempts.run_no = ?1 AND attempts.seq = listed.seq AND attempts.outcome IS NOT NULL)
ORDER BY seq LIMIT ?3
"""
_COUNT: Final = """
SELECT (SELECT count(*) FROM run_invoices WHERE run_no = ?1 AND outcome = 'pending')
    - (SELECT count(*) FROM attempts WHERE run_no = ?1 AND outcome IS NOT NULL)
"""
_INTEND: Final = "INSERT INTO attempts (run_no, seq, number, started_s)"
_WITHDRAW: Final = "DELETE FROM attempts WHERE run_no = ? AND seq = ? AND number = ?"
_SETTLE: Final = """
REPLACE INTO attempts (run_no, seq, number, started_s, effect, state, outcome, reason, http_status, request_id, receipt,
    receipt_date, latency_ms, ended_s)
"""
_ROWS_MAX: Final = 64  # of one statement


@frozen(kw_only=True)
class Intent:
    """Attempts of these updates are about to be made; durable before their first byte."""

    dues: Sequence[Due]
    now_s: float

    @property
    def updates(self) -> int:
        """How many it is about."""
        return len(self.dues)


@frozen(kw_only=True)
class Withdrawal:
    """An intent that never became an attempt: not a byte left."""

    due: Due
    updates: Literal[1] = 1


@frozen(kw_only=True)
class Settled:
    """What became of the attempts that were intended last."""

    attempts: Sequence[Attempted]
    now_s: float

    @property
    def updates(self) -> int:
        """How many it is about."""
        return len(self.attempts)


Entry = Intent | Withdrawal | Settled


class Dispatch:
    """One run's sending. Nobody else makes attempts in its name, so it knows their numbers."""

    def __init__(self, ledger: LedgerFile, *, run_no: int, quiet_period_s: float) -> None:
        self._ledger = ledger
        self._run_no = run_no
        self._quiet_period_s = quiet_period_s
        self._numbers: dict[int, int] = {}  # seq → its last attempt, until the run is done with it

    def count(self) -> int:
        """How many updates this run has to send."""
        with self._ledger.reading() as sql:
            return int(sql.execute(_COUNT, (self._run_no,)).fetchone()[0])

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
        run_no, numbers, rows = self._run_no, self._numbers, []
        for entry in entries:
            for due in entry.dues:
                numbers[due.seq] = number = numbers.get(due.seq, 0) + 1
                rows.append((run_no, due.seq, number, entry.now_s))
        _insert(sql, _INTEND, rows)

    def _withdraw(self, sql: sqlite3.Connection, entries: Sequence[Withdrawal]) -> None:
        for entry in entries:
            seq = entry.due.seq
            sql.execute(_WITHDRAW, (self._run_no, seq, self._numbers[seq]))
            self._numbers[seq] -= 1

    def _settle(self, sql: sqlite3.Connection, entries: Sequence[Settled]) -> None:
        doubts, rows = [], []
        for entry in entries:
            for attempt in entry.attempts:
                due, one = attempt.due, attempt.settlement
                if one.effect is Effect.AMBIGUOUS:
                    doubts.append((due.invoice_id, due.update.fingerprint, entry.now_s))
                # Only what was not applied depends on the attempts before it.
                was_ambiguous = one.effect is Effect.NOT_APPLIED and _is_in_doubt(sql, due)
                state = after_attempt(one.effect, was_ambiguous=was_ambiguous)
                rows.append(
                    (self._run_no, due.seq, self._numbers[due.seq], *_columns_of(one, state=state), entry.now_s)
                )
                if one.outcome is not None:
                    del self._numbers[due.seq]
        if doubts:
            sql.executemany(_DOUBT, doubts)
        _insert(sql, _SETTLE, rows)


def _columns_of(settlement: Settlement, *, state: State) -> tuple[object, ...]:
    """As text of Python's own: SQLite's module asks any other what to make of it, which takes longer than to keep it."""
    outcome, receipt = settlement.outcome, settlement.receipt
    return (
        settlement.started_s,
        settlement.effect.value,
        state.value,
        None if outcome is None else outcome.value,
        settlement.reason.value,
        settlement.http_status,
        settlement.request_id,
        *((None, None) if receipt is None else (receipt.receipt, receipt.date)),
        settlement.latency_ms,
    )


def _insert(sql: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Many rows by each statement: after every single one another thread could take its turn, and this one wait for its own."""
    at = 0
    while left := len(rows) - at:
        size = min(_ROWS_MAX, 1 << left.bit_length() - 1)  # few sizes, so that SQLite's module remembers each statement
        some = rows[at : at + size]
        sql.execute(_of_many(statement, columns=len(rows[0]), rows=size), list(chain.from_iterable(some)))
        at += size


@lru_cache
def _of_many(statement: str, *, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"{statement} VALUES {', '.join([row] * rows)}"


def _is_in_doubt(sql: sqlite3.Connection, due: Due) -> bool:
    query = "SELECT 1 FROM ambiguities WHERE invoice_id = ? AND fingerprint = ?"
    return sql.execute(query, (due.invoice_id, due.update.fingerprint)).fetchone() is not None
