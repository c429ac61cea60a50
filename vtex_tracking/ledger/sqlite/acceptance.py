"""Accepting what was gathered: durable facts, and the list of a run's invoices, before the first request."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.gathering import Gathered
from vtex_tracking.ledger.sqlite.intake import Intake, left_by
from vtex_tracking.ledger.sqlite.knowledge import know
from vtex_tracking.ledger.sqlite.schema import UNSETTLED
from vtex_tracking.ledger.sqlite.warned import keep_warnings
from vtex_tracking.ledger.states import Disposition, State
from vtex_tracking.model import OutcomeKind, Reason
from vtex_tracking.settings import Settings

_KNOW_INVOICE: Final = """
INSERT INTO invoices (account, order_id, invoice_number, state, fingerprint, body, events, is_delivered, delivered_date,
    first_place, known_run_no, settled_s, reason)
VALUES (:account, :order_id, :invoice_number, :state, :fingerprint, :body, :events, :is_delivered, :delivered_date,
    :first_place, :run_no, :now_s, :reason)
ON CONFLICT (account, order_id, invoice_number) DO UPDATE SET state = excluded.state, fingerprint = excluded.fingerprint,
    body = excluded.body, events = excluded.events, is_delivered = excluded.is_delivered,
    delivered_date = excluded.delivered_date, first_place = excluded.first_place, known_run_no = excluded.known_run_no,
    settled_s = excluded.settled_s, reason = excluded.reason, http_status = NULL, receipt = NULL, receipt_date = NULL,
    request_id = NULL
RETURNING invoice_id
"""
_JOIN_RUN: Final = """
INSERT INTO run_invoices (run_no, seq, invoice_id, first_place, events, is_delivered, delivered_date, outcome, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_JOIN_RUN_AS_SETTLED: Final = """
INSERT INTO run_invoices (run_no, seq, invoice_id, first_place, events, is_delivered, delivered_date, outcome, reason,
    http_status, receipt, receipt_date, request_id)
SELECT ?, ?, ?, ?, events, is_delivered, delivered_date, ?, coalesce(?, reason), http_status, receipt, receipt_date,
    request_id
FROM invoices WHERE invoice_id = ?
"""
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


def accept(ledger: LedgerFile, intake: Intake, *, run_no: int, settings: Settings) -> None:
    """Make everything that the feeds say durable, and with it the list of this run's invoices: all of it, or nothing."""
    with closing(intake.gathered()) as gathered, ledger.transaction() as sql:
        for invoice in gathered:
            _accept(sql, run_no=run_no, account=settings.account, invoice=invoice, now_s=intake.now_s)
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


def _accept(sql: sqlite3.Connection, *, run_no: int, account: str, invoice: Gathered, now_s: float) -> None:
    invoice_id = invoice.invoice_id
    if invoice_id is None or invoice.disposition is Disposition.CHANGED:
        invoice_id = _know_invoice(sql, run_no=run_no, account=account, invoice=invoice, now_s=now_s)
    know(sql, invoice_id, facts=invoice.new_facts, volumes=invoice.new_volumes, run_no=run_no)
    place = (run_no, invoice.seq, invoice_id, invoice.first_place)
    match invoice.disposition:
        case Disposition.UNCHANGED:
            sql.execute(_JOIN_RUN_AS_SETTLED, (*place, OutcomeKind.UNCHANGED, Reason.ALREADY_SENT, invoice_id))
        case Disposition.HELD:
            sql.execute(_JOIN_RUN_AS_SETTLED, (*place, OutcomeKind.REJECTED, None, invoice_id))
        case Disposition.REFUSED:
            sql.execute(_JOIN_RUN, (*place, *_said(invoice), OutcomeKind.REJECTED, invoice.reason))
        case Disposition.NEW | Disposition.CHANGED | Disposition.RESUMED:
            sql.execute(_JOIN_RUN, (*place, *_said(invoice), OutcomeKind.PENDING, Reason.NOT_STARTED))


def _know_invoice(sql: sqlite3.Connection, *, run_no: int, account: str, invoice: Gathered, now_s: float) -> int:
    update = invoice.update
    events, is_delivered, delivered_date = _said(invoice)
    (invoice_id,) = sql.execute(
        _KNOW_INVOICE,
        {
            "account": account,
            "order_id": invoice.key.order_id,
            "invoice_number": invoice.key.invoice_number,
            "state": State.REJECTED if update is None else State.PENDING,
            "fingerprint": "" if update is None else update.fingerprint,
            "body": None if update is None else update.body,
            "events": events,
            "is_delivered": is_delivered,
            "delivered_date": delivered_date,
            "first_place": invoice.first_place,
            "run_no": run_no,
            "now_s": now_s,
            "reason": invoice.reason,
        },
    ).fetchone()
    return int(invoice_id)


def _said(invoice: Gathered) -> tuple[int, bool, str | None]:
    """What a report shows of an update."""
    update = invoice.update
    return (0, False, None) if update is None else (update.events, update.is_delivered, update.delivered_date)
