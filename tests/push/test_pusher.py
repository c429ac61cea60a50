"""A push while it runs: bounded, one at a time for each order, durable before the wire, retried, and stopped well."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import pairwise

import pytest
from push_support import REFUSED_CONNECTION, SENT, TIMED_OUT, WALL_S, Put, Rig, answer, due, dues
from virtual_time import in_virtual_time, now_s

from vtex_tracking.errors import LedgerError
from vtex_tracking.model import Due, Effect, OutcomeKind, Reason
from vtex_tracking.push.stop import Stop
from vtex_tracking.push.wire import Answer, Failure
from vtex_tracking.settings import Rate

TIME_IS_UP = Stop(exit_code=6, reason=Reason.MAX_DURATION, message="the time for this run is up; run again")


@in_virtual_time
async def test_every_update_is_sent_once() -> None:
    """Without a fault there is one PUT for each update, and each is told when it is durable."""
    rig = Rig(dues(130))
    await rig.run()
    assert list(range(1, 131)) == sorted(int(put.order_id[1:]) for put in rig.wire.puts)
    assert Counter({OutcomeKind.SENT: 130}) == rig.counts()
    assert set(range(1, 131)) == set(rig.told)
    assert (130, 0, 0, 0, 130) == (
        rig.pusher.traffic.requests,
        rig.pusher.traffic.retries,
        rig.pusher.traffic.in_flight,
        rig.pusher.traffic.waiting,
        rig.pusher.traffic.settled,
    )
    assert rig.pusher.stopped is None


@in_virtual_time
async def test_nothing_due_is_nothing_to_do() -> None:
    """A push of nothing ends."""
    rig = Rig([])
    await rig.run()
    assert [("due", "")] == rig.calls


@in_virtual_time
async def test_never_more_in_flight_than_asked_and_no_fewer() -> None:
    """Four at first; then, as long as that helps, all places are used, and no more than those."""
    rig = Rig(dues(60), concurrency=7)
    await rig.run()
    assert 7 == rig.wire.in_flight_max
    assert 4 == sum(start < rig.wire.starts_s[0] + 0.1 for start in rig.wire.starts_s)


@in_virtual_time
async def test_an_order_has_one_request_at_a_time() -> None:
    """Invoices of one order go one after the other, in their order, also where they are tried again; others go on."""
    invoices = [due(seq, order_id="one") for seq in range(1, 7)]

    def at_first_in_vain(put: Put) -> Answer:
        return answer(500) if put.attempt == 1 and put.order_id == "one" else SENT

    rig = Rig([*invoices, due(7)], script=at_first_in_vain)
    await rig.run()
    starts_s = sorted(rig.wire.starts_s_of("one"))
    assert 12 == len(starts_s)
    assert all(later - sooner >= 0.1 for sooner, later in pairwise(starts_s))
    assert Counter({OutcomeKind.SENT: 7}) == rig.counts()


@pytest.mark.parametrize("rate", [Rate(10), Rate(1000)])
@in_virtual_time
async def test_an_order_that_is_slow_holds_up_no_other(rate: Rate) -> None:
    """Its second invoice waits in nobody's way, also where little is claimed ahead."""
    invoices = [due(1, order_id="slow"), due(2, order_id="slow"), *(due(seq) for seq in range(3, 40))]
    rig = Rig(invoices, rate=rate, latency_s=lambda put: 60 if put.invoice_number == "n1" else 0.1)
    await rig.run()
    assert Counter({OutcomeKind.SENT: 39}) == rig.counts()
    first_s = rig.wire.starts_s[0]
    assert 38 == sum(start - first_s < 59 for start in rig.wire.starts_s)
    assert [0, pytest.approx(60, abs=0.2)] == [start - first_s for start in rig.wire.starts_s_of("slow")]


