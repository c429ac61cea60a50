"""Turns by order: one at a time, in the order of asking, and nothing kept of an order that is done."""

from __future__ import annotations

import asyncio

import pytest
from virtual_time import in_virtual_time

from vtex_tracking.push.orders import Orders


async def hold(orders: Orders, order_id: str, *, log: list[str], seconds: float = 1) -> None:
    async with orders.turn(order_id):
        log.append(f"{order_id}+")
        await asyncio.sleep(seconds)
        log.append(f"{order_id}-")


@in_virtual_time
async def test_an_order_is_held_by_one() -> None:
    """The same order waits, another does not."""
    orders, log = Orders(), list[str]()
    await asyncio.gather(*(hold(orders, order_id, log=log) for order_id in ("a", "a", "b")))
    assert ["a+", "b+", "a-", "b-", "a+", "a-"] == log


@in_virtual_time
async def test_who_asks_first_is_first() -> None:
    """Turns are given in the order of asking."""
    orders, log = Orders(), list[int]()

    async def take(number: int) -> None:
        async with orders.turn("a"):
            log.append(number)
            await asyncio.sleep(1)

    await asyncio.gather(*(take(number) for number in range(9)))
    assert list(range(9)) == log


@in_virtual_time
async def test_who_is_cut_off_gives_the_turn_on() -> None:
    """Cancelled while it waits or while it holds, a turn is never lost."""
    orders, log = Orders(), list[str]()
    tasks = [asyncio.create_task(hold(orders, "a", log=log)) for _ in range(4)]
    await asyncio.sleep(0.5)
    tasks[0].cancel()
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert ["a+", "a+", "a-", "a+", "a-"] == log


@in_virtual_time
async def test_an_error_gives_the_turn_back() -> None:
    """Whatever happens inside, the next has its turn."""
    orders = Orders()
    with pytest.raises(ZeroDivisionError):
        async with orders.turn("a"):
            raise ZeroDivisionError
    async with asyncio.timeout(1), orders.turn("a"):
        pass


@in_virtual_time
async def test_an_order_that_is_done_is_forgotten() -> None:
    """A year of orders costs no memory."""
    orders, log = Orders(), list[str]()
    await asyncio.gather(*(hold(orders, f"o{number % 7}", log=log) for number in range(50)))
    assert {} == orders._turns
