"""What the ledger costs: to open, to resume from, to find that nothing changed, to commit to, and a run with no wire at all."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import frozen
from figures import OURS, Figure, Options
from rounds import BENCHMARKS, Subject, figures_of

BARE_SQLITE: Final = "sqlite3 alone"
BARE_FSYNC: Final = "fsync of 4 kB"
BARE_READING: Final = "csv.DictReader"
LEDGER: Final = "ledger.db"
FEED: Final = "feed.csv"


@frozen(kw_only=True)
class Sizes:
    """In invoices."""

    large: tuple[int, ...]  # ledgers to open, to resume from, to commit to
    unchanged: int  # of a run in which nothing is new
    first: tuple[int, ...]  # of a run in which all is


SIZES: Final = Sizes(large=(20_000, 1_000_000), unchanged=100_000, first=(20_000, 200_000))
SIZES_QUICK: Final = Sizes(large=(20_000,), unchanged=10_000, first=(2_000,))


def measure(options: Options) -> Iterator[Figure]:
    """Ledgers as they grow, then runs that make no request or whose requests cost nothing."""
    sizes = SIZES_QUICK if options.is_quick else SIZES
    for invoices in sizes.large:
        yield from _measure_ledger(invoices, times=options.times)
    yield from _measure_unchanged(sizes.unchanged, times=options.times)
    for invoices in sizes.first:
        yield from _measure_first_run(invoices, times=options.times)


def _measure_ledger(invoices: int, *, times: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pending = _prepare(folder, "ledgers.py", "pending", str(invoices), LEDGER)
        for case, uses in (("resuming", {OURS: "resume"}), ("commits of 50", {OURS: "commit", BARE_FSYNC: "fsync"})):
            yield from figures_of(
                [_using(use, name=name) for name, use in uses.items()],
                suite="ledger",
                case=f"{case}, {invoices:,} invoices pending",
                times=times,
                folder=folder,
                prepared_by=pending,
            )
        yield from figures_of(
            [_using("open", name=OURS), _using("connect", name=BARE_SQLITE)],
            suite="ledger",
            case=f"opening, {invoices:,} invoices sent",
            times=times,
            folder=folder,
            prepared_by=f"{pending} && {_prepare(folder, 'ledgers.py', 'sent', LEDGER)}",
        )


def _measure_unchanged(invoices: int, *, times: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared_by = " && ".join(
            (
                _prepare(folder, "feeds.py", "single", str(invoices), FEED),
                _prepare(folder, "ledgers.py", "pending", str(invoices), LEDGER),
                _prepare(folder, "ledgers.py", "sent", LEDGER),
            )
        )
        reading = Subject(name=BARE_READING, script="read_feed.py", arguments=("csv.DictReader", FEED, str(invoices)))
        for case, ours in (
            ("from staged to accepted", _using("accept", FEED, name=OURS)),
            ("from bytes to accepted", _using("take-in", FEED, name=OURS)),
            ("whole run", _running(invoices)),
        ):
            yield from figures_of(
                [ours, reading],
                suite="ledger",
                case=f"unchanged, {invoices:,} invoices of one record, {case}",
                times=times,
                folder=folder,
                prepared_by=prepared_by,
            )


def _measure_first_run(invoices: int, *, times: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from figures_of(
            [_running(invoices)],
            suite="ledger",
            case=f"new, {invoices:,} invoices of one record, whole run without a wire",
            times=times,
            folder=folder,
            prepared_by=_prepare(folder, "feeds.py", "single", str(invoices), FEED),
        )


def _using(use: str, *feeds: str, name: str) -> Subject:
    return Subject(name=name, script="use_ledger.py", arguments=(use, LEDGER, *feeds))


def _running(invoices: int) -> Subject:
    return Subject(name=OURS, script="run_feed.py", arguments=(str(invoices), LEDGER, FEED))


def _prepare(folder: Path, script: str, *arguments: str) -> str:
    """Write what is measured with, and return the command that does."""
    subprocess.run([sys.executable, BENCHMARKS / script, *arguments], cwd=folder, check=True)
    return f"python benchmarks/{script} {' '.join(arguments)}"
