"""What a server saw: when each request came, and how many it refused."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import pstdev

from attrs import frozen


@frozen(kw_only=True)
class Seen:
    """All that came since the server was last asked."""

    requests: int
    refused: int
    per_s: float  # from the first to the last
    in_1_s_max: int
    in_100_ms_max: int
    jitter_ms: float  # the standard deviation of the time between two
    cpu_share: float  # of one core, that the server took from the first to the last


def seen(arrivals_s: Sequence[float], *, refused: int, cpu_s: float) -> Seen:
    """Sum up; the moments are in order."""
    lasted_s = arrivals_s[-1] - arrivals_s[0] if arrivals_s else 0.0
    gaps_s = [later - sooner for sooner, later in pairwise(arrivals_s)]
    return Seen(
        requests=len(arrivals_s),
        refused=refused,
        per_s=len(gaps_s) / lasted_s if lasted_s else 0.0,
        in_1_s_max=most_within(arrivals_s, window_s=1.0),
        in_100_ms_max=most_within(arrivals_s, window_s=0.1),
        jitter_ms=pstdev(gaps_s) * 1000 if gaps_s else 0.0,
        cpu_share=cpu_s / lasted_s if lasted_s else 0.0,
    )


def most_within(arrivals_s: Sequence[float], *, window_s: float) -> int:
    """The most that came within any window of this length, its end not included."""
    most, first = 0, 0
    for last, arrived_s in enumerate(arrivals_s):
        while arrived_s - arrivals_s[first] >= window_s:
            first += 1
        most = max(most, last - first + 1)
    return most
