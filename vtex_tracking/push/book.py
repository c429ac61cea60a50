"""What a push asks of whoever remembers."""

from __future__ import annotations

from typing import Protocol

from vtex_tracking.model import Due, Settlement


class Book(Protocol):
    """What the pusher needs of a ledger. A write returns when it is durable, and raises LedgerError when it cannot be."""

    async def due(self, *, after_seq: int | None, limit: int) -> tuple[Due, ...]:
        """The next updates to send, from behind `after_seq` on."""
        ...

    async def intend(self, due: Due) -> None:
        """An attempt is about to be made."""
        ...

    async def withdraw(self, due: Due) -> None:
        """The attempt that was intended last was not made."""
        ...

    async def settle(self, due: Due, settlement: Settlement) -> None:
        """What became of the attempt that was intended last."""
        ...
