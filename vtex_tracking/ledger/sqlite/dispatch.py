"""Sending, as the ledger sees it: what is due, what is intended, and what became of it."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal

from attrs import frozen

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.states import after_attempt, not_before_s
from vtex_tracking.model import Attempted, Due, Effect, InvoiceKey, OutcomeKind, Reason, Update

_DOUBT: Final = """
INSERT INTO ambiguities VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at_s = excluded.at_s
"""
# What was attempted is not due again where the run is done with it: its outcome stands beside the attempt. Behind the last
# one that was attempted, which is where a page begins as a rule, there is nothing to look for.
_DUE: Final = """
SELECT listed.seq, invoice_id, order_id, invoice_number, body, fingerprint, invoices.events, invoices.is_delivered,
    invoices.delivered_date
FROM run_invoices AS listed JOIN invoices USING (invoice_id)
WHERE run_no = ?1 AND seq > ?2 AND outcome = 'pending'
    AND (seq > (SELECT coalesce(max(seq), ?2) FROM attempts WHERE run_no = ?1) OR NOT EXISTS (SELECT 1 FROM attempts
        WHERE attempts.run_no = ?1 AND attempts.seq = listed.seq AND attempts.outcome IS NOT NULL))
ORDER BY seq LIMIT ?3
"""
_DOUBTS: Final = """
SELECT invoice_id, fingerprint, at_s FROM run_invoices CROSS JOIN ambiguities USING (invoice_id)
WHERE run_no = ? AND seq BETWEEN ? AND ?
"""
_COUNT: Final = """
SELECT (SELECT count(*) FROM run_invoices WHERE run_no = ?1 AND outcome = 'pending')
    - (SELECT count(*) FROM attempts WHERE run_no = ?1 AND outcome IS NOT NULL)
"""
# What many rows have in common is numbered, and stands once in what is bound; what each has of its own comes behind it.
_INTEND: Final = "INSERT INTO attempts (run_no, seq, number, started_s) SELECT ?1, column1, column2, ?2"
_WITHDRAW: Final = "DELETE FROM attempts WHERE run_no = ? AND seq = ? AND number = ?"
_SETTLE: Final = """
REPLACE INTO attempts (run_no, seq, number, started_s, effect, state, outcome, reason, http_status, request_id, receipt,
    receipt_date, latency_ms, ended_s)
