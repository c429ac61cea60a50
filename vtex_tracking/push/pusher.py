"""Sending what is due: bounded, paced, one request per order, retried, and stopped well."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from attrs import evolve
from tenacity import AsyncRetrying, RetryCallState, retry_if_result

from vtex_tracking.errors import LedgerError
from vtex_tracking.model import Due, Effect, OutcomeKind
from vtex_tracking.push.account import Account
from vtex_tracking.push.book import Book, all_due
from vtex_tracking.push.line import Line
from vtex_tracking.push.orders import Orders
from vtex_tracking.push.pacer import rest
from vtex_tracking.push.sending import Sending, Traffic
from vtex_tracking.push.settling import settlement_of
from vtex_tracking.push.transport import Transport
from vtex_tracking.push.verdict import Again, Doubted, History, Stop, Verdict
from vtex_tracking.push.wire import Answer, Failure, request_of
from vtex_tracking.settings import Settings


class Pusher:
    """Sends everything that the book has due, then returns.

    At most `concurrency` updates are in flight, and as many in line for their first attempt. Those in backoff hold no place
    in flight; all that are begun and not ended are at most `concurrency` and `waiting_max` together. `wall_s` is the time
    of day, `chance` a number in [0, 1) at each call, `found_rate_per_s` the rate that an earlier run found the account to bear.
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
        self._transport = transport
        self._settings = settings
        self._base_url = base_url
        self._wall_s = wall_s
        self._chance = chance
        self._on_settled = on_settled
        self._loop = asyncio.get_running_loop()
        self._account = Account(settings, found_rate_per_s=found_rate_per_s)
        self._line = Line(first_max=settings.concurrency, begun_max=settings.concurrency + settings.waiting_max)
        self._orders = Orders()
        self._tasks: dict[asyncio.Task[None], Sending] = {}
        self._is_all_out = False
        self.traffic = Traffic()
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
        for task, sending in self._tasks.items():
            if sending.is_on_wire:
                task.cancel()

    async def run(self) -> None:
        """Push until nothing is due or the run is stopped. Raises LedgerError when the ledger fails: no intent, no send."""
        draining = asyncio.create_task(self._drain())
        try:
            async with asyncio.TaskGroup() as group:
                await self._start_all(group)
        finally:
            draining.cancel()
        if self._failure is not None:
            raise self._failure

    async def _start_all(self, group: asyncio.TaskGroup) -> None:
        try:
            page_max = max(2 * self._settings.concurrency, 50)
            async for due in all_due(self._book, most=self._settings.invoices_max, page_max=page_max):
                await self._line.begin()
                if self._account.stopping.is_set():
                    return
                sending = Sending(due, History(is_ambiguous=due.is_ambiguous))
                task = group.create_task(self._push(sending))
                self._tasks[task] = sending
                task.add_done_callback(self._ended)
        except LedgerError as error:
            self._fail(error)
        self._is_all_out = True
        self._line.close()
        self._ask_who_is_left()

    async def _drain(self) -> None:
        """What is in flight when the run stops has its time to end, and then no more."""
        await self._account.stopping.wait()
        self._line.close()
        await asyncio.sleep(self._settings.drain_timeout_s)
        self.abort()

    async def _push(self, sending: Sending) -> None:
        """One update, from its first attempt to the end of what this run can do for it."""
        try:
            await self._be_quiet(sending)
            retrying = AsyncRetrying(
                retry=retry_if_result(_is_again),
                wait=_after_s,
                stop=self._is_over,
                sleep=self._wait,
                retry_error_callback=_last_verdict,
            )
            verdict: Verdict | None = await retrying(self._attempt, sending)
            if isinstance(verdict, Doubted) and await self._account.is_cleared(sending.due, doubted=verdict):
                await self._reject(sending)
        except LedgerError as error:
            self._fail(error)

    async def _attempt(self, sending: Sending) -> Verdict | None:
        """One request and its verdict, both durable; None when the run stopped first."""
        due = sending.due
        await self._queue_again(sending)
        async with self._orders.turn(due.update.key.order_id), self._account.places:
            self._leave_line(sending)
            if not await self._account.admit(due):
                return None
            await self._book.intend(due)
            attempt = await self._account.start(due)
            if attempt is None:
                await self._book.withdraw(due)
                return None
            started_s = self._wall_s()
            result, latency_ms = await self._send(sending)
            verdict = self._account.judge(result, history=sending.history, chance=self._chance())
            sending.history = sending.history.after(result)
            settlement = sending.settlement = settlement_of(
                verdict, result=result, started_s=started_s, latency_ms=latency_ms
            )
            sending.verdict = verdict
            self._account.ended(due, attempt=attempt, result=result, verdict=verdict)
            await self._book.settle(due, settlement)
            self._ask_who_is_left()
        if settlement.outcome is not None:
            await self._settled(due)
        return verdict

    async def _send(self, sending: Sending) -> tuple[Answer | Failure, int]:
        traffic, due = self.traffic, sending.due
        traffic.requests += 1
        traffic.retries += sending.settlement is not None
        traffic.in_flight += 1
        sending.is_on_wire = True
        started_s = self._loop.time()
        try:
            result = await self._transport.put(request_of(due.update, base_url=self._base_url))
        finally:
            sending.is_on_wire = False
            traffic.in_flight -= 1
        return result, round((self._loop.time() - started_s) * 1000)

    async def _reject(self, sending: Sending) -> None:
        """The keys are good, so the refusal was this update's own."""
        if sending.settlement is not None:
            refused = evolve(sending.settlement, effect=Effect.REFUSED, outcome=OutcomeKind.REJECTED)
            await self._book.settle(sending.due, refused)
            await self._settled(sending.due)

    async def _settled(self, due: Due) -> None:
        self.traffic.settled += 1
        await self._on_settled(due)

    async def _be_quiet(self, sending: Sending) -> None:
        """Where an attempt of other bytes may still arrive, let the quiet period pass."""
        wait_s = sending.due.not_before_s - self._wall_s()
        if wait_s > 0:
            self._leave_line(sending)
            await self._wait(min(wait_s, self._settings.quiet_period_s))

    async def _queue_again(self, sending: Sending) -> None:
        """A retry that cannot be paid for goes to the end of the line: nothing else can begin before it."""
        if not isinstance(sending.verdict, Again) or self._account.pays_retry(sending.verdict):
            return
        self.traffic.waiting += 1
        try:
            await self._line.come_to_end()
        finally:
            self.traffic.waiting -= 1

    async def _wait(self, delay_s: float) -> None:
        self.traffic.waiting += 1
        try:
            await rest(delay_s, stopping=self._account.stopping)
        finally:
            self.traffic.waiting -= 1

    def _leave_line(self, sending: Sending) -> None:
        if sending.is_in_line:
            sending.is_in_line = False
            self._line.go_on()

    def _is_over(self, _state: RetryCallState) -> bool:
        return self._account.stopping.is_set()

    def _fail(self, error: LedgerError) -> None:
        """Without the ledger there is no intent, and without an intent no request."""
        self._failure = self._failure or error
        self.stop()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Give back what an update held, also when it was cut off before it began."""
        sending = self._tasks.pop(task)
        self._leave_line(sending)
        self._line.leave()
        self._ask_who_is_left()

    def _ask_who_is_left(self) -> None:
        """A suspect that is alone can be cleared by nobody."""
        if self._is_all_out and len(self._tasks) == 1:
            self._account.nobody_else()


def _is_again(verdict: Verdict | None) -> bool:
    return isinstance(verdict, Again)


def _last_verdict(state: RetryCallState) -> Verdict | None:
    return state.outcome.result() if state.outcome is not None else None


def _after_s(state: RetryCallState) -> float:
    verdict = _last_verdict(state)
    return verdict.after_s if isinstance(verdict, Again) else 0.0
