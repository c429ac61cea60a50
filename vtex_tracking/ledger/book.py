"""The ledger as a running push sees it: asynchronous, grouped, and alone in its thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil

from vtex_tracking.ledger.sqlite.dispatch import Dispatch, Intent, Settled, Withdrawal
from vtex_tracking.ledger.writer import InThread, Writer
from vtex_tracking.model import Attempted, Due
from vtex_tracking.settings import Settings


class Book:
    """What is due, what is intended, what became of it. Returns from a write when it is on the disk."""

    def __init__(
        self, dispatch: Dispatch, *, in_thread: InThread, wall_s: Callable[[], float], settings: Settings
    ) -> None:
        self._dispatch = dispatch
        self._in_thread = in_thread
        self._wall_s = wall_s
        self._writer = Writer(
            dispatch.write,
            in_thread=in_thread,
            delay_s=settings.commit_delay_s,
            # Where all that may be in flight waits for the disk, nothing more would come: half of it is enough.
            group_max=min(settings.commit_group_max, ceil(settings.concurrency / 2)),
        )

    async def due(self, *, after_seq: int | None, limit: int) -> tuple[Due, ...]:
        """The next updates to send, from behind `after_seq` on; none when the run has no more."""
        return await self._in_thread(lambda: self._dispatch.due(after_seq=after_seq, limit=limit, now_s=self._wall_s()))

    async def intend(self, dues: Sequence[Due]) -> None:
        """An attempt of each of them is about to be made."""
        if dues:
            await self._writer.durable(Intent(dues=dues, now_s=self._wall_s()))

    async def withdraw(self, due: Due) -> None:
        """The attempt that was intended last was not made: not a byte left."""
        await self._writer.durable(Withdrawal(due=due))

    async def settle(self, attempts: Sequence[Attempted]) -> None:
        """What became of the attempts that were intended last."""
        if attempts:
            await self._writer.durable(Settled(attempts=attempts, now_s=self._wall_s()))

    async def close(self) -> None:
        """Return when every write is done."""
        await self._writer.close()