SELECT ?1, column1, column2, column3, ?3, ?4, ?5, ?6, ?7, column4, column5, column6, column7, ?2
"""
_ROWS_MAX: Final = 128  # of one statement


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
_Alike = tuple[
    float, Effect, bool, OutcomeKind | None, Reason, int | None
]  # what settlements have in common, now to then


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
            doubts = _doubts(sql, run_no=self._run_no, first=rows[0][0], last=rows[-1][0]) if rows else {}
        dues = []
        for seq, invoice_id, order_id, number, body, fingerprint, events, is_delivered, delivered_date in rows:
            update = Update(InvoiceKey(order_id, number), body, fingerprint, events, bool(is_delivered), delivered_date)
            is_ambiguous, until_s = False, 0.0
            if others := doubts.get(invoice_id):
                is_ambiguous = others.pop(fingerprint, None) is not None
                until_s = not_before_s(
                    others_ambiguous_at_s=max(others.values(), default=None),
                    now_s=now_s,
                    quiet_period_s=self._quiet_period_s,
                )
            dues.append(Due(seq, invoice_id, update, is_ambiguous, until_s))
        return tuple(dues)

    def write(self, entries: Sequence[Entry]) -> None:
        """All of these entries, in one commit; no two of them are of the same update."""
        with self._ledger.transaction() as sql:
            self._intend(sql, [entry for entry in entries if isinstance(entry, Intent)])
            self._withdraw(sql, [entry for entry in entries if isinstance(entry, Withdrawal)])
            self._settle(sql, [entry for entry in entries if isinstance(entry, Settled)])

    def _intend(self, sql: sqlite3.Connection, entries: Sequence[Intent]) -> None:
        numbers = self._numbers
        for entry in entries:
            own: list[object] = []
            for due in entry.dues:
                seq = due.seq
                numbers[seq] = number = numbers.get(seq, 0) + 1
                own += (seq, number)
            _insert(sql, _INTEND, common=(self._run_no, entry.now_s), own=own, columns=2)

    def _withdraw(self, sql: sqlite3.Connection, entries: Sequence[Withdrawal]) -> None:
        for entry in entries:
            seq = entry.due.seq
            sql.execute(_WITHDRAW, (self._run_no, seq, self._numbers[seq]))
            self._numbers[seq] -= 1

    def _settle(self, sql: sqlite3.Connection, entries: Sequence[Settled]) -> None:
        numbers, doubts = self._numbers, []
        alike: defaultdict[_Alike, list[object]] = defaultdict(list)
        for entry in entries:
            for attempt in entry.attempts:
                due, one = attempt.due, attempt.settlement
                seq, effect, outcome, receipt = due.seq, one.effect, one.outcome, one.receipt
                if effect is Effect.AMBIGUOUS:
                    doubts.append((due.invoice_id, due.update.fingerprint, entry.now_s))
                # Only what was not applied depends on the attempts before it.
                was_ambiguous = effect is Effect.NOT_APPLIED and _is_in_doubt(sql, due)
                own = alike[entry.now_s, effect, was_ambiguous, outcome, one.reason, one.http_status]
                own += (
                    seq,
                    numbers[seq] if outcome is None else numbers.pop(seq),
                    one.started_s,
                    one.request_id,
                    *((None, None) if receipt is None else (receipt.receipt, receipt.date)),
                    one.latency_ms,
                )
        if doubts:
            sql.executemany(_DOUBT, doubts)
        for (now_s, effect, was_ambiguous, outcome, reason, http_status), own in alike.items():
            state = after_attempt(effect, was_ambiguous=was_ambiguous)
            # As text of Python's own: SQLite's module asks any other what to make of it, which takes longer than to keep it.
            texts = (effect.value, state.value, None if outcome is None else outcome.value, reason.value)
            _insert(sql, _SETTLE, common=(self._run_no, now_s, *texts, http_status), own=own, columns=7)


def _doubts(sql: sqlite3.Connection, *, run_no: int, first: int, last: int) -> dict[int, dict[str, float]]:
    """The attempts in doubt of each invoice that has any, by their fingerprints. Most ledgers have none at all."""
    doubts: dict[int, dict[str, float]] = {}
    if sql.execute("SELECT 1 FROM ambiguities LIMIT 1").fetchone() is not None:
        for invoice_id, fingerprint, at_s in sql.execute(_DOUBTS, (run_no, first, last)):
            doubts.setdefault(invoice_id, {})[fingerprint] = at_s
    return doubts


def _insert(
    sql: sqlite3.Connection, statement: str, *, common: Sequence[object], own: Sequence[object], columns: int
) -> None:
    """Many rows by each statement: after every single one another thread could take its turn, and this one wait for its own."""
    at = 0
    while left := (len(own) - at) // columns:
        size = min(_ROWS_MAX, 1 << left.bit_length() - 1)  # few sizes, so that SQLite's module remembers each statement
        end = at + size * columns
        sql.execute(_of_many(statement, columns=columns, rows=size), (*common, *own[at:end]))
        at = end


@lru_cache
def _of_many(statement: str, *, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"{statement} FROM (VALUES {', '.join([row] * rows)})"


def _is_in_doubt(sql: sqlite3.Connection, due: Due) -> bool:
    query = "SELECT 1 FROM ambiguities WHERE invoice_id = ? AND fingerprint = ?"
    return sql.execute(query, (due.invoice_id, due.update.fingerprint)).fetchone() is not None
