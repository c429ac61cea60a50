"""What is open to be read: the bytes of a source as they lie there, and the feeds that were found in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK_BYTES: Final = 256 << 10


@frozen(kw_only=True)
class Opened:
    """A source that is open: its bytes in order, and what tells one version of it from another."""

    read: Callable[[], bytes]  # the next bytes; none at its end
    size_bytes: int | None = None  # None where nobody can know it
    version: Callable[[], object] = lambda: None  # as it is now; always None for what has no versions


@frozen
class Member:
    """One feed in a source: its own name, and its bytes, to be taken before those of the next."""

    name: str
    chunks: Iterator[bytes]
