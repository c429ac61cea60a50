"""The account as a whole: its pace over everything that starts, its pauses, its keys, and when to stop asking."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import pairwise

import pytest
from push_support import REFUSED_CONNECTION, SENT, TIMED_OUT, Put, Rig, answer, busiest_window, due, dues
from virtual_time import in_virtual_time, now_s, stall

from vtex_tracking.model import OutcomeKind, Reason
from vtex_tracking.push.account import Account
from vtex_tracking.push.stop import Stop
from vtex_tracking.push.wire import Answer, Failure
from vtex_tracking.settings import Rate, Settings

KEYS_REFUSED = Stop(exit_code=7, reason=Reason.CREDENTIALS_REFUSED, message="VTEX refuses these credentials")
TIME_IS_UP = Stop(exit_code=6, reason=Reason.MAX_DURATION, message="the time for this run is up")


# ---------------------------------------------------------------- pace


@pytest.mark.parametrize("rate", [Rate(10), Rate(30, window_s=60), Rate(2.5)])
@in_virtual_time
async def test_no_window_holds_more_starts_than_asked(rate: Rate) -> None:
    """From the first moment on, with retries, however many places there are; and the rate is used."""

    def often_in_vain(put: Put) -> Answer:
        return SENT if put.attempt == 3 else answer(409)

    rig = Rig(dues(40), script=often_in_vain, rate=rate, concurrency=20, backoff_base_s=0.1)
    await rig.run()
    assert 120 == len(rig.wire.puts)
    assert busiest_window(rig.wire.starts_s, window_s=rate.window_s) <= -(-rate.count // 1)
    lasted_s = rig.wire.starts_s[-1] - rig.wire.starts_s[0]
    assert 119 / lasted_s >= 0.95 * rate.per_s


@in_virtual_time
async def test_no_burst_follows_a_pause() -> None:
    """After a pause requests start one after the other, at the pace."""

    def once_busy(put: Put) -> Answer:
        return answer(429, retry_after_s=30) if put.number == 5 else SENT

    rig = Rig(dues(60), script=once_busy, rate=Rate(10), concurrency=20)
    await rig.run()
    assert busiest_window(rig.wire.starts_s, window_s=1) <= 10
    longest = max(later - sooner for sooner, later in pairwise(rig.wire.starts_s))
    assert 30 <= longest <= 33


@in_virtual_time
async def test_no_burst_follows_a_stall() -> None:
    """A process that stood still does not catch up."""
    rig = Rig(dues(80), rate=Rate(10), concurrency=20)
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(2)
    stall(60)
    await running
    assert busiest_window(rig.wire.starts_s, window_s=1) <= 10


# ---------------------------------------------------------------- throttled


@in_virtual_time
async def test_a_429_pauses_everybody_and_is_no_attempt() -> None:
    """Nothing starts while the pause lasts; who was throttled has all its attempts left."""

    def busy_then_broken(put: Put) -> Answer:
        return answer(429, retry_after_s=40) if put.attempt <= 3 and put.order_id == "o1" else answer(502)

    rig = Rig(dues(2), script=busy_then_broken, concurrency=1)
    await rig.run()
    assert 8 == len(rig.wire.starts_s_of("o1"))
    assert 5 == len(rig.wire.starts_s_of("o2"))
    throttled_s = [put.at_s + 0.1 for put in rig.wire.puts if put.order_id == "o1" and put.attempt <= 3]
    for began_s in throttled_s:
        assert [] == [start for start in rig.wire.starts_s if began_s < start < began_s + 40]


@in_virtual_time
async def test_a_storm_costs_no_more_than_what_is_in_flight() -> None:
    """While VTEX is busy for an hour, each pause costs at most the places and one more; then all is sent."""
    begin_s = now_s()
    rig = Rig(
        dues(30), script=lambda _put: answer(429) if now_s() < begin_s + 600 else SENT, concurrency=4, rate=Rate(20)
    )
    await rig.run()
    assert Counter({OutcomeKind.SENT: 30}) == rig.counts()
    storm_s = [start for start in rig.wire.starts_s if start < begin_s + 600]
    assert busiest_window(storm_s, window_s=60) <= 5
    assert 60 >= len(storm_s) >= 9


@in_virtual_time
async def test_an_endless_storm_ends_each_update() -> None:
    """An update that is throttled over and over is given up for this run."""
    rig = Rig(dues(1), script=lambda _put: answer(429, retry_after_s=1))
    await rig.run()
    assert (20, {1: OutcomeKind.FAILED}) == (len(rig.wire.puts), rig.outcomes())


@in_virtual_time
async def test_a_503_pauses_everybody() -> None:
    """VTEX's own breaker is respected, as long as it asks for."""
    rig = Rig(
        dues(9),
        script=lambda put: answer(503, retry_after_s=50) if put.number == 1 else SENT,
        concurrency=1,
    )
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(10)
    assert 50 - 10 <= rig.pusher.paused_s <= 55
    await running
    assert rig.wire.starts_s[1] - rig.wire.starts_s[0] >= 50
    assert Counter({OutcomeKind.SENT: 9}) == rig.counts()


