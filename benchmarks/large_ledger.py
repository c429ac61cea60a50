"""A large ledger must open and commit as quickly as a small one.

Writes two ledgers into a folder of its own, a small one and one of so many invoices, as a year of runs would have left them,
with its own SQL, since ten million invoices through the front door would take hours. Then opens each, takes a feed in, and
commits attempts of invoices all over it. Exit 1 when the large one is over a limit; the small one tells what is the disk's.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, TypeVar

from attrs import frozen

from vtex_tracking.ledger.sqlite.acceptance import accept
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.dispatch import Dispatch, Intent, Settled, doubt_in_flight
from vtex_tracking.ledger.sqlite.history import begin_run
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.model import Effect, OutcomeKind, Reason, Receipt, Settlement, TrackingEvent
from vtex_tracking.settings import Settings

OPEN_S_MAX: Final = 1.0
COMMIT_P99_MS_MAX: Final = 10.0
RUN_INVOICES: Final = 100_000  # of each run of the past
FEED_INVOICES: Final = 20_000
SMALL_INVOICES: Final = 20_000
MB: Final = 1 << 20
SETTINGS: Final = Settings(account="benchmark")
SENT: Final = Settlement(
    started_s=0.0,
    effect=Effect.CONFIRMED,
    outcome=OutcomeKind.SENT,
    reason=Reason.NONE,
    http_status=200,
    request_id=None,
    receipt=Receipt(receipt="f67d33a8", date="2026-03-10T12:00:00Z", order_id="00-1"),
    latency_ms=120,
)

_NUMBERS: Final = "WITH RECURSIVE numbers (n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)"
_RUN: Final = """
INSERT INTO runs (run_no, run_id, account, host, pid, version, settings, started_at, records, events, finished_at, exit_code)
VALUES (:run_no, 'run-' || :run_no, 'benchmark', 'host', 1, '0', '{}', '2026-01-01', 0, 0, '2026-01-01', 0)
"""
_FILL: Final = (
    f"""{_NUMBERS} INSERT INTO invoices (invoice_id, account, order_id, invoice_number, state, fingerprint, events,
    is_delivered, first_place, known_run_no, confirmed_run_no, settled_s, http_status, receipt, receipt_date, request_id)
SELECT n, 'benchmark', printf('%013d-01', n * 7), printf('%09d', n), 'sent', lower(hex(randomblob(32))), 2, 0,
    'feed.csv:' || n, :run_no, :run_no, 1.8e9, 200, lower(hex(randomblob(16))), '2026-01-01T00:00:00Z',
    lower(hex(randomblob(16))) FROM numbers""",
    f"""{_NUMBERS} INSERT INTO facts SELECT n, '2026-01-0' || day || ' 10:00:00', 'Objeto em trânsito', 'Curitiba', 'PR', 0,
    '', :run_no FROM numbers, (SELECT 1 AS day UNION ALL SELECT 2)""",
    f"""{_NUMBERS} INSERT INTO run_invoices (run_no, seq, invoice_id, first_place, events, is_delivered, outcome,
    http_status, receipt, receipt_date, finished_s)
