"""Bytes that come once, kept where they can be sought in."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from vtex_tracking.errors import FeedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SPOOLED_BYTES_MAX: Final = 8 << 20  # in memory; what is larger lies in a nameless file


@contextmanager
def spooled(chunks: Iterable[bytes], *, name: str) -> Iterator[BinaryIO]:
    """The bytes as a file that is gone afterwards. Raises FeedError where there is no room for it."""
    with tempfile.SpooledTemporaryFile(max_size=_SPOOLED_BYTES_MAX) as file:
        try:
            file.writelines(chunks)
        except OSError as error:
            raise FeedError(f"{name} cannot be kept for reading in {tempfile.gettempdir()}: {error}") from None
        file.seek(0)
        yield cast("BinaryIO", file)
