"""Laws of how fast and how many: whatever happens when, the limits hold."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.push.adapting import AdaptiveRate, Start
from vtex_tracking.push.budget import TOKENS_MAX, Budget
from vtex_tracking.push.circuit import OPEN_MAX_S, Circuit
from vtex_tracking.push.concurrency import Concurrency
from vtex_tracking.push.pacing import Pace
from vtex_tracking.settings import Rate

pytestmark = pytest.mark.unmeasured

rates = st.builds(
    Rate,
    st.integers(min_value=1, max_value=60) | st.floats(min_value=0.05, max_value=60.0),
    window_s=st.sampled_from([1.0, 60.0, 0.1, 0.3]),
)
shares = st.floats(min_value=0.01, max_value=3)
steps = st.floats(min_value=0, max_value=10)


@given(rates, st.lists(st.tuples(steps, st.none() | shares), max_size=200), st.floats(min_value=0, max_value=1e9))
def test_no_change_lets_more_through_than_was_asked(
    rate: Rate, moves: list[tuple[float, float | None]], now_s: float
) -> None:
    """However the rate is changed on the way, no half-open window is over the asked one."""
    pace, starts = Pace(rate), []
    for step, share in moves:
        now_s += step * rate.window_s / rate.count / 4
        if share is not None:
            pace.change(share * rate.per_s)
        if pace.take(now_s) == 0:
            starts.append(now_s)
    for begin in starts:
        within = [moment for moment in starts if begin <= moment and moment - begin < rate.window_s]
        assert len(within) <= math.ceil(rate.count)


@given(rates, shares.filter(lambda share: share < 1), st.lists(steps, max_size=100), st.lists(steps, max_size=100))
def test_a_slower_pace_holds_from_the_change_on(
    rate: Rate, share: float, before: list[float], after: list[float]
) -> None:
    """No window that begins after the change holds more than the new rate allows."""
    pace, now_s, starts = Pace(rate), 1000.0, []
    for step in before:
        now_s += step / rate.per_s / 4
        pace.take(now_s)
    slow = Rate(share * rate.count, window_s=rate.window_s)
    pace.change(slow.per_s)
    for step in after:
        now_s += step / slow.per_s / 4
        if pace.take(now_s) == 0:
            starts.append(now_s)
    for begin in starts:
        within = [moment for moment in starts if begin <= moment and moment - begin < slow.window_s]
        assert len(within) <= math.ceil(math.nextafter(slow.count, math.inf))
    assert all(later - sooner >= 0.99 / slow.per_s - 0.01 * slow.window_s for sooner, later in pairwise(starts))


@given(
    rates,
    st.none() | st.floats(min_value=0.001, max_value=1000),
    st.lists(st.tuples(steps, st.booleans(), st.booleans(), st.floats(min_value=0, max_value=900)), max_size=100),
)
def test_the_rate_stays_between_its_floor_and_what_was_asked(
    asked: Rate, found_per_s: float | None, moves: list[tuple[float, bool, bool, float]]
) -> None:
    """Whatever is refused, and whatever was found before; it only falls at a refusal, and each pause cuts once."""
    rate, now_s = AdaptiveRate(asked, found_per_s=found_per_s), 0.0
    starts: list[Start] = []
    for step_s, has_waited, is_refused, pause_s in moves:
        before = rate.per_s
        if is_refused and starts:
            start = starts.pop()
            rate.refused(start, pause_s=pause_s)
            cut = rate.per_s
            rate.refused(start, pause_s=pause_s)
            assert cut == rate.per_s
        else:
            now_s += step_s
            starts.append(rate.started(now_s, has_waited=has_waited))
            assert before * (1 - 1e-12) <= rate.per_s
        assert min(0.5, asked.per_s) * (1 - 1e-12) <= rate.per_s <= asked.per_s
        assert rate.found_per_s is None or min(0.5, asked.per_s) <= rate.found_per_s < asked.per_s


@given(
    st.integers(min_value=1, max_value=100),
    st.lists(st.tuples(st.booleans(), st.booleans(), st.floats(min_value=0, max_value=60)), max_size=300),
)
def test_places_are_never_fewer_than_one_nor_more_than_asked(
    limit_max: int, moves: list[tuple[bool, bool, float]]
) -> None:
    """Whatever fails, and however fast the answers are; doubled at most, and once something failed one more at a time."""
    concurrency = Concurrency(limit_max=limit_max)
    have_failed = False
    for is_short, has_failed, latency_s in moves:
        before = concurrency.limit
        concurrency.ended(concurrency.started(is_short=is_short), latency_s=latency_s, has_failed=has_failed)
        have_failed |= has_failed
        assert 1 <= concurrency.limit <= min(limit_max, before + 1 if have_failed else 2 * before)


@given(st.lists(st.sampled_from(["retry", "throttle", "success"]), max_size=500))
def test_a_budget_is_never_overdrawn(moves: list[str]) -> None:
    """It pays for what it can, and never holds more than at first."""
    budget = Budget()
    for move in moves:
        if move == "success":
            budget.succeeded()
        else:
            budget.pays_retry(is_throttle=move == "throttle")
        assert 0 <= budget.tokens <= TOKENS_MAX


@given(
    st.lists(
        st.tuples(
            st.floats(min_value=0, max_value=400),
            st.integers(min_value=1, max_value=30),
            st.sampled_from(["failed", "worked", "left"]),
        ),
        max_size=200,
    )
)
def test_whoever_waits_as_the_circuit_says_gets_on(moves: list[tuple[float, int, str]]) -> None:
    """A wait is bounded, and after it the one who asks may go; for ever waits only who waits for a probe on its way."""
    circuit, now_s, probe = Circuit(outage_limit_s=1800), 0.0, None
    for step_s, seq, end in moves:
        now_s += step_s
        wait_s = circuit.take(seq, now_s=now_s)
        if wait_s == math.inf:
            assert probe is not None
            circuit.left(probe, now_s=now_s)
            wait_s = circuit.take(seq, now_s=now_s)
        assert 0 <= wait_s <= OPEN_MAX_S
        now_s += wait_s
        assert circuit.take(seq, now_s=now_s) == 0
        probe = seq
        if end == "left":
            circuit.left(seq, now_s=now_s)
        else:
            circuit.ended(seq, has_failed=end == "failed", started_s=now_s, now_s=now_s)
