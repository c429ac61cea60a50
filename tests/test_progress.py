"""Live numbers, and what they say while there is nothing to say."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from push_support import SENT, Rig, answer, dues
from virtual_time import in_virtual_time, now_s

from vtex_tracking.feed import FeedReader
from vtex_tracking.progress import Phase, Progress
from vtex_tracking.settings import FeedSettings, Rate


def test_before_anything_happens_everything_is_nothing() -> None:
    """No feed, no pusher: zeros, and no guess."""
    progress = Progress(lambda: 0.0)
    assert (Phase.READING, 0, None, 0, 0) == (
        progress.phase,
        progress.bytes_read,
        progress.bytes_total,
        progress.records,
        progress.invoices,
    )
    assert [0] * 6 == [
        progress.requests,
        progress.retries,
        progress.in_flight,
        progress.waiting,
        progress.done,
        progress.paused_s,
    ]
    assert (0.0, None) == (progress.rate_per_s, progress.remaining_s)


def test_a_feed_shows_how_far_it_is_read(tmp_path: Path) -> None:
    """Bytes are those of the file as it lies there."""
    path = tmp_path / "feed.csv"
    path.write_text("order_id,invoice_number,delivered_date\no1,n1,2026-03-02\n", encoding="utf-8")
    progress = Progress(lambda: 0.0)
    progress.reading = reader = FeedReader(str(path), settings=FeedSettings(), now=datetime(2026, 3, 10, tzinfo=UTC))
    list(reader)
    assert (56, 56) == (progress.bytes_read, progress.bytes_total)


@in_virtual_time
async def test_a_push_shows_what_goes_on() -> None:
    """In flight, waiting, retried, done; the rate is that of late, and the rest is guessed from it."""
    rig = Rig(dues(200), script=lambda put: SENT if put.attempt > 1 else answer(409), rate=Rate(10), backoff_base_s=20)
    progress = Progress(now_s)
    progress.pusher, progress.invoices, progress.phase = rig.pusher, 200, Phase.SENDING
    running = asyncio.create_task(rig.run())
    assert None is progress.remaining_s
    for _ in range(9):
        await asyncio.sleep(1)
        assert 10 == pytest.approx(progress.rate_per_s, abs=2)
    assert 89 <= progress.requests <= 91
    assert 80 < progress.waiting + progress.in_flight <= 91
    await asyncio.sleep(15)
    assert progress.retries > 20
    assert 0 < progress.done <= progress.retries
    assert (200 - progress.done) / 10 == pytest.approx(progress.remaining_s, rel=0.05)
    await running
    assert (400, 200, 200) == (progress.requests, progress.retries, progress.done)
    progress.phase = Phase.REPORTING
    assert None is progress.remaining_s


@in_virtual_time
async def test_a_pause_counts_into_what_remains() -> None:
    """While the account rests, the rest takes so much longer."""
    rig = Rig(dues(100), script=lambda put: answer(429, retry_after_s=100) if put.number == 50 else SENT, rate=Rate(10))
    progress = Progress(now_s)
    progress.pusher, progress.invoices, progress.phase = rig.pusher, 100, Phase.SENDING
    running = asyncio.create_task(rig.run())
    assert 0.0 == progress.rate_per_s
    await asyncio.sleep(6)
    assert 99 <= progress.paused_s <= 105
    remaining_s = progress.remaining_s
    assert remaining_s is not None
    assert remaining_s > 104
    await running


def test_the_rate_is_that_of_the_last_seconds() -> None:
    """What was long ago does not count; looking often does not either."""
    now = 0.0
    progress = Progress(lambda: now)
    for step in range(1000):
        now = step / 10
        assert 0 == progress.rate_per_s
    assert len(progress._samples) <= 200
    assert now - progress._samples[0].at_s <= 10.2
