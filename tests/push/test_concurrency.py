"""How many requests may be in flight."""

from __future__ import annotations

import pytest

from vtex_tracking.push.concurrency import Concurrency


def answer(concurrency: Concurrency, *, count: int, latency_s: float = 0.1, is_short: bool = True) -> None:
    """So many attempts, one after the other, with an answer."""
    for _ in range(count):
        concurrency.ended(concurrency.started(is_short=is_short), latency_s=latency_s, has_failed=False)


def fail(concurrency: Concurrency) -> None:
    """One attempt without an answer."""
    concurrency.ended(concurrency.started(is_short=True), latency_s=30, has_failed=True)


@pytest.mark.parametrize(("limit_max", "limit"), [(1, 1), (3, 3), (4, 4), (20, 4)])
def test_it_begins_with_four(limit_max: int, limit: int) -> None:
    """Or with fewer, where fewer are asked."""
    assert limit == Concurrency(limit_max=limit_max).limit


def test_each_window_of_stable_latency_doubles() -> None:
    """A window is as many answers as there are places."""
    concurrency = Concurrency(limit_max=20)
    answer(concurrency, count=3)
    assert 4 == concurrency.limit
    answer(concurrency, count=1)
    assert 8 == concurrency.limit
    answer(concurrency, count=8)
    assert 16 == concurrency.limit
    answer(concurrency, count=1000)
    assert 20 == concurrency.limit


def test_after_a_failure_each_window_adds_one() -> None:
    """What was borne once is gone back to with care."""
    concurrency = Concurrency(limit_max=20)
    answer(concurrency, count=4 + 8)
    fail(concurrency)
    assert 11 == concurrency.limit
    answer(concurrency, count=11)
    assert 12 == concurrency.limit
    answer(concurrency, count=12)
    assert 13 == concurrency.limit


def test_where_places_are_not_short_there_is_nothing_to_learn() -> None:
    """The pace or the feed holds back, not the places."""
    concurrency = Concurrency(limit_max=20)
    answer(concurrency, count=1000, is_short=False)
    assert 4 == concurrency.limit


def test_while_latency_rises_no_place_is_added() -> None:
    """More at once would only wait longer. What stays so is taken for normal after a while."""
    concurrency = Concurrency(limit_max=20)
    answer(concurrency, count=4)
    answer(concurrency, count=8, latency_s=0.21)
    assert 8 == concurrency.limit
    answer(concurrency, count=8, latency_s=0.2)
    assert 9 == concurrency.limit
    answer(concurrency, count=9 * 17, latency_s=0.5)
    assert 9 == concurrency.limit
    answer(concurrency, count=9 * 3, latency_s=0.5)
    assert 9 < concurrency.limit


def test_twice_the_calmest_latency_is_still_stable() -> None:
    """Only what is more than that counts as a queue."""
    concurrency = Concurrency(limit_max=20)
    answer(concurrency, count=4, latency_s=0.25)
    answer(concurrency, count=8, latency_s=0.5)
    assert 16 == concurrency.limit


def test_a_failure_leaves_seven_tenths() -> None:
    """4, 2.8, 1.96, 1.372, and never fewer than one."""
    concurrency = Concurrency(limit_max=20)
    limits = []
    for _ in range(5):
        fail(concurrency)
        limits.append(concurrency.limit)
    assert [2, 1, 1, 1, 1] == limits
    answer(concurrency, count=1)
    assert 2 == concurrency.limit


def test_what_was_in_flight_at_a_cut_changes_nothing() -> None:
    """It is the same trouble: neither its failures nor its answers say anything of the new limit."""
    concurrency = Concurrency(limit_max=20, start=10)
    flights = [concurrency.started(is_short=True) for _ in range(10)]
    for flight in flights[:5]:
        concurrency.ended(flight, latency_s=30, has_failed=True)
    assert 7 == concurrency.limit
    for flight in flights[5:] * 10:
        concurrency.ended(flight, latency_s=0.1, has_failed=False)
    assert 7 == concurrency.limit


def test_what_was_in_flight_at_any_earlier_cut_changes_nothing() -> None:
    """Also what started between two cuts is from before the last one."""
    concurrency = Concurrency(limit_max=20, start=20)
    fail(concurrency)
    between = concurrency.started(is_short=True)
    fail(concurrency)
    limit = concurrency.limit
    concurrency.ended(between, latency_s=30, has_failed=True)
    assert limit == concurrency.limit


def test_a_cut_begins_a_new_window() -> None:
    """Answers from before it are not counted after it."""
    concurrency = Concurrency(limit_max=20)
    answer(concurrency, count=3)
    fail(concurrency)
    answer(concurrency, count=1)
    assert 2 == concurrency.limit
    answer(concurrency, count=1)
    assert 3 == concurrency.limit
