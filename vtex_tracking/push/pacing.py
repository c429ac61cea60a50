"""When the next request may start: GCRA, the leaky bucket that remembers one number."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from vtex_tracking.settings import Rate

# How much of the window a timer may wake late without costing rate. The rate itself is lower by as much, so that no window
# ever pays for it: of N + 1 starts the last is at least N intervals less one tolerance after the first, which is the window.
TOLERANCE: Final = Fraction(1, 200)

# Moments are counted in ticks, whole ones: a float times a power of two is exact, so nothing but the last tick is rounded.
TICKS_PER_S: Final = 2**30


class Pace:
    """No window of the rate holds more starts than it allows, whatever is asked when, from the first second on.

    For a count that is no whole number it is the next whole one: 2.5/s is a start every 0.4 s, and may put 3 into a second.
    Moments are seconds of one clock, handed in. Whatever is rounded is rounded to the slower side.
    """

    __slots__ = ("_due", "_interval", "_interval_min", "_per_s", "_tolerance")

    def __init__(self, rate: Rate) -> None:
        window_s = Fraction(rate.window_s)
        self._tolerance = math.floor(window_s * TOLERANCE * TICKS_PER_S)
        self._interval_min = self._interval = _interval_of(Fraction(rate.count) / window_s)
        self._per_s: float | None = None  # as it was last changed
        self._due: int | None = None  # when the next start may be

    @property
    def tolerance_s(self) -> float:
        """By how much a start may be late without costing rate."""
        return self._tolerance / TICKS_PER_S

    def take(self, now_s: float) -> float:
        """Start now and pay for it: 0.0; or else, with nothing paid, wait so many seconds and ask again.

        A start that is late by no more than the tolerance is made up for by the next one; nothing else is ever early.
        """
        now = math.floor(now_s * TICKS_PER_S)
        due = now if self._due is None else self._due
        if now < due:
            return _wait_s(now_s, until=due)
        if now - due > self._tolerance:
            due = now
        self._due = due + self._interval
        return 0.0

    def wait_s(self, now_s: float) -> float:
        """How long it is until a start may be paid for: 0.0 when it may be now."""
        if self._due is None or math.floor(now_s * TICKS_PER_S) >= self._due:
            return 0.0
        return _wait_s(now_s, until=self._due)

    def change(self, per_s: float) -> None:
        """From the next start on, go at this rate; never faster than the rate that was asked.

        No window that begins after the change holds more than the new rate allows, and none at all more than the asked one.
        """
        if per_s != self._per_s:
            self._per_s = per_s
            self._interval = max(self._interval_min, _interval_of(Fraction(per_s)))

    def pause(self, until_s: float) -> None:
        """Let nothing start before that moment, and then one after the other, with no burst."""
        due = math.ceil(until_s * TICKS_PER_S)
        if self._due is None or self._due < due:
            self._due = due


def _interval_of(per_s: Fraction) -> int:
    """Give the ticks between two starts; one more than it takes, for a start is up to a tick later than the tick it counts as."""
    return math.ceil((1 + TOLERANCE) * TICKS_PER_S / per_s) + 1


def _wait_s(now_s: float, *, until: int) -> float:
    """Give a wait after which the moment has come in the caller's floats too, so that waiting as told is enough."""
    wait_s = until / TICKS_PER_S - now_s
    while math.floor((now_s + wait_s) * TICKS_PER_S) < until:
        wait_s += math.ulp(max(abs(now_s), wait_s))
    return wait_s