@in_virtual_time
async def test_the_last_503_of_an_update_pauses_the_others_too() -> None:
    """An update without attempts left still says that VTEX is busy."""
    rig = Rig(
        dues(3),
        script=lambda put: answer(503, retry_after_s=50) if put.number == 1 else SENT,
        concurrency=1,
        attempts=1,
    )
    await rig.run()
    assert rig.wire.starts_s[1] - rig.wire.starts_s[0] >= 50
    assert {1: OutcomeKind.UNKNOWN, 2: OutcomeKind.SENT, 3: OutcomeKind.SENT} == rig.outcomes()


@in_virtual_time
async def test_a_pause_too_long_ends_the_run() -> None:
    """Who is told to come back in an hour does."""
    rig = Rig(dues(9), script=lambda _put: answer(429, retry_after_s=3600))
    await rig.run()
    assert rig.pusher.stopped is not None
    assert (6, Reason.LONG_THROTTLE) == (rig.pusher.stopped.exit_code, rig.pusher.stopped.reason)
    assert {None} == set(rig.outcomes().values())


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("count", [1, 2, 200])
@in_virtual_time
async def test_refused_keys_stop_the_run(status: int, count: int) -> None:
    """At most one request more than there are places; nothing is rejected, everything is left for the next run."""
    rig = Rig(dues(count), script=lambda _put: answer(status))
    await rig.run()
    assert rig.pusher.stopped is not None
    assert (7, Reason.CREDENTIALS_REFUSED) == (rig.pusher.stopped.exit_code, rig.pusher.stopped.reason)
    assert f"answered {status}" in rig.pusher.stopped.message
    assert len(rig.wire.puts) <= 5
    assert ({None}, []) == (set(rig.outcomes().values()), rig.told)


@in_virtual_time
async def test_with_one_place_two_refusals_are_all() -> None:
    """One update is suspected, one other confirms it."""
    rig = Rig(dues(50), script=lambda _put: answer(401), concurrency=1)
    await rig.run()
    assert 2 == len(rig.wire.puts)


@in_virtual_time
async def test_keys_revoked_in_the_middle_stop_the_run() -> None:
    """What was sent stays sent; at most one request more than there are places is wasted."""
    rig = Rig(dues(200), script=lambda put: SENT if put.number <= 50 else answer(401))
    await rig.run()
    assert rig.pusher.stopped is not None
    assert 7 == rig.pusher.stopped.exit_code
    assert 50 == rig.counts()[OutcomeKind.SENT] == len(rig.told)
    assert len(rig.wire.puts) <= 55


@in_virtual_time
async def test_one_update_alone_refused_is_rejected() -> None:
    """The refusal was its own; all others are sent, and it is told like any."""
    rig = Rig(dues(30), script=lambda put: answer(403) if put.order_id == "o3" else SENT)
    await rig.run()
    assert rig.pusher.stopped is None
    assert Counter({OutcomeKind.SENT: 29, OutcomeKind.REJECTED: 1}) == rig.counts()
    last = rig.book.settlements[3][-1]
    assert (OutcomeKind.REJECTED, Reason.FORBIDDEN, 403) == (last.outcome, last.reason, last.http_status)
    assert set(range(1, 31)) == set(rig.told)


