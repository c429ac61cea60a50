"""Sending what is due: claimed in groups, sent by workers, settled in groups, told, and stopped well."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from vtex_tracking.errors import LedgerError
from vtex_tracking.model import Attempted, Due
from vtex_tracking.push.account import Account
from vtex_tracking.push.attempts import Attempts
from vtex_tracking.push.book import Book
from vtex_tracking.push.claims import Claims
from vtex_tracking.push.line import Line
from vtex_tracking.push.orders import Orders
from vtex_tracking.push.retries import Retries
from vtex_tracking.push.sending import Pile, Sending, Traffic
from vtex_tracking.push.verdict import Again, Doubted, Stop
from vtex_tracking.settings import Settings

if TYPE_CHECKING:
    from vtex_tracking.push.transport import Transport


class Pusher:
    """Sends everything that the book has due, then returns.

    One task claims what is next, a group at a time: its intents are durable before a worker takes it. At most `concurrency`
    workers make first attempts; what must be tried again, or wait first, has a task of its own. One task makes durable
    what became of the attempts, and one tells it. All that are begun and not ended are at most `concurrency` and
    `waiting_max` together. `wall_s` is the time of day, `chance` a number in [0, 1) at each call, `found_rate_per_s` the
    rate that an earlier run found the account to bear.
    """

    def __init__(
        self,
        book: Book,
        *,
        transport: Transport,
        settings: Settings,
        base_url: str,
        wall_s: Callable[[], float],
        chance: Callable[[], float],
        on_settled: Callable[[Due], Awaitable[None]],
        found_rate_per_s: float | None = None,
    ) -> None:
        self._book = book
        self._settings = settings
        self._on_settled = on_settled
        self.traffic = Traffic()
        self._account = Account(settings, found_rate_per_s=found_rate_per_s)
        self._line = Line.of(settings)
        self._orders = Orders()
        self._attempts = Attempts(
            book,
            account=self._account,
            transport=transport,
            base_url=base_url,
            wall_s=wall_s,
            chance=chance,
            traffic=self.traffic,
        )
        self._retries = Retries(
            book,
            account=self._account,
            attempts=self._attempts,
            line=self._line,
            orders=self._orders,
            traffic=self.traffic,
            settle=self._settle,
        )
        self._claims = Claims(
            book, line=self._line, orders=self._orders, settings=settings, wall_s=wall_s, wait=self._wait
        )
        self._answered = Pile()
        self._done = Pile()
        self._is_all_out = False
        self._failure: LedgerError | None = None

    @property
    def paused_s(self) -> float:
        """How long the account still rests."""
        return self._account.paused_s

    @property
    def found_rate_per_s(self) -> float | None:
        """What the account was found to bear, for the next run to begin with; None where that is all that was asked."""
        return self._account.found_rate_per_s

    @property
    def stopped(self) -> Stop | None:
        """Why the run could not go on; None when it came to its end, or was stopped from outside."""
        return self._account.stopped

    def stop(self, stop: Stop | None = None) -> None:
        """Start no request any more; those in flight may end for `drain_timeout_s`."""
        self._account.stop(stop)

    def abort(self) -> None:
        """Stop, and cut off what is in flight; what has its answer still gets into the ledger, and is told."""
        self._account.stop()
        if self._attempts.on_wire:
            self._tasks.create_task(self._send_all())  # gives back what stands in line, for all workers may be cut off
        for task in self._attempts.on_wire:
            task.cancel()

    async def run(self) -> None:
        """Push until nothing is due or the run is stopped. Raises LedgerError when the ledger fails: no intent, no send."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                standing = [
                    self._tasks.create_task(all_) for all_ in (self._settle_all(), self._tell_all(), self._drain())
                ]
                for _ in range(self._settings.concurrency):
                    self._tasks.create_task(self._send_all())
                await self._claim_all()
                for task in standing:
                    task.cancel()
        except (Exception, asyncio.CancelledError):
            await self._settle_rest()
            raise
        if self._failure is not None:
            raise self._failure

    async def _claim_all(self) -> None:
        """Put everything that is due in line; return when all have ended."""
        try:
            await self._claims.make()
        except LedgerError as error:
            self._fail(error)
        self._is_all_out = True
        self._line.close()
        self._ask_who_is_left()
        await self._line.emptied()

    def _wait(self, sending: Sending, quiet_s: float) -> None:
        """What may not go yet waits in a task of its own."""
        self._tasks.create_task(self._go_on(sending, quiet_s=quiet_s))

    async def _send_all(self) -> None:
        """Make the first attempt of one update in line after the other.

        Not too many answers may wait for the disk: if the process is killed, what they say is lost.
        """
        places = self._account.places
        while await self._line.is_next():
            if self._answered.held >= self._settings.concurrency:
                await self._answered.room(self._settings.concurrency)
            if not places.take_now():
                await places.take()
            try:
                await self._send(self._line.take())
            finally:
                places.give_back()

    async def _settle_all(self) -> None:
        """Make durable what became of first attempts, all that ended in the meantime at once."""
        while True:
            group = await self._answered.taken()
            try:
                await self._settle(*group)
            except LedgerError as error:
                self._fail(error)
            self._answered.done(len(group))
            for sending in group:
                if self._failure is not None:
                    self._leave()  # what is not durable is not told
                elif isinstance(sending.verdict, Again | Doubted) and not self._account.stopping.is_set():
                    self._tasks.create_task(self._go_on(sending))
                else:
                    self._end(sending)

    async def _tell_all(self) -> None:
        """Tell of each update with which this run is done; who is slow to hear of it slows the push, not the ledger."""
        while True:
            group = await self._done.taken()
            for sending in group:
                await self._on_settled(sending.due)
                self._leave()
            self._done.done(len(group))

    # ------------------------------------------------------------ one update

    async def _send(self, sending: Sending) -> None:
        """Make a first attempt, and hand on what became of it."""
        has_ended = False
        try:
            has_ended = await self._attempts.make(sending)
        except LedgerError as error:
            self._fail(error)
        finally:
            self._orders.give(sending.due.update.key.order_id)
            if not has_ended:
                self._leave()  # where it was cut off it stays as it was intended
        if has_ended:
            self._answered.put(sending)

    async def _go_on(self, sending: Sending, *, quiet_s: float = 0.0) -> None:
        """One update, after its first attempt or instead of it, to its end."""
        try:
            await self._retries.go_on(sending, quiet_s=quiet_s)
        except LedgerError as error:
            self._leave()
            self._fail(error)
        except BaseException:
            self._leave()
            raise
        else:
            self._end(sending)

    async def _settle(self, *sendings: Sending) -> None:
        await self._book.settle([Attempted(one.due, one.settlement) for one in sendings if one.settlement is not None])
        self._ask_who_is_left()

    async def _settle_rest(self) -> None:
        """Where a push was broken off, what has its answer gets into the ledger all the same."""
        if self._failure is None:
            await self._settle(*self._answered.take())

    def _end(self, sending: Sending) -> None:
        """This run can do no more for it: it is told, unless that is left to the next run."""
        if sending.settlement is None or sending.settlement.outcome is None:
            self._leave()
            return
        self.traffic.settled += 1
        self._done.put(sending)

    # ------------------------------------------------------------ the end

    async def _drain(self) -> None:
        """What is in flight when the run stops has its time to end, and then no more."""
        await self._account.stopping.wait()
        self._line.close()
        await asyncio.sleep(self._settings.drain_timeout_s)
        self.abort()

    def _fail(self, error: LedgerError) -> None:
        """Without the ledger there is no intent, and without an intent no request."""
        self._failure = self._failure or error
        self.stop()

    def _leave(self) -> None:
        """Give back what an update held."""
        self._line.leave()
        self._ask_who_is_left()

    def _ask_who_is_left(self) -> None:
        """A suspect that is alone can be cleared by nobody."""
        if self._is_all_out and self._line.begun == 1:
            self._account.nobody_else()
