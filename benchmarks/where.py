"""Where the CPU of a whole run goes: what each phase takes for an invoice, on the loop's thread and on the ledger's.

`python benchmarks/where.py [INVOICES]` starts a server of its own. On Linux only, where the system tells each thread's time.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
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
    """The CPU nanoseconds that the loop's thread has used, and all others together, which is the ledger's."""
    used: Counter[str] = Counter()
    for task in TASKS.iterdir():
        whose = "loop" if int(task.name) == os.getpid() else "ledger"
        used[whose] += int((task / "schedstat").read_text(encoding="ascii").split()[0])
    return used


async def measure(feed: Path, *, url: str) -> dict[Phase, Counter[str]]:
    """Push a feed, and look again and again which phase it is in."""
    settings = Settings(
        account="benchmark",
        base_url=url,
        rate=Rate(1_000_000),
        concurrency=64,
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


def main(invoices: int) -> None:
    """Print a line for each phase."""
    with serving() as server, tempfile.TemporaryDirectory() as folder:
        pin_client()
        feed = Path(folder) / "feed.csv"
        write_single_events(feed, invoices=invoices)
        spent = run(measure(feed, url=server.url))
    print(f"CPU µs an invoice, of {invoices:,} with one record each, 64 in flight, an answer at once")
    print("| phase | loop | ledger |\n| --- | ---: | ---: |")
    for phase, used in spent.items():
        print(f"| {phase} | {used['loop'] / invoices / 1000:.1f} | {used['ledger'] / invoices / 1000:.1f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
