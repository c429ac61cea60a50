"""Where the time of a whole run goes: how long each phase lasts for an invoice, and its CPU on the loop's thread and the ledger's.

`python benchmarks/where.py [INVOICES [LATENCY_MS IN_FLIGHT]]` starts a server of its own. On Linux only, where the system tells
each thread's time.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

from cores import pin_client
from feeds import write_single_events
from serving import serving

from vtex_tracking.cli.loop import run
from vtex_tracking.credentials import Credentials, Secret
from vtex_tracking.pipeline import push_feed
from vtex_tracking.progress import Phase
from vtex_tracking.settings import Rate, Settings

LOOK_S: Final = 0.002
TASKS: Final = Path("/proc/self/task")


def used_ns() -> Counter[str]:
    """The nanoseconds that it lasts, and that the loop's thread has used, and all others together, which is the ledger's."""
    used: Counter[str] = Counter(lasts=time.perf_counter_ns())
    for task in TASKS.iterdir():
        whose = "loop" if int(task.name) == os.getpid() else "ledger"
        used[whose] += int((task / "schedstat").read_text(encoding="ascii").split()[0])
    return used


async def measure(feed: Path, *, url: str, in_flight: int) -> dict[Phase, Counter[str]]:
    """Push a feed, and look again and again which phase it is in."""
    settings = Settings(
        account="benchmark",
        base_url=url,
        rate=Rate(1_000_000),
        concurrency=in_flight,
        ledger_path=feed.with_suffix(".db"),
        report_dir=feed.with_suffix(".report"),
    )
    credentials = Credentials(app_key=Secret("vtexappkey-benchmark"), app_token=Secret("benchmark"))
    spent: dict[Phase, Counter[str]] = {}
    before, phase = used_ns(), Phase.READING
    async with push_feed([str(feed)], settings=settings, credentials=credentials) as pushing:
        finishing = asyncio.create_task(pushing.finish())
        while phase is not Phase.ENDED:
            await asyncio.sleep(LOOK_S)
            if pushing.progress.phase is not phase:
                now = used_ns()
                spent[phase], before, phase = now - before, now, pushing.progress.phase
        await finishing
    return spent


def main(invoices: int = 50_000, latency_ms: int = 0, in_flight: int = 64) -> None:
    """Print a line for each phase."""
    with serving(latency_ms=latency_ms) as server, tempfile.TemporaryDirectory() as folder:
        pin_client()
        feed = Path(folder) / "feed.csv"
        write_single_events(feed, invoices=invoices)
        spent = run(measure(feed, url=server.url, in_flight=in_flight))
    print(
        f"µs an invoice, of {invoices:,} with one record each, {in_flight} in flight, an answer after {latency_ms} ms"
    )
    print("| phase | lasts | CPU: loop | ledger |\n| --- | ---: | ---: | ---: |")
    for phase, used in spent.items():
        cells = [f"{used[what] / invoices / 1000:.1f}" for what in ("lasts", "loop", "ledger")]
        print(f"| {phase} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
