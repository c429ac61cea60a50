"""When VTEX is let alone for a while, and how it is tried again."""

from __future__ import annotations

import math

import pytest

from vtex_tracking.push.circuit import RECENT_MAX, Circuit


def end(circuit: Circuit, seq: int, *, has_failed: bool, now_s: float) -> None:
    """An attempt that starts and ends at that moment."""
    circuit.ended(seq, has_failed=has_failed, started_s=now_s, now_s=now_s)


def opened(now_s: float = 100.0) -> Circuit:
    """A circuit that has just opened."""
    circuit = Circuit(outage_limit_s=1800)
    for seq in range(10):
        end(circuit, seq, has_failed=True, now_s=now_s)
    assert circuit.take(1, now_s=now_s) > 0
    return circuit


def probed(*, has_failed: bool, at_s: float, circuit: Circuit) -> Circuit:
    """The same circuit after a probe."""
    assert 0 == circuit.take(77, now_s=at_s)
    end(circuit, 77, has_failed=has_failed, now_s=at_s)
    return circuit


def test_ten_updates_that_fail_in_a_row_open_it() -> None:
    """Nine do not, and a success between them begins the row anew."""
    circuit = Circuit(outage_limit_s=1800)
    for seq in range(100):
        end(circuit, seq, has_failed=seq % 10 != 0, now_s=40.0 * seq)
        assert 0 == circuit.take(seq, now_s=40.0 * seq)
    end(circuit, 100, has_failed=True, now_s=4000)
    assert 30 == circuit.take(1, now_s=4000)


def test_one_update_counts_once_however_often_it_fails() -> None:
    """VTEX answers 500 to some invoices for ever, and is well."""
    circuit = Circuit(outage_limit_s=1800)
    for attempt in range(100):
        end(circuit, 7, has_failed=True, now_s=attempt)
    assert 0 == circuit.take(1, now_s=100)


@pytest.mark.parametrize(("every", "is_open"), [(2, True), (3, False)])
def test_half_of_twenty_within_half_a_minute_open_it(every: int, is_open: bool) -> None:  # noqa: FBT001 - parametrized
    """Every second update that fails does, every third does not."""
    circuit = Circuit(outage_limit_s=1800)
    for seq in range(20):
        assert 0 == circuit.take(seq, now_s=seq)
        end(circuit, seq, has_failed=seq % every == 0, now_s=seq)
    assert is_open == (circuit.take(1, now_s=20) > 0)


def test_what_is_longer_ago_does_not_count() -> None:
    """Half of twenty in a minute are not enough, and a failure that is half a minute old is forgotten."""
    circuit = Circuit(outage_limit_s=1800)
    for seq in range(200):
        end(circuit, seq % 50, has_failed=seq % 2 == 0, now_s=1.6 * seq)
        assert 0 == circuit.take(seq, now_s=1.6 * seq)


def test_at_a_high_rate_the_last_thousand_attempts_count() -> None:
    """The memory of it is bounded."""
    circuit = Circuit(outage_limit_s=1800)
    for seq in range(RECENT_MAX):
        end(circuit, seq, has_failed=False, now_s=seq / 1000)
    for seq in range(RECENT_MAX):
        end(circuit, seq, has_failed=seq % 2 == 0, now_s=1 + seq / 1000)
        assert (seq < RECENT_MAX - 2) == (circuit.take(1, now_s=2) == 0)


def test_a_thousand_attempts_are_remembered_and_no_fewer() -> None:
    """The first of them counts as much as the last."""
    circuit = Circuit(outage_limit_s=1800)
    ends = [True, False, False, False, *[True, False] * 497, True, True]
    for seq, has_failed in enumerate(ends):
        assert 0 == circuit.take(seq, now_s=1)
        end(circuit, seq, has_failed=has_failed, now_s=1)
    assert 30 == circuit.take(1, now_s=1)


def test_half_a_minute_later_a_failure_is_forgotten() -> None:
    """Whatever failed then, less than half of what was tried since leaves it closed."""
    circuit = Circuit(outage_limit_s=1800)
    for begin_s in (0, 30):
        for seq in range(9):
            end(circuit, begin_s + seq, has_failed=True, now_s=begin_s)
        for _ in range(11):
            end(circuit, 99, has_failed=False, now_s=begin_s)
        assert 0 == circuit.take(1, now_s=begin_s)


def test_an_update_has_failed_as_long_as_one_of_its_failures_is_recent() -> None:
    """What is forgotten of it is only the older one."""
    circuit = Circuit(outage_limit_s=1800)
    end(circuit, 0, has_failed=True, now_s=0)
    for seq in range(5):
        end(circuit, seq, has_failed=True, now_s=29)
    for _ in range(10):
        end(circuit, 99, has_failed=False, now_s=29)
    for seq in range(5, 10):
        end(circuit, seq, has_failed=True, now_s=29)
    assert 0 == circuit.take(1, now_s=29)
    end(circuit, 10, has_failed=True, now_s=30)
    assert 30 == circuit.take(1, now_s=30)


def test_while_it_is_open_nothing_goes_and_then_one_probe() -> None:
    """The first to ask after 30 s; the others wait for what becomes of it."""
    circuit = opened()
    assert 30 == circuit.take(1, now_s=100)
    assert 1 == circuit.take(1, now_s=129)
    assert 0 == circuit.take(2, now_s=130)
    assert 0 == circuit.take(2, now_s=131)
    assert math.inf == circuit.take(1, now_s=131)


