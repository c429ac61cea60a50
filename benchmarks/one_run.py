"""One run of a feed against a transport that answers at once, and what it took, as a line of JSON.

Started by the other benchmarks, so that what it measures is a process of its own: `python one_run.py FEED`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from peak import peak_bytes

from vtex_tracking.pipeline import push_feed
from vtex_tracking.push.wire import Answer, Request, read_answer
from vtex_tracking.settings import Rate, Settings


class PromptTransport:
    """A transport that answers every request at once, with a receipt."""

    async def put(self, request: Request) -> Answer:
        """Take anything."""
        await asyncio.sleep(0)
        body = json.dumps({"receipt": f"{hash(request.url):x}", "date": "2026-11-23T12:00:00+00:00", "orderId": "-"})
        return read_answer(200, headers={}, body=body.encode(), is_whole=True, now=datetime.now(UTC))


async def main(feed: Path) -> None:
    """Push one feed, with its ledger and its report beside it."""
    started_s = time.perf_counter()
    settings = Settings(
        account="benchmark",
        rate=Rate(100_000),  # more than a machine can do: the pace is not what is measured
        concurrency=100,
        ledger_path=feed.with_suffix(".db"),
        report_dir=feed.with_suffix(".report"),
    )
    async with push_feed([str(feed)], settings=settings, transport=PromptTransport()) as run:
        summary = await run.finish()
    took_s = time.perf_counter() - started_s
    print(json.dumps({"sent": summary.counts.sent, "took_s": took_s, "peak_bytes": peak_bytes()}))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
