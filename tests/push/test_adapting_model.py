"""An account at a server whose limit nobody knows: how much of it is used, how much refused, how soon a change is found."""

from __future__ import annotations

from itertools import pairwise

import pytest
from account_model import AccountModel, Done, Limit, Reply
from attrs import define

from vtex_tracking.settings import Rate

pytestmark = pytest.mark.unmeasured

HEALED_S = 600.0


def sent_per_s(done: list[Done], *, from_s: float, to_s: float) -> float:
    """How many a second got through."""
    return sum(one.was_sent and from_s <= one.start_s < to_s for one in done) / (to_s - from_s)


def refused_share(done: list[Done], *, from_s: float) -> float:
    """How much of what was sent from then on was refused."""
    refused = [one.reply.pause_s is not None for one in done if one.start_s >= from_s]
    return sum(refused) / len(refused)


@pytest.mark.parametrize(("limit", "asked"), [(5, 200), (30, 200), (100, 200), (30, 31)])
@pytest.mark.parametrize(("pause_s", "used"), [(1.0, 0.9), (7.0, 0.85)])
def test_an_unknown_limit_is_used_and_hardly_passed(limit: int, asked: int, pause_s: float, used: float) -> None:
    """In the four minutes after the first most of it gets through, and very little is refused."""
    done = AccountModel(Limit([(0, limit)], pause_s), asked=Rate(asked)).run(300)
    assert used * limit <= sent_per_s(done, from_s=60, to_s=300) <= limit
    assert refused_share(done, from_s=60) <= 0.006


def test_a_pause_of_a_minute_is_risked_once_in_a_quarter_of_an_hour() -> None:
    """Where every refusal costs a minute, most of the limit is used all the same."""
    done = AccountModel(Limit([(0, 30)], 60.0), asked=Rate(200)).run(1500)
    assert sent_per_s(done, from_s=300, to_s=1500) >= 0.85 * 30
    assert refused_share(done, from_s=60) <= 0.001


@pytest.mark.parametrize("pause_s", [1.0, 7.0])
@pytest.mark.parametrize("rises_s", [125.0, 140.0, 155.0])
def test_a_limit_that_rises_is_found_within_two_minutes(pause_s: float, rises_s: float) -> None:
    """From 30/s to 200/s, whenever it happens between two probes."""
    done = AccountModel(Limit([(0, 30), (rises_s, 200)], pause_s), asked=Rate(200)).run(rises_s + 125)
    found_s = next(one.start_s for one in done if one.start_s >= rises_s and one.per_s >= 0.95 * 200)
    assert found_s - rises_s <= 120
    assert sent_per_s(done, from_s=found_s, to_s=done[-1].start_s) >= 0.8 * 200


def test_a_limit_that_falls_is_heeded_at_once() -> None:
    """From 100/s to 10/s takes a few pauses, and hardly anything is refused after them."""
    done = AccountModel(Limit([(0, 100), (60, 10)], 1.0), asked=Rate(100)).run(200)
    assert sum(one.reply.pause_s is not None for one in done) <= 65
    assert sent_per_s(done, from_s=90, to_s=200) >= 0.9 * 10


def test_what_an_earlier_run_found_is_where_the_next_begins() -> None:
    """With the rate that was found, almost nothing is refused from the first second on."""
    first = AccountModel(Limit([(0, 30)], 1.0), asked=Rate(200))
    first.run(100)
    assert first.rate.found_per_s is not None
    next_run = AccountModel(Limit([(0, 30)], 1.0), asked=Rate(200), found_per_s=first.rate.found_per_s)
    done = next_run.run(100)
    assert sent_per_s(done, from_s=0, to_s=100) >= 0.9 * 30
    assert refused_share(done, from_s=0) <= 0.005


def test_a_storm_costs_what_is_in_flight_and_is_over_soon() -> None:
    """Every request refused for five minutes: few are sent meanwhile, and two minutes later all is as before."""

    def stormy(now_s: float, chance: float) -> Reply:
        is_storm = 60 <= now_s < 360
        return Reply(latency_s=0.1 * (1 + chance), pause_s=7.0 if is_storm else None)

    done = AccountModel(stormy, asked=Rate(50), concurrency=20).run(600)
    refused = [one for one in done if one.reply.pause_s is not None]
    assert len(refused) <= 300 / 7 + 25
    assert sent_per_s(done, from_s=480, to_s=600) >= 0.95 * 50


@define
class BrownOut:
    """For nine minutes all takes ten times as long, and of every ten requests so many fail."""

    failures: int
    count: int = 0

    def __call__(self, now_s: float, chance: float) -> Reply:
        self.count += 1
        if 60 <= now_s < HEALED_S:
            return Reply(latency_s=1 + chance, has_failed=self.count * 7 % 10 < self.failures)
        return Reply(latency_s=0.1 * (1 + chance))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("failures", "least_per_s"), [(4, 0.5), (5, 0.1)])
def test_a_brown_out_is_borne_and_left_behind(failures: int, least_per_s: float, seed: int) -> None:
    """It is asked little, but not nothing, also where the circuit opens; soon after its end the rate is what it was, and steady."""
    model = AccountModel(BrownOut(failures), asked=Rate(20), concurrency=20, seed=seed)
    done = model.run(HEALED_S + 240)
    assert min(one.per_s for one in done) >= 0.5
    assert least_per_s <= sum(60 <= one.start_s < HEALED_S for one in done) / (HEALED_S - 60) <= 2
    tens = [sent_per_s(done, from_s=from_s, to_s=from_s + 10) for from_s in range(720, 830, 10)]
    assert min(tens) >= 0.9 * 20
    assert all(later <= 2 * sooner and sooner <= 2 * later for sooner, later in pairwise(tens))


def test_what_is_slow_needs_more_places_and_gets_them() -> None:
    """An answer takes a second: the asked rate is reached all the same."""
    done = AccountModel(lambda _now_s, chance: Reply(latency_s=1 + 0.2 * chance), asked=Rate(20), concurrency=50).run(
        90
    )
    assert sent_per_s(done, from_s=30, to_s=80) >= 0.9 * 20


def test_more_connections_than_the_server_has_cost_a_few_attempts() -> None:
    """Five at once are served, all others fail: few do."""
    ends: list[float] = []

    def small(now_s: float, _chance: float) -> Reply:
        ends[:] = [end for end in ends if end > now_s]
        if len(ends) >= 5:
            return Reply(latency_s=0.01, has_failed=True)
        ends.append(now_s + 0.5)
        return Reply(latency_s=0.5)

    done = AccountModel(small, asked=Rate(100), concurrency=50).run(120)
    failed = sum(one.reply.has_failed for one in done)
    assert failed <= 0.2 * len(done)
    assert sent_per_s(done, from_s=0, to_s=120) >= 0.6 * 10
    assert max(one.places for one in done) <= 8
