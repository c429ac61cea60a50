"""One feed, read in one way, and what it took, as a line of JSON: `python one_reading.py csv|values|ledger FEED`.

Started by the other benchmarks, so that what it measures is a process of its own. `csv` is the standard library alone, `values`
the feed's records as events, `ledger` the whole way into a ledger beside the feed.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from peak import peak_bytes

from vtex_tracking.feed import FeedReader
from vtex_tracking.ledger.sqlite.acceptance import accept
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.history import begin_run
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.settings import FeedSettings, Settings


def read_csv(feed: Path) -> int:
    """Make a dictionary of each record, as scripts do; return how many there are."""
    with feed.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.DictReader(file))


def read_values(feed: Path) -> int:
    """Make an event of each record; return how many there are."""
    return sum(1 for _ in FeedReader(str(feed), settings=FeedSettings(), now=datetime.now(UTC)))


def read_into_ledger(feed: Path) -> int:
    """Do all that a push does before its first request; return how many records there are."""
    settings = Settings(account="benchmark")
    path = feed.with_suffix(".db")
    path.unlink(missing_ok=True)
    with LedgerFile(path) as ledger:
        intake = Intake(ledger, settings=settings, now_s=time.time())
        intake.add(FeedReader(str(feed), settings=settings.feed, now=datetime.now(UTC)))
        history = begin_run(
            ledger, run_id="benchmark", account="benchmark", version="0", settings={}, feeds=(), started_s=time.time()
        )
        accept(ledger, intake, run_no=history.run_no, settings=settings)
    return intake.tally.records


def main(way: str, feed: Path) -> None:
    """Read once, and tell what it took."""
    read = {"csv": read_csv, "values": read_values, "ledger": read_into_ledger}[way]
    started_s = time.process_time()
    records = read(feed)
    cpu_s = time.process_time() - started_s
    print(json.dumps({"records": records, "cpu_s": cpu_s, "peak_bytes": peak_bytes()}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
