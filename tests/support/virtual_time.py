"""A loop whose clock jumps to the next timer as soon as nothing else can happen: hours pass in milliseconds.

What is handed to a thread runs at once and in place, so time cannot jump while it works. When nothing is ready and no timer
is set, nothing will ever happen: that is a deadlock, and fails the test instead of hanging it.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar
from unittest import mock

T = TypeVar("T")
P = ParamSpec("P")


class Deadlock(BaseException):
    """Everybody waits, and for nobody."""


class _JumpingSelector(selectors.SelectSelector):
    """Never waits: says instead that the time has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise Deadlock
        if not ready and timeout is not None:
            self.now_s += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s

    def stall(self, seconds: float) -> None:
        """The process stands still so long, as when a laptop's lid is closed or something blocks the loop."""
        self._jumping.now_s += seconds


def _submit_at_once(
    _executor: ThreadPoolExecutor, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
) -> Future[T]:
    done: Future[T] = Future()
    try:
        done.set_result(function(*args, **kwargs))
    except Exception as error:  # noqa: BLE001 - as from a thread, it goes to whoever waits
        done.set_exception(error)
    return done


def run(main: Coroutine[Any, Any, T], *, loop_factory: Callable[[], VirtualLoop] = VirtualLoop) -> T:
    """Run to the end in virtual time. Fails for an exception that nobody saw, and for a task that is left behind."""
    lost: list[dict[str, Any]] = []

    async def watched() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: lost.append(context))
        result = await main
        for _ in range(5):  # what was cancelled at the very end may end
            await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert set() == left, "a task was left behind"
        return result

    with (
        mock.patch.object(ThreadPoolExecutor, "submit", _submit_at_once),
        asyncio.Runner(loop_factory=loop_factory) as runner,
    ):
        result = runner.run(watched())
    assert [] == lost
    return result


def in_virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Let an async test run in virtual time."""

    @functools.wraps(test)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        run(test(*args, **kwargs))

    return call


def stall(seconds: float) -> None:
    """Let the running loop stand still so long."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.stall(seconds)


def now_s() -> float:
    """Give the running loop's time."""
    return asyncio.get_running_loop().time()
