"""How fast feeds are read, and the memory that takes, beside the parsers alone and beside data frames and SQL.

Ours is the whole way into a ledger on the disk: checked, sorted, merged, with bodies and fingerprints, ready for the first
request. The parsers only make lists and dictionaries; polars and DuckDB only group and sort, on all cores at once: what compares
is records for a second of CPU time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import frozen
from feeds import write_feed
from figures import OURS, Figure, Options
from rounds import Subject, figures_of

OURS_TO_EVENTS: Final = f"{OURS}, to events"
PARSERS: Final = {"csv": ("csv.reader", "csv.DictReader"), "jsonl": ("json.loads",)}
FORMATS: Final = {"csv": "CSV", "jsonl": "JSON Lines"}


@frozen(kw_only=True)
class Case:
    """One feed."""

    records: int
    suffix: str = "csv"
    order: str = "shuffled"

    @property
    def name(self) -> str:
        """As the tables have it."""
        return f"{self.records:,} records, {FORMATS[self.suffix]}, {self.order}"


CASES: Final = tuple(
    Case(records=records, suffix=suffix, order=order)
    for records in (100_000, 1_000_000, 5_000_000)
    for suffix in FORMATS
    for order in ("shuffled", "sorted")
)
CASES_KEY: Final = (Case(records=100_000), Case(records=1_000_000))


def measure(options: Options) -> Iterator[Figure]:
    """Each case after the other; a feed lives only as long as it is measured."""
    for case in options.choose(all_of=CASES, keys=CASES_KEY, quick=CASES_KEY[:1]):
        yield from _measure(case, times=options.times)


def _measure(case: Case, *, times: int) -> Iterator[Figure]:
    feed, records = f"feed.{case.suffix}", str(case.records)
    peers = (*PARSERS[case.suffix], "polars", "duckdb")
    ways = {OURS: "ledger", OURS_TO_EVENTS: "events"} | {peer: peer for peer in peers}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_feed(folder / feed, records=case.records, is_shuffled=case.order == "shuffled")
        yield from figures_of(
            [Subject(name=name, script="read_feed.py", arguments=(way, feed, records)) for name, way in ways.items()],
            suite="reading",
            case=case.name,
            times=times,
            folder=folder,
            prepared_by=f"python benchmarks/feeds.py {case.order} {records} {feed}",
        )