@in_virtual_time
async def test_each_refused_update_alone_is_rejected() -> None:
    """Every suspicion is cleared for itself."""
    rig = Rig(dues(29), script=lambda put: answer(403) if int(put.order_id[1:]) % 5 == 0 else SENT, concurrency=1)
    await rig.run()
    assert rig.pusher.stopped is None
    assert Counter({OutcomeKind.SENT: 24, OutcomeKind.REJECTED: 5}) == rig.counts()


@in_virtual_time
async def test_everything_is_held_while_the_keys_are_in_doubt() -> None:
    """Between a refusal and the word of the probe, the probe alone is on the wire."""

    def slow_probe(put: Put) -> float:
        return 50 if put.number == 2 else 0.1

    rig = Rig(dues(30), script=lambda put: answer(403) if put.number == 1 else SENT, latency_s=slow_probe, rate=Rate(5))
    await rig.run()
    first, probe, *rest = rig.wire.starts_s
    assert [] == [start for start in rest if probe < start < probe + 50]
    assert first < probe
    assert Counter({OutcomeKind.SENT: 29, OutcomeKind.REJECTED: 1}) == rig.counts()


@in_virtual_time
async def test_an_answer_older_than_the_refusal_clears_nothing() -> None:
    """A success that was under way before the keys were revoked is no word about them."""
    rig = Rig(
        dues(50),
        script=lambda put: SENT if put.number == 1 else answer(401),
        latency_s=lambda put: {1: 5.0, 2: 0.1, 3: 10.0}[put.number],
        concurrency=2,
    )
    await rig.run()
    assert rig.pusher.stopped is not None
    assert 7 == rig.pusher.stopped.exit_code
    assert 3 == len(rig.wire.puts)
    assert {1: OutcomeKind.SENT, 2: None, 3: None} == rig.outcomes()


@pytest.mark.parametrize("silence", [TIMED_OUT, REFUSED_CONNECTION, answer(502), answer(429, retry_after_s=1)])
@in_virtual_time
async def test_a_probe_that_learns_nothing_hands_over(silence: Answer | Failure) -> None:
    """Without a word about the keys another update asks, one at a time."""

    def script(put: Put) -> Answer | Failure:
        match put.number:
            case 1:
                return answer(401)
            case 2 | 3 | 4:
                return silence
            case _:
                return SENT

    rig = Rig(dues(20), script=script, rate=Rate(5), latency_s=0.1)
    await rig.run()
    assert rig.pusher.stopped is None
    assert 4 <= len({put.order_id for put in rig.wire.puts[:5]})
    assert Counter({OutcomeKind.SENT: 19, OutcomeKind.REJECTED: 1}) == rig.counts()


@pytest.mark.parametrize("silence", [TIMED_OUT, REFUSED_CONNECTION, answer(502), answer(429, retry_after_s=1)])
@in_virtual_time
async def test_a_probe_that_learns_nothing_clears_nothing(silence: Answer | Failure) -> None:
    """Keys that are refused stay so however often VTEX says nothing in between."""
    rig = Rig(dues(20), script=lambda put: silence if put.number in (2, 3, 4) else answer(401), rate=Rate(5))
    await rig.run()
    assert rig.pusher.stopped is not None
    assert (7, 5) == (rig.pusher.stopped.exit_code, len(rig.wire.puts))
    assert {None} == set(rig.outcomes().values())


@in_virtual_time
async def test_nobody_left_to_clear_the_keys_counts_as_refused() -> None:
    """The last update's refusal is nobody else's; the next run will know."""
    rig = Rig([due(1), due(2)], script=lambda put: SENT if put.order_id == "o1" else answer(403), concurrency=1)
    await rig.run()
    assert rig.pusher.stopped is not None
    assert {1: OutcomeKind.SENT, 2: None} == rig.outcomes()


@in_virtual_time
async def test_who_waits_to_be_tried_again_may_clear_the_keys() -> None:
    """While one other update is still to come, a suspect waits for it."""

    def script(put: Put) -> Answer:
        if put.order_id == "o1":
            return SENT if put.attempt == 2 else answer(502)
        return answer(403)

    rig = Rig(dues(2), script=script, backoff_base_s=60, concurrency=1)
    await rig.run()
    assert {1: OutcomeKind.SENT, 2: OutcomeKind.REJECTED} == rig.outcomes()