@in_virtual_time
async def test_what_waits_to_be_tried_again_holds_no_place() -> None:
    """With one place, all others are sent while the first waits for its second attempt."""

    def first_in_vain(put: Put) -> Answer:
        return answer(502) if put.number == 1 else SENT

    rig = Rig(dues(5), script=first_in_vain, concurrency=1, backoff_base_s=60)
    await rig.run()
    assert ["o1", "o2", "o3", "o4", "o5", "o1"] == [put.order_id for put in rig.wire.puts]
    assert rig.wire.puts[-1].at_s - rig.wire.puts[0].at_s == pytest.approx(30, abs=0.2)


@in_virtual_time
async def test_what_waits_is_bounded() -> None:
    """However much fails, only so many updates are begun; the book is not read to its end before that."""
    rig = Rig(dues(500), script=lambda _put: answer(409), concurrency=2, waiting_max=10, backoff_base_s=50)
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(20)
    assert 12 == len({put.order_id for put in rig.wire.puts})
    assert (12, 0) == (rig.pusher.traffic.waiting, rig.pusher.traffic.in_flight)
    assert 50 == rig.book.handed_out
    rig.pusher.stop()
    await running


@in_virtual_time
async def test_what_stands_in_line_is_bounded() -> None:
    """The book is read as places come free, not all at once."""
    rig = Rig(dues(500), latency_s=1000)
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(20)
    assert (4, 150) == (len(rig.wire.puts), rig.book.handed_out)
    rig.pusher.stop()
    await running


@in_virtual_time
async def test_an_intent_is_durable_before_its_request() -> None:
    """Each attempt is an intent, then the request, then what became of it."""

    def twice_in_vain(put: Put) -> Answer:
        return answer(409) if put.attempt < 3 else SENT

    rig = Rig(dues(20), script=twice_in_vain)
    await rig.run()
    for n in range(1, 21):
        assert ["intend", "put", "settle"] * 3 == [name for name, number in rig.calls if number == f"n{n}"]


@in_virtual_time
async def test_few_answers_wait_for_a_slow_disk() -> None:
    """A kill forgets what is in flight and what was answered since: neither is ever more than there are places."""
    undurable: list[int] = []

    def look(_put: Put) -> Answer:
        undurable.append(len(rig.wire.puts) - rig.book.count("settle"))
        return SENT

    rig = Rig(dues(200), script=look, concurrency=10)
    rig.book.slow_s = {"settle": 5.0}
    await rig.run()
    assert Counter({OutcomeKind.SENT: 200}) == rig.counts()
    assert 10 < max(undurable) <= 2 * 10


@in_virtual_time
async def test_each_attempt_sends_the_same_bytes() -> None:
    """What is tried again is byte for byte what was tried first, and that is the stored body."""
    rig = Rig(dues(3), script=lambda _put: answer(502))
    await rig.run()
    for update in rig.book.dues:
        bodies = [put.body for put in rig.wire.puts if put.invoice_number == update.update.key.invoice_number]
        assert [update.update.body] * 5 == bodies


@pytest.mark.parametrize(
    ("end", "outcome", "effect", "reason"),
    [
        (answer(502), OutcomeKind.UNKNOWN, Effect.AMBIGUOUS, Reason.SERVER_ERROR),
        (TIMED_OUT, OutcomeKind.UNKNOWN, Effect.AMBIGUOUS, Reason.TIMEOUT),
        (REFUSED_CONNECTION, OutcomeKind.FAILED, Effect.NOT_APPLIED, Reason.UNREACHABLE),
    ],
)
@in_virtual_time
async def test_attempts_are_used_up(
    end: Answer | Failure, outcome: OutcomeKind, effect: Effect, reason: Reason
) -> None:
    """After the last attempt an update is failed where nothing arrived, unknown where it may have."""
    rig = Rig(dues(1), script=lambda _put: end)
    await rig.run()
    assert 5 == len(rig.wire.puts)
    last = rig.book.settlements[1][-1]
    assert (outcome, effect, reason) == (last.outcome, last.effect, last.reason)
    assert [1] == rig.told
    assert 4 == rig.pusher.traffic.retries


