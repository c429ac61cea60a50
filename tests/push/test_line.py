"""Who has begun and not ended, and the way back to the end of the line."""

from __future__ import annotations

import asyncio

from virtual_time import in_virtual_time

from vtex_tracking.push.line import Line


async def settle() -> None:
    """Let everybody do what can be done now."""
    for _ in range(10):
        await asyncio.sleep(0)


@in_virtual_time
async def test_so_many_wait_for_their_first_attempt() -> None:
    """The next begins when one of them goes on."""
    line = Line(first_max=2, begun_max=10)
    await line.begin()
    await line.begin()
    third = asyncio.create_task(line.begin())
    await settle()
    assert not third.done()
    line.go_on()
    await third


@in_virtual_time
async def test_so_many_are_begun() -> None:
    """The next begins when one of them has ended."""
    line = Line(first_max=9, begun_max=2)
    await line.begin()
    await line.begin()
    third = asyncio.create_task(line.begin())
    await settle()
    assert not third.done()
    line.leave()
    await third


@in_virtual_time
async def test_the_end_of_the_line_is_where_all_are_begun() -> None:
    """Who goes back waits until the last has come; who comes after that does not wait."""
    line = Line(first_max=9, begun_max=9)
    await line.begin()
    back = asyncio.create_task(line.come_to_end())
    await line.begin()
    await settle()
    assert not back.done()
    line.close()
    await back
    await line.come_to_end()


@in_virtual_time
async def test_where_no_more_may_be_begun_is_an_end_too() -> None:
    """Otherwise those who wait would keep out those for whom they wait."""
    line = Line(first_max=9, begun_max=2)
    await line.begin()
    await line.begin()
    await line.come_to_end()
    line.leave()
    back = asyncio.create_task(line.come_to_end())
    await settle()
    assert not back.done()
    await line.begin()
    third = asyncio.create_task(line.begin())
    await back
    line.leave()
    await third
