"""Places in flight: as many as the account was found to bear at once."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Self

from vtex_tracking.push.concurrency import Concurrency, Flight

if TYPE_CHECKING:
    from types import TracebackType


class Places:
    """Inside is who has a place, in the order of asking. Nobody is thrown out: where the limit falls, places are not given anew."""

    # No semaphore: asyncio's looks at every one of who waits, each time that one is let in.

    def __init__(self, limit_max: int) -> None:
        self._concurrency = Concurrency(limit_max=limit_max)
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take_now(self) -> bool:
        """Have a place, if there is one and nobody waits for it."""
        if self._waiting or self._taken >= self._concurrency.limit:
            return False
        self._taken += 1
        return True

    async def take(self) -> None:
        """Wait for a place, and have it."""
        if self.take_now():
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():  # it was there already
                self.give_back()
            raise

    def give_back(self) -> None:
        """Leave the place to who waits for one."""
        self._taken -= 1
        if self._waiting:
            self._let_in()

    async def __aenter__(self) -> Self:
        await self.take()
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.give_back()

    def started(self, *, has_waited: bool) -> Flight:
        """Note that an attempt starts; places hold nobody back where it has waited for the pace."""
        is_short = self._taken >= self._concurrency.limit and not has_waited
        return self._concurrency.started(is_short=is_short)

    def ended(self, flight: Flight, *, latency_s: float, has_failed: bool) -> None:
        """Note the end of an attempt, and whether VTEX failed to answer it."""
        self._concurrency.ended(flight, latency_s=latency_s, has_failed=has_failed)
        if self._waiting:
            self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._taken < self._concurrency.limit:
            place = self._waiting.popleft()
            if not place.done():  # else who waited for it was cut off
                self._taken += 1
                place.set_result(None)
