"""One push while it lasts: outcomes as they come, progress, and how to stop it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Self, TypeVar

from vtex_tracking.errors import InterruptedRunError
from vtex_tracking.feed import FeedReader
from vtex_tracking.model import Due, Outcome, Summary
from vtex_tracking.progress import Progress
from vtex_tracking.push.pusher import Pusher
from vtex_tracking.report import ReportFiles

EXIT_SIGINT = 130

T = TypeVar("T")
_Item = Outcome | Due  # an update whose outcome is to be looked up when it is taken


class Run:
    """One call of `push`: enter it, then iterate it for each invoice's outcome, or `finish` it for the summary alone.

    Outcomes come as they are settled, each when it is durable; who is slow to take them slows the push. Leaving the block
    before the end stops the run: what is in flight is drained, the rest stays for the next run.
    """

    def __init__(self, work: Callable[[Run], Awaitable[Summary]], *, run_id: str, outcomes_max: int) -> None:
        self._work = work
        self._task: asyncio.Task[Summary] | None = None
        self._outcomes: asyncio.Queue[_Item | None] = asyncio.Queue(outcomes_max)
        self._is_aborted = False
        self.is_watched = True
        self._reading: asyncio.Future[None] | None = None
        self._pusher: Pusher | None = None
        self._look_up: Callable[[Sequence[Due]], Awaitable[list[Outcome]]] | None = None
        self.run_id = run_id
        self.progress = Progress(asyncio.get_running_loop().time)
        self.stop_exit_code: int | None = None
        self.report_files: ReportFiles | None = None
        self.summary: Summary | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._task is None:
            return
        if not self._task.done():
            self.stop()
        if isinstance(error, asyncio.CancelledError):
            self.abort()
        try:
            await self.finish()
        except asyncio.CancelledError:  # nobody waits for the drain any more, but the ledger is closed all the same
            self.abort()
            with suppress(Exception):
                await self.finish()
            raise
        except Exception:
            if error is None:  # else that is the one to tell
                raise

    async def __aiter__(self) -> AsyncIterator[Outcome]:
        self._entered()
        items: list[_Item | None] = []
        while not items or items[-1] is not None:
            items = [await self._outcomes.get()]
            while items[-1] is not None and not self._outcomes.empty():
                items.append(self._outcomes.get_nowait())
            for outcome in await self._outcomes_of(items):
                yield outcome
        await self.finish()

    async def finish(self) -> Summary:
        """Wait for the end and return the summary, with no regard for outcomes that nobody took.

        Raises TrackingError for what stopped the run before it had anything to report.
        """
        task = self._entered()
        self.is_watched = False
        draining = asyncio.create_task(self._drain())  # somebody may still wait to hand an outcome on
        try:
            return await asyncio.shield(task)
        finally:
            draining.cancel()
            if self._outcomes.empty():
                self._outcomes.put_nowait(None)  # whoever iterates, now or later, comes to the end

    def stop(self, *, exit_code: int = EXIT_SIGINT) -> None:
        """Start no request any more, let those in flight end, write the report. The first exit code given stands.

        Feeds that were not yet read and gathered to their end are not accepted: the next run takes them in.
        """
        if self.stop_exit_code is None:
            self.stop_exit_code = exit_code
        if self._reading is not None:
            self._reading.cancel()
        if self._pusher is not None:
            self._pusher.stop()

    def abort(self) -> None:
        """Stop and cut off what is in flight: it stays unknown, and the next run takes it up.

        Before anything could be sent there is not even a report, and InterruptedRunError is raised.
        """
        self._is_aborted = True
        self.stop()
        if self._pusher is not None:
            self._pusher.abort()

    # ------------------------------------------------------------ for the pipeline

    def go_on(self) -> None:
        """Raise InterruptedRunError when the run was stopped."""
        if self.stop_exit_code is not None:
            raise InterruptedRunError(
                "stopped before the first request; nothing was accepted, nothing was sent",
                exit_code=self.stop_exit_code,
            )

    def hurry(self) -> None:
        """Raise InterruptedRunError when the run was aborted, unless there is something sent to report."""
        if self._is_aborted and self._pusher is None:
            self.go_on()

    def hurried(self, rows: Iterable[T]) -> Iterator[T]:
        """Rows of a report, as long as somebody waits for it."""
        for row in rows:
            self.hurry()
            yield row

    def reads(self, reader: FeedReader) -> None:
        """A feed is begun; the progress shows how far it is."""
        self.progress.reading = reader

    def has_read(self, records: int) -> None:
        """So many more records were read."""
        self.progress.records += records

    async def read(self, reading: Awaitable[None]) -> None:
        """Wait for feeds to be read, or for a stop, which cuts them off."""
        self._reading = asyncio.ensure_future(reading)
        if self.stop_exit_code is not None:
            self._reading.cancel()
        try:
            await self._reading
        except InterruptedRunError:
            pass  # who goes on with what was read asks again
        except asyncio.CancelledError:
            if self.stop_exit_code is None:
                raise

    @asynccontextmanager
    async def pushing_with(
        self, pusher: Pusher, *, look_up: Callable[[Sequence[Due]], Awaitable[list[Outcome]]]
    ) -> AsyncIterator[None]:
        """Inside, this pusher sends, and outcomes are looked up so; at its end those that nobody took yet are."""
        self._pusher = self.progress.pusher = pusher
        self._look_up = look_up
        if self.stop_exit_code is not None:
            pusher.stop()
        try:
            yield
            await self._look_up_rest()
        finally:
            self._look_up = None  # from here on the ledger may close

    async def tell(self, item: _Item) -> None:
        """Hand on an outcome, or the update whose outcome is now durable, to who iterates."""
        if self.is_watched:
            await self._outcomes.put(item)

    def _entered(self) -> asyncio.Task[Summary]:
        if self._task is None:
            raise RuntimeError("enter the run first: async with push_feed(...) as run")
        return self._task

    async def _outcomes_of(self, items: Sequence[_Item | None]) -> list[Outcome]:
        """Many are looked up at once; where the ledger failed, what is not yet looked up gives way to the error."""
        outcomes = [item for item in items if isinstance(item, Outcome)]
        dues = [item for item in items if isinstance(item, Due)]
        return [*outcomes, *await self._look_up(dues)] if dues and self._look_up is not None else outcomes

    async def _look_up_rest(self) -> None:
        items = [self._outcomes.get_nowait() for _ in range(self._outcomes.qsize())]
        for outcome in await self._outcomes_of(items):
            self._outcomes.put_nowait(outcome)

    async def _drain(self) -> None:
        while True:
            await self._outcomes.get()

    async def _run(self) -> Summary:
        try:
            self.summary = await self._work(self)
            return self.summary
        finally:
            if self.is_watched:
                await self._outcomes.put(None)
