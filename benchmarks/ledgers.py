"""Ledgers to measure with: `python ledgers.py pending INVOICES LEDGER` writes one, `python ledgers.py sent LEDGER` settles it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from accepted import accept_feed
from feeds import write_single_events

from vtex_tracking.ledger.sqlite.connection import LedgerFile

# As a run would have left it whose every request was answered; by SQL of our own, since a million requests take minutes.
_SETTLE: Final = """
UPDATE invoices SET state = 'sent', body = NULL, confirmed_run_no = known_run_no, settled_s = 1.8e9, http_status = 200,
    receipt = lower(hex(randomblob(16))), receipt_date = '2026-01-01T00:00:00Z', request_id = lower(hex(randomblob(16)));
INSERT INTO attempts SELECT run_no, seq, 1, 1.8e9, 'confirmed', 'sent', 'sent', '', 200, invoices.request_id, invoices.receipt,
    invoices.receipt_date, 120, 1.8e9 FROM run_invoices JOIN invoices USING (invoice_id);
UPDATE runs SET finished_at = '2026-01-01T00:00:00Z', exit_code = 0;
"""


def write_pending(path: Path, *, invoices: int) -> None:
    """Write a ledger into which a feed was accepted, one event for each invoice, and nothing of it sent yet."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, LedgerFile(path) as ledger:
        feed = Path(folder) / "feed.csv"
        write_single_events(feed, invoices=invoices)
        accept_feed(ledger, feed)


def settle(path: Path) -> None:
    """Make all of a ledger sent. Not durable until it is done."""
    with closing(sqlite3.connect(path, isolation_level=None)) as sql:
        sql.execute("PRAGMA synchronous = OFF")
        sql.executescript(f"BEGIN; {_SETTLE} COMMIT;")


@contextmanager
def copied(path: Path) -> Iterator[Path]:
    """Where a copy of this ledger lies, whole on the disk, so that each use begins with the same one; it may be none yet."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        copy = Path(folder) / path.name
        if path.exists():
            shutil.copyfile(path, copy)
            with copy.open("rb") as file:
                os.fsync(file)
        yield copy


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["pending", invoices, path]:
            write_pending(Path(path), invoices=int(invoices))
        case ["sent", path]:
            settle(Path(path))
        case _:
            sys.exit(__doc__)
