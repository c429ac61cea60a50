"""At most so many starts in any window of time: how the sandbox limits its callers."""

from __future__ import annotations

import math
from collections import deque

from attrs import frozen

from vtex_tracking.settings import Rate


@frozen(kw_only=True)
class Grant:
    """Whether a request may come in, how many more may now, and when all of the window is free again."""

    is_granted: bool
    limit: int
    remaining: int
    retry_after_s: int
    reset_s: int


class SlidingWindow:
    """Lets in `rate.count` starts in any window. Those refused cost nothing, so a patient caller always gets in.

    A count that is not whole becomes a whole one of another window with the same rate: 2.5/s is 2 in any 0.8 s.
    """

    def __init__(self, rate: Rate) -> None:
        self._limit = max(1, math.floor(rate.count))
        self._window_s = rate.window_s * self._limit / rate.count
        self._starts: deque[float] = deque()

    def take(self, now_s: float) -> Grant:
        """Decide on a start at `now_s`, which never goes back."""
        while self._starts and self._starts[0] + self._window_s <= now_s:
            self._starts.popleft()
        is_granted = len(self._starts) < self._limit
        if is_granted:
            self._starts.append(now_s)
        return Grant(
            is_granted=is_granted,
            limit=self._limit,
            remaining=self._limit - len(self._starts),
            retry_after_s=0 if is_granted else self._seconds_until_free(self._starts[0], now_s),
            reset_s=self._seconds_until_free(self._starts[-1], now_s),
        )

    def _seconds_until_free(self, start_s: float, now_s: float) -> int:
        return math.ceil(start_s + self._window_s - now_s)
