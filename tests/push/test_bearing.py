"""A push at an account that bears less than is asked: how it finds that out, and how it lets a sick VTEX alone."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from itertools import pairwise

import pytest
from attrs import define, evolve, field
from push_support import REFUSED_CONNECTION, SENT, TIMED_OUT, Put, Rig, answer, due, dues
from virtual_time import in_virtual_time, now_s

from vtex_tracking.model import OutcomeKind, Reason
from vtex_tracking.push.account import Account
from vtex_tracking.push.retry_after import RateLimit
from vtex_tracking.push.verdict import Again, Doubted
from vtex_tracking.push.wire import Answer, Failure, FailureKind
from vtex_tracking.settings import Rate, Settings

pytestmark = pytest.mark.unmeasured


@define
class Limited:
    """A VTEX that lets so many in during any second, and may say how many are left."""

    per_s: int
    says_what_is_left: bool = False
    _starts: deque[float] = field(factory=deque)

    def __call__(self, put: Put) -> Answer:
        while self._starts and self._starts[0] <= put.at_s - 1:
            self._starts.popleft()
        if len(self._starts) >= self.per_s:
            return answer(429, retry_after_s=1)
        self._starts.append(put.at_s)
        left = RateLimit(remaining=self.per_s - len(self._starts), reset_s=1.0)
        return evolve(SENT, rate_limit=left if self.says_what_is_left else None)


@pytest.mark.parametrize("says_what_is_left", [False, True])
@in_virtual_time
async def test_the_rate_that_the_account_bears_is_found(says_what_is_left: bool) -> None:  # noqa: FBT001 - parametrized
    """Of 30/s where 200/s are asked nine tenths are used after the first minute, and under 2 % are refused."""
    vtex = Limited(30, says_what_is_left=says_what_is_left)
    rig = Rig(dues(4000), script=vtex, rate=Rate(200), concurrency=20)
    began_s = now_s()
    await rig.run()
    assert Counter({OutcomeKind.SENT: 4000}) == rig.counts()
    refused = len(rig.wire.puts) - 4000
    later = [start for start in rig.wire.starts_s if start >= began_s + 60]
    assert len(later) >= (0.87 if says_what_is_left else 0.9) * 30 * (later[-1] - began_s - 60)
    assert refused <= (0.005 if says_what_is_left else 0.02) * 4000
    assert rig.pusher.found_rate_per_s is not None
    assert 26 <= rig.pusher.found_rate_per_s <= 33


@in_virtual_time
async def test_the_rate_that_an_earlier_run_found_is_where_it_begins() -> None:
    """The first second holds no more than that; without a refusal ever nothing is found."""
    rig = Rig(dues(100), rate=Rate(200), found_rate_per_s=20.0)
    await rig.run()
    assert 20 >= sum(start < rig.wire.starts_s[0] + 1 for start in rig.wire.starts_s)
    assert 20.0 == rig.pusher.found_rate_per_s
    rig = Rig(dues(100), rate=Rate(200))
    await rig.run()
    assert rig.pusher.found_rate_per_s is None


@pytest.mark.parametrize(("reset_s", "pause_s"), [(40.0, 40), (7200.0, 900), (None, 0)])
@in_virtual_time
async def test_with_nothing_left_of_the_limit_it_waits_until_that_counts_anew(
    reset_s: float | None, pause_s: float
) -> None:
    """Before anything is refused; for no longer than any pause may be, and not at all where it is not said for how long."""
    spent = evolve(SENT, rate_limit=RateLimit(remaining=0, reset_s=reset_s))
    rig = Rig(dues(50), script=lambda put: spent if put.number == 20 else SENT, concurrency=1)
    await rig.run()
    longest_s = max(later - sooner for sooner, later in pairwise(rig.wire.starts_s))
    assert pause_s <= longest_s <= pause_s + 2
    assert 50 == len(rig.wire.puts)


@in_virtual_time
async def test_an_outage_of_ten_minutes_is_sat_out() -> None:
    """A few retries and probes while it lasts; then everything is sent."""
    begin_s = now_s()

    def away(_put: Put) -> Answer | Failure:
        return REFUSED_CONNECTION if begin_s + 5 <= now_s() < begin_s + 605 else SENT

    rig = Rig(dues(500), script=away, rate=Rate(20), concurrency=20)
    await rig.run()
    assert Counter({OutcomeKind.SENT: 500}) == rig.counts()
    in_vain = [put for put in rig.wire.puts if begin_s + 5 <= put.at_s < begin_s + 605]
    assert 10 <= len(in_vain) <= 20
    assert rig.wire.starts_s[-1] <= begin_s + 605 + 300 + 40


@in_virtual_time
async def test_a_fifth_of_random_failures_costs_a_quarter_more_requests() -> None:
    """Everything is sent, with at most 1.25 requests each."""
    chance = random.Random(1).random  # noqa: S311 - a fixed sequence, no secret
    rig = Rig(dues(1000), script=lambda _put: answer(502) if chance() < 0.2 else SENT, concurrency=20, attempts=9)
    await rig.run()
    assert Counter({OutcomeKind.SENT: 1000}) == rig.counts()
    assert len(rig.wire.puts) <= 1.26 * 1000


@in_virtual_time
async def test_retries_that_cannot_be_paid_for_come_after_everything_else() -> None:
    """A third fails at first: 35 and what successes pay for are tried again on the way, the others at the end."""
    rig = Rig(
        dues(600),
        script=lambda put: answer(502) if put.attempt == 1 and int(put.order_id[1:]) % 3 == 0 else SENT,
        rate=Rate(20),
        concurrency=20,
    )
    await rig.run()
    assert Counter({OutcomeKind.SENT: 600}) == rig.counts()
    last_first = max(put.number for put in rig.wire.puts if put.attempt == 1)
    on_the_way = sum(put.attempt == 2 and put.number < last_first for put in rig.wire.puts)
    assert 35 <= on_the_way <= 35 + 600 / 14
    assert 800 == len(rig.wire.puts)


@in_virtual_time
async def test_without_progress_and_without_means_it_stops() -> None:
    """The budget is spent and nothing was sent for ten minutes: the next run may fare better."""
    rig = Rig(
        dues(300),
        script=lambda put: SENT if put.number <= 5 else answer(409),
        conflicts_max=100,
        attempts=100,
        backoff_base_s=60,
        concurrency=20,
    )
    began_s = now_s()
    await rig.run()
    assert rig.pusher.stopped is not None
    assert (6, Reason.OUTAGE) == (rig.pusher.stopped.exit_code, rig.pusher.stopped.reason)
    assert "10 minutes" in rig.pusher.stopped.message
    assert 600 <= now_s() - began_s <= 700


@in_virtual_time
async def test_a_stop_finds_those_at_the_end_of_the_line() -> None:
    """Nobody waits there for ever."""
    rig = Rig(
        dues(5000), script=lambda put: answer(502) if put.attempt == 1 and put.number % 3 == 0 else SENT, rate=Rate(20)
    )
    asyncio.get_running_loop().call_later(200, rig.pusher.stop)
    began_s = now_s()
    await rig.run()
    assert 200 == pytest.approx(now_s() - began_s, abs=1)
    assert rig.counts()[None] > 100


@in_virtual_time
async def test_what_times_out_has_fewer_places() -> None:
    """Twenty at once were too many; with fewer it goes on."""

    def slow(put: Put) -> Answer | Failure:
        return TIMED_OUT if 300 < put.number <= 310 else SENT

    rig = Rig(dues(330), script=slow, concurrency=20, latency_s=lambda put: 60 if 300 < put.number <= 310 else 0.1)
    await rig.run()
    assert 15 <= rig.wire.in_flight_max
    at_once = Counter(round(put.at_s, 1) for put in rig.wire.puts if put.number > 315)
    assert max(at_once.values()) < 15
    assert Counter({OutcomeKind.SENT: 330}) == rig.counts()


@in_virtual_time
async def test_a_wrong_name_ends_the_run_before_vtex_is_let_alone() -> None:
    """Ten updates that fail so in a row are no outage; the second try of one is proof enough."""
    nowhere = Failure(kind=FailureKind.NAME_NOT_RESOLVED, has_left=False, message="no such name")
    rig = Rig(dues(100), script=lambda _put: nowhere, rate=Rate(100))
    began_s = now_s()
    await rig.run()
    assert rig.pusher.stopped is not None
    assert (2, Reason.NAME_NOT_RESOLVED) == (rig.pusher.stopped.exit_code, rig.pusher.stopped.reason)
    assert now_s() - began_s < 2
    assert len(rig.wire.puts) > 10


@in_virtual_time
async def test_who_tries_whether_vtex_is_back_and_must_wait_at_the_gate_holds_nobody_up() -> None:
    """A late refusal closes the gate before the circuit's probe has started: whoever may pass the gate takes its place."""
    account = Account(Settings(account="mystore", rate=Rate(1000)))
    late = await account.start(due(50))
    assert late is not None
    for seq in range(1, 11):
        attempt = await account.start(due(seq))
        assert attempt is not None
        again = Again(reason=Reason.TIMEOUT, after_s=0, is_ambiguous=True)
        account.ended(due(seq), attempt=attempt, result=TIMED_OUT, verdict=again)
    probe, other = due(11), due(12)
    began_s = now_s()
    assert await account.admit(probe)
    assert 30 == pytest.approx(now_s() - began_s, abs=0.1)
    doubted = Doubted(reason=Reason.FORBIDDEN, message="VTEX answered 403")
    account.ended(due(50), attempt=late, result=answer(403), verdict=doubted)
    passing = asyncio.create_task(account.start(other))
    await asyncio.sleep(1)
    waiting = asyncio.create_task(account.start(probe))
    assert await passing is not None
    assert not waiting.done()
    account.stop()
    assert await waiting is None
