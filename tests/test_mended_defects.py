"""A report's defects, mended and fed back, are the feed's records again."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

from vtex_tracking import Answer, Receipt, Request, Settings, push_feed
from vtex_tracking.feed import FeedReader
from vtex_tracking.model import TrackingEvent
from vtex_tracking.settings import FeedSettings

TEXTS = ["=1+1", "'=1", "''+1", "-5 graus", "@portaria", "'normal", 'disse "ok"; saiu', "Saiu para entrega"]


class Wire:
    """Takes everything."""

    async def put(self, request: Request) -> Answer:
        assert request.body
        return Answer(status=200, receipt=Receipt(receipt="f67d33a8029c42ce9a8f07fc17f54449"))


async def test_a_mended_record_says_what_the_feed_said(tmp_path: Path) -> None:
    """Whatever a cell held, also what a spreadsheet would have run, comes back as it was once the date is mended."""
    feed = tmp_path / "feed.csv"
    with feed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["order_id", "invoice_number", "date", "description", "=extra"])
        writer.writerows([f"{number}-01", "0001", "31/02/2026", text, text] for number, text in enumerate(TEXTS))
    settings = Settings(account="mystore", report_dir=tmp_path / "report")
    async with push_feed([feed], settings=settings, transport=Wire()) as run:
        summary = await run.finish()
    assert len(TEXTS) == summary.counts.defects

    mended = tmp_path / "report" / "defects.csv"
    mended.write_text(mended.read_text(encoding="utf-8").replace("31/02/2026", "28/02/2026"), encoding="utf-8")
    reader = FeedReader(str(mended), settings=FeedSettings(), now=datetime(2026, 11, 23, tzinfo=UTC))
    events = [value for value in reader if isinstance(value, TrackingEvent)]
    assert TEXTS == [event.description for event in events]
    assert ("=extra",) == reader.infos[0].unused_columns
