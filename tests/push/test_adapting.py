"""The rate that the account bears: how it falls, where it lingers, and how it rises."""

from __future__ import annotations

import pytest

from vtex_tracking.push.adapting import LINGER_S, RETURN_S, AdaptiveRate, Start
from vtex_tracking.settings import Rate


def go(rate: AdaptiveRate, *, from_s: float, seconds: float) -> Start:
    """Start as often as the rate allows, held back by nothing else; gives the last start."""
    now_s, start = from_s, rate.started(from_s, has_waited=False)
    while now_s < from_s + seconds:
        now_s += 1 / rate.per_s
        start = rate.started(now_s, has_waited=True)
    return start


def test_until_something_is_refused_the_rate_is_what_was_asked() -> None:
    """And nothing is known of what the account bears."""
    rate = AdaptiveRate(Rate(50))
    go(rate, from_s=0, seconds=10)
    assert (50, None) == (rate.per_s, rate.found_per_s)


def test_a_refusal_leaves_seven_tenths() -> None:
    """And just under what was refused is remembered."""
    rate = AdaptiveRate(Rate(50))
    rate.refused(go(rate, from_s=0, seconds=10), pause_s=1)
    assert 35 == pytest.approx(rate.per_s, rel=0.001)
    assert 49 == pytest.approx(rate.found_per_s, rel=0.001)


def test_one_pause_cuts_once() -> None:
    """Who started before the cut is refused for the same reason; who started after it, for a new one."""
    rate = AdaptiveRate(Rate(50))
    before = go(rate, from_s=0, seconds=10)
    for _ in range(20):
        rate.refused(before, pause_s=1)
    assert 35 == pytest.approx(rate.per_s, rel=0.001)
    go(rate, from_s=11, seconds=2)
    returning_per_s = rate.per_s
    rate.refused(before, pause_s=1)
    assert returning_per_s == rate.per_s > 40
    rate.refused(rate.started(14.0, has_waited=True), pause_s=1)
    assert rate.per_s <= 0.7 * returning_per_s * 1.01


def test_who_started_between_two_cuts_is_from_before_the_last() -> None:
    """Its refusal is the second one's trouble."""
    rate = AdaptiveRate(Rate(50))
    rate.refused(go(rate, from_s=0, seconds=10), pause_s=1)
    between = go(rate, from_s=20, seconds=10)
    rate.refused(between, pause_s=1)
    cut = rate.per_s
    rate.refused(Start(per_s=20, cuts=between.cuts), pause_s=1)
    assert cut == rate.per_s


def test_what_is_cut_is_the_rate_really_gone() -> None:
    """Where places or the feed held requests back, the pace says nothing."""
    rate = AdaptiveRate(Rate(500))
    starts = [rate.started(0.05 * number, has_waited=False) for number in range(200)]
    rate.refused(starts[-1], pause_s=1)
    assert 0.7 * 20 == pytest.approx(rate.per_s, rel=0.01)


def test_in_the_first_second_it_counts_what_was_started() -> None:
    """A server refuses what is too much within its second, not a rate."""
    rate = AdaptiveRate(Rate(1000))
    rate.refused(go(rate, from_s=0, seconds=0.1), pause_s=1)
    assert 0.7 * 95 == pytest.approx(rate.per_s, rel=0.05)


def test_a_refusal_of_the_very_first_requests_is_no_measure() -> None:
    """It is cut from what was asked, or from ten a second where that is less, not from what little was started."""
    for asked_per_s, cut_per_s in [(8, 5.6), (50, 7)]:
        rate = AdaptiveRate(Rate(asked_per_s))
        rate.refused(rate.started(100.0, has_waited=False), pause_s=1)
        assert cut_per_s == pytest.approx(rate.per_s)


def test_it_never_falls_below_half_a_request_a_second() -> None:
    """Nor below what was asked, if that is less."""
    for asked, floor in [(Rate(50), 0.5), (Rate(6, window_s=60), 0.1)]:
        rate = AdaptiveRate(asked)
        for second in range(100):
            rate.refused(rate.started(60.0 * second, has_waited=True), pause_s=60)
        assert floor == pytest.approx(rate.per_s)


