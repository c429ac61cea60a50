"""How long one waits for a command that does little: its help, and a plan of ten records; and which imports that is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from feeds import write_feed
from figures import OURS, Figure, Options
from rounds import Subject, figures_of, tell

ROUNDS_MORE: Final = 3  # times as many as elsewhere, for each is short
DEAREST: Final = 10
NEVER_NEEDED: Final = "aiohttp"  # it is told of also where it was not imported
BARE_PYTHON: Final = "python -c pass"
BARE_AIOHTTP: Final = "python -c 'import aiohttp'"
FEED: Final = "feed.csv"
HELP: Final = ("-m", "vtex_tracking", "--help")
PLAN: Final = ("-m", "vtex_tracking", "plan", "--account", "benchmark", "--ledger", "none.db", FEED)


def measure(options: Options) -> Iterator[Figure]:
    """Whole starts, then the imports of each."""
    times = ROUNDS_MORE * options.times
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_feed(folder / FEED, records=10)
        for case, command in (("--help", HELP), ("plan of ten records", PLAN)):
            started = {OURS: command, BARE_PYTHON: ("-c", "pass"), BARE_AIOHTTP: ("-c", "import aiohttp")}
            yield from figures_of(
                [Subject(name=name, script="start.py", arguments=arguments) for name, arguments in started.items()],
                suite="start",
                case=case,
                times=times,
                folder=folder,
                prepared_by=f"python benchmarks/feeds.py shuffled 10 {FEED}" if FEED in command else "",
            )
            yield from _imports(command, case=f"imports of {case}", times=options.times, folder=folder)


def _imports(command: tuple[str, ...], *, case: str, times: int, folder: Path) -> Iterator[Figure]:
    """The dearest packages, the dearest first."""
    subject = Subject(name=OURS, script="imports.py", arguments=command)
    rounds = [tell(subject, folder=folder) for _ in range(times)]
    took_ms = {package: tuple(told.get(package, 0.0) for told in rounds) for package in {*rounds[0], NEVER_NEEDED}}
    dearest = sorted(took_ms, key=lambda package: -median(took_ms[package]))[:DEAREST]
    for package in dict.fromkeys([*dearest, NEVER_NEEDED]):
        yield Figure(
            suite="start", case=case, subject=package, quantity="ms", values=took_ms[package], command=subject.command
        )