@in_virtual_time
async def test_an_attempt_of_an_earlier_run_is_not_forgotten() -> None:
    """What may have arrived in an earlier run is unknown, though nothing left in this one."""
    rig = Rig([due(1, is_ambiguous=True)], script=lambda _put: REFUSED_CONNECTION)
    await rig.run()
    assert {1: OutcomeKind.UNKNOWN} == rig.outcomes()


@in_virtual_time
async def test_three_server_errors_are_enough() -> None:
    """VTEX answers 500 to some invoices for ever."""
    rig = Rig(dues(2), script=lambda put: answer(500) if put.order_id == "o1" else SENT)
    await rig.run()
    assert 3 == len(rig.wire.starts_s_of("o1"))
    assert {1: OutcomeKind.FAILED, 2: OutcomeKind.SENT} == rig.outcomes()
    assert Reason.SERVER_ERROR_PERSISTENT is rig.book.settlements[1][-1].reason


@in_virtual_time
async def test_a_settlement_says_how_it_was() -> None:
    """Status, latency, time of day and receipt go into the ledger with each attempt."""
    rig = Rig(dues(1), script=lambda put: SENT if put.attempt == 2 else TIMED_OUT, latency_s=0.25)
    await rig.run()
    first, second = rig.book.settlements[1]
    assert (None, None) == (first.http_status, first.latency_ms)
    assert (200, 250, SENT.receipt) == (second.http_status, second.latency_ms, second.receipt)
    assert [put.at_s + WALL_S for put in rig.wire.puts] == pytest.approx([first.started_s, second.started_s])


@in_virtual_time
async def test_other_bytes_wait_for_the_quiet_period() -> None:
    """Where an attempt of other bytes may still arrive, nothing goes out before; meanwhile others have the place."""
    until_s = WALL_S + now_s() + 90
    rig = Rig([due(1, not_before_s=until_s), due(2), due(3)], concurrency=1)
    await rig.run()
    assert ["o2", "o3", "o1"] == [put.order_id for put in rig.wire.puts]
    assert rig.wire.puts[-1].at_s + WALL_S >= until_s


@in_virtual_time
async def test_a_clock_that_was_set_back_prolongs_no_quiet_period() -> None:
    """No wait is longer than the quiet period itself."""
    rig = Rig([due(1, not_before_s=WALL_S + now_s() + 1e6)])
    began_s = now_s()
    await rig.run()
    assert 120 == pytest.approx(now_s() - began_s, abs=1)


@in_virtual_time
async def test_a_limit_of_invoices_is_kept() -> None:
    """Only so many updates are taken from the book, the first ones."""
    rig = Rig(dues(200), invoices_max=60)
    await rig.run()
    assert (60, 60) == (len(rig.wire.puts), rig.book.handed_out)


# ---------------------------------------------------------------- stopping


@in_virtual_time
async def test_a_stop_lets_what_is_in_flight_end() -> None:
    """After a stop no request starts; what is in flight gets its answer, and that is kept."""
    rig = Rig(dues(50), latency_s=10)
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(5)
    rig.pusher.stop()
    await running
    assert (4, 0) == (len(rig.wire.puts), rig.wire.cut)
    assert Counter({OutcomeKind.SENT: 4}) == rig.counts()
    assert rig.pusher.stopped is None


@in_virtual_time
async def test_an_intent_that_waited_for_the_pace_is_withdrawn() -> None:
    """What was stopped before its first byte was never attempted, and the ledger does not say so.

    No more is claimed than the places and what starts within a moment.
    """
    rig = Rig(dues(50), script=lambda _put: answer(429, retry_after_s=600))
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(60)
    waited = rig.book.count("intend") - rig.book.count("settle")
    rig.pusher.stop()
    await running
    assert 4 < waited <= 4 + 1000 * rig.settings.claim_ahead_s
    assert waited == rig.book.count("withdraw")
    assert len(rig.wire.puts) == rig.book.count("settle") == rig.book.count("intend") - waited
    assert {None} == set(rig.outcomes().values())


