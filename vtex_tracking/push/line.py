"""Who has begun and not ended: bounded, and with an end to which one may go back."""

from __future__ import annotations

import asyncio


class Line:
    """Updates on their way: so many wait for their first attempt, and so many are begun in all.

    The end of the line is where nothing new can begin: all are begun, or as many as may be.
    """

    def __init__(self, *, first_max: int, begun_max: int) -> None:
        self._first = asyncio.Semaphore(first_max)
        self._begun = asyncio.Semaphore(begun_max)
        self._is_closed = False
        self._end = asyncio.Event()

    async def begin(self) -> None:
        """Wait until one more may begin."""
        await self._first.acquire()
        if self._begun.locked():
            self._reach_end()
        await self._begun.acquire()

    def go_on(self) -> None:
        """One that has begun needs to wait for its first attempt no more."""
        self._first.release()

    def leave(self) -> None:
        """One that has begun has ended."""
        self._begun.release()

    def close(self) -> None:
        """Nothing will begin any more."""
        self._is_closed = True
        self._reach_end()

    async def come_to_end(self) -> None:
        """Go behind everything that can begin, and wait until it has."""
        if not self._is_closed and not self._begun.locked():
            await self._end.wait()

    def _reach_end(self) -> None:
        """Let go who waits; who comes later waits for the next time."""
        self._end.set()
        self._end = asyncio.Event()
