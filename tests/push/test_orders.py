"""Turns by order: one at a time, in the order of asking, and nothing kept of an order that is done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from vtex_tracking.push.orders import Orders


def never() -> None:
    raise AssertionError("the turn was there at once")


def noting(log: list[int], number: int) -> Callable[[], None]:
    return partial(log.append, number)


def test_an_order_is_held_by_one() -> None:
    """The same order waits, another does not."""
    orders, log = Orders(), list[int]()
    assert orders.take("a", then=never)
    assert orders.take("b", then=never)
    assert not orders.take("a", then=noting(log, 2))
    orders.give("b")
    assert [] == log
    orders.give("a")
    assert [2] == log
    orders.give("a")
    assert orders.take("a", then=never)


def test_who_will_not_wait_has_the_turn_only_where_nobody_has_it() -> None:
    """And leaves no trace otherwise."""
    orders = Orders()
    assert orders.take_now("a")
    assert not orders.take_now("a")
    assert orders.take_now("b")
    orders.give("a")
    assert orders.take_now("a")


def test_who_asks_first_is_first() -> None:
    """Turns are given in the order of asking, also to who asks while the turn is passed on."""
    orders, log = Orders(), list[int]()
    assert orders.take("a", then=never)
    for number in range(9):
        assert not orders.take("a", then=noting(log, number))
    orders.give("a")
    assert not orders.take("a", then=noting(log, 9))
    for _ in range(9):
        orders.give("a")
    assert list(range(10)) == log


def test_nothing_is_kept_of_an_order_that_is_done() -> None:
    """However many orders there were."""
    orders = Orders()
    for number in range(100):
        assert orders.take(f"{number}", then=never)
        orders.give(f"{number}")
    assert {} == orders._waiting