def test_it_returns_quickly_lingers_and_then_rises_ever_faster() -> None:
    """Back within seconds to just under the refused rate; there for a while; then up to what was asked."""
    rate = AdaptiveRate(Rate(100))
    rate.refused(Start(per_s=20, cuts=0), pause_s=1)
    high = 0.98 * 20
    go(rate, from_s=100, seconds=RETURN_S / 2)
    assert high - (high - 0.7 * 20) / 8 == pytest.approx(rate.per_s, rel=0.01)
    go(rate, from_s=200, seconds=RETURN_S / 2)
    assert rate.per_s == pytest.approx(high, rel=0.001)
    go(rate, from_s=300, seconds=LINGER_S - 1)
    assert rate.per_s == pytest.approx(high, rel=0.001)
    steps = []
    for probe in range(4):
        before = rate.per_s
        go(rate, from_s=400 + 10 * probe, seconds=2.5)
        steps.append(rate.per_s - before)
    assert sorted(steps) == steps
    assert rate.found_per_s == rate.per_s
    go(rate, from_s=500, seconds=60)
    assert 100 == rate.per_s
    assert rate.found_per_s is None


def test_while_something_else_holds_back_it_does_not_rise() -> None:
    """What the pace did not delay says nothing of what a higher rate would meet; a pause teaches nothing either."""
    rate = AdaptiveRate(Rate(50))
    rate.refused(go(rate, from_s=0, seconds=10), pause_s=1)
    cut = rate.per_s
    for second in range(1000):
        rate.started(20.0 + second, has_waited=False)
    assert cut == rate.per_s
    rate.started(5000, has_waited=True)
    assert rate.per_s <= 1.1 * cut


def test_a_pause_counts_as_two_intervals() -> None:
    """However long it was."""
    short, long = AdaptiveRate(Rate(50)), AdaptiveRate(Rate(50))
    for rate in (short, long):
        rate.refused(go(rate, from_s=0, seconds=10), pause_s=1)
        rate.started(20.0, has_waited=False)
    cut = short.per_s
    short.started(20 + 2 / cut, has_waited=True)
    long.started(5000, has_waited=True)
    assert cut < short.per_s == pytest.approx(long.per_s)


@pytest.mark.parametrize("has_waited", [True, False])
def test_a_start_says_whether_the_pace_held_it_back(*, has_waited: bool) -> None:
    """As it was told."""
    assert has_waited is AdaptiveRate(Rate(50)).started(0, has_waited=has_waited).has_waited


def test_a_probe_that_costs_a_long_pause_is_made_seldom() -> None:
    """After a refusal at the rate that was known it lingers in proportion; after one far below, as long as always."""
    rate = AdaptiveRate(Rate(50))
    rate.refused(go(rate, from_s=0, seconds=10), pause_s=60)
    rate.refused(go(rate, from_s=100, seconds=RETURN_S), pause_s=60)
    high = rate.found_per_s
    go(rate, from_s=200, seconds=RETURN_S + 800)
    assert high == rate.found_per_s
    rate.refused(Start(per_s=20, cuts=2), pause_s=60)
    go(rate, from_s=2000, seconds=RETURN_S + LINGER_S + 5)
    assert rate.per_s > 20


@pytest.mark.parametrize(("found_per_s", "begin_per_s"), [(None, 50), (20.0, 20), (0.1, 0.5), (50.0, 50), (80.0, 50)])
def test_it_begins_with_what_was_found_before(found_per_s: float | None, begin_per_s: float) -> None:
    """But with no more than is asked now, and no less than the floor."""
    rate = AdaptiveRate(Rate(50), found_per_s=found_per_s)
    assert begin_per_s == rate.per_s
    assert (None if begin_per_s == 50 else begin_per_s) == rate.found_per_s


def test_as_much_as_was_asked_is_nothing_found() -> None:
    """A refusal of the first request is then no measure either."""
    rate = AdaptiveRate(Rate(50), found_per_s=50)
    rate.refused(rate.started(0, has_waited=False), pause_s=1)
    assert 7 == pytest.approx(rate.per_s)


def test_from_what_was_found_it_probes_after_a_while() -> None:
    """The account may bear more today."""
    rate = AdaptiveRate(Rate(50), found_per_s=20)
    go(rate, from_s=0, seconds=LINGER_S - 1)
    assert 20 == rate.per_s
    go(rate, from_s=LINGER_S, seconds=20)
    assert 50 == rate.per_s
