"""One feed, read in one way, and what it took, as a line of JSON: `python read_feed.py WAY FEED RECORDS`.

Started by the suites, so that what it measures is a process of its own. `events` reads the feed as a push does: blocks of plain
events, each of which counts as its records, and the events and defects between them one by one. `ledger` takes the records the whole
way into a ledger beside the feed: sorted, merged, durable, ready for the first request. The other ways are peers.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cores import pin_client
from grouping import duckdb_reader, polars_reader
from peak import peak_bytes


def rows_reader() -> Callable[[Path], int]:
    """Make a list of each record of a CSV file; the function returns how many there are."""

    def read(feed: Path) -> int:
        with feed.open(encoding="utf-8", newline="") as file:
            return sum(1 for _ in csv.reader(file)) - 1

    return read


def dictionaries_reader() -> Callable[[Path], int]:
    """Make a dictionary of each record of a CSV file, as scripts do; the function returns how many there are."""

    def read(feed: Path) -> int:
        with feed.open(encoding="utf-8", newline="") as file:
            return sum(1 for _ in csv.DictReader(file))

    return read


def objects_reader() -> Callable[[Path], int]:
    """Make an object of each line of JSON; the function returns how many there are."""

    def read(feed: Path) -> int:
        with feed.open(encoding="utf-8") as file:
            return sum(1 for _ in map(json.loads, file))

    return read


def events_reader() -> Callable[[Path], int]:
    """Read each record as an event, in blocks where they are plain; the function returns how many records there are."""
    from vtex_tracking.feed import FeedReader  # noqa: PLC0415 - a peer does not load us
    from vtex_tracking.model import PlainEvents  # noqa: PLC0415 - likewise
    from vtex_tracking.settings import FeedSettings  # noqa: PLC0415 - likewise

    def read(feed: Path) -> int:
        blocks = FeedReader(str(feed), settings=FeedSettings(), now=datetime.now(UTC)).blocks()
        return sum(len(block.places) if isinstance(block, PlainEvents) else 1 for block in blocks)

    return read


def ledger_reader() -> Callable[[Path], int]:
    """Do all that a push does before its first request; the function returns how many records there are."""
    from accepted import accept_feed  # noqa: PLC0415 - a peer does not load us

    from vtex_tracking.ledger.sqlite.connection import LedgerFile  # noqa: PLC0415 - likewise

    def read(feed: Path) -> int:
        path = feed.with_suffix(".db")
        path.unlink(missing_ok=True)
        with LedgerFile(path) as ledger:
            return accept_feed(ledger, feed).records

    return read


WAYS: Final = {
    "csv.reader": rows_reader,
    "csv.DictReader": dictionaries_reader,
    "json.loads": objects_reader,
    "polars": polars_reader,
    "duckdb": duckdb_reader,
    "events": events_reader,
    "ledger": ledger_reader,
}
MB: Final = 1 << 20


def main(way: str, feed: Path, *, records: int) -> None:
    """Read once, and tell what it took; what is loaded for it is loaded before."""
    pin_client()
    read = WAYS[way]()
    started_s, started_cpu_s = time.perf_counter(), time.process_time()
    found = read(feed)
    cpu_s, wall_s = time.process_time() - started_cpu_s, time.perf_counter() - started_s
    if found != records:
        sys.exit(f"{way}: {found} of {records} records")
    told = {"records/CPU s": records / cpu_s, "records/s": records / wall_s, "peak MB": peak_bytes() / MB}
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), records=int(sys.argv[3]))
