"""What the feed's tests share: any bytes as a feed, read at one fixed moment."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import pytest

from vtex_tracking.feed import FeedReader
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from collections.abc import Callable

NOW: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def now() -> datetime:
    """The moment at which every feed here is read."""
    return NOW


@pytest.fixture(scope="session")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., FeedReader]:
    """A feed with these bytes (a text is UTF-8), called `feed` in a folder of its own, and these settings."""
    folder = tmp_path_factory.mktemp("feeds")
    numbers = count()

    def make(data: bytes | str, **settings: Any) -> FeedReader:
        path = folder / str(next(numbers)) / "feed"
        path.parent.mkdir()
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return FeedReader(str(path), settings=FeedSettings(**settings), now=NOW)

    return make
