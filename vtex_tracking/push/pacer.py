"""Waiting for the pace, one after the other: the last thing before a request's first byte."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vtex_tracking.push.pacing import Pace


def _always() -> bool:
    return True


class Pacer:
    """Lets requests start in the order in which they asked, when the pace allows; a stop lets everybody go without.

    One waits for the timer at a time. Whoever is woken late is followed at once by those whose time has come as well.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.stopping = asyncio.Event()
        self._turn = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._paused_until_s = 0.0

    async def start(self, *, is_wanted: Callable[[], bool] = _always) -> bool:
        """Return True when the caller may start now, having paid for it; False when the run is stopping.

        A start that is no longer wanted when its turn comes is False as well, and is not paid.
        """
        async with self._turn:
            while not self.stopping.is_set() and is_wanted():
                wait_s = self._pace.take(self._loop.time())
                if wait_s == 0:
                    return True
                await rest(wait_s, stopping=self.stopping)
        return False

    def pause(self, pause_s: float) -> None:
        """Let nothing start for so long."""
        self._paused_until_s = max(self._paused_until_s, self._loop.time() + pause_s)
        self._pace.pause(self._paused_until_s)

    @property
    def paused_s(self) -> float:
        """How long the pause still lasts; 0 when there is none."""
        return max(0.0, self._paused_until_s - self._loop.time())


async def rest(delay_s: float, *, stopping: asyncio.Event) -> None:
    """Wait so long, or until the run is stopping."""
    try:
        async with asyncio.timeout(delay_s):
            await stopping.wait()
    except TimeoutError:
        return
