"""One use of a ledger, and what it took, as a line of JSON: `python use_ledger.py USE LEDGER [FEED]`.

`open` is how every command begins; `connect` is the same file in SQLite alone. `resume` is a push without a feed, up to its
first request. `take-in` takes a feed in, of which `accept` is the last step. `commit` writes attempts and their outcomes in
groups, as a push does; `fsync` makes 4 kB durable beside the ledger, as often. Each begins with a copy of the ledger, and leaves
nothing behind.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from accepted import SETTINGS, accept_feed
from attrs import evolve
from cores import pin_client
from ledgers import copied
from prompt import PromptTransport

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.dispatch import Dispatch, Entry, Intent, Settled
from vtex_tracking.ledger.sqlite.posting import doubt_in_flight
from vtex_tracking.model import Attempted, Effect, OutcomeKind, Reason, Receipt, Settlement
from vtex_tracking.pipeline import push_feed

COMMITS: Final = 400
BLOCK: Final = bytes(4096)
SENT: Final = Settlement(
    started_s=0.0,
    effect=Effect.CONFIRMED,
    outcome=OutcomeKind.SENT,
    reason=Reason.NONE,
    http_status=200,
    request_id=None,
    receipt=Receipt(receipt="f67d33a8", date="2026-03-10T12:00:00Z"),
    latency_ms=120,
)


def open_ledger(path: Path) -> dict[str, float]:
    """Open it, and doubt what is in flight."""
    started_s = time.perf_counter()
    with LedgerFile(path) as ledger:
        doubt_in_flight(ledger, now_s=time.time())
        return {"ms": ms_since(started_s)}


def connect(path: Path) -> dict[str, float]:
    """Open it with SQLite alone, and read its first page."""
    started_s = time.perf_counter()
    with closing(sqlite3.connect(path)) as sql:
        sql.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return {"ms": ms_since(started_s)}


def resume(path: Path) -> dict[str, float]:
    """Push what is left, and stop at the first request."""
    return {"ms": asyncio.run(_resume(path))}


async def _resume(path: Path) -> float:
    transport = PromptTransport()
    started_s = time.perf_counter()
    async with push_feed([], settings=evolve(SETTINGS, ledger_path=path), transport=transport) as run:
        async for _ in run:
            break
    assert transport.first_s is not None
    return (transport.first_s - started_s) * 1000


def take_in(path: Path, feed: Path) -> dict[str, float]:
    """Take a feed in, from its bytes on."""
    with LedgerFile(path) as ledger:
        accepted = accept_feed(ledger, feed)
    return {"records/CPU s": accepted.records / accepted.cpu_s}


def accept(path: Path, feed: Path) -> dict[str, float]:
    """Take a feed in; what counts is from staged to accepted."""
    with LedgerFile(path) as ledger:
        accepted = accept_feed(ledger, feed)
    return {"records/CPU s": accepted.records / accepted.accept_cpu_s}


def commit(path: Path) -> dict[str, float]:
    """Commit attempts of invoices all over the ledger, then their outcomes."""
    with LedgerFile(path) as ledger:
        dispatch = Dispatch(ledger, run_no=1, quiet_period_s=0)
        return latencies([partial(dispatch.write, entries) for entries in _groups(dispatch)])


def _groups(dispatch: Dispatch) -> Iterator[list[Entry]]:
    after_seq = None
    for _ in range(COMMITS // 2):
        due = dispatch.due(after_seq=after_seq, limit=SETTINGS.commit_group_max, now_s=time.time())
        after_seq = due[-1].seq
        yield [Intent(dues=due, now_s=time.time())]
        yield [Settled(attempts=[Attempted(one, SENT) for one in due], now_s=time.time())]


def fsync(path: Path) -> dict[str, float]:
    """Append a block to a file and wait for the disk."""
    fd = os.open(path.with_suffix(".bare"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def append() -> None:
        os.write(fd, BLOCK)
        os.fsync(fd)

    try:
        return latencies([append] * COMMITS)
    finally:
        os.close(fd)


def latencies(actions: list[Callable[[], None]]) -> dict[str, float]:
    """How long the middle one took, and the one that a hundredth are over."""
    times_ms = []
    for action in actions:
        started_s = time.perf_counter()
        action()
        times_ms.append(ms_since(started_s))
    times_ms.sort()
    return {"p50 ms": times_ms[len(times_ms) // 2], "p99 ms": times_ms[len(times_ms) * 99 // 100]}


def ms_since(started_s: float) -> float:
    """How long ago that was."""
    return (time.perf_counter() - started_s) * 1000


USES: Final[dict[str, Callable[..., dict[str, float]]]] = {
    "open": open_ledger,
    "connect": connect,
    "resume": resume,
    "take-in": take_in,
    "accept": accept,
    "commit": commit,
    "fsync": fsync,
}


def main(use: str, path: Path, *, feeds: list[Path]) -> None:
    """Use a copy of the ledger once."""
    pin_client()
    with copied(path) as copy:
        print(json.dumps(USES[use](copy, *feeds)))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), feeds=[Path(feed) for feed in sys.argv[3:]])
