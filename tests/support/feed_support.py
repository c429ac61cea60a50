"""What the tests of formats share: a feed's entries, as its format alone makes them out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, frozen

from vtex_tracking.feed.content import Content
from vtex_tracking.feed.entries import Entries as Together
from vtex_tracking.feed.entries import Entry, Reading, one_by_one
from vtex_tracking.feed.tally import Tally
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime


@frozen
class NoJudge:
    """Knows nothing of what values mean."""

    def is_delivered(self, _entry: Entry) -> bool:
        return False

    def moment(self, _entry: Entry) -> datetime | None:
        return None


@define
class Entries:
    """What a format makes of these bytes, and what it counted on the way."""

    found: list[Entry]
    tally: Tally


def entries_of(
    read: Callable[[Content, Reading], Iterator[Entry | Together]],
    data: bytes | str,
    *,
    name: str = "feed",
    **settings: Any,
) -> Entries:
    """Read these bytes (a text is UTF-8) with one format. Raises FeedError as it does."""
    tally = Tally()
    feed_settings = FeedSettings(**settings)
    chunks = iter([data.encode() if isinstance(data, str) else data])
    content = Content(chunks, name=name, settings=feed_settings, tally=tally)
    reading = Reading(name=name, settings=feed_settings, tally=tally, judge=NoJudge())
    return Entries(list(one_by_one(read(content, reading))), tally)
