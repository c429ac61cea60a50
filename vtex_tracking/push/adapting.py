"""The rate that the account bears: cut when it is refused, found again as TCP's CUBIC finds a link's (RFC 9438, section 4)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from vtex_tracking.settings import Rate

CUT: Final = 0.7  # what is left of a rate that was refused
RATE_MIN_PER_S: Final = 0.5
RETURN_S: Final = 5.0  # from the cut back to just under the refused rate
JUST_UNDER: Final = 0.98  # of the refused rate: there it lingers
LINGER_S: Final = 40.0  # before it probes upward
LINGER_PAUSES: Final = (
    14.0  # or so many times the pause that a probe costs, so that pauses stay under a tenth of the time
)
KNOWN: Final = 0.9  # of where it lingered: refused above this it was a probe; refused below, the account bears less now
DOUBLING_S: Final = 6.0  # from the begin of a probe to twice the rate; to nine times it in twice that
MEASURED_S: Final = 1.0  # how far back the rate really gone is measured
FIRST_MIN_PER_S: Final = 10.0  # what was measured less than that is no reason for a deeper first cut: it has just begun


class Start(NamedTuple):
    """How fast requests were starting when this one did, how many cuts there had been, and whether it was held back."""

    per_s: float
    cuts: int
    has_waited: bool = True


class AdaptiveRate:
    """At most the rate that was asked, and after a refusal the highest that gets through, probed for ever anew.

    Its time is the time in which the pace held requests back: while something else does, nothing is learned about the rate.
    `found_per_s` is what an earlier run found, or None. Moments are seconds of one clock, handed in.
    """

    def __init__(self, asked: Rate, *, found_per_s: float | None = None) -> None:
        self._asked_per_s = asked.per_s
        self._floor_per_s = min(RATE_MIN_PER_S, asked.per_s)
        self._cuts = 0
        self._low_per_s = asked.per_s  # just after the last cut
        self._high_per_s: float | None = None  # just under the refused rate; None as long as none was
        self._linger_s = LINGER_S
        self._held_back_s = 0.0  # since the last cut
        self._last_s = -math.inf  # the last start
        self._measured_per_s = 0.0  # at the last start
        if found_per_s is not None and found_per_s < asked.per_s:
            self._low_per_s = self._high_per_s = max(self._floor_per_s, found_per_s)
            self._held_back_s = RETURN_S

    @property
    def per_s(self) -> float:
        """How many may start a second now."""
        if self._high_per_s is None:
            return self._asked_per_s
        return min(self._asked_per_s, self._curve(self._high_per_s))

    @property
    def found_per_s(self) -> float | None:
        """What the account was found to bear, for the next run to start from; None where that is all that was asked."""
        if self._high_per_s is None:
            return None
        found_per_s = max(self._high_per_s, self._curve(self._high_per_s))
        return None if found_per_s >= self._asked_per_s else found_per_s

    def started(self, now_s: float, *, has_waited: bool) -> Start:
        """Note that a request starts; `has_waited` when it was the pace that it waited for."""
        gap_s = max(0.0, now_s - self._last_s)
        if has_waited:
            gap_s = min(gap_s, 2 / self.per_s)  # of a pause, which counts as well, only so much
            self._held_back_s += gap_s
        self._last_s = now_s
        self._measured_per_s = self._measured_per_s * math.exp(-gap_s / MEASURED_S) + 1 / MEASURED_S
        measured_per_s = self._measured_per_s - 0.5 / MEASURED_S  # between this start and the last one
        if self._high_per_s is None:
            measured_per_s = max(measured_per_s, FIRST_MIN_PER_S)
        return Start(min(self.per_s, measured_per_s), self._cuts, has_waited)

    def refused(self, start: Start, *, pause_s: float) -> None:
        """Note that a request was answered 429, which pauses the account so long: one cut for a pause.

        A request that started before the last cut tells nothing of the rate since.
        """
        if start.cuts != self._cuts:
            return
        is_known = self._high_per_s is not None and start.per_s > KNOWN * self._high_per_s
        self._linger_s = max(LINGER_S, LINGER_PAUSES * pause_s) if is_known else LINGER_S
        self._high_per_s = max(self._floor_per_s, JUST_UNDER * start.per_s)
        self._low_per_s = max(self._floor_per_s, CUT * start.per_s)
        self._held_back_s = 0.0
        self._cuts += 1

    @property
    def _probed_s(self) -> float:
        return max(0.0, self._held_back_s - RETURN_S - self._linger_s)

    def _curve(self, high_per_s: float) -> float:
        """Go back quickly, linger, and then probe upward ever faster: two cubics and a plateau between them."""
        to_return = max(0.0, 1 - self._held_back_s / RETURN_S)
        return (
            high_per_s - (high_per_s - self._low_per_s) * to_return**3 + high_per_s * (self._probed_s / DOUBLING_S) ** 3
        )
