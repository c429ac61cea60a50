"""Who has begun and not ended: bounded, in line for its first attempt, and with an end to which one may go back."""

from __future__ import annotations

import asyncio
from collections import deque
from math import ceil
from typing import Self

from vtex_tracking.push.sending import Sending
from vtex_tracking.settings import Settings


class Line:
    """Updates on their way: so many wait for their first attempt, and so many are begun in all.

    The end of the line is where nothing new can begin: all are begun, or as many as may be.
    """

    def __init__(self, *, first_max: int, begun_max: int) -> None:
        self._first_max = first_max
        self._begun_max = begun_max
        self._first: deque[Sending] = deque()
        self._taken = 0  # of those in line
        self._takers: deque[asyncio.Future[bool]] = deque()
        self._changed = asyncio.Event()
        self._end = asyncio.Event()
        self._is_closed = False
        self._waiting = 0  # for their first attempt, in line or not yet
        self.begun = 0

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """What stands in line when a run is killed counts as in flight, so no more does than will start in a moment."""
        first_max = max(1, min(settings.claims_max, ceil(settings.rate.per_s * settings.claim_ahead_s)))
        return cls(first_max=first_max, begun_max=settings.concurrency + settings.waiting_max)

    async def room(self) -> int:
        """Wait until some more may begin, and say how many; 0 when the line is closed. Half the line is filled at once."""
        while not self._is_closed:
            room = min(self._first_max - self._waiting, self._begun_max - self.begun)
            if room > 0 and 2 * self._waiting <= self._first_max:
                return room
            if self.begun >= self._begun_max:
                self._reach_end()
            self._changed.clear()
            await self._changed.wait()
        return 0

    def begin(self, *, first: int = 0, elsewhere: int = 0) -> None:
        """So many begin that will stand in line for their first attempt, and so many that wait for something else first."""
        self._waiting += first
        self.begun += first + elsewhere

    def stand(self, sending: Sending) -> None:
        """Put one that has begun at the end of the line."""
        self._first.append(sending)
        self._let_take()

    async def is_next(self) -> bool:
        """Wait until one in line is yours to take; False when there will be no more."""
        if self._taken < len(self._first):
            self._taken += 1
            return True
        taker: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._takers.append(taker)
        self._let_take()
        return await taker

    def take(self) -> Sending:
        """Take one that is yours: the first that stands there now. It waits for its first attempt no more."""
        sending = self._first.popleft()
        self._taken -= 1
        self._waiting -= 1
        self._changed.set()
        self._let_take()
        return sending

    def abandon(self, count: int) -> None:
        """So many that have begun will never stand in line."""
        self._waiting -= count
        self.begun -= count
        self._let_take()

    def leave(self) -> None:
        """One that has begun has ended."""
        self.begun -= 1
        self._changed.set()

    def close(self) -> None:
        """Nothing will begin any more."""
        if not self._is_closed:
            self._is_closed = True
            self._changed.set()
            self._reach_end()
            self._let_take()

    async def emptied(self) -> None:
        """Wait until all that have begun have ended."""
        while self.begun:
            self._changed.clear()
            await self._changed.wait()

    async def come_to_end(self) -> None:
        """Go behind everything that can begin, and wait until it has."""
        if not self._is_closed and self.begun < self._begun_max:
            await self._end.wait()

    def _let_take(self) -> None:
        """Tell who wants to take one that there is one for them, or that there will be no more."""
        is_over = self._is_closed and self._waiting == 0
        while self._takers and (is_over or self._taken < len(self._first)):
            taker = self._takers.popleft()
            if not taker.done():  # else it was cut off
                self._taken += not is_over
                taker.set_result(not is_over)

    def _reach_end(self) -> None:
        """Let go who waits; who comes later waits for the next time."""
        self._end.set()
        self._end = asyncio.Event()
