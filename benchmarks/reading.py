"""How fast plain CSV is read, beside `csv.DictReader` alone, and that memory does not grow with a feed.

Writes shuffled feeds into a temporary folder, reads each in processes of their own, and prints records per second of CPU
time, their ratio to DictReader's, and the most memory that the whole way into the ledger took. Exit 1 below a bar.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from memory import MB, write_feed

# Somewhat below what was measured in November 2026 (0.082 and 0.028), for machines differ.
VALUES_RATIO_MIN: Final = 0.07  # of DictReader's speed, to the records as events
LEDGER_RATIO_MIN: Final = 0.024  # likewise, all the way into the ledger
GROWTH_MAX: Final = 1.2  # of the peak, against that of the first size
ONE_READING: Final = Path(__file__).with_name("one_reading.py")


class Reading(NamedTuple):
    """What one process told."""

    per_s: float
    peak_mb: float


def read(way: str, feed: Path, *, records: int) -> Reading:
    """Read a feed in a process of its own. Raises RuntimeError when it did not read all of it."""
    told = json.loads(
        subprocess.run([sys.executable, ONE_READING, way, feed], check=True, stdout=subprocess.PIPE).stdout
    )
    if told["records"] != records:
        raise RuntimeError(f"{way}: {told['records']} of {records} records")
    return Reading(records / told["cpu_s"], told["peak_bytes"] / MB)


def main() -> int:
    """Measure each size and print a line of the table for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=int, nargs="*", default=[100_000, 1_000_000, 5_000_000], help="sizes of feeds")
    parser.add_argument("--times", type=int, default=5, help="readings of each, of which the median counts")
    options = parser.parse_args()
    print(
        f"{'records':>10} {'DictReader/s':>13} {'events/s':>9} {'ratio':>6} {'ledger/s':>9} {'ratio':>6} {'peak MB':>8} growth"
    )
    first_peak_mb = 0.0
    is_good = True
    for records in options.records:
        with tempfile.TemporaryDirectory() as folder:
            feed = Path(folder) / "feed.csv"
            write_feed(feed, events=records)
            rounds = [
                [read(way, feed, records=records) for way in ("csv", "values", "ledger")] for _ in range(options.times)
            ]
        alone, values, ledger = (median(one[way].per_s for one in rounds) for way in range(3))
        values_ratio = median(one[1].per_s / one[0].per_s for one in rounds)
        ledger_ratio = median(one[2].per_s / one[0].per_s for one in rounds)
        peak_mb = max(one[2].peak_mb for one in rounds)
        first_peak_mb = first_peak_mb or peak_mb
        growth = peak_mb / first_peak_mb
        speeds = f"{alone:>13,.0f} {values:>9,.0f} {values_ratio:>6.3f} {ledger:>9,.0f} {ledger_ratio:>6.3f}"
        print(f"{records:>10,} {speeds} {peak_mb:>8.1f} {growth:>6.2f}", flush=True)
        is_good &= values_ratio >= VALUES_RATIO_MIN and ledger_ratio >= LEDGER_RATIO_MIN and growth <= GROWTH_MAX
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
