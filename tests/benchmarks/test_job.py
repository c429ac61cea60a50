"""What every peer sends is what ours sends."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import urlsplit

from attrs import define, field
from feeds import write_single_events
from job import BODY, Job

from vtex_tracking.model import Receipt
from vtex_tracking.pipeline import push_feed
from vtex_tracking.push.wire import Answer, Request
from vtex_tracking.settings import Rate, Settings


@define
class _Kept:
    """A transport that keeps what it was given."""

    requests: list[Request] = field(factory=list)

    async def put(self, request: Request) -> Answer:
        await asyncio.sleep(0)
        self.requests.append(request)
        return Answer(status=200, receipt=Receipt(receipt="r"))


async def test_bodies_and_urls_are_alike(tmp_path: Path) -> None:
    """The same invoices, and bodies of the same bytes but for the moment of the event."""
    write_single_events(tmp_path / "feed.csv", invoices=3)
    wire, settings = _Kept(), Settings(account="benchmark", rate=Rate(1_000_000))
    async with push_feed([str(tmp_path / "feed.csv")], settings=settings, transport=wire) as run:
        await run.finish()
    job = Job(url="http://127.0.0.1:1", invoices=3, in_flight=1)
    assert {urlsplit(url).path for url in job.urls()} == {urlsplit(each.url).path for each in wire.requests}
    text = json.dumps(BODY, ensure_ascii=False, separators=(",", ":")).encode()
    assert {len(text)} == {len(each.body) for each in wire.requests}
    assert text in {each.body for each in wire.requests}
