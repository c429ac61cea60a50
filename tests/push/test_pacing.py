"""The pace: never over the rate in any window, and close to it all the same."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from vtex_tracking.push.pacing import TICKS_PER_S, TOLERANCE, Pace
from vtex_tracking.settings import Rate

RATES = ["1/s", "10/s", "500/s", "0.5/s", "2.5/s", "60/min", "3600/h"]


def run(pace: Pace, *, start_s: float, seconds: float, late_s: float = 0.0) -> list[float]:
    """Start as often as the pace allows, with a timer that wakes so much too late each time."""
    now_s, starts = start_s, []
    while now_s < start_s + seconds:
        wait_s = pace.take(now_s)
        if wait_s == 0:
            starts.append(now_s)
        else:
            now_s += wait_s + late_s
    return starts


def most_in_a_window(starts: list[float], *, window_s: float) -> int:
    """Count the starts in the fullest half-open window: it begins at one of them."""
    most = first = 0
    for last, moment_s in enumerate(starts):
        while moment_s - starts[first] >= window_s:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.parametrize("text", RATES)
@pytest.mark.parametrize("start_s", [0.0, 123456.789, 1e9])
def test_a_busy_pace_reaches_its_rate_and_never_passes_it(text: str, start_s: float) -> None:
    """At least 99 % of what is asked, and no window over it, from the first second on."""
    rate = Rate.parse(text)
    seconds = 20 * max(rate.window_s, 1 / rate.per_s)
    starts = run(Pace(rate), start_s=start_s, seconds=seconds)
    assert most_in_a_window(starts, window_s=rate.window_s) <= math.ceil(rate.count)
    assert len(starts) >= 0.99 * rate.per_s * seconds


@pytest.mark.parametrize("text", RATES)
def test_a_timer_that_wakes_late_costs_no_rate(text: str) -> None:
    """Half a percent of the window late at every start, it still reaches 99 % of the rate, and does not pass it."""
    rate = Rate.parse(text)
    seconds = 100 * max(rate.window_s, 1 / rate.per_s)
    starts = run(Pace(rate), start_s=5000.0, seconds=seconds, late_s=0.005 * rate.window_s)
    assert most_in_a_window(starts, window_s=rate.window_s) <= math.ceil(rate.count)
    assert len(starts) >= 0.99 * rate.per_s * seconds


def test_the_first_start_waits_for_nothing_and_the_second_does() -> None:
    """One request goes at once; there is no burst at the beginning."""
    pace = Pace(Rate(10))
    assert pace.take(50.0) == 0.0
    assert pace.take(50.0) == pytest.approx(0.1005)


@pytest.mark.parametrize("window_s", [0.1, 0.3, 1.0, 60.1])
def test_a_start_as_late_as_is_forgiven_leaves_its_window_whole(window_s: float) -> None:
    """What it makes up for is what the interval is longer than it must be; not a part of a tick more."""
    pace = Pace(Rate(1, window_s=window_s))
    pace.take(0.0)
    late_s = pace.take(0.0) + (math.floor(window_s * TOLERANCE * TICKS_PER_S) + 1) / TICKS_PER_S
    late_s = math.nextafter(late_s, 0.0)
    assert 0.0 == pace.take(late_s)
    assert window_s <= pace.take(late_s) < 1.001 * window_s


def test_asking_without_starting_costs_nothing() -> None:
    """A wait that is told is not paid."""
    pace = Pace(Rate(10))
    pace.take(50.0)
    waits = {pace.take(50.0) for _ in range(100)}
    assert len(waits) == 1


def test_after_a_gap_there_is_no_burst() -> None:
    """A machine that slept for an hour does not make up for it."""
    pace = Pace(Rate(10))
    run(pace, start_s=0.0, seconds=5.0)
    assert len(run(pace, start_s=3600.0, seconds=0.05)) == 1


def test_nothing_starts_in_a_pause_and_nothing_bursts_after_it() -> None:
    """The first start comes when the pause ends, not before; the next ones one interval apart."""
    pace = Pace(Rate(500))
    pace.take(0.0)
    pace.pause(60.0)
    assert pace.take(1.0) == pytest.approx(59.0)
    starts = run(pace, start_s=1.0, seconds=59.1)
    assert starts[0] == pytest.approx(60.0)
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert min(gaps) >= 1 / 500


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    """Of two pauses the later end holds."""
    pace = Pace(Rate(10))
    pace.pause(60.0)
    pace.pause(30.0)
    assert pace.take(30.0) == pytest.approx(30.0)


def test_a_changed_rate_holds_from_the_next_start_on() -> None:
    """Slower at once, and faster again; never faster than the rate that was asked."""
    pace = Pace(Rate(100))
    pace.take(0.0)
    pace.change(10)
    slow = run(pace, start_s=0.0, seconds=10.0)
    assert 10 == most_in_a_window(slow, window_s=1.0)
    assert 99 <= len(slow) <= 101
    pace.change(1e6)
    fast = run(pace, start_s=10.0, seconds=10.0)
    assert most_in_a_window(fast, window_s=1.0) <= 100
    assert len(fast) >= 990


def test_a_rate_below_one_in_its_window_is_a_start_every_so_often() -> None:
    """Half a request a second is one every two seconds."""
    pace = Pace(Rate(10))
    pace.change(0.5)
    starts = run(pace, start_s=0.0, seconds=20.0)
    assert 10 == len(starts)
    assert min(later - sooner for sooner, later in pairwise(starts)) >= 2.0


def test_a_start_within_a_tick_counts_from_when_it_was() -> None:
    """Moments are counted in whole ticks, and the part that is left over makes no window longer than it is."""
    for sevenths in range(20):
        pace, start_s = Pace(Rate(1, window_s=0.1)), sevenths / 7 / 2**30
        assert pace.take(start_s) == 0
        assert start_s + pace.take(start_s) - start_s >= 0.1
