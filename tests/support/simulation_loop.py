"""The loop that a simulation runs on: virtual time, a network in memory, and a disk that takes its time."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar
from unittest import mock

import virtual_time
from attrs import frozen
from simulation_network import Network

T = TypeVar("T")


@frozen
class _Job:
    """A function for a thread, and who waits for what it returns."""

    function: Callable[[], Any]
    done: asyncio.Future[Any]


class SimulatedLoop(virtual_time.VirtualLoop):
    """Threads are one queue: a function runs when its turn comes, and what it returned is known a while later.

    Between the two is the moment in which a write has been made and nobody knows yet whether it is on the disk.
    """

    def __init__(self) -> None:
        super().__init__()
        self.network: Network
        self.work_s: Callable[[], float] = lambda: 0.0  # how long the next function takes
        self.on_work: Callable[[], None] = lambda: None  # before a function runs, and after
        self.on_worked: Callable[[], None] = lambda: None  # what it returned is known
        self._jobs: deque[_Job] = deque()
        self._is_working = False

    def run_in_executor(  # type: ignore[override]  # one shape of call is all that is needed
        self, _executor: Executor | None, function: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        done: asyncio.Future[T] = self.create_future()
        self._jobs.append(_Job(lambda: function(*args), done))
        if not self._is_working:
            self._is_working = True
            self.call_soon(self._work)
        return done

    def _work(self) -> None:
        while self._jobs and self._jobs[0].done.cancelled():
            self._jobs.popleft()  # as a thread's queue forgets what was cancelled before its turn
        if not self._jobs:
            self._is_working = False
            return
        job = self._jobs.popleft()
        self.on_work()
        result: Any = None
        problem: Exception | None = None
        try:
            result = job.function()
        except Exception as error:  # noqa: BLE001 - as from a thread, it goes to whoever waits
            problem = error
        self.on_work()
        self.call_later(self.work_s(), self._worked, job, result, problem)

    def _worked(self, job: _Job, result: object, problem: Exception | None) -> None:
        self.on_worked()
        if not job.done.done():
            if problem is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(problem)
        self._work()

    async def create_connection(  # type: ignore[override]  # likewise
        self, protocol_factory: Callable[[], asyncio.Protocol], *_args: object, **_options: object
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        return self.network.connect(protocol_factory)


def running() -> SimulatedLoop:
    """Give the loop that runs."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    return loop


async def _dial(**_options: object) -> None:
    await running().network.dial()


def _clock_s() -> float:
    return running().time()


@contextmanager
def without_sockets(connected: Callable[[sqlite3.Connection], None]) -> Iterator[None]:
    """Let aiohttp dial in memory and read the loop's clock; `connected` is told of every database that is opened."""
    connect = sqlite3.connect

    def watched(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)
        connected(connection)
        return connection

    with (
        mock.patch("aiohappyeyeballs.start_connection", _dial),
        mock.patch("aiohttp.connector.monotonic", _clock_s),
        mock.patch("sqlite3.connect", watched),
    ):
        yield
