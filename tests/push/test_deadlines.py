"""Time limits of many tasks, kept by one timer."""

from __future__ import annotations

import asyncio

import pytest
from virtual_time import in_virtual_time

from vtex_tracking.push.deadlines import Deadline, Deadlines


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def wait(deadline: Deadline, for_s: float) -> str:
    """Wait inside of a deadline, and say how that ended and when."""
    try:
        with deadline:
            await asyncio.sleep(for_s)
    except TimeoutError:
        return f"cut off at {now_s() - 1000:g}"
    return f"done at {now_s() - 1000:g}"


@in_virtual_time
async def test_each_is_cut_off_at_its_own_moment() -> None:
    """Whoever is done in time is left alone, in whatever order they came."""
    deadlines, begun_s = Deadlines(), now_s()
    ended = await asyncio.gather(
        *(wait(deadlines.until(begun_s + limit_s), for_s) for limit_s, for_s in ((9, 100), (5, 100), (7, 3), (5, 6)))
    )
    assert ["cut off at 9", "cut off at 5", "done at 3", "cut off at 5"] == ended


@in_virtual_time
async def test_a_deadline_comes_nearer_and_never_farther() -> None:
    """What is under way may be given less time, and no more."""
    deadlines, begun_s = Deadlines(), now_s()
    deadline = deadlines.until(begun_s + 9)
    waiting = asyncio.create_task(wait(deadline, 100))
    await asyncio.sleep(1)
    deadline.come_nearer(100)
    deadline.come_nearer(2)
    assert "cut off at 3" == await waiting


@in_virtual_time
async def test_who_is_cancelled_by_another_stays_cancelled() -> None:
    """At the very moment of the deadline as well: a time-out must not swallow it."""
    deadlines = Deadlines()
    waiting = asyncio.create_task(wait(deadlines.until(now_s() + 5), 100))
    asyncio.get_running_loop().call_at(now_s() + 5, waiting.cancel)
    with pytest.raises(asyncio.CancelledError):
        await waiting


@in_virtual_time
async def test_who_ends_at_its_deadline_is_not_cut_off_later() -> None:
    """A task that goes on behind a deadline which it kept is nobody's to cancel."""
    deadlines = Deadlines()
    with deadlines.until(now_s() + 5):
        await asyncio.sleep(1)
    await asyncio.sleep(100)
    with deadlines.until(now_s() + 5):
        await asyncio.sleep(1)


@in_virtual_time
async def test_another_error_is_that_error() -> None:
    """Whatever else ends what is done inside comes out as it is."""

    async def fail() -> None:
        with Deadlines().until(now_s() + 5):
            await asyncio.sleep(1)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await fail()


@in_virtual_time
async def test_nobody_is_waited_for_once_it_is_closed() -> None:
    """No timer is left behind."""
    deadlines = Deadlines()
    with deadlines.until(now_s() + 5):
        deadlines.close()
        await asyncio.sleep(100)
    assert 100 == now_s() - 1000
