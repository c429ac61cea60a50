"""Group commit: entries that come within a few milliseconds of each other share one fsync."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from vtex_tracking.ledger.sqlite.dispatch import Entry

T = TypeVar("T")


class InThread(Protocol):
    """Runs a function where the ledger lives, and hands back what it returns."""

    def __call__(self, function: Callable[[], T], /) -> Awaitable[T]:
        """Return what the function returns, or raise what it raises."""
        ...


class Writer:
    """Makes entries durable in groups: after at most `delay_s` seconds, at most `group_max` in one commit.

    The first commit that fails is the last one tried: what a ledger holds that could not be written is not known.
    """

    def __init__(
        self, write: Callable[[Sequence[Entry]], None], *, in_thread: InThread, delay_s: float, group_max: int
    ) -> None:
        self._write = write
        self._in_thread = in_thread
        self._delay_s = delay_s
        self._group_max = group_max
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._failure: Exception | None = None

    async def durable(self, entry: Entry) -> None:
        """Return when the entry is on the disk. Raises LedgerError when it cannot be; entries in order, none skipped."""
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, written))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        await written

    async def close(self) -> None:
        """Return when nothing is left to write."""
        if self._flushing is not None:
            await self._flushing

    async def _flush(self) -> None:
        while self._waiting:
            if len(self._waiting) < self._group_max:
                await asyncio.sleep(self._delay_s)
            group = self._waiting[: self._group_max]
            del self._waiting[: self._group_max]
            error = await self._commit([entry for entry, _ in group])
            for _, written in group:
                if written.done():
                    continue  # its caller was cancelled; the entry is written all the same
                if error is None:
                    written.set_result(None)
                else:
                    written.set_exception(error)
        self._flushing = None

    async def _commit(self, entries: Sequence[Entry]) -> Exception | None:
        if self._failure is None:
            try:
                await self._in_thread(lambda: self._write(entries))
            except Exception as error:  # noqa: BLE001 - it is raised in each caller
                self._failure = error
        return self._failure
