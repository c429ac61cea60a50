"""Feeds, whatever they are, into the ledger's intake."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from vtex_tracking.feed import FeedReader, expand_feeds
from vtex_tracking.ledger.home import Home
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.model import Defect, FeedInfo, TrackingEvent
from vtex_tracking.settings import Settings

Feeds = Sequence[str | Path] | AsyncIterable[TrackingEvent]
FoundFeeds = tuple[str, ...] | AsyncIterable[TrackingEvent]

_BATCH_MAX: Final = 1000  # of a caller's events


def find_feeds(feeds: Feeds) -> FoundFeeds:
    """The feeds that are meant. Raises FeedError for a file that is not there, before anything is read."""
    return feeds if isinstance(feeds, AsyncIterable) else expand_feeds([str(name) for name in feeds])


class Reader(Protocol):
    """Who has feeds read: what is read is reported there, and there it is asked whether to go on."""

    def go_on(self) -> None:
        """Raise what should stop the reading; asked from the ledger's thread."""
        ...

    def reads(self, reader: FeedReader) -> None:
        """A feed is begun."""
        ...

    def has_read(self) -> None:
        """One more record was read."""
        ...


async def take_in(
    home: Home,
    intake: Intake,
    *,
    feeds: FoundFeeds,
    settings: Settings,
    wall_s: Callable[[], float],
    reader: Reader,
) -> tuple[FeedInfo, ...]:
    """Stage everything that the feeds say. Raises FeedError for a feed that cannot be read: then none is accepted."""
    if isinstance(feeds, AsyncIterable):
        return (await _take_in_events(home, intake, events=feeds, reader=reader),)
    infos = []
    for name in feeds:
        now = datetime.fromtimestamp(wall_s(), UTC)
        feed = FeedReader(name, settings=settings.feed, now=now, go_on=reader.go_on)
        reader.reads(feed)
        await home(partial(intake.add, _watched(feed, reader=reader)))
        infos.append(feed.info)
    return tuple(infos)


async def _take_in_events(
    home: Home, intake: Intake, *, events: AsyncIterable[TrackingEvent], reader: Reader
) -> FeedInfo:
    batch: list[TrackingEvent] = []
    async for event in events:
        batch.append(event)
        if len(batch) >= _BATCH_MAX:
            await home(partial(intake.add, _watched(batch, reader=reader)))
            batch = []
    await home(partial(intake.add, _watched(batch, reader=reader)))
    return FeedInfo(name="events", format="events", encoding="", size_bytes=0, sha256="", records=intake.tally.records)


def _watched(values: Iterable[TrackingEvent | Defect], *, reader: Reader) -> Iterator[TrackingEvent | Defect]:
    for value in values:
        reader.go_on()
        reader.has_read()
        yield value
