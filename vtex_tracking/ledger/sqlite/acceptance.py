"""Accepting what was gathered: durable facts, and the list of a run's invoices, before the first request."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.gathering import Gathered
from vtex_tracking.ledger.sqlite.intake import Intake, left_by
from vtex_tracking.ledger.sqlite.knowledge import columns_of_volume
from vtex_tracking.ledger.sqlite.schema import UNSETTLED
from vtex_tracking.ledger.sqlite.warned import keep_warnings
from vtex_tracking.ledger.states import Disposition, State
from vtex_tracking.model import OutcomeKind, Reason
from vtex_tracking.settings import Settings

_KNOW_INVOICE: Final = """
INSERT INTO invoices (state, fingerprint, body, events, is_delivered, delivered_date, first_place, known_run_no, settled_s,
    reason, invoice_id, account, order_id, invoice_number)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_KNOW_MORE: Final = """
UPDATE invoices SET state = ?, fingerprint = ?, body = ?, events = ?, is_delivered = ?, delivered_date = ?, first_place = ?,
    known_run_no = ?, settled_s = ?, reason = ?, http_status = NULL, receipt = NULL, receipt_date = NULL, request_id = NULL
WHERE invoice_id = ?
"""
_KNOW_FACT: Final = "INSERT OR IGNORE INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_KNOW_VOLUME: Final = "INSERT OR REPLACE INTO volumes VALUES (?, ?, ?, ?, ?, ?)"
_JOIN_RUN: Final = """
INSERT INTO temp.listed (run_no, seq, invoice_id, first_place, events, is_delivered, delivered_date, outcome, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_JOIN_RUN_AS_SETTLED: Final = """
INSERT INTO temp.listed (run_no, seq, invoice_id, first_place, events, is_delivered, delivered_date, outcome, reason,
    http_status, receipt, receipt_date, request_id)
SELECT ?, ?, ?, ?, events, is_delivered, delivered_date, ?, coalesce(?, reason), http_status, receipt, receipt_date,
    request_id
FROM invoices WHERE invoice_id = ?
"""
# Invoices are gathered by their names and listed by their places: one by one, each would go to another page of the file.
_LIST: Final = "INSERT INTO run_invoices SELECT * FROM temp.listed ORDER BY run_no, seq"
# What an earlier run left goes first: its seq is negative, in the order in which it was first heard of.
_JOIN_LEFT: Final = """
INSERT INTO run_invoices (run_no, seq, invoice_id, first_place, events, is_delivered, delivered_date, reason)
SELECT :run_no, invoice_id - 1 - (SELECT max(invoice_id) FROM invoices), invoice_id, first_place, events, is_delivered,
    delivered_date, :reason
FROM invoices
WHERE account = :account AND {which} AND invoice_id NOT IN (SELECT invoice_id FROM run_invoices WHERE run_no = :run_no)
"""
_COUNT_GATHERING: Final = "INSERT INTO gatherings VALUES (?, ?, ?)"
_TRY_AGAIN: Final = """
UPDATE invoices SET state = 'pending' WHERE state = 'rejected' AND invoice_id IN
    (SELECT invoice_id FROM run_invoices WHERE run_no = ? AND outcome = 'pending')
"""

# As text of Python's own: SQLite's module asks any other what to make of it, which takes longer than to keep it.
_WAITING: Final = (OutcomeKind.PENDING.value, Reason.NOT_STARTED.value)
_UNCHANGED: Final = (OutcomeKind.UNCHANGED.value, Reason.ALREADY_SENT.value)

# In this order: what is referred to comes first.
_STATEMENTS: Final = (_KNOW_INVOICE, _KNOW_MORE, _KNOW_FACT, _KNOW_VOLUME, _JOIN_RUN, _JOIN_RUN_AS_SETTLED)
_ENTERED_MAX: Final = 250  # invoices in memory until they are written
_BODY_BYTES_MAX: Final = 4 << 20  # of their bodies; then fewer are


def accept(ledger: LedgerFile, intake: Intake, *, run_no: int, settings: Settings) -> None:
    """Make everything that the feeds say durable, and with it the list of this run's invoices: all of it, or nothing."""
    with closing(intake.gathered()) as gathered, ledger.transaction() as sql:
        entries = Entries(sql, run_no=run_no, account=settings.account, now_s=intake.now_s)
        for invoice in gathered:
            entries.enter(invoice)
        entries.finish()
        for which in left_by(settings):
            _join_left(sql, run_no=run_no, account=settings.account, which=which)
        sql.execute(_TRY_AGAIN, (run_no,))
        sql.execute(_COUNT_GATHERING, (run_no, intake.tally.invoices, intake.tally.delivered))
        _count(sql, intake, run_no=run_no)