@pytest.mark.parametrize("way", ["backoff", "quiet"])
@in_virtual_time
async def test_a_stop_ends_every_wait(way: str) -> None:
    """Nobody sits out a backoff or a quiet period after a stop."""
    not_before_s = WALL_S + now_s() + 100 if way == "quiet" else 0.0
    rig = Rig(
        [due(seq, not_before_s=not_before_s) for seq in range(1, 9)], script=lambda _put: answer(502), backoff_base_s=60
    )
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(20)
    assert 8 == rig.pusher.traffic.waiting
    stopped_s, requests = now_s(), len(rig.wire.puts)
    rig.pusher.stop()
    await running
    assert requests == len(rig.wire.puts)
    assert stopped_s == pytest.approx(now_s(), abs=0.1)
    assert [] == rig.told


@in_virtual_time
async def test_a_stop_before_the_first_request_sends_nothing() -> None:
    """A stop may come before the push."""
    rig = Rig(dues(9))
    rig.pusher.stop(TIME_IS_UP)
    await rig.run()
    assert (0, TIME_IS_UP) == (len(rig.wire.puts), rig.pusher.stopped)


@in_virtual_time
async def test_a_drain_has_its_time_and_no_more() -> None:
    """What has no answer when the drain is over is cut off, and stays as it was intended."""
    rig = Rig(dues(50), latency_s=lambda put: 10 if put.number == 1 else 1000, drain_timeout_s=30)
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(1)
    rig.pusher.stop()
    await running
    assert 1031 == pytest.approx(now_s(), abs=0.1)
    assert (4, 3, {1: OutcomeKind.SENT}) == (len(rig.wire.puts), rig.wire.cut, rig.outcomes())
    assert 4 == rig.book.count("intend") - rig.book.count("withdraw")


@in_virtual_time
async def test_at_a_low_rate_little_is_claimed_ahead() -> None:
    """Who is killed leaves in doubt what was on the wire, what had a place, and one more."""
    rig = Rig(dues(50), rate=Rate(1), concurrency=20)
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(5.5)
    assert 6 + 4 + 1 >= rig.book.count("intend")
    rig.pusher.stop()
    await running


@in_virtual_time
async def test_an_abort_cuts_off_at_once() -> None:
    """Nothing more is waited for; what had no byte on the wire yet is withdrawn, not in doubt."""
    rig = Rig(dues(50), latency_s=lambda put: 1000 if put.number > 2 else 0.1, rate=Rate(1), concurrency=5)
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(3.5)
    assert 2 == rig.pusher.traffic.in_flight
    rig.pusher.abort()
    await running
    assert 3.5 == pytest.approx(now_s() - 1000, abs=0.1)
    assert (4, 2) == (len(rig.wire.puts), rig.wire.cut)
    assert 4 == rig.book.count("intend") - rig.book.count("withdraw")


@in_virtual_time
async def test_an_abort_loses_no_outcome() -> None:
    """What is durable is told, also when a slow listener has yet to take it."""
    told: list[int] = []
    may_take = asyncio.Event()

    async def take_slowly(due: Due) -> None:
        await may_take.wait()
        told.append(due.seq)

    rig = Rig(dues(6), on_settled=take_slowly)
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(5)
    rig.pusher.abort()
    await asyncio.sleep(100)
    may_take.set()
    await running
    assert sorted(rig.outcomes()) == sorted(told) == [1, 2, 3, 4, 5, 6]


