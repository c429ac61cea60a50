from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.sandbox.window import SlidingWindow
from vtex_tracking.settings import Rate

gaps = st.lists(st.floats(min_value=0, max_value=3, allow_nan=False), max_size=200)


@given(gaps=gaps, count=st.sampled_from([0.4, 1, 2.5, 3, 10]))
def test_no_window_holds_more_than_the_limit(gaps: list[float], count: float) -> None:
    """Whatever the starts, any window lets in its count; a broken count is a whole one of a window with the same rate."""
    window = SlidingWindow(Rate(count))
    now_s, starts = 100.0, []
    for gap in gaps:
        now_s += gap
        if window.take(now_s).is_granted:
            starts.append(now_s)
    limit = max(1, math.floor(count))
    window_s = limit / count
    assert all(limit >= sum(start <= other < start + window_s for other in starts) for start in starts)


@given(gaps=gaps)
def test_who_waits_as_told_gets_in(gaps: list[float]) -> None:
    """After `retry_after_s` from a refusal there is room, for that is what the header promises."""
    now_s = 100.0
    window = SlidingWindow(Rate(2, window_s=4.0))
    for gap in gaps:
        now_s += gap
        grant = window.take(now_s)
        if not grant.is_granted:
            now_s += grant.retry_after_s + 1e-9  # sums of floats are off by less than this
            assert window.take(now_s).is_granted


def test_a_grant_says_what_is_left() -> None:
    """The room that is left, and the whole seconds until there is room and until all is free, are told."""
    window = SlidingWindow(Rate(2, window_s=60.0))
    seen = [window.take(now_s) for now_s in (0.0, 10.0, 20.5)]
    assert [(True, 1, 0), (True, 0, 0), (False, 0, 40)] == [
        (grant.is_granted, grant.remaining, grant.retry_after_s) for grant in seen
    ]
    assert [60, 60, 50] == [grant.reset_s for grant in seen]


def test_the_room_comes_back_when_the_window_has_passed() -> None:
    """A start counts for the length of the window, and not at its very end."""
    window = SlidingWindow(Rate(1, window_s=2.0))
    assert [True, False, True] == [window.take(now_s).is_granted for now_s in (0.0, 1.999, 2.0)]


@pytest.mark.parametrize("now_s", [0.0, 0.5])
def test_a_refusal_never_says_zero_seconds(now_s: float) -> None:
    """`Retry-After: 0` would be an invitation to a storm."""
    window = SlidingWindow(Rate(1, window_s=0.6))
    window.take(0.0)
    assert window.take(now_s).retry_after_s == 1
