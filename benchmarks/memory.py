"""The memory that a run takes must not grow with its feed.

Writes shuffled feeds into a temporary folder, pushes each in a process of its own, and prints the most memory that the
process held. Exit 1 when one of them is over the limit.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
from array import array
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

PEAK_MB_MAX: Final = 250
MB: Final = 1 << 20
ONE_RUN: Final = Path(__file__).with_name("one_run.py")


def write_feed(path: Path, *, events: int) -> int:
    """Write a shuffled feed of so many different events, ten for three invoices; return how many invoices they tell of."""
    invoices = max(1, events * 3 // 10)
    order = array("L", range(events))
    random.Random(events).shuffle(order)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("order_id", "invoice_number", "date", "city", "state", "description"))
        for number in order:
            step, invoice = divmod(number, invoices)
            moment = start + timedelta(hours=6 * step, seconds=invoice % 3600)
            ids = f"{1_000_000_000_000 + invoice}-01", f"{invoice:09d}"
            writer.writerow(
                (*ids, f"{moment:%Y-%m-%d %H:%M:%S}", "Curitiba", "PR", f"Objeto em trânsito, etapa {step + 1}")
            )
    return invoices


def main() -> int:
    """Measure each size and print a line of the table for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", type=int, nargs="*", default=[100_000, 1_000_000], help="sizes of the feeds")
    sizes: list[int] = parser.parse_args().events
    print(f"{'events':>10} {'invoices':>10} {'feed MB':>9} {'seconds':>9} {'peak MB':>9} {'ratio':>7}")
    peaks_mb: list[float] = []
    for events in sizes:
        with tempfile.TemporaryDirectory() as folder:
            feed = Path(folder) / "feed.csv"
            invoices = write_feed(feed, events=events)
            feed_mb = feed.stat().st_size / MB
            told = subprocess.run([sys.executable, ONE_RUN, feed], check=True, stdout=subprocess.PIPE).stdout
        run = json.loads(told)
        if run["sent"] != invoices:
            print(f"{invoices} invoices, but {run['sent']} sent", file=sys.stderr)
            return 1
        peaks_mb.append(run["peak_bytes"] / MB)
        figures = f"{feed_mb:>9.1f} {run['took_s']:>9.1f} {peaks_mb[-1]:>9.1f} {peaks_mb[-1] / peaks_mb[0]:>7.2f}"
        print(f"{events:>10} {invoices:>10} {figures}", flush=True)
    print(f"limit: {PEAK_MB_MAX} MB")
    return 0 if max(peaks_mb) <= PEAK_MB_MAX else 1


if __name__ == "__main__":
    sys.exit(main())
