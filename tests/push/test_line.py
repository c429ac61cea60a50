"""Who has begun and not ended, and the way back to the end of the line."""

from __future__ import annotations

import asyncio

from push_support import due
from virtual_time import in_virtual_time

from vtex_tracking.push.line import Line
from vtex_tracking.push.sending import Sending
from vtex_tracking.push.verdict import History


def sendings(*seqs: int) -> list[Sending]:
    return [Sending(due(seq), History()) for seq in seqs]


def stand(line: Line, *seqs: int) -> None:
    """Let these begin, and stand in line."""
    line.begin(first=len(seqs))
    for sending in sendings(*seqs):
        line.stand(sending)


async def settle() -> None:
    """Let everybody do what can be done now."""
    for _ in range(10):
        await asyncio.sleep(0)


async def take(line: Line) -> int | None:
    """The seq of the next in line, whose first attempt starts."""
    if not await line.is_next():
        return None
    return line.take().due.seq


@in_virtual_time
async def test_there_is_room_where_half_of_the_line_is_free() -> None:
    """So what is claimed comes in groups."""
    line = Line(first_max=4, begun_max=100)
    assert 4 == await line.room()
    stand(line, 1, 2, 3, 4)
    room = asyncio.create_task(line.room())
    assert 1 == await take(line)
    await settle()
    assert not room.done()
    assert 2 == await take(line)
    assert 2 == await room


@in_virtual_time
async def test_so_many_are_begun() -> None:
    """Those that wait for something else count as well; the next may begin when one has ended."""
    line = Line(first_max=9, begun_max=3)
    assert 3 == await line.room()
    stand(line, 1)
    line.begin(elsewhere=2)
    assert 1 == await take(line)
    room = asyncio.create_task(line.room())
    await settle()
    assert not room.done()
    line.leave()
    assert 1 == await room


@in_virtual_time
async def test_who_waits_gets_the_next_that_begins() -> None:
    """In the order of the line."""
    line = Line(first_max=9, begun_max=9)
    waiting = [asyncio.create_task(take(line)) for _ in range(3)]
    await settle()
    stand(line, 1, 2)
    stand(line, 3)
    assert [1, 2, 3] == await asyncio.gather(*waiting)


@in_virtual_time
async def test_a_closed_line_ends_when_nobody_waits_for_a_first_attempt() -> None:
    """Also not before they stand in line: what has begun will come."""
    line = Line(first_max=9, begun_max=9)
    line.begin(first=1)
    line.close()
    assert 0 == await line.room()
    waiting = [asyncio.create_task(take(line)) for _ in range(3)]
    await settle()
    assert not any(task.done() for task in waiting)
    line.stand(*sendings(1))
    assert [1, None, None] == await asyncio.gather(*waiting)


@in_virtual_time
async def test_a_closed_line_ends_when_what_has_begun_will_never_stand_there() -> None:
    """Their intents could not be written, and whoever waits for them must hear of it."""
    line = Line(first_max=9, begun_max=9)
    line.begin(first=2)
    waiting = [asyncio.create_task(take(line)) for _ in range(3)]
    await settle()
    line.close()
    line.abandon(2)
    assert [None, None, None] == await asyncio.gather(*waiting)
    await line.emptied()


@in_virtual_time
async def test_a_line_is_empty_when_all_have_left() -> None:
    """Wherever they were."""
    line = Line(first_max=9, begun_max=9)
    await line.emptied()
    line.begin(first=1, elsewhere=1)
    empty = asyncio.create_task(line.emptied())
    line.leave()
    await settle()
    assert not empty.done()
    line.leave()
    await empty


@in_virtual_time
async def test_the_end_of_the_line_is_where_all_are_begun() -> None:
    """Who goes back waits until the last has come; who comes after that does not wait."""
    line = Line(first_max=9, begun_max=9)
    stand(line, 1)
    back = asyncio.create_task(line.come_to_end())
    stand(line, 2)
    await settle()
    assert not back.done()
    line.close()
    await back
    await line.come_to_end()


@in_virtual_time
async def test_where_no_more_may_be_begun_is_an_end_too() -> None:
    """Otherwise those who wait would keep out those for whom they wait."""
    line = Line(first_max=9, begun_max=2)
    line.begin(elsewhere=2)
    await line.come_to_end()
    line.leave()
    back = asyncio.create_task(line.come_to_end())
    await settle()
    assert not back.done()
    line.begin(elsewhere=1)
    room = asyncio.create_task(line.room())
    await back
    line.leave()
    assert 1 == await room
