"""Places in flight: as many as the account was found to bear at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from vtex_tracking.push.concurrency import Concurrency, Flight

if TYPE_CHECKING:
    from types import TracebackType


class Places:
    """Inside is who has a place, in the order of asking. Their number follows the limit as soon as one is given back."""

    def __init__(self, limit_max: int) -> None:
        self._concurrency = Concurrency(limit_max=limit_max)
        self._size = self._concurrency.limit
        self._free = asyncio.Semaphore(self._size)

    async def __aenter__(self) -> Self:
        await self._free.acquire()
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        limit = self._concurrency.limit
        if self._size > limit:
            self._size -= 1  # this place is no more
        else:
            self._free.release()
        while self._size < limit:
            self._size += 1
            self._free.release()
        while self._size > limit and not self._free.locked():
            self._size -= 1
            await self._free.acquire()  # at once, for one is free

    def started(self, *, has_waited: bool) -> Flight:
        """Note that an attempt starts; places hold nobody back where it has waited for the pace."""
        return self._concurrency.started(is_short=self._free.locked() and not has_waited)

    def ended(self, flight: Flight, *, latency_s: float, has_failed: bool) -> None:
        """Note the end of an attempt, and whether VTEX failed to answer it."""
        self._concurrency.ended(flight, latency_s=latency_s, has_failed=has_failed)