def test_each_probe_that_fails_doubles_the_time() -> None:
    """30, 60, 120, 240, 300 s, and no more."""
    circuit, now_s, waits = opened(), 100.0, []
    for _ in range(6):
        waits.append(circuit.take(1, now_s=now_s))
        now_s += waits[-1]
        probed(has_failed=True, at_s=now_s, circuit=circuit)
    assert [30, 60, 120, 240, 300, 300] == waits


def test_a_probe_that_works_begins_a_trial_and_three_successes_end_it() -> None:
    """At a quarter of the rate; then everything is as before."""
    circuit = probed(has_failed=False, at_s=130, circuit=opened())
    assert (0.25, 0) == (circuit.share, circuit.take(1, now_s=130))
    for seq in range(3):
        assert 0.25 == circuit.share
        end(circuit, seq, has_failed=False, now_s=130)
    assert 1 == circuit.share
    assert not circuit.is_outage(1e9)
    for seq in range(9):
        end(circuit, seq, has_failed=True, now_s=130)
    assert 0 == circuit.take(1, now_s=130)
    end(circuit, 9, has_failed=True, now_s=130)
    assert 30 == circuit.take(1, now_s=130)


def test_three_failures_in_a_trial_open_it_again_for_half_a_minute() -> None:
    """Some successes between them help nothing; one update counts once."""
    circuit = probed(has_failed=True, at_s=130, circuit=opened())
    probed(has_failed=False, at_s=190, circuit=circuit)
    for seq, has_failed in [(1, True), (2, False), (1, True), (3, True), (4, False)]:
        end(circuit, seq, has_failed=has_failed, now_s=191)
        assert 0 == circuit.take(1, now_s=191)
    end(circuit, 5, has_failed=True, now_s=192)
    assert (1, 30) == (circuit.share, circuit.take(1, now_s=192))


def test_who_was_under_way_before_a_change_comes_too_late() -> None:
    """A time-out from before the outage was over says nothing of the time after it."""
    circuit = opened()
    circuit.ended(50, has_failed=False, started_s=99, now_s=101)
    assert 29 == circuit.take(1, now_s=101)
    assert 0 == circuit.take(77, now_s=130)
    circuit.ended(51, has_failed=True, started_s=99, now_s=131)
    circuit.ended(52, has_failed=False, started_s=99, now_s=131)
    assert math.inf == circuit.take(1, now_s=131)
    circuit.ended(77, has_failed=False, started_s=130, now_s=132)
    for seq in range(60, 70):
        circuit.ended(seq, has_failed=True, started_s=99, now_s=133)
        circuit.ended(seq, has_failed=False, started_s=99, now_s=133)
    assert 0.25 == circuit.share
    for seq in range(3):
        end(circuit, seq, has_failed=False, now_s=134)
    for seq in range(60, 80):
        circuit.ended(seq, has_failed=True, started_s=133, now_s=135)
    assert 0 == circuit.take(1, now_s=135)


def test_a_probe_that_leaves_lets_another_try_at_once() -> None:
    """It was never sent. Others that leave change nothing."""
    circuit = opened()
    circuit.left(1, now_s=110)
    assert 0 == circuit.take(2, now_s=130)
    circuit.left(1, now_s=131)
    assert math.inf == circuit.take(1, now_s=131)
    circuit.left(2, now_s=132)
    assert 0 == circuit.take(1, now_s=132)
    assert math.inf == circuit.take(2, now_s=132)


def test_a_429_is_as_good_as_a_probe_can_get() -> None:
    """VTEX is there, only busy. Of others than the probe it says nothing."""
    circuit = opened()
    circuit.throttled(1, now_s=101)
    assert 29 == circuit.take(1, now_s=101)
    assert 0 == circuit.take(77, now_s=130)
    circuit.throttled(1, now_s=131)
    assert math.inf == circuit.take(1, now_s=131)
    circuit.throttled(77, now_s=131)
    assert (0.25, 0) == (circuit.share, circuit.take(1, now_s=131))
    for seq in range(5):
        circuit.throttled(seq, now_s=132)
    assert 0.25 == circuit.share
    for seq in range(3):
        end(circuit, seq, has_failed=False, now_s=133)
    assert 1 == circuit.share


def test_an_outage_is_as_long_as_nothing_works() -> None:
    """Every probe that fails counts in, and the last wait ends with it."""
    circuit = Circuit(outage_limit_s=100)
    assert not circuit.is_outage(1e9)
    for seq in range(10):
        end(circuit, seq, has_failed=True, now_s=1000)
    probed(has_failed=True, at_s=1030, circuit=circuit)
    assert 60 == circuit.take(1, now_s=1030)
    probed(has_failed=True, at_s=1090, circuit=circuit)
    assert 10 == circuit.take(1, now_s=1090)
    assert not circuit.is_outage(1099.9)
    assert circuit.is_outage(1100)


def test_a_probe_that_works_ends_an_outage() -> None:
    """Where the trial fails after it, another one begins."""
    circuit = probed(has_failed=False, at_s=130, circuit=opened())
    assert not circuit.is_outage(1e9)
    for seq in range(3):
        end(circuit, seq, has_failed=True, now_s=200)
    assert not circuit.is_outage(1999)
    assert circuit.is_outage(2000)
