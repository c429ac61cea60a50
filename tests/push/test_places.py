"""Places in flight, whose number changes while some are taken."""

from __future__ import annotations

import asyncio

from virtual_time import in_virtual_time

from vtex_tracking.push.places import Places


class Crowd:
    """Many who come at once, each of whom holds a place until it is told to go."""

    def __init__(self, places: Places, *, count: int) -> None:
        self.inside = 0
        self.inside_max = 0
        self._places = places
        self._may_go = asyncio.Semaphore(0)
        self.tasks = [asyncio.create_task(self._come(number)) for number in range(count)]
        self.order: list[int] = []

    async def _come(self, number: int) -> None:
        async with self._places:
            self.order.append(number)
            self.inside += 1
            self.inside_max = max(self.inside_max, self.inside)
            await self._may_go.acquire()
            self.inside -= 1

    async def let_go(self, count: int) -> int:
        """Let so many go; gives how many are inside afterwards."""
        for _ in range(count):
            self._may_go.release()
        for _ in range(10):
            await asyncio.sleep(0)
        return self.inside


def answer(places: Places, *, count: int) -> None:
    """So many attempts with an answer, while every place is taken."""
    for _ in range(count):
        places.ended(places.started(has_waited=False), latency_s=0.1, has_failed=False)


def fail(places: Places) -> None:
    """One attempt without an answer."""
    places.ended(places.started(has_waited=False), latency_s=30, has_failed=True)


@in_virtual_time
async def test_four_have_a_place_at_first_in_the_order_of_asking() -> None:
    """The others wait for one that is given back."""
    crowd = Crowd(Places(20), count=10)
    assert 4 == await crowd.let_go(0)
    assert 4 == await crowd.let_go(3)
    assert list(range(7)) == crowd.order
    assert 0 == await crowd.let_go(7)


@in_virtual_time
async def test_more_places_are_there_as_soon_as_one_is_given_back() -> None:
    """Two windows of answers are four times as many places."""
    places = Places(20)
    crowd = Crowd(places, count=60)
    await crowd.let_go(0)
    answer(places, count=4 + 8)
    assert 16 == await crowd.let_go(1)
    assert 16 == await crowd.let_go(30)
    assert 0 == await crowd.let_go(29)


@in_virtual_time
async def test_fewer_places_are_left_as_they_are_given_back() -> None:
    """Nobody is thrown out, and nobody comes in before there is room."""
    places = Places(20)
    crowd = Crowd(places, count=10)
    await crowd.let_go(0)
    fail(places)
    assert 3 == await crowd.let_go(1)
    assert 2 == await crowd.let_go(1)
    assert 2 == await crowd.let_go(1)
    assert [0, 1, 2, 3, 4] == crowd.order
    assert 0 == await crowd.let_go(7)


@in_virtual_time
async def test_free_places_go_too() -> None:
    """Where few are taken at a cut, later no more than the limit are."""
    places = Places(20)
    lonely = Crowd(places, count=1)
    await lonely.let_go(0)
    fail(places)
    await lonely.let_go(1)
    crowd = Crowd(places, count=5)
    assert 2 == await crowd.let_go(0)
    assert 0 == await crowd.let_go(5)
    assert 2 == crowd.inside_max


@in_virtual_time
async def test_places_are_not_short_while_one_is_free_or_the_pace_holds_back() -> None:
    """Then their number says nothing, and does not grow."""
    places = Places(20)
    answer(places, count=100)
    crowd = Crowd(places, count=30)
    await crowd.let_go(0)
    for _ in range(100):
        places.ended(places.started(has_waited=True), latency_s=0.1, has_failed=False)
    assert 4 == await crowd.let_go(1)
    assert 0 == await crowd.let_go(29)


@in_virtual_time
async def test_who_is_cut_off_takes_no_place_with_it() -> None:
    """Cancelled while it waits, or in the moment in which it was let in."""
    places = Places(1)
    async with places:
        crowd = Crowd(places, count=3)
        await crowd.let_go(0)
        crowd.tasks[0].cancel()  # waits
        assert 0 == await crowd.let_go(0)
    crowd.tasks[1].cancel()  # has just been let in
    assert 1 == await crowd.let_go(0)
    assert [2] == crowd.order
    assert 0 == await crowd.let_go(1)
    await asyncio.gather(*crowd.tasks, return_exceptions=True)
    assert [True, True, False] == [task.cancelled() for task in crowd.tasks]
