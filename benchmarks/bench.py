"""Measure vtex_tracking beside its peers: `make bench`, `make bench-quick`, `make bench-check`.

Writes what it found to build/bench.json and prints it. With --write the figures become those of docs/performance.md, and
the ratios of a check become the baseline that later checks are compared with as well.
"""

from __future__ import annotations

import argparse
import compileall
import importlib
import json
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from bars import Judged, judge
from figures import Figure, Options
from page import fill
from plots import plot_push
from results import Result, read_results, this_machine, write_results
from tables import bar_table, result_tables

SUITES: Final = ("push", "pace", "limit", "reading", "ledger", "start")
WITH_BARS: Final = tuple(suite for suite in SUITES if suite != "limit")
WITH_CASES: Final = ("push", "pace", "reading")
TIMES: Final = 5
TIMES_QUICK: Final = 3

PROJECT: Final = Path(__file__).parents[1]
PACKAGE: Final = PROJECT / "vtex_tracking"
LATEST: Final = PROJECT / "build" / "bench.json"
RESULTS: Final = PROJECT / "benchmarks" / "results.json"
BASELINE: Final = PROJECT / "benchmarks" / "baseline.json"
PAGE: Final = PROJECT / "docs" / "performance.md"
PLOT: Final = PROJECT / "docs" / "performance.svg"


def main(arguments: list[str]) -> int:
    """Measure, print, and write; 1 where a check finds that somebody has to do something."""
    asked = _asked(arguments)
    suites = asked.suites or (WITH_BARS if asked.check else SUITES)
    compileall.compile_dir(PACKAGE, quiet=1)  # as an installer does, whatever the environment says: so is every peer
    options = Options(
        is_quick=asked.quick or asked.check,
        is_check=asked.check,
        of_case=asked.case,
        times=asked.times or (TIMES_QUICK if asked.quick or asked.check else TIMES),
    )
    results = {suite: _measure(suite, options=options, command=_command(asked)) for suite in suites}
    write_results(LATEST, results)
    judged = [each for each in _judge(results, baseline=_read_baseline()) if each.bar.of.suite in suites]
    print(bar_table(judged))
    if asked.write and asked.check:
        _write_baseline(judged)
    if asked.write:
        earlier = read_results(RESULTS)
        _write_page(earlier | {suite: result.beside(earlier.get(suite)) for suite, result in results.items()})
    return int(asked.check and any(each.is_failed for each in judged))


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--suite", dest="suites", action="append", choices=SUITES, help="only this one; may be repeated"
    )
    parser.add_argument(
        "--case", default="", help=f"only cases whose name begins so; goes with {', '.join(WITH_CASES)}"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quick", action="store_true", help="fewer and smaller cases, all in under two minutes")
    how.add_argument(
        "--check", action="store_true", help="only what a bar is about; exit 1 where one is not met or lost"
    )
    parser.add_argument(
        "--times", type=int, help=f"rounds; by itself {TIMES}, or {TIMES_QUICK} in a quick look or a check"
    )
    parser.add_argument("--write", action="store_true", help="keep what was found, in the page or as the baseline")
    asked = parser.parse_args(arguments)
    if asked.write and asked.quick:
        parser.error("a quick look is not for the page; leave out --quick or --write")
    if asked.case and not set(asked.suites or SUITES) <= set(WITH_CASES):
        parser.error(f"only {', '.join(WITH_CASES)} have cases to choose from; name one with --suite")
    return asked


def _command(asked: argparse.Namespace) -> str:
    """What one types to see this again."""
    target = "bench-check" if asked.check else "bench-quick" if asked.quick else "bench"
    return f"make {target}{f' SUITE={asked.suites[0]}' if asked.suites else ''}"


def _measure(suite: str, *, options: Options, command: str) -> Result:
    print(f"measuring: {suite} …", file=sys.stderr, flush=True)
    began_s = time.monotonic()
    figures = tuple(importlib.import_module(f"suites.{suite}").measure(options))
    result = Result(command=command, machine=this_machine(), figures=figures)
    print(f"## {suite}\n\n{result_tables(result)}\n", flush=True)
    print(f"measured: {suite}, {time.monotonic() - began_s:.0f} s", file=sys.stderr, flush=True)
    return result


def _judge(results: Mapping[str, Result], *, baseline: Mapping[str, float]) -> list[Judged]:
    figures: list[Figure] = [figure for result in results.values() for figure in result.figures]
    return judge(figures, baseline=baseline)


def _read_baseline() -> dict[str, float]:
    baseline: dict[str, float] = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    return baseline


def _write_baseline(judged: Iterable[Judged]) -> None:
    """Keep the ratios, and those of suites that were not measured as they were."""
    ratios = {each.bar.says: each.value for each in judged if each.bar.beside is not None and each.value is not None}
    baseline = _read_baseline() | {says: round(value, 4) for says, value in ratios.items()}
    BASELINE.write_text(json.dumps(baseline, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_page(results: Mapping[str, Result]) -> None:
    """Write all that is known; what was not measured now is as it was."""
    write_results(RESULTS, results)
    page = fill(
        PAGE.read_text(encoding="utf-8"),
        part="bars",
        text=bar_table(_judge(results, baseline=_read_baseline())),
    )
    for suite, result in results.items():
        page = fill(page, part=suite, text=f"{_picture(suite, result)}{result_tables(result)}")
    PAGE.write_text(page, encoding="utf-8")


def _picture(suite: str, result: Result) -> str:
    """Only the push has one."""
    if suite != "push":
        return ""
    plot_push(result.figures, path=PLOT)
    return f"![Requests a second over the number in flight]({PLOT.name})\n\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
