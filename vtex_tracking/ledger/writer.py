"""Group commit: entries that come within a few milliseconds of each other share one fsync."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

from vtex_tracking.ledger.sqlite.dispatch import Entry

T = TypeVar("T")


class InThread(Protocol):
    """Runs a function where the ledger lives, and hands back what it returns."""

    def __call__(self, function: Callable[[], T], /) -> Awaitable[T]:
        """Return what the function returns, or raise what it raises."""
        ...


class Writer:
    """Makes entries durable in groups: after at most `delay_s` seconds, and sooner where `group_max` updates wait.

    The first commit that fails is the last one tried: what a ledger holds that could not be written is not known.
    """

    def __init__(
        self, write: Callable[[Sequence[Entry]], None], *, in_thread: InThread, delay_s: float, group_max: int
    ) -> None:
        self._write = write
        self._in_thread = in_thread
        self._delay_s = delay_s
        self._group_max = group_max
        self._entries: list[Entry] = []
        self._updates = 0  # that they are about
        self._written: asyncio.Future[None] | None = None  # all that wait now
        self._is_full = asyncio.Event()
        self._flushing: asyncio.Task[None] | None = None
        self._failure: Exception | None = None

    async def durable(self, *entries: Entry) -> None:
        """Return when these entries are on the disk. Raises LedgerError when they cannot be; all in order, none skipped."""
        self._entries += entries
        self._updates += sum(entry.updates for entry in entries)
        if self._updates >= self._group_max:
            self._is_full.set()
        if self._written is None:
            self._written = asyncio.get_running_loop().create_future()
        written = self._written
        if self._flushing is None or self._flushing.done():  # it is cut off when all tasks are cancelled
            self._flushing = asyncio.create_task(self._flush())
        await asyncio.shield(written)  # that one caller is cancelled is nothing to the others

    async def close(self) -> None:
        """Return when nothing is left to write."""
        if self._flushing is not None:
            await asyncio.wait([self._flushing])

    async def _flush(self) -> None:
        while self._written is not None:
            if not self._is_full.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._delay_s):
                        await self._is_full.wait()
            entries, written = self._entries, self._written
            self._entries, self._updates, self._written = [], 0, None
            self._is_full.clear()
            error = await self._commit(entries)
            if error is None:
                written.set_result(None)
            else:
                written.set_exception(error)
                written.exception()  # whoever waits for it raises it; perhaps nobody does any more
        self._flushing = None

    async def _commit(self, entries: Sequence[Entry]) -> Exception | None:
        if self._failure is None:
            try:
                await self._in_thread(lambda: self._write(entries))
            except Exception as error:  # noqa: BLE001 - it is raised in each caller
                self._failure = error
        return self._failure