SELECT :run_no, n, n, 'feed.csv:' || n, 2, 0, 'sent', 200, lower(hex(randomblob(16))), '2026-01-01T00:00:00Z', 1.8e9
FROM numbers""",
    f"{_NUMBERS} INSERT INTO attempts SELECT :run_no, n, 1, 1.8e9, 'confirmed', '200', 120 FROM numbers",
)

T = TypeVar("T")


def fill(path: Path, *, invoices: int) -> None:
    """Write runs of the past, all sent. Not durable until it is done, so that it takes minutes and not hours."""
    LedgerFile(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as sql:
        sql.execute("PRAGMA synchronous = OFF")
        sql.execute("PRAGMA cache_size = -500000")
        for run_no, first in enumerate(range(1, invoices + 1, RUN_INVOICES), start=1):
            values = {"run_no": run_no, "first": first, "last": min(first + RUN_INVOICES - 1, invoices)}
            sql.execute("BEGIN")
            for statement in (_RUN, *_FILL):
                sql.execute(statement, values)
            sql.execute("COMMIT")


def feed(*, invoices: int) -> list[TrackingEvent]:
    """News of invoices that lie anywhere in the ledger, and a tenth that are new."""
    chance = random.Random(invoices)
    return [
        TrackingEvent(
            order_id=f"{number * 7:013d}-01",
            invoice_number=f"{number:09d}",
            date="2026-02-01 10:00:00",
            description="Entregue",
            is_delivered=True,
        )
        for number in chance.sample(range(1, invoices * 10 // 9), FEED_INVOICES)
    ]


def timed(what: str, function: Callable[[], T]) -> tuple[T, float]:
    """Do it, and print how long it took."""
    started_s = time.perf_counter()
    result = function()
    took_s = time.perf_counter() - started_s
    print(f"{what:<44} {took_s:>10.3f} s", flush=True)
    return result, took_s


def measure_commits(ledger: LedgerFile, *, run_no: int) -> float:
    """The p99 in ms of commits as a push makes them: a group of intents, then a group of outcomes."""
    dispatch = Dispatch(ledger, run_no=run_no, quiet_period_s=0)
    commits_ms = []
    after_seq = None
    while due := dispatch.due(after_seq=after_seq, limit=SETTINGS.concurrency, now_s=1.9e9):
        after_seq = due[-1].seq
        for entries in (
            [Intent(due=one, now_s=1.9e9) for one in due],
            [Settled(due=one, settlement=SENT, now_s=1.9e9) for one in due],
        ):
            started_s = time.perf_counter()
            dispatch.write(entries)
            commits_ms.append((time.perf_counter() - started_s) * 1000)
    return p99_of("commits", times_ms=commits_ms)


def p99_of(what: str, *, times_ms: list[float]) -> float:
    """The time that one in a hundred is over; printed with its like."""
    times_ms.sort()
    p50_ms, p99_ms = (times_ms[int(len(times_ms) * share)] for share in (0.5, 0.99))
    print(
        f"{len(times_ms)} {what}: p50 {p50_ms:.2f} ms, p99 {p99_ms:.2f} ms, longest {times_ms[-1]:.2f} ms", flush=True
    )
    return p99_ms


@frozen(kw_only=True)
class Measured:
    """What has a limit."""

    open_s: float
    commit_p99_ms: float


def measure(path: Path, *, invoices: int) -> Measured:
    """Print every figure of a ledger of this size."""
    timed(f"writing {invoices} invoices", lambda: fill(path, invoices=invoices))
    print(f"{'size':<44} {path.stat().st_size / MB:>10.1f} MB")
    ledger, open_s = timed("opening", lambda: LedgerFile(path))
    timed("whatever was in flight is in doubt", lambda: doubt_in_flight(ledger, now_s=1.9e9))
    intake = Intake(ledger, settings=SETTINGS, now_s=1.9e9)
    timed(f"taking {FEED_INVOICES} events in", lambda: intake.add(feed(invoices=invoices)))
    timed("counting what earlier runs left", intake.left)
    history = begin_run(ledger, run_id="now", account="benchmark", version="0", settings={}, feeds=(), started_s=1.9e9)
    run_no = history.run_no
    timed("accepting them", lambda: accept(ledger, intake, run_no=run_no, settings=SETTINGS))
    timed("counting what is due", Dispatch(ledger, run_no=run_no, quiet_period_s=0).count)
    commit_p99_ms = measure_commits(ledger, run_no=run_no)
    timed("counting what became of them", history.counts)
    timed("closing", ledger.close)
    return Measured(open_s=open_s, commit_p99_ms=commit_p99_ms)


def main() -> int:
    """Measure one size, and leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--invoices",
        type=int,
        default=1_000_000,
        help="how many the ledger knows; ten million take 6 GB and 10 minutes",
    )
    parser.add_argument("--folder", type=Path, help="where to write it; the default is the system's temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        small = measure(Path(folder) / "small.db", invoices=SMALL_INVOICES)
        large = measure(Path(folder) / "large.db", invoices=arguments.invoices)
    print(
        f"limits: opening {OPEN_S_MAX:.0f} s, p99 of a commit {COMMIT_P99_MS_MAX:.0f} ms over that of the small ledger"
    )
    more_ms = large.commit_p99_ms - small.commit_p99_ms
    return 0 if large.open_s <= OPEN_S_MAX and more_ms <= COMMIT_P99_MS_MAX else 1


if __name__ == "__main__":
    sys.exit(main())
