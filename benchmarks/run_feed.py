"""One run without a wire, and what it took, as a line of JSON: `python run_feed.py RECORDS LEDGER FEED`.

The ledger is a copy, or a new one; the report is written beside it. Nothing is left behind.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Final

from cores import pin_client
from ledgers import copied
from peak import peak_bytes
from prompt import PromptTransport

from vtex_tracking.pipeline import push_feed
from vtex_tracking.settings import Rate, Settings

MB: Final = 1 << 20


async def main(records: int, ledger: Path, *, feed: str) -> None:
    """Make the run; each of so many records is an invoice, and must end as sent or unchanged."""
    settings = Settings(
        account="benchmark",
        rate=Rate(1_000_000),  # more than a machine can do: the pace is not what is measured
        concurrency=64,
        ledger_path=ledger,
        report_dir=ledger.with_suffix(".report"),
    )
    started_s, started_cpu_s = time.perf_counter(), time.process_time()
    async with push_feed([feed], settings=settings, transport=PromptTransport()) as run:
        counts = (await run.finish()).counts
    cpu_s, wall_s = time.process_time() - started_cpu_s, time.perf_counter() - started_s
    if counts.sent + counts.unchanged != records:
        sys.exit(f"{counts.sent} sent, {counts.unchanged} unchanged of {records} invoices")
    told = {"records/CPU s": records / cpu_s, "records/s": records / wall_s, "peak MB": peak_bytes() / MB}
    print(json.dumps(told))


if __name__ == "__main__":
    pin_client()
    with copied(Path(sys.argv[2])) as copy:
        asyncio.run(main(int(sys.argv[1]), copy, feed=sys.argv[3]))