@in_virtual_time
async def test_who_is_slow_to_take_outcomes_slows_the_push() -> None:
    """With outcomes that nobody takes, only so many updates are begun."""
    rig = Rig(dues(500), on_settled=lambda _due: asyncio.sleep(1000), waiting_max=10)
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(500)
    assert 14 == len(rig.wire.puts)
    rig.pusher.stop()
    await running


@in_virtual_time
async def test_a_cancelled_push_leaves_nothing_running() -> None:
    """Who cancels the push cancels all of it."""
    rig = Rig(dues(50), latency_s=1000)
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (4, set()) == (rig.wire.cut, rig.wire.in_flight)


@in_virtual_time
async def test_cancelled_while_a_retry_waits_for_its_order() -> None:
    """It is cancelled as it was asked to be, and nothing else goes wrong."""
    rig = Rig(
        [due(1, order_id="one"), due(2, order_id="one")],
        script=lambda put: answer(409) if put.number == 1 else SENT,
        latency_s=lambda put: 0.1 if put.number == 1 else 1000,
    )
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(100)
    assert ["n1", "n2"] == [put.invoice_number for put in rig.wire.puts]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert 1 == rig.wire.cut


# ---------------------------------------------------------------- what should never happen


@pytest.mark.parametrize(
    ("broken", "broken_from"), [("due", 1), ("due", 2), ("intend", 1), ("intend", 9), ("settle", 3)]
)
@in_virtual_time
async def test_a_ledger_that_fails_stops_everything(broken: str, broken_from: int) -> None:
    """No intent, no request: the error is raised once, as it is, and nothing starts after it."""
    rig = Rig(dues(200))
    rig.book.broken, rig.book.broken_from = broken, broken_from
    with pytest.raises(LedgerError, match="disk is full"):
        await rig.run()
    failed = rig.calls.index((broken, "")) if broken == "due" else -1
    numbers = [number for name, number in rig.calls if name == "intend"]
    assert {number for name, number in rig.calls if name == "put"} <= set(numbers)
    assert rig.book.count("put") <= {"due": 51, "intend": broken_from - 1, "settle": 3 * 4}[broken]
    assert set() == rig.wire.in_flight
    assert failed < len(rig.calls)


@in_virtual_time
async def test_intents_that_fail_when_the_push_is_stopping_anyway() -> None:
    """Nobody waits for ever for what will not come."""
    rig = Rig(dues(200), drain_timeout_s=5)
    rig.book.broken = "intend"
    rig.book.slow_s = {"intend": 2.0}
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(1)
    rig.pusher.stop()
    with pytest.raises(LedgerError, match="disk is full"):
        async with asyncio.timeout(100):
            await running


@in_virtual_time
async def test_an_intent_that_fails_keeps_no_order() -> None:
    """Its next invoice, which waits for its turn, hears of the end too."""
    rig = Rig([due(1, order_id="one"), due(2, order_id="one")])
    rig.book.broken = "intend"
    with pytest.raises(LedgerError, match="disk is full"):
        async with asyncio.timeout(100):
            await rig.run()
    assert [] == rig.wire.puts


@in_virtual_time
async def test_a_ledger_that_fails_to_withdraw_stops_too() -> None:
    """The last word of a stopped push may fail as well."""
    rig = Rig(dues(9), rate=Rate(1))
    rig.book.broken = "withdraw"
    running = asyncio.create_task(rig.run())
    await asyncio.sleep(0.5)
    rig.pusher.stop()
    with pytest.raises(LedgerError):
        await running


@in_virtual_time
async def test_a_bug_comes_to_light() -> None:
    """An exception that nobody foresaw ends the push and is raised; nothing goes on behind it."""

    def fail(put: Put) -> Answer:
        if put.number == 3:
            raise ZeroDivisionError
        return SENT

    rig = Rig(dues(50), script=fail)
    with pytest.raises(ExceptionGroup) as raised:
        await rig.run()
    assert raised.group_contains(ZeroDivisionError)
    assert len(rig.wire.puts) < 10
