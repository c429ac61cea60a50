"""Progress: a bar on a terminal, lines elsewhere, and never the end of a run."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import logging
import os
import pty
import re
import sys
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import shake_128
from typing import TYPE_CHECKING, cast

import pytest
from attrs import frozen
from rich.console import Console

from vtex_tracking.cli.logs import configure
from vtex_tracking.cli.progress import Bar, Display, Lines, display_for_stderr, facts_of, shown_on
from vtex_tracking.feed import FeedReader
from vtex_tracking.progress import Phase, Progress
from vtex_tracking.push.pusher import Pusher
from vtex_tracking.push.sending import Traffic
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from pathlib import Path


@frozen
class Feed:
    bytes_read: int = 50
    size_bytes: int | None = 200


@frozen
class Push:
    traffic: Traffic
    paused_s: float


def sending(*, paused_s: float = 0.0) -> Progress:
    """A run in its second second, with 10 requests in each."""
    moments_s = iter([0.0])
    progress = Progress(lambda: next(moments_s, 1.0))
    progress.phase = Phase.SENDING
    progress.invoices = 3000
    assert 0.0 == progress.rate_per_s
    traffic = Traffic(requests=10, retries=12, in_flight=20, waiting=3, settled=1234)
    progress.pusher = cast("Pusher", Push(traffic, paused_s))
    return progress


def reading(feed: Feed = Feed()) -> Progress:
    progress = Progress(lambda: 0.0)
    progress.records = 12345
    progress.reading = cast("FeedReader", feed)
    return progress


def read_all(terminal: int) -> str:
    """Read until the other side of the terminal is closed, which Linux tells by an error."""
    parts = []
    with os.fdopen(terminal, "rb", buffering=0) as screen, suppress(OSError):
        while part := screen.read(65536):
            parts.append(part)
    return b"".join(parts).decode()


class Broken:
    every_s = 0.0

    def __init__(self) -> None:
        self.shows = 0

    def show(self, _progress: Progress) -> None:
        self.shows += 1
        raise OSError(5, "the terminal is gone")

    def close(self) -> None:
        raise OSError(5, "the terminal is gone")


class Counting:
    every_s = 0.0

    def __init__(self) -> None:
        self.shows = 0
        self.is_closed = False

    def show(self, _progress: Progress) -> None:
        self.shows += 1

    def close(self) -> None:
        self.is_closed = True


async def watch(display: Display | None) -> None:
    async with shown_on(display, reading()):
        for _ in range(10):
            await asyncio.sleep(0)


def test_while_reading_records_and_bytes_are_counted() -> None:
    """Reading shows how many records there are so far, and how much of the file was read."""
    assert "12,345 records, 50 B of 200 B" == facts_of(reading())


def test_of_a_pipe_only_the_records_are_counted() -> None:
    """Nobody knows how long it will be."""
    assert "12,345 records" == facts_of(reading(Feed(size_bytes=None)))


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_file_that_is_read_fills_the_bar(tmp_path: Path, suffix: str) -> None:
    """What counts are the bytes as they lie there, packed or not, and the bar is full when they are read."""
    lines = (f"{number},1,2026-03-05,{shake_128(bytes(number)).hexdigest(1000)}\n" for number in range(1, 1001))
    text = "".join(["order_id,invoice_number,date,description\n", *lines])
    path = tmp_path / f"feed.csv{suffix}"
    path.write_bytes(gzip.compress(text.encode()) if suffix else text.encode())
    progress = Progress(lambda: 0.0)
    progress.reading = FeedReader(str(path), settings=FeedSettings(), now=datetime(2026, 11, 23, tzinfo=UTC))
    shares = []
    for _ in progress.reading:
        assert progress.bytes_total == path.stat().st_size
        shares.append(progress.bytes_read / path.stat().st_size)
    assert sorted(shares) == shares
    assert 0 < shares[0] < shares[-1] == 1.0


def test_while_sending_the_facts_are_done_rate_in_flight_retries_and_time() -> None:
    """Sending shows what is done of all, how fast, what is open, and how long it will take."""
    assert "1,234 of 3,000, 10.0/s, 20 in flight, 12 retries, 3 min left" == facts_of(sending())


def test_a_rest_of_the_account_is_said() -> None:
    """Who sees nothing move is told for how long."""
    assert facts_of(sending(paused_s=42.0)).endswith("12 retries, paused for 42 s")


def test_other_steps_need_no_facts() -> None:
    """Writing the report is named, and that is all."""
    progress = reading()
    progress.phase = Phase.REPORTING
    assert "" == facts_of(progress)


def test_lines_go_to_the_log_once_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    """Under cron, each minute is one line."""
    configure(level="info", form="json")
    Lines().show(reading())
    assert "reading: 12,345 records, 50 B of 200 B" == json.loads(capsys.readouterr().err)["message"]
    assert 60.0 == Lines.every_s


@pytest.mark.parametrize(
    ("progress", "expected"),
    [(reading(), "reading"), (sending(), "1,234 of 3,000, 10.0/s, 20 in flight, 12 retries, 3 min left")],
)
def test_a_bar_holds_the_facts_in_80_columns(progress: Progress, expected: str) -> None:
    """A bar is one line of an ordinary terminal, with nothing cut."""
    screen = io.StringIO()
    bar = Bar(Console(file=screen, force_terminal=True, width=80, color_system=None))
    bar.show(progress)
    bar.close()
    assert expected in screen.getvalue()
    assert "━" in screen.getvalue()
    assert "…" not in screen.getvalue()


def test_a_bar_stands_still_where_no_length_is_known() -> None:
    """Writing the report has a bar without an end."""
    screen = io.StringIO()
    progress = reading()
    progress.phase = Phase.REPORTING
    bar = Bar(Console(file=screen, force_terminal=True, width=80, color_system=None))
    bar.show(progress)
    bar.close()
    assert "reporting" in screen.getvalue()


async def test_progress_is_shown_until_the_block_ends() -> None:
    """The display is asked again and again, and closed at the end."""
    display = Counting()
    await watch(display)
    assert display.is_closed
    assert display.shows > 1


async def test_a_terminal_that_is_gone_does_not_end_the_block() -> None:
    """After the first failed write nothing more is shown, and the run goes on."""
    display = Broken()
    await watch(display)
    assert 1 == display.shows


async def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a display there is nothing to show on."""
    await watch(None)
    assert "" == capsys.readouterr().err


def test_a_terminal_gets_a_bar_and_a_file_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stderr is decides; a line of the log has a line of the terminal to itself."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert isinstance(display_for_stderr(), Lines)
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        display = display_for_stderr()
        assert isinstance(display, Bar)
        display.show(reading())
        configure(level="info", form="text")
        logging.getLogger("vtex_tracking").warning("beside the bar")
        display.close()
    screen = read_all(ours)
    assert "12,345 records" in screen
    assert re.search(r"\x1b\[2K[0-9: -]{19} warning: beside the bar\r\n", screen)
