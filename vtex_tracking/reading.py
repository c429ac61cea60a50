"""Feeds, whatever they are, into the ledger's intake."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from vtex_tracking.feed import FeedReader, InvoiceReader, expand_feeds
from vtex_tracking.feed.finding import ALIKE_MAX
from vtex_tracking.ledger.home import Home
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.intake import Intake
from vtex_tracking.ledger.sqlite.invoices import InvoiceTable
from vtex_tracking.model import Defect, FeedInfo, PlainEvents, TrackingEvent
from vtex_tracking.settings import Settings

Feeds = Sequence[str | Path] | AsyncIterable[TrackingEvent]
FoundFeeds = tuple[str, ...] | AsyncIterable[TrackingEvent]
Value = TrackingEvent | Defect | PlainEvents

_BATCH_MAX: Final = 1000  # of a caller's events
_UNTOLD_MAX: Final = 100  # records, which take less than a millisecond or two; a silent pipe asks by itself
_CONTRADICTIONS_MAX: Final = 20  # of a map of invoices, for each kind of mark


def find_feeds(feeds: Feeds, *, settings: Settings) -> FoundFeeds:
    """The feeds that are meant. Raises FeedError for a file that is not there, before anything is read."""
    if isinstance(feeds, AsyncIterable):
        return feeds
    return expand_feeds([str(name) for name in feeds], settings=settings.feed)


class Reader(Protocol):
    """Who has feeds read: what is read is reported there, and there it is asked whether to go on."""

    def go_on(self) -> None:
        """Raise what should stop the reading; asked from the ledger's thread."""
        ...

    def reads(self, reader: FeedReader) -> None:
        """A feed is begun."""
        ...

    def has_read(self, records: int) -> None:
        """So many more records were read."""
        ...


class Reading:
    """Feeds on their way into the ledger's intake. `reader` is told of each record, and asked whether to go on."""

    def __init__(
        self, home: Home, intake: Intake, *, settings: Settings, wall_s: Callable[[], float], reader: Reader
    ) -> None:
        self._home = home
        self._intake = intake
        self._settings = settings
        self._wall_s = wall_s
        self._reader = reader
        self._feeds: list[FeedReader] = []
        self._map: InvoiceReader | None = None
        self._is_of_events = False

    @property
    def infos(self) -> tuple[FeedInfo, ...]:
        """The feeds as far as they were read, and the map of invoices; those that were not begun are not among them."""
        if not self._is_of_events:
            maps = () if self._map is None else (self._map.info,)
            return (*(info for feed in self._feeds for info in feed.infos), *maps)
        records = self._intake.tally.records
        return (FeedInfo(name="events", format="events", encoding="", size_bytes=0, sha256="", records=records),)

    async def take_in(self, feeds: FoundFeeds) -> None:
        """Stage everything that the feeds say. Raises FeedError for a feed that cannot be read: then none is accepted."""
        if isinstance(feeds, AsyncIterable):
            self._is_of_events = True
            await self._take_in_events(feeds)
            return
        invoices = await self._home(self._take_in_map)
        for name in feeds:
            now = datetime.fromtimestamp(self._wall_s(), UTC)
            feed = FeedReader(name, settings=self._settings.feed, now=now, go_on=self._reader.go_on, invoices=invoices)
            self._feeds.append(feed)
            self._reader.reads(feed)
            await self._stage(feed.blocks())

    def _take_in_map(self) -> InvoiceTable | None:
        """The map of invoices, ready to be asked; None where there is none."""
        settings = self._settings.feed
        if settings.invoices is None:
            return None
        self._map = InvoiceReader(settings.invoices, settings=settings, go_on=self._reader.go_on)
        return take_in_map(self._home.ledger, self._map)

    async def _take_in_events(self, events: AsyncIterable[TrackingEvent]) -> None:
        batch: list[TrackingEvent] = []
        async for event in events:
            batch.append(event)
            if len(batch) >= _BATCH_MAX:
                await self._stage(batch)
                batch = []
        await self._stage(batch)

    async def _stage(self, values: Iterable[Value]) -> None:
        await self._home(partial(self._intake.add, self._watched(values)))

    def _watched(self, values: Iterable[Value]) -> Iterator[Value]:
        """What was read is staged before anything stops the reading, so that both count the same; told in groups."""
        untold = 0
        try:
            for value in values:
                untold += len(value.places) if isinstance(value, PlainEvents) else 1
                yield value
                if untold >= _UNTOLD_MAX:
                    self._reader.has_read(untold)
                    untold = 0
                    self._reader.go_on()
            self._reader.go_on()
        finally:
            self._reader.has_read(untold)


def take_in_map(ledger: LedgerFile, reader: InvoiceReader) -> InvoiceTable:
    """A map of invoices, read to its end and ready to be asked. Raises FeedError where it cannot be read."""
    table = InvoiceTable(ledger, alike_max=ALIKE_MAX + 1)
    table.take_in(reader)
    for found in table.contradictions(count_max=_CONTRADICTIONS_MAX):
        reader.warn(
            f"{found.place} and {found.other_place} have the same {found.mark}, but are of different invoices; "
            "records with it are defects"
        )
    return table
