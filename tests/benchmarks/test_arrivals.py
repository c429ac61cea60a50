"""What a server saw."""

from __future__ import annotations

import pytest
from arrivals import Seen, most_within, seen


@pytest.mark.parametrize(
    ("most", "arrivals_s"),
    [(0, []), (1, [5.0]), (1, [0.0, 1.0, 2.0]), (2, [0.0, 0.999, 1.0]), (3, [0.0, 3.0, 3.5, 3.9, 4.0])],
)
def test_the_fullest_window_is_found(most: int, arrivals_s: list[float]) -> None:
    """A window may begin at any moment, and its end is not in it."""
    assert most == most_within(arrivals_s, window_s=1.0)


def test_what_came_is_summed_up() -> None:
    """The rate is of the gaps, so that the last request counts for no time after it."""
    told = seen([10.0, 10.5, 11.5, 12.0], refused=1, cpu_s=0.5)
    assert (4, 1, 1.5, 2, 1, 0.25) == (
        told.requests,
        told.refused,
        told.per_s,
        told.in_1_s_max,
        told.in_100_ms_max,
        told.cpu_share,
    )
    assert told.jitter_ms == pytest.approx(235.7, abs=0.1)


def test_nothing_came() -> None:
    """Then nothing is said, rather than divided by."""
    assert seen([], refused=0, cpu_s=0.5) == Seen(
        requests=0, refused=0, per_s=0.0, in_1_s_max=0, in_100_ms_max=0, jitter_ms=0.0, cpu_share=0.0
    )
