"""The third step of the tables: attempts are a journal, and an invoice holds its facts itself."""

from __future__ import annotations

from typing import Final

# An attempt without an effect is in flight; what it has come to is posted to its invoice when the run is over. Of older attempts
# only an HTTP status was kept, or why there was none: what the last one of an update came to stands in the run's list.
JOURNAL: Final = """
ALTER TABLE attempts RENAME TO older_attempts;
CREATE TABLE attempts (
    run_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    number INTEGER NOT NULL,
    started_s REAL NOT NULL,
    effect TEXT,                    -- NULL: the intent is all that is known
    state TEXT,                     -- in which it leaves the invoice
    outcome TEXT,                   -- NULL: the run is not done with the update
    reason TEXT,
    http_status INTEGER,            -- from here on as run_invoices has it, where there was no attempt
    request_id TEXT,
    receipt TEXT,
    receipt_date TEXT,
    latency_ms INTEGER,
    ended_s REAL,
    PRIMARY KEY (run_no, seq, number)
) STRICT, WITHOUT ROWID;

INSERT INTO attempts (run_no, seq, number, started_s, effect, state, reason, http_status, latency_ms)
SELECT run_no, seq, number, started_s, effect,
    CASE effect WHEN 'confirmed' THEN 'sent' WHEN 'refused' THEN 'rejected' WHEN 'ambiguous' THEN 'unknown' ELSE 'pending' END,
    CASE WHEN result GLOB '[0-9]*' THEN '' ELSE result END, CASE WHEN result GLOB '[0-9]*' THEN CAST(result AS INTEGER) END, latency_ms
FROM older_attempts ORDER BY run_no, seq, number;

UPDATE attempts SET outcome = CASE WHEN finished_s IS NOT NULL THEN listed.outcome END,
    state = CASE WHEN effect = 'not_applied' AND (listed.outcome = 'unknown' OR EXISTS (SELECT 1 FROM invoices
        WHERE invoice_id = listed.invoice_id AND invoices.state = 'unknown' AND listed.run_no = (SELECT max(run_no) FROM runs))
    ) THEN 'unknown' ELSE attempts.state END,
    reason = listed.reason, http_status = listed.http_status, request_id = listed.request_id, receipt = listed.receipt,
    receipt_date = listed.receipt_date, ended_s = finished_s
FROM run_invoices AS listed WHERE listed.run_no = attempts.run_no AND listed.seq = attempts.seq AND number = (
    SELECT max(number) FROM older_attempts AS own WHERE own.run_no = listed.run_no AND own.seq = listed.seq);

UPDATE attempts SET state = NULL, reason = NULL, http_status = NULL, request_id = NULL
WHERE effect IS NULL AND run_no = (SELECT max(run_no) FROM runs) AND EXISTS (
    SELECT 1 FROM run_invoices JOIN invoices USING (invoice_id)
    WHERE run_no = attempts.run_no AND seq = attempts.seq AND state = 'in_flight');
UPDATE attempts SET effect = 'ambiguous', state = 'unknown', reason = 'interrupted' WHERE effect IS NULL AND state IS NOT NULL;
DROP TABLE older_attempts;

CREATE TABLE listed_invoices (       -- without a reference to invoices: each row would look for its own, in feed order
    run_no INTEGER NOT NULL REFERENCES runs,
    seq INTEGER NOT NULL,           -- the place of its first record in the feeds; negative: left by an earlier run
    invoice_id INTEGER NOT NULL,
    first_place TEXT NOT NULL,
    events INTEGER NOT NULL,
    is_delivered INTEGER NOT NULL,
    delivered_date TEXT,
    outcome TEXT NOT NULL DEFAULT 'pending',  -- from here on: where the run made no attempt
    reason TEXT NOT NULL DEFAULT '',
    http_status INTEGER,
    receipt TEXT,
    receipt_date TEXT,
    request_id TEXT,
    PRIMARY KEY (run_no, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO listed_invoices SELECT run_no, seq, invoice_id, first_place, events, is_delivered, delivered_date, outcome, reason,
    http_status, receipt, receipt_date, request_id FROM run_invoices;
DROP TABLE run_invoices;
ALTER TABLE listed_invoices RENAME TO run_invoices;

UPDATE invoices SET state = CASE WHEN EXISTS (SELECT 1 FROM ambiguities
    WHERE ambiguities.invoice_id = invoices.invoice_id AND ambiguities.fingerprint = invoices.fingerprint) THEN 'unknown' ELSE 'pending' END
WHERE state = 'in_flight';
"""

# Each fact is what `facts.py` makes of it, byte for byte, and they stand in its order.
FACTS: Final = """
CREATE TABLE known_invoices (
    invoice_id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    order_id TEXT NOT NULL,
    invoice_number TEXT NOT NULL,
    state TEXT NOT NULL             -- one by one: for `IN`, SQLite makes a table of them, anew for every row that is written
        CHECK (state = 'pending' OR state = 'sent' OR state = 'rejected' OR state = 'unknown'),
    fingerprint TEXT NOT NULL,      -- of everything known
    body BLOB,                      -- what goes out, byte for byte; NULL once it is confirmed
    events INTEGER NOT NULL,
    is_delivered INTEGER NOT NULL,
    delivered_date TEXT,
    first_place TEXT NOT NULL,
    known_run_no INTEGER NOT NULL,  -- the run that last brought a fact
    confirmed_run_no INTEGER NOT NULL DEFAULT 0,  -- facts up to this run are confirmed
    settled_s REAL NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    http_status INTEGER,
    receipt TEXT,
    receipt_date TEXT,
    request_id TEXT,
    facts TEXT NOT NULL DEFAULT '[]',  -- JSON, a fact on each line
    fact_runs TEXT,                 -- JSON, the run that brought each; NULL: all came with `known_run_no`
    UNIQUE (account, order_id, invoice_number)
) STRICT;
INSERT INTO known_invoices SELECT *, '[]', NULL FROM invoices;
UPDATE known_invoices AS invoices SET (facts, fact_runs) = (
    SELECT '[' || group_concat(fact, ',' || char(10)) || ']',
        CASE WHEN min(run_no) <> known_run_no OR max(run_no) <> known_run_no THEN json_group_array(run_no) END
    FROM (
        SELECT run_no,
            '{' || iif(is_delivered, '"isDelivered":true,', '')
            || iif(delivered_date <> '', '"deliveredDate":' || json_quote(delivered_date) || ',', '')
            || '"city":' || json_quote(city) || ',"state":' || json_quote(state)
            || ',"description":' || json_quote(description) || ',"date":' || json_quote(date) || '}' AS fact
        FROM facts WHERE facts.invoice_id = invoices.invoice_id ORDER BY date, fact
    )
) WHERE invoice_id IN (SELECT invoice_id FROM facts);
DROP TABLE facts;
DROP TABLE invoices;
ALTER TABLE known_invoices RENAME TO invoices;
"""
