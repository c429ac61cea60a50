"""What a push asks of whoever remembers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from vtex_tracking.model import Attempted, Due


class Book(Protocol):
    """What the pusher needs of a ledger. A write returns when it is durable, and raises LedgerError when it cannot be."""

    async def due(self, *, after_seq: int | None, limit: int) -> tuple[Due, ...]:
        """The next updates to send, from behind `after_seq` on."""
        ...

    async def intend(self, dues: Sequence[Due]) -> None:
        """An attempt of each of them is about to be made."""
        ...

    async def withdraw(self, due: Due) -> None:
        """The attempt that was intended last was not made."""
        ...

    async def settle(self, attempts: Sequence[Attempted]) -> None:
        """What became of the attempts that were intended last."""
        ...


async def due_pages(book: Book, *, most: int | None, page_max: int) -> AsyncIterator[tuple[Due, ...]]:
    """Read everything that is due, or the first so many, a page at a time."""
    after_seq: int | None = None
    while page := await book.due(after_seq=after_seq, limit=page_max if most is None else min(most, page_max)):
        yield page
        after_seq = page[-1].seq
        if most is not None:
            most -= len(page)
            if most == 0:
                return