def refuse(ledger: LedgerFile, intake: Intake, *, run_no: int, account: str) -> None:
    """Keep the defects, the warnings and the counts of feeds that are not accepted, and nothing else of them.

    What earlier runs left is this run's all the same: it sends nothing of it either.
    """
    intake.stage()
    with ledger.transaction() as sql:
        _join_left(sql, run_no=run_no, account=account, which=UNSETTLED)
        _count(sql, intake, run_no=run_no)


def _join_left(sql: sqlite3.Connection, *, run_no: int, account: str, which: str) -> None:
    left = {"run_no": run_no, "reason": Reason.NOT_STARTED, "account": account}
    sql.execute(_JOIN_LEFT.format(which=which), left)


def _count(sql: sqlite3.Connection, intake: Intake, *, run_no: int) -> None:
    sql.execute("INSERT INTO defects SELECT ?, number, code, document FROM intake_defects", (run_no,))
    keep_warnings(sql, run_no=run_no, listed=intake.found.listed, counts=intake.found.counts)
    tally = intake.tally
    sql.execute(
        "UPDATE runs SET records = ?, events = ?, duplicates = ?, defects = ? WHERE run_no = ?",
        (tally.records, tally.events, tally.duplicates, tally.defects, run_no),
    )


class Entries:
    """Invoices that are accepted, and written many at once: a statement for each would cost more than what it does."""

    def __init__(self, sql: sqlite3.Connection, *, run_no: int, account: str, now_s: float) -> None:
        self._sql = sql
        self._run_no = run_no
        self._account = account
        self._now_s = now_s
        (self._last_id,) = sql.execute("SELECT coalesce(max(invoice_id), 0) FROM invoices").fetchone()
        self._rows: dict[str, list[tuple[object, ...]]] = {statement: [] for statement in _STATEMENTS}
        self._invoices = self._body_bytes = 0

    def enter(self, invoice: Gathered) -> None:
        """An invoice is known with all that the feeds say of it, and listed in the run."""
        rows, invoice_id = self._rows, invoice.invoice_id
        if invoice_id is None:
            self._last_id = invoice_id = self._last_id + 1
            named = (invoice_id, self._account, invoice.key.order_id, invoice.key.invoice_number)
            rows[_KNOW_INVOICE].append((*self._known(invoice), *named))
        elif invoice.disposition is Disposition.CHANGED:
            rows[_KNOW_MORE].append((*self._known(invoice), invoice_id))
        rows[_KNOW_FACT] += [(invoice_id, *fact, self._run_no) for fact in invoice.new_facts]
        rows[_KNOW_VOLUME] += [(invoice_id, *columns_of_volume(volume)) for volume in invoice.new_volumes]
        place = (self._run_no, invoice.seq, invoice_id, invoice.first_place)
        match invoice.disposition:
            case Disposition.UNCHANGED:
                rows[_JOIN_RUN_AS_SETTLED].append((*place, *_UNCHANGED, invoice_id))
            case Disposition.HELD:
                rows[_JOIN_RUN_AS_SETTLED].append((*place, OutcomeKind.REJECTED, None, invoice_id))
            case Disposition.REFUSED:
                rows[_JOIN_RUN].append((*place, *_said(invoice), OutcomeKind.REJECTED, invoice.reason))
            case Disposition.NEW | Disposition.CHANGED | Disposition.RESUMED:
                rows[_JOIN_RUN].append((*place, *_said(invoice), *_WAITING))
        self._invoices += 1
        self._body_bytes += 0 if invoice.update is None else len(invoice.update.body)
        if self._invoices >= _ENTERED_MAX or self._body_bytes >= _BODY_BYTES_MAX:
            self._write()

    def finish(self) -> None:
        """All that was entered is in the ledger's tables."""
        self._write()
        self._sql.execute(_LIST)

    def _write(self) -> None:
        for statement, rows in self._rows.items():
            self._sql.executemany(statement, rows)
            rows.clear()
        self._invoices = self._body_bytes = 0

    def _known(self, invoice: Gathered) -> tuple[object, ...]:
        update = invoice.update
        return (
            State.REJECTED.value if update is None else State.PENDING.value,
            "" if update is None else update.fingerprint,
            None if update is None else update.body,
            *_said(invoice),
            invoice.first_place,
            self._run_no,
            self._now_s,
            invoice.reason.value,
        )


def _said(invoice: Gathered) -> tuple[int, int, str | None]:
    """What a report shows of an update."""
    update = invoice.update
    return (0, 0, None) if update is None else (update.events, int(update.is_delivered), update.delivered_date)
