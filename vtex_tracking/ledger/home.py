"""Where a ledger lives: a thread of its own, opened, used and closed there."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from vtex_tracking.ledger.sqlite.connection import LedgerFile

T = TypeVar("T")
_NICE: Final = 5


class Home:
    """A ledger and its thread. Call it with a function to run it there, one after the other."""

    def __init__(self, executor: ThreadPoolExecutor, ledger: LedgerFile) -> None:
        self._executor = executor
        self.ledger = ledger

    def __call__(self, function: Callable[[], T], /) -> Awaitable[T]:
        """Return what the function returns, or raise what it raises."""
        return asyncio.get_running_loop().run_in_executor(self._executor, function)


@asynccontextmanager
async def open_home(path: Path | None) -> AsyncIterator[Home]:
    """Open a ledger in a thread of its own, and close both in the end, whatever happens. Raises LedgerError."""
    with ThreadPoolExecutor(1, thread_name_prefix="vtex-tracking-ledger", initializer=_give_way) as executor:
        opening = executor.submit(LedgerFile, path)
        try:
            yield Home(executor, await asyncio.wrap_future(opening))
        finally:
            await asyncio.get_running_loop().run_in_executor(executor, _close, opening)


def _give_way() -> None:
    """Let the loop's thread go first where both have one core: a commit may come a moment later, the start of a request may not."""
    if sys.platform == "linux":  # elsewhere it would be said of the whole process
        with suppress(OSError):  # what is not allowed is not needed
            os.nice(_NICE)


def _close(opening: Future[LedgerFile]) -> None:
    """Close what was opened, also when whoever asked for it was cancelled meanwhile and never got it."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
