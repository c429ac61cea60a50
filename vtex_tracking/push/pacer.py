"""Waiting for the pace, one after the other: the last thing before a request is handed to the wire."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from vtex_tracking.push.adapting import AdaptiveRate, Start
from vtex_tracking.push.clock import running_clock
from vtex_tracking.push.pacing import Pace
from vtex_tracking.settings import Rate

# No shorter wait is worth a timer. Who wakes late is followed at once by all whose time has come, so no rate is lost.
NAP_S: Final = 0.001


def _always() -> bool:
    return True


class Pacer:
    """Lets requests start in the order in which they asked, when the pace allows; a stop lets everybody go without.

    One timer rings for the first who waits. Whoever wakes late is followed at once by those whose time has come as well.
    The pace is what the account bears, and of that the `share` that it may have just now.
    """

    def __init__(self, rate: Rate, *, found_per_s: float | None = None) -> None:
        self._pace = Pace(rate)
        self._nap_s = min(NAP_S, self._pace.tolerance_s / 4)
        self._rate = AdaptiveRate(rate, found_per_s=found_per_s)
        self.share = 1.0
        self._is_stopped = False
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._now_s = running_clock()
        self._paused_until_s = 0.0

    def start_now(self) -> Start | None:
        """Give a start, having paid for it, when nobody is before the caller and the pace does not hold it back."""
        now_s = self._now_s()
        if self._waiting or self._take(now_s) > 0:
            return None
        return self._rate.started(now_s, has_waited=False)

    async def start(self, *, is_wanted: Callable[[], bool] = _always) -> Start | None:
        """Give a start when the caller may go now, having paid for it; None when the run is stopping.

        A start that is no longer wanted when its turn comes is None as well, and is not paid.
        """
        has_waited = bool(self._waiting)
        call: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append(call)
        try:
            while not self._is_stopped:
                if self._waiting[0] is call:
                    if not is_wanted():
                        return None
                    now_s = self._now_s()
                    wait_s = self._take(now_s)
                    if wait_s == 0:
                        return self._rate.started(now_s, has_waited=has_waited)
                    has_waited = True
                    self._ring_in(wait_s)
                    if call.done():
                        call = self._waiting[0] = self._loop.create_future()
                await call
            return None
        finally:
            self._waiting.remove(call)
            self._call_first()

    def stop(self) -> None:
        """Nothing starts any more."""
        self._is_stopped = True
        for call in self._waiting:
            _tell(call)

    def _take(self, now_s: float) -> float:
        """Pay for a start, and 0; or how long to wait before asking again."""
        self._pace.change(self._rate.per_s * self.share)
        return self._pace.take(now_s)

    def _call_first(self) -> None:
        """Call who is first now, when the time has come."""
        self._silence()
        if self._waiting:
            wait_s = self._pace.wait_s(self._now_s())
            if wait_s > 0:
                self._ring_in(wait_s)
            else:
                _tell(self._waiting[0])

    def _silence(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _ring_in(self, wait_s: float) -> None:
        self._silence()
        self._timer = self._loop.call_later(max(wait_s, self._nap_s), self._ring)

    def _ring(self) -> None:
        if self._waiting:
            _tell(self._waiting[0])

    def refused(self, start: Start, *, pause_s: float) -> None:
        """Let nothing start for so long, and less after that: the account bears no more than when this one started."""
        self.pause(pause_s)
        self._rate.refused(start, pause_s=pause_s)

    def pause(self, pause_s: float) -> None:
        """Let nothing start for so long."""
        self._paused_until_s = max(self._paused_until_s, self._now_s() + pause_s)
        self._pace.pause(self._paused_until_s)

    @property
    def paused_s(self) -> float:
        """How long the pause still lasts; 0 when there is none."""
        return max(0.0, self._paused_until_s - self._now_s())

    @property
    def found_per_s(self) -> float | None:
        """What the account was found to bear; None where that is all that was asked."""
        return self._rate.found_per_s


def _tell(call: asyncio.Future[None]) -> None:
    if not call.done():  # it is told already, or was cut off
        call.set_result(None)
