"""Accepting what was gathered: durable facts, and the list of a run's invoices, before the first request."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from itertools import chain
from typing import Final

from vtex_tracking.facts import kept_text
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.gathering import Gathered
from vtex_tracking.ledger.sqlite.intake import Intake, left_by
from vtex_tracking.ledger.sqlite.knowledge import Kept, columns_of_volume
from vtex_tracking.ledger.sqlite.schema import UNSETTLED
from vtex_tracking.ledger.sqlite.warned import keep_warnings
from vtex_tracking.ledger.states import Disposition, State
from vtex_tracking.model import OutcomeKind, Reason
from vtex_tracking.settings import Settings

_KNOW_INVOICE: Final = """
INSERT INTO invoices (state, fingerprint, body, events, is_delivered, delivered_date, first_place, known_run_no, settled_s,
    reason, facts, invoice_id, account, order_id, invoice_number)
VALUES (?, ?, ?, ?, ?, nullif(?, ''), ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_KNOW_MORE: Final = """
UPDATE invoices SET state = ?, fingerprint = ?, body = ?, events = ?, is_delivered = ?, delivered_date = nullif(?, ''), first_place = ?,
    known_run_no = ?, settled_s = ?, reason = ?, facts = ?, fact_runs = ?,
    http_status = NULL, receipt = NULL, receipt_date = NULL, request_id = NULL
WHERE invoice_id = ?
"""
_KNOW_FACTS: Final = "UPDATE invoices SET facts = ?, fact_runs = ? WHERE invoice_id = ?"
_KNOW_VOLUME: Final = "INSERT OR REPLACE INTO volumes VALUES (?, ?, ?, ?, ?, ?)"
_TRY_AGAIN: Final = "UPDATE invoices SET state = 'pending' WHERE state = 'rejected' AND invoice_id = ?"
_JOIN_RUN: Final = "INSERT INTO temp.listed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
# Invoices are gathered by their names and listed by their places: one by one, each would go to another page of the file. Nor is
# one looked up that needs a request, since it has no answer to tell of.
_LIST: Final = """
INSERT INTO run_invoices (run_no, seq, invoice_id, first_place, events, is_delivered, delivered_date, outcome, reason,
    http_status, receipt, receipt_date, request_id)
SELECT ?, seq, listed.invoice_id, listed.first_place, coalesce(answered.events, listed.events),
    coalesce(answered.is_delivered, listed.is_delivered), coalesce(answered.delivered_date, nullif(listed.delivered_date, '')),
    outcome, coalesce(listed.reason, answered.reason), http_status, receipt, receipt_date, request_id
FROM temp.listed LEFT JOIN invoices AS answered ON answered.invoice_id = iif(has_answer, listed.invoice_id, NULL) ORDER BY seq
"""
# What an earlier run left goes first: its seq is negative, in the order in which it was first heard of.
_JOIN_LEFT: Final = """
INSERT INTO run_invoices (run_no, seq, invoice_id, first_place, events, is_delivered, delivered_date, reason)
SELECT :run_no, invoice_id - 1 - :last_id, invoice_id, first_place, events, is_delivered, delivered_date, :reason
FROM invoices
WHERE account = :account AND invoice_id <= :last_id AND {which}
    AND invoice_id NOT IN (SELECT invoice_id FROM run_invoices WHERE run_no = :run_no)
"""
_TRY_LEFT_AGAIN: Final = """
UPDATE invoices SET state = 'pending' WHERE state = 'rejected' AND invoice_id IN
    (SELECT invoice_id FROM run_invoices WHERE run_no = ? AND seq < 0)
"""
_COUNT_GATHERING: Final = "INSERT INTO gatherings VALUES (?, ?, ?)"
_LAST_ID: Final = "SELECT coalesce(max(invoice_id), 0) FROM invoices"

# How an invoice is listed: its outcome and the reason, and whether its answer is told of. As text of Python's own: SQLite's module
# asks any other what to make of it, which takes longer than to keep it.
_WAITING: Final = (OutcomeKind.PENDING.value, Reason.NOT_STARTED.value, 0)
_PENDING: Final = State.PENDING.value
_REJECTED: Final = State.REJECTED.value
_LISTED: Final = {
    Disposition.NEW: _WAITING,
    Disposition.CHANGED: _WAITING,
    Disposition.RESUMED: _WAITING,
    Disposition.UNCHANGED: (OutcomeKind.UNCHANGED.value, Reason.ALREADY_SENT.value, 1),
    Disposition.HELD: (OutcomeKind.REJECTED.value, None, 1),
}

# Of these, so many rows go into one statement: what SQLite does once for each statement takes a third of the time of a row.
_ROWS_MAX: Final = 50
_MANY: Final = {
    statement: f"{statement}{f', {row}' * (_ROWS_MAX - 1)}"
    for statement in (_KNOW_INVOICE, _JOIN_RUN)
    for row in [statement.partition("VALUES ")[2]]
}
# In this order: what is referred to comes first.
_STATEMENTS: Final = (_KNOW_INVOICE, _KNOW_MORE, _KNOW_FACTS, _KNOW_VOLUME, _TRY_AGAIN, _JOIN_RUN)
_ENTERED_MAX: Final = 250  # invoices in memory until they are written
_BODY_BYTES_MAX: Final = 4 << 20  # of their bodies; then fewer are


def accept(ledger: LedgerFile, intake: Intake, *, run_no: int, settings: Settings) -> None:
    """Make everything that the feeds say durable, and with it the list of this run's invoices: all of it, or nothing."""
    with closing(intake.gathered()) as gathered, ledger.transaction() as sql:
        entries = Entries(sql, run_no=run_no, account=settings.account, now_s=intake.now_s)
        last_id = entries.last_id
        for invoice in gathered:
            entries.enter(invoice)
        entries.finish()
        for which in left_by(settings):
            _join_left(sql, run_no=run_no, account=settings.account, which=which, last_id=last_id)
        sql.execute(_TRY_LEFT_AGAIN, (run_no,))
        sql.execute(_COUNT_GATHERING, (run_no, intake.tally.invoices, intake.tally.delivered))
        _count(sql, intake, run_no=run_no)


def refuse(ledger: LedgerFile, intake: Intake, *, run_no: int, account: str) -> None:
    """Keep the defects, the warnings and the counts of feeds that are not accepted, and nothing else of them.

    What earlier runs left is this run's all the same: it sends nothing of it either.
    """
    intake.stage()
    with ledger.transaction() as sql:
        (last_id,) = sql.execute(_LAST_ID).fetchone()
        _join_left(sql, run_no=run_no, account=account, which=UNSETTLED, last_id=last_id)
        _count(sql, intake, run_no=run_no)


def _join_left(sql: sqlite3.Connection, *, run_no: int, account: str, which: str, last_id: int) -> None:
    """List what was there before this run, which had none behind `last_id`, and is not listed by it yet."""
    left = {"run_no": run_no, "reason": Reason.NOT_STARTED, "account": account, "last_id": last_id}
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
        (self.last_id,) = sql.execute(_LAST_ID).fetchone()
        self._rows: dict[str, list[tuple[object, ...]]] = {statement: [] for statement in _STATEMENTS}
        self._invoices = self._body_bytes = 0

    def enter(self, invoice: Gathered) -> None:
        """An invoice is known with all that the feeds say of it, and listed in the run."""
        rows, kept, disposition = self._rows, invoice.kept, invoice.disposition
        if kept is None:
            self.last_id = invoice_id = self.last_id + 1
            rows[_KNOW_INVOICE].append(
                (
                    *self._known(invoice),
                    kept_text(invoice.facts),
                    invoice_id,
                    self._account,
                    invoice.order_id,
                    invoice.invoice_number,
                )
            )
        else:
            invoice_id = kept.invoice_id
            if disposition is Disposition.CHANGED:
                rows[_KNOW_MORE].append(
                    (*self._known(invoice), *self._facts(invoice, kept, known_run_no=self._run_no), invoice_id)
                )
            elif disposition is Disposition.RESUMED:
                rows[_TRY_AGAIN].append((invoice_id,))
            if invoice.new_facts and disposition is not Disposition.CHANGED:
                rows[_KNOW_FACTS].append((*self._facts(invoice, kept, known_run_no=kept.known_run_no), invoice_id))
        if invoice.new_volumes:
            rows[_KNOW_VOLUME] += [(invoice_id, *columns_of_volume(volume)) for volume in invoice.new_volumes]
        listed = _LISTED.get(disposition) or (OutcomeKind.REJECTED.value, invoice.reason.value, 0)
        update = invoice.update
        told = (0, 0, "") if update is None else (update.events, int(update.is_delivered), update.delivered_date or "")
        rows[_JOIN_RUN].append((invoice.seq, invoice_id, invoice.first_place, *told, *listed))
        self._invoices += 1
        self._body_bytes += 0 if update is None else len(update.body)
        if self._invoices >= _ENTERED_MAX or self._body_bytes >= _BODY_BYTES_MAX:
            self._write()

    def finish(self) -> None:
        """All that was entered is in the ledger's tables."""
        self._write()
        self._sql.execute(_LIST, (self._run_no,))

    def _write(self) -> None:
        for statement, rows in self._rows.items():
            if statement in _MANY:
                while len(rows) >= _ROWS_MAX:
                    self._sql.execute(_MANY[statement], [*chain.from_iterable(rows[:_ROWS_MAX])])
                    del rows[:_ROWS_MAX]
            self._sql.executemany(statement, rows)
            rows.clear()
        self._invoices = self._body_bytes = 0

    def _known(self, invoice: Gathered) -> tuple[object, ...]:
        """Without None, bool and bytes where it can be: SQLite's module asks those what to make of them, one by one."""
        update, place = invoice.update, invoice.first_place
        if update is None:
            return (_REJECTED, "", None, 0, 0, "", place, self._run_no, self._now_s, invoice.reason.value)
        return (
            _PENDING,
            update.fingerprint,
            bytearray(update.body),
            update.events,
            int(update.is_delivered),
            update.delivered_date or "",
            place,
            self._run_no,
            self._now_s,
            "",
        )

    def _facts(self, invoice: Gathered, kept: Kept, *, known_run_no: int) -> tuple[str, str | None]:
        """All facts of an invoice that was known, and which run brought each, where it is not `known_run_no` for all of them."""
        old = kept.run_of_facts()
        runs = [old.get(fact, self._run_no) for fact in invoice.facts]
        is_of_one_run = runs == [known_run_no] * len(runs)
        return kept_text(invoice.facts), None if is_of_one_run else json.dumps(runs)
