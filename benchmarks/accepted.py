"""A feed's whole way into a ledger, in its steps: what a push does before its first request."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from attrs import frozen

from vtex_tracking.feed import FeedReader
from vtex_tracking.ledger.sqlite.acceptance import accept
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.history import begin_run
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.settings import Settings

SETTINGS = Settings(account="benchmark")


@frozen(kw_only=True)
class Accepted:
    """A run whose invoices are in the ledger, and what that took of this process's CPU."""

    records: int
    cpu_s: float  # from bytes to durable
    accept_cpu_s: float  # from staged to durable


def accept_feed(ledger: LedgerFile, feed: Path) -> Accepted:
    """Read, stage, sort, merge and write, in one thread."""
    began_s = time.process_time()
    intake = Intake(ledger, settings=SETTINGS, now_s=time.time())
    intake.add(FeedReader(str(feed), settings=SETTINGS.feed, now=datetime.now(UTC)).blocks())
    history = begin_run(
        ledger,
        run_id=f"run-{time.time_ns()}",
        account=SETTINGS.account,
        version="0",
        settings={},
        feeds=(),
        started_s=time.time(),
    )
    staged_s = time.process_time()
    accept(ledger, intake, run_no=history.run_no, settings=SETTINGS)
    ended_s = time.process_time()
    return Accepted(records=intake.tally.records, cpu_s=ended_s - began_s, accept_cpu_s=ended_s - staged_s)
