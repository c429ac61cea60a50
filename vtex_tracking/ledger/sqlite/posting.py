"""What the attempts of a run have come to is posted to their invoices: when the run is over, or by whoever comes after a kill."""

from __future__ import annotations

import sqlite3
from typing import Final

from vtex_tracking.ledger.sqlite.connection import LedgerFile

_POSTED_MAX: Final = 2000  # invoices at once, each perhaps in a page of its own: the journal stays small

# Only the last run can have attempts that are not posted, and only where it did not come to its end.
_UNFINISHED: Final = "SELECT run_no FROM runs WHERE run_no = (SELECT max(run_no) FROM runs) AND finished_at IS NULL"
# What was in flight when its run died may have been heard: in doubt from now on, since nobody knows when it gave up.
_DOUBT_ALL: Final = """
INSERT INTO ambiguities SELECT invoice_id, fingerprint, :now_s
FROM attempts JOIN run_invoices USING (run_no, seq) JOIN invoices USING (invoice_id)
WHERE run_no = :run_no AND effect IS NULL
ON CONFLICT DO UPDATE SET at_s = excluded.at_s
"""
# The last answer in this run is still that of the attempt before.
_END_ALL: Final = """
UPDATE attempts SET effect = 'ambiguous', state = 'unknown', reason = 'interrupted',
    (http_status, request_id) = (SELECT http_status, request_id FROM attempts AS before
        WHERE before.run_no = attempts.run_no AND before.seq = attempts.seq AND before.number = attempts.number - 1)
WHERE run_no = :run_no AND effect IS NULL
"""
# What an earlier run left in doubt and this one did not come to is not pending. Every doubt is on record, and few are.
_LEAVE_IN_DOUBT: Final = """
UPDATE run_invoices SET outcome = 'unknown', reason = 'interrupted'
WHERE run_no = :run_no AND outcome = 'pending'
    AND invoice_id IN (SELECT invoice_id FROM ambiguities CROSS JOIN invoices USING (invoice_id) WHERE state = 'unknown')
    AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.run_no = run_invoices.run_no AND attempts.seq = run_invoices.seq)
"""
# Attempts lie in the order in which they were made, invoices in that of their names: each page of them is changed once.
_POSTING: Final = """
DROP TABLE IF EXISTS temp.posting;
CREATE TEMP TABLE posting (         -- what the last attempt of each invoice has come to
    invoice_id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    ended_s REAL,
    reason TEXT,
    http_status INTEGER,
    request_id TEXT,
    receipt TEXT,
    receipt_date TEXT
) STRICT;
"""
# With max() in it, SQLite takes each other column from the row that has the maximum.
_LIST: Final = """
INSERT INTO posting SELECT invoice_id, max(number), last.state, last.ended_s, last.reason, last.http_status, last.request_id,
    last.receipt, last.receipt_date
FROM attempts AS last JOIN run_invoices USING (run_no, seq)
WHERE run_no = ? AND effect IS NOT NULL GROUP BY seq ORDER BY invoice_id
"""
_UPTO: Final = "SELECT max(invoice_id) FROM (SELECT invoice_id FROM posting WHERE invoice_id > ? ORDER BY 1 LIMIT ?)"
_POST: Final = """
UPDATE invoices SET state = posting.state, settled_s = coalesce(posting.ended_s, settled_s), reason = posting.reason,
    http_status = posting.http_status, request_id = posting.request_id, receipt = posting.receipt, receipt_date = posting.receipt_date,
    body = CASE posting.state WHEN 'sent' THEN NULL ELSE body END,
    confirmed_run_no = CASE posting.state WHEN 'sent' THEN known_run_no ELSE confirmed_run_no END
FROM posting WHERE posting.invoice_id BETWEEN :after + 1 AND :upto
    AND invoices.invoice_id = +posting.invoice_id  -- without the plus, SQLite would read every invoice between
"""
_SHOWN: Final = """
DROP VIEW IF EXISTS temp.invoices;
DROP TABLE IF EXISTS temp.posted;
CREATE TEMP TABLE posted AS SELECT invoice_id, last.state, last.reason, coalesce(ended_s, settled_s) AS settled_s,
    CASE last.state WHEN 'sent' THEN known_run_no ELSE confirmed_run_no END AS confirmed_run_no
FROM posting AS last CROSS JOIN main.invoices USING (invoice_id) ORDER BY invoice_id;
CREATE UNIQUE INDEX temp.posted_invoice ON posted (invoice_id);
CREATE TEMP VIEW invoices AS SELECT {columns} FROM main.invoices AS known;
"""
_SHOWN_COLUMNS: Final = ("state", "reason", "settled_s", "confirmed_run_no")


def doubt_in_flight(ledger: LedgerFile, *, now_s: float) -> int:
    """What the last run's attempts have come to is what is known of its invoices, and what is in flight is UNKNOWN.

    To be called when nothing is sent any more. Done again, it changes nothing. Returns how many were in flight.
    """
    with ledger.transaction() as sql:
        run_no = _unfinished(sql)
        run = {"run_no": run_no, "now_s": now_s}
        if run_no is None:
            return 0
        sql.execute(_DOUBT_ALL, run)
        doubted = sql.execute(_END_ALL, run).rowcount
        sql.execute(_LEAVE_IN_DOUBT, run)
    _post(ledger, run_no=run_no)
    return doubted


def show_as_posted(ledger: LedgerFile) -> None:
    """Questions to this open ledger are answered as if its last run were posted; not a byte of the file is changed."""
    with ledger.reading() as sql:
        run_no = _unfinished(sql)
        if run_no is not None and _list(sql, run_no=run_no):
            names = [name for _, name, *_ in sql.execute("PRAGMA main.table_info(invoices)")]
            sql.executescript(_SHOWN.format(columns=", ".join(map(_shown, names))))


def _unfinished(sql: sqlite3.Connection) -> int | None:
    row = sql.execute(_UNFINISHED).fetchone()
    return None if row is None else int(row[0])


def _post(ledger: LedgerFile, *, run_no: int) -> None:
    """Killed on the way, it is done again from its beginning."""
    with ledger.reading() as sql:
        left, after = _list(sql, run_no=run_no), 0
    while left > 0:
        with ledger.transaction() as sql:
            (upto,) = sql.execute(_UPTO, (after, _POSTED_MAX)).fetchone()
            sql.execute(_POST, {"after": after, "upto": upto})
        left, after = left - _POSTED_MAX, upto


def _list(sql: sqlite3.Connection, *, run_no: int) -> int:
    """List what the run's invoices have come to, as the last attempt of each has it; returns how many they are."""
    sql.executescript(_POSTING)
    return sql.execute(_LIST, (run_no,)).rowcount


def _shown(name: str) -> str:
    """A column of an invoice, as it would be after its attempts."""
    posted = "FROM posted WHERE posted.invoice_id = known.invoice_id"
    if name == "body":
        return f"CASE (SELECT posted.state {posted}) WHEN 'sent' THEN NULL ELSE body END AS body"
    return f"coalesce((SELECT posted.{name} {posted}), {name}) AS {name}" if name in _SHOWN_COLUMNS else name
