"""How many requests may be in flight: a few at first, more while that helps, fewer as soon as it hurts.

As TCP finds what a link bears (RFC 5681): twice as many with each window until something goes wrong, then one more.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

START: Final = 4
CUT: Final = 0.7  # what is left of the limit after a failure
STABLE: Final = 2.0  # so many times the calmest latency is no longer stable
FORGETTING: Final = 1.05  # by so much the calmest latency rises with each window, lest a lucky one counts for ever


class Flight(NamedTuple):
    """A request in flight: how many cuts there had been when it started, and whether others lacked a place then."""

    cuts: int
    is_short: bool


class Concurrency:
    """Twice as many for each window of stable latency while places are short; 0.7 times as many after a failure.

    From the first failure or the first latency that is not stable on, a stable window brings one more place. A window is as
    many attempts as there are places. A failure of an attempt that started before the last cut is the same trouble, and
    cuts nothing more. Never fewer than one, never more than `limit_max`.
    """

    def __init__(self, *, limit_max: int, start: int = START) -> None:
        self._limit_max = limit_max
        self._places = float(min(start, limit_max))
        self._is_doubling = True
        self._cuts = 0
        self._calm_s = math.inf  # the mean latency of the calmest window
        self._latencies_s: list[float] = []  # of this window

    @property
    def limit(self) -> int:
        """How many may be in flight now."""
        return int(self._places)

    def started(self, *, is_short: bool) -> Flight:
        """Note that an attempt starts; `is_short` when others wait for a place, and this one waited for nothing else."""
        return Flight(self._cuts, is_short)

    def ended(self, flight: Flight, *, latency_s: float, has_failed: bool) -> None:
        """Note the end of an attempt; `has_failed` when VTEX gave no answer in time, none at all, or a 5xx."""
        if flight.cuts != self._cuts:
            return
        if has_failed:
            self._is_doubling = False
            self._places = max(1.0, self._places * CUT)
            self._cuts += 1
            self._latencies_s.clear()
        elif flight.is_short:
            self._latencies_s.append(latency_s)
            if len(self._latencies_s) >= self.limit:
                self._end_window()

    def _end_window(self) -> None:
        mean_s = sum(self._latencies_s) / len(self._latencies_s)
        if mean_s <= STABLE * self._calm_s:
            self._places = min(self._limit_max, self._places * 2 if self._is_doubling else self._places + 1)
        else:
            self._is_doubling = False
        self._calm_s = min(mean_s, self._calm_s * FORGETTING)
        self._latencies_s.clear()
