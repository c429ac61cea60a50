"""The tables, and which version of them this is."""

from __future__ import annotations

from typing import Final

from vtex_tracking.ledger.sqlite import third_step

APPLICATION_ID: Final = 0x56545821  # "VTX!" in SQLite's header: `file` and we can tell whose this is

# Word for word in the index and in every question: only then does SQLite see that the index has the answer.
UNSETTLED: Final = "state IN ('pending', 'unknown')"

# Times are Unix seconds (`_s`) where they are compared, ISO 8601 text (`_at`) where they are only shown.
_FIRST: Final = """
CREATE TABLE invoices (
    invoice_id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    order_id TEXT NOT NULL,
    invoice_number TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'in_flight', 'sent', 'rejected', 'unknown')),
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
    UNIQUE (account, order_id, invoice_number)
) STRICT;

CREATE INDEX invoices_unsettled ON invoices (account) WHERE state IN ('pending', 'in_flight', 'unknown');

CREATE TABLE facts (
    invoice_id INTEGER NOT NULL REFERENCES invoices,
    date TEXT NOT NULL,
    description TEXT NOT NULL,
    city TEXT NOT NULL,
    state TEXT NOT NULL,
    is_delivered INTEGER NOT NULL,
    delivered_date TEXT NOT NULL,
    run_no INTEGER NOT NULL,
    PRIMARY KEY (invoice_id, date, description, city, state, is_delivered, delivered_date)
) STRICT, WITHOUT ROWID;

CREATE TABLE ambiguities (
    invoice_id INTEGER NOT NULL REFERENCES invoices,
    fingerprint TEXT NOT NULL,
    at_s REAL NOT NULL,
    PRIMARY KEY (invoice_id, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    run_no INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    version TEXT NOT NULL,
    settings TEXT NOT NULL,         -- JSON, without secrets
    started_at TEXT NOT NULL,
    feeds TEXT NOT NULL DEFAULT '[]',  -- JSON, once they are read
    records INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0,
    duplicates INTEGER NOT NULL DEFAULT 0,
    defects INTEGER NOT NULL DEFAULT 0,
    finished_at TEXT,
    summary TEXT,                   -- JSON, once it is finished
    exit_code INTEGER
) STRICT;

CREATE TABLE run_invoices (
    run_no INTEGER NOT NULL REFERENCES runs,
    seq INTEGER NOT NULL,           -- the place of its first record in the feeds; negative: left by an earlier run
    invoice_id INTEGER NOT NULL REFERENCES invoices,
    first_place TEXT NOT NULL,
    events INTEGER NOT NULL,
    is_delivered INTEGER NOT NULL,
    delivered_date TEXT,
    outcome TEXT NOT NULL DEFAULT 'pending',
    reason TEXT NOT NULL DEFAULT '',
    http_status INTEGER,
    receipt TEXT,
    receipt_date TEXT,
    request_id TEXT,
    finished_s REAL,
    PRIMARY KEY (run_no, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_invoices_invoice ON run_invoices (invoice_id);  -- forgetting an invoice asks who refers to it

CREATE TABLE attempts (
    run_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    number INTEGER NOT NULL,
    started_s REAL NOT NULL,
    effect TEXT,                    -- NULL: the intent is all that is known
    result TEXT,                    -- an HTTP status, or why there was none
    latency_ms INTEGER,
    PRIMARY KEY (run_no, seq, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    account TEXT PRIMARY KEY,
    found_rate_per_s REAL NOT NULL  -- what VTEX was found to bear, where that is less than was asked
) STRICT;

CREATE TABLE defects (
    run_no INTEGER NOT NULL REFERENCES runs,
    number INTEGER NOT NULL,
    code TEXT NOT NULL,
    document TEXT NOT NULL,         -- JSON
    PRIMARY KEY (run_no, number)
) STRICT, WITHOUT ROWID;
"""

_WARNINGS: Final = """
CREATE TABLE warnings (
    run_no INTEGER NOT NULL REFERENCES runs,
    number INTEGER NOT NULL,
    code TEXT NOT NULL,
    document TEXT NOT NULL,         -- JSON
    PRIMARY KEY (run_no, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE warning_counts (       -- of all, also of those that are not listed
    run_no INTEGER NOT NULL REFERENCES runs,
    code TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (run_no, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE gatherings (           -- what the feeds of a run came to, where they were accepted
    run_no INTEGER PRIMARY KEY REFERENCES runs,
    invoices INTEGER NOT NULL,
    delivered INTEGER NOT NULL
) STRICT;
"""

_VOLUMES: Final = """
CREATE TABLE volumes (
    invoice_id INTEGER NOT NULL REFERENCES invoices,
    volume TEXT NOT NULL,           -- its number as the carrier writes it; '' where a record named none
    stated_date TEXT NOT NULL,
    implied_date TEXT NOT NULL,
    volumes INTEGER NOT NULL,       -- how many the invoice was said to have; 0: never said
    is_returned INTEGER NOT NULL,
    PRIMARY KEY (invoice_id, volume)
) STRICT, WITHOUT ROWID;
"""

# Of version three; it was another before, and its table is a new one.
_UNSETTLED_INDEX: Final = f"CREATE INDEX invoices_unsettled ON invoices (account) WHERE {UNSETTLED};"

# Each step makes a ledger one version newer, a new one takes all of them. A step that was released is never changed.
STEPS: Final = (_FIRST, f"{_WARNINGS}{_VOLUMES}", f"{third_step.JOURNAL}{third_step.FACTS}{_UNSETTLED_INDEX}")
VERSION: Final = len(STEPS)

# Lives beside the ledger for the length of one reading, in a file that is nameless and never synced.
INTAKE: Final = """
DROP TABLE IF EXISTS temp.intake_defects;
DROP TABLE IF EXISTS temp.listed;
CREATE TEMP TABLE intake_defects (number INTEGER PRIMARY KEY, code TEXT NOT NULL, document TEXT NOT NULL) STRICT;
CREATE TEMP TABLE listed (          -- the invoices of a run, until they are in the order of the feeds
    seq INTEGER NOT NULL,
    invoice_id INTEGER NOT NULL,
    first_place TEXT NOT NULL,
    events INTEGER NOT NULL,        -- of its update, and so the next two; nothing where there is none
    is_delivered INTEGER NOT NULL,
    delivered_date TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,                    -- NULL: that of the invoice
    has_answer INTEGER NOT NULL     -- the invoice's, which is told, with the update that it was given to
) STRICT;
"""
