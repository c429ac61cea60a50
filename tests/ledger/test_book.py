"""The ledger as a push sees it: asynchronous, with the time of day, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from attrs import evolve
from ledger_runs import CONFIRMED, NOW_S, SETTINGS, TIMED_OUT, Opened, event, open_run, push, rows, state_of
from virtual_time import in_virtual_time, now_s

from vtex_tracking.errors import LedgerBusyError, LedgerError
from vtex_tracking.ledger.book import Book
from vtex_tracking.ledger.home import Home, open_home
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.model import Attempted

AT_ONCE = evolve(SETTINGS, commit_delay_s=0)


def book_of(run: Opened, *, home: Home) -> Book:
    return Book(run.dispatch, in_thread=home, wall_s=lambda: NOW_S, settings=AT_ONCE)


async def test_an_attempt_is_in_the_ledger_at_each_step() -> None:
    """Due, intended, taken back, intended, settled: durable when the call returns."""
    async with open_home(None) as home:
        run = await home(lambda: open_run(home.ledger, event()))
        book = book_of(run, home=home)

        async def state() -> str:
            return await home(lambda: state_of(home.ledger))

        (due,) = await book.due(after_seq=None, limit=9)
        await book.intend([due])
        assert "in_flight" == await state()
        await book.withdraw(due)
        assert "pending" == await state()
        await book.intend([due])
        await book.settle([Attempted(due, TIMED_OUT)])
        assert "unknown" == await state()
        assert [(NOW_S,)] == await home(lambda: rows(home.ledger, "SELECT at_s FROM ambiguities"))
        await book.intend([due])
        await book.settle([Attempted(due, CONFIRMED)])
        await book.close()
        assert "sent" == await state()
        assert () == await book.due(after_seq=None, limit=9)


async def test_the_wall_clock_says_how_long_to_wait() -> None:
    """An attempt of other bytes was left in doubt just now."""
    async with open_home(None) as home:
        await home(lambda: push(home.ledger, event(), settlement=TIMED_OUT))
        run = await home(lambda: open_run(home.ledger, event(day=2)))
        (due,) = await book_of(run, home=home).due(after_seq=None, limit=9)
        assert NOW_S + SETTINGS.quiet_period_s == due.not_before_s


@pytest.mark.parametrize(("concurrency", "count", "waited_s"), [(9, 4, 1), (9, 5, 0), (200, 49, 1), (200, 50, 0)])
@in_virtual_time
async def test_half_of_what_may_be_in_flight_is_a_group(concurrency: int, count: int, waited_s: float) -> None:
    """More would hardly come, for those who send wait for the disk themselves. Never are more than fifty waited for."""
    settings = evolve(SETTINGS, concurrency=concurrency, commit_delay_s=1)
    async with open_home(None) as home:
        run = await home(lambda: open_run(home.ledger, *(event(f"{order}-01") for order in range(count))))
        book = Book(run.dispatch, in_thread=home, wall_s=lambda: NOW_S, settings=settings)
        dues = await book.due(after_seq=None, limit=count)
        began_s = now_s()
        await book.intend(dues)
        assert waited_s == now_s() - began_s


async def test_everything_happens_in_one_thread(path: Path) -> None:
    """SQLite's connection never leaves it, and the loop is never blocked by it."""
    async with open_home(path) as home:
        threads = {await home(threading.current_thread) for _ in range(5)}
    assert ["vtex-tracking-ledger_0"] == [thread.name for thread in threads]
    assert [False] == [thread.is_alive() for thread in threads]
    LedgerFile(path).close()


async def test_what_is_raised_there_is_raised_here_and_the_ledger_is_closed(path: Path) -> None:
    """Whoever comes next can open it."""
    with pytest.raises(LedgerError, match="of mine"):
        async with open_home(path) as home:
            await home(lambda: fail("of mine"))
    LedgerFile(path).close()


async def test_a_ledger_that_cannot_be_opened_is_told(path: Path) -> None:
    """And nothing is closed that was never open."""
    with LedgerFile(path), pytest.raises(LedgerBusyError):
        async with open_home(path):
            pytest.fail("it is another's")


async def test_a_ledger_is_closed_although_its_caller_was_cancelled_while_it_opened(path: Path) -> None:
    """Otherwise this process would hold it until its end."""

    async def opening() -> None:
        async with open_home(path):
            pytest.fail("cancelled before")

    task = asyncio.create_task(opening())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    LedgerFile(path).close()


def fail(message: str) -> None:
    raise LedgerError(message)
