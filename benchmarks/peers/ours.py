"""The whole run of vtex_tracking: from a CSV file to a report, with a ledger on the disk that survives a power cut."""

from __future__ import annotations

import tempfile
from pathlib import Path

from feeds import write_single_events
from job import Job, Spent, Watch

import vtex_tracking.push.transport  # noqa: F401 - a run loads it when it needs it; a peer's client is loaded before its clock starts
from vtex_tracking.cli.loop import run
from vtex_tracking.credentials import Credentials, Secret
from vtex_tracking.pipeline import push_feed
from vtex_tracking.settings import Rate, Settings

NO_PACE: float = 1_000_000  # a second: more than a machine can do


def push(job: Job) -> Spent:
    """Write the feed, then push it; what is measured begins at the feed and ends with the summary."""
    with tempfile.TemporaryDirectory() as folder:
        return run(_push(job, folder=Path(folder)))


async def _push(job: Job, *, folder: Path) -> Spent:
    feed = folder / "feed.csv"
    write_single_events(feed, invoices=job.invoices)
    settings = Settings(
        account="benchmark",
        base_url=job.url,
        rate=Rate(job.rate_per_s or NO_PACE),
        concurrency=job.in_flight,
        ledger_path=folder / "ledger.db",
        report_dir=folder / "report",
    )
    credentials = Credentials(app_key=Secret("vtexappkey-benchmark"), app_token=Secret("benchmark"))
    with Watch() as watch:
        async with push_feed([str(feed)], settings=settings, credentials=credentials) as pushing:
            summary = await pushing.finish()
    assert summary.counts.sent == job.invoices, summary.counts
    return watch.spent(summary.counts.sent)
