"""Waiting for the pace: in turn, to the moment, and not a moment longer than a stop."""

from __future__ import annotations

import asyncio

import pytest
from push_support import busiest_window
from virtual_time import in_virtual_time, now_s, stall

from vtex_tracking.push.pacer import Pacer
from vtex_tracking.settings import Rate


async def start_all(pacer: Pacer, *, count: int) -> list[tuple[int, float]]:
    """So many ask at once; who started when."""
    starts: list[tuple[int, float]] = []

    async def start(number: int) -> None:
        if await pacer.start():
            starts.append((number, now_s()))

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(start(number))
    return starts


@in_virtual_time
async def test_starts_are_in_turn_and_in_time() -> None:
    """Who asks first starts first; the first at once, the others an interval apart."""
    began_s = now_s()
    starts = await start_all(Pacer(Rate(10)), count=50)
    assert list(range(50)) == [number for number, _ in starts]
    assert began_s == starts[0][1]
    assert busiest_window([at_s for _, at_s in starts], window_s=1) <= 10
    assert 49 * 0.1 <= starts[-1][1] - began_s <= 49 * 0.1006


@in_virtual_time
async def test_a_pause_holds_also_who_waits_already() -> None:
    """A pause that comes while somebody waits for the timer is waited for as well."""
    pacer = Pacer(Rate(1))
    began_s = now_s()
    asyncio.get_running_loop().call_later(0.5, pacer.pause, 20)
    starts = await start_all(pacer, count=3)
    first, second, third = (at_s - began_s for _, at_s in starts)
    assert 0 == first
    assert 20.5 <= second <= 20.6
    assert third - second >= 1


@in_virtual_time
async def test_a_pause_counts_down() -> None:
    """What is left of a pause can be read at any time."""
    pacer = Pacer(Rate(1))
    assert 0 == pacer.paused_s
    pacer.pause(10)
    pacer.pause(5)
    await asyncio.sleep(4)
    assert 6 == pytest.approx(pacer.paused_s)
    await asyncio.sleep(7)
    assert 0 == pacer.paused_s


@in_virtual_time
async def test_who_is_cut_off_leaves_the_turn_to_the_next() -> None:
    """A cancelled start has paid for nothing and holds nobody up."""
    pacer = Pacer(Rate(1))
    assert await pacer.start()
    began_s = now_s()
    cut, after = asyncio.create_task(pacer.start()), asyncio.create_task(pacer.start())
    await asyncio.sleep(0.5)
    cut.cancel()
    assert await after
    assert 1 == pytest.approx(now_s() - began_s, abs=0.02)
    assert cut.cancelled()


@pytest.mark.parametrize("is_called", [False, True])
@in_virtual_time
async def test_who_is_cut_off_when_it_is_their_turn_leaves_it_to_the_next(*, is_called: bool) -> None:
    """Also when they were called already, and had no time to do anything about it."""
    pacer = Pacer(Rate(1))
    assert await pacer.start()
    began_s = now_s()
    first, second, third = (asyncio.create_task(pacer.start()) for _ in range(3))
    await asyncio.sleep(1)
    if is_called:
        pacer._ring()
    first.cancel()
    second.cancel()
    assert await third
    assert 1 == pytest.approx(now_s() - began_s, abs=0.02)
    assert first.cancelled()
    assert second.cancelled()


@in_virtual_time
async def test_who_wants_no_start_any_more_leaves_the_turn_to_the_next() -> None:
    """Nothing is paid for it, so the next one starts in its place."""
    pacer = Pacer(Rate(1))
    assert await pacer.start()
    began_s = now_s()
    unwanted, after = asyncio.create_task(pacer.start(is_wanted=lambda: False)), asyncio.create_task(pacer.start())
    assert (None, True) == (await unwanted, await after is not None)
    assert 1 == pytest.approx(now_s() - began_s, abs=0.02)


@in_virtual_time
async def test_nobody_goes_before_who_waits_already() -> None:
    """Also when the pace would let them, and who waits was called and is not there yet."""
    pacer = Pacer(Rate(1))
    assert await pacer.start()
    waiting = asyncio.create_task(pacer.start())
    await asyncio.sleep(1.004)
    stall(0.01)
    assert pacer.start_now() is None
    assert await waiting


@in_virtual_time
async def test_a_stop_leaves_no_timer() -> None:
    """It would keep the pacer in memory for as long as the pause was to be."""
    pacer = Pacer(Rate(1))
    pacer.pause(900)
    waiting = [asyncio.create_task(pacer.start()) for _ in range(3)]
    await asyncio.sleep(1)
    pacer.stop()
    assert [None] * 3 == [await start for start in waiting]
    assert pacer._timer is not None
    assert pacer._timer.cancelled()


@in_virtual_time
async def test_a_stop_lets_everybody_go_without_a_start() -> None:
    """Nobody waits for a pace that has no more use, and nobody starts."""
    pacer = Pacer(Rate(1))
    asyncio.get_running_loop().call_later(2.5, pacer.stop)
    starts = await start_all(pacer, count=20)
    assert 3 == len(starts)
    assert not await pacer.start()
    assert 1002.5 == now_s()


@in_virtual_time
async def test_a_timer_that_comes_late_brings_no_burst() -> None:
    """After a stall the starts go on an interval apart."""
    pacer = Pacer(Rate(10))
    asyncio.get_running_loop().call_later(1, stall, 30)
    starts = await start_all(pacer, count=60)
    assert busiest_window([at_s for _, at_s in starts], window_s=1) <= 10