@in_virtual_time
async def test_a_stop_leaves_a_suspect_undecided() -> None:
    """Who was suspected when the run was stopped is neither rejected nor proof against the keys."""
    rig = Rig(
        dues(9), script=lambda put: answer(403) if put.number == 1 else SENT, latency_s=lambda put: put.number * 5.0
    )
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(7)
    rig.pusher.stop()
    await running
    assert rig.pusher.stopped is None
    assert None is rig.outcomes()[1]


# ---------------------------------------------------------------- the end


@in_virtual_time
async def test_orders_that_nobody_knows_are_those_of_another_store() -> None:
    """20 orders in a row not found, and none found, hint at the wrong account."""
    rig = Rig(dues(200), script=lambda _put: answer(404), concurrency=1)
    await rig.run()
    assert rig.pusher.stopped is not None
    assert (2, Reason.WRONG_ACCOUNT) == (rig.pusher.stopped.exit_code, rig.pusher.stopped.reason)
    assert 20 == len(rig.wire.puts)
    assert Counter({OutcomeKind.REJECTED: 19, None: 1}) == rig.counts()


@in_virtual_time
async def test_what_would_meet_everybody_stops_the_run() -> None:
    """A redirect is not followed, by nobody."""
    rig = Rig(dues(200), script=lambda put: answer(302) if put.number == 10 else SENT)
    await rig.run()
    assert rig.pusher.stopped is not None
    assert (2, Reason.REDIRECT) == (rig.pusher.stopped.exit_code, rig.pusher.stopped.reason)
    assert len(rig.wire.puts) <= 14


@in_virtual_time
async def test_an_outage_ends_the_run() -> None:
    """When nothing has worked for so long the rest is left for the next run."""
    rig = Rig(dues(500), script=lambda _put: TIMED_OUT, latency_s=1, outage_limit_s=1800)
    began_s = now_s()
    await rig.run()
    assert rig.pusher.stopped is not None
    assert (6, Reason.OUTAGE) == (rig.pusher.stopped.exit_code, rig.pusher.stopped.reason)
    assert "30 minutes" in rig.pusher.stopped.message
    assert 1800 <= now_s() - began_s <= 1800 + 30
    assert len(rig.wire.puts) <= 10 + 4 + 8


@pytest.mark.parametrize("sign_of_life", [answer(404), answer(429, retry_after_s=1), SENT])
@in_virtual_time
async def test_a_sign_of_life_is_no_outage(sign_of_life: Answer) -> None:
    """An answer about an invoice, or that VTEX is busy, shows that it is there."""
    began_s = now_s()
    rig = Rig(
        dues(200),
        script=lambda put: sign_of_life if put.at_s > began_s + 40 and put.number % 2 == 0 else TIMED_OUT,
        latency_s=1,
        outage_limit_s=95,
    )
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(4 * 95)
    assert rig.pusher.stopped is None
    rig.pusher.stop()
    await running


@in_virtual_time
async def test_an_update_throttled_to_its_end_is_a_sign_of_life_too() -> None:
    """VTEX is there, only busy, also where updates were told so for the last time."""
    rig = Rig(dues(50), script=lambda _put: answer(429, retry_after_s=9), throttles_max=1, outage_limit_s=10)
    await rig.run()
    assert rig.pusher.stopped is None
    assert Counter({OutcomeKind.FAILED: 50}) == rig.counts()


@in_virtual_time
async def test_the_first_reason_to_stop_stands_but_refused_keys_outrank_it() -> None:
    """Of several reasons the report names the first; only bad keys are always worth knowing."""
    account = Account(Settings(account="mystore"))
    outage = Stop(exit_code=6, reason=Reason.OUTAGE, message="nothing has worked")
    account.stop(TIME_IS_UP)
    account.stop(outage)
    account.stop()
    assert TIME_IS_UP is account.stopped
    account.stop(KEYS_REFUSED)
    account.stop(TIME_IS_UP)
    assert KEYS_REFUSED is account.stopped


@in_virtual_time
async def test_a_stop_from_outside_stands_as_well() -> None:
    """What comes while it drains is not why it stopped, unless it is the keys."""
    account = Account(Settings(account="mystore"))
    account.stop()
    account.stop(TIME_IS_UP)
    assert (None, True) == (account.stopped, account.stopping.is_set())
    account.stop(KEYS_REFUSED)
    assert KEYS_REFUSED is account.stopped
