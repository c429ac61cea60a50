"""Where a ledger lives: a thread of its own, opened, used and closed there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from vtex_tracking.ledger.sqlite.connection import LedgerFile

T = TypeVar("T")


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
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="vtex-tracking-ledger") as executor:
        opening = executor.submit(LedgerFile, path)
        try:
            yield Home(executor, await asyncio.wrap_future(opening))
        finally:
            await asyncio.get_running_loop().run_in_executor(executor, _close, opening)


def _close(opening: Future[LedgerFile]) -> None:
    """Close what was opened, also when whoever asked for it was cancelled meanwhile and never got it."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
