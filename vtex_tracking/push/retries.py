"""What an update needs beyond its first attempt; the only file that imports tenacity."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from attrs import evolve
from tenacity import AsyncRetrying, RetryCallState, retry_if_result

from vtex_tracking.model import Effect, OutcomeKind
from vtex_tracking.push.account import Account
from vtex_tracking.push.attempts import Attempts
from vtex_tracking.push.book import Book
from vtex_tracking.push.line import Line
from vtex_tracking.push.orders import Orders
from vtex_tracking.push.sending import Sending, Traffic
from vtex_tracking.push.verdict import Again, Doubted, Verdict


class Retries:
    """Brings one update after the other to the end of what this run can do for it. `settle` returns when it is durable."""

    def __init__(
        self,
        book: Book,
        *,
        account: Account,
        attempts: Attempts,
        line: Line,
        orders: Orders,
        traffic: Traffic,
        settle: Callable[[Sending], Awaitable[None]],
    ) -> None:
        self._book = book
        self._account = account
        self._attempts = attempts
        self._line = line
        self._orders = orders
        self._traffic = traffic
        self._settle = settle

    async def go_on(self, sending: Sending, *, quiet_s: float = 0.0) -> None:
        """Try until it is done with, from the verdict on its first attempt on; or from its first attempt, after a while."""
        if quiet_s > 0:
            await self._wait(quiet_s)
        known = sending.verdict

        async def next_verdict() -> Verdict | None:
            nonlocal known
            verdict, known = known, None
            return verdict or await self._attempt(sending)

        retrying = AsyncRetrying(
            retry=retry_if_result(_is_again),
            wait=_after_s,
            stop=self._is_over,
            sleep=self._wait,
            retry_error_callback=_last_verdict,
        )
        verdict: Verdict | None = await retrying(next_verdict)
        if isinstance(verdict, Doubted) and await self._account.is_cleared(sending.due, doubted=verdict):
            await self._reject(sending)

    async def _attempt(self, sending: Sending) -> Verdict | None:
        """One attempt and its verdict, both durable; None when the run stopped first."""
        await self._pay(sending)
        order_id = sending.due.update.key.order_id
        await self._turn(order_id)
        try:
            async with self._account.places:
                if not await self._account.admit(sending.due):
                    return None
                await self._book.intend([sending.due])
                if not await self._attempts.make(sending):
                    return None
        finally:
            self._orders.give(order_id)
        await self._settle(sending)
        return sending.verdict

    async def _turn(self, order_id: str) -> None:
        """Wait until the order has no other request under way."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def have() -> None:
            if turn.cancelled():  # who waited for it was cut off
                self._orders.give(order_id)
            else:
                turn.set_result(None)

        if not self._orders.take(order_id, then=have):
            await turn

    async def _pay(self, sending: Sending) -> None:
        """A retry that cannot be paid for goes to the end of the line: nothing else can begin before it."""
        if not isinstance(sending.verdict, Again) or self._account.pays_retry(sending.verdict):
            return
        self._traffic.waiting += 1
        try:
            await self._line.come_to_end()
        finally:
            self._traffic.waiting -= 1

    async def _reject(self, sending: Sending) -> None:
        """The keys are good, so the refusal was this update's own."""
        if sending.settlement is not None:
            sending.settlement = evolve(sending.settlement, effect=Effect.REFUSED, outcome=OutcomeKind.REJECTED)
            await self._settle(sending)

    async def _wait(self, delay_s: float) -> None:
        self._traffic.waiting += 1
        try:
            await rest(delay_s, stopping=self._account.stopping)
        finally:
            self._traffic.waiting -= 1

    def _is_over(self, _state: RetryCallState) -> bool:
        return self._account.stopping.is_set()


def _is_again(verdict: Verdict | None) -> bool:
    return isinstance(verdict, Again)


def _last_verdict(state: RetryCallState) -> Verdict | None:
    return state.outcome.result() if state.outcome is not None else None


def _after_s(state: RetryCallState) -> float:
    verdict = _last_verdict(state)
    return verdict.after_s if isinstance(verdict, Again) else 0.0


async def rest(delay_s: float, *, stopping: asyncio.Event) -> None:
    """Wait so long, or until the run is stopping."""
    try:
        async with asyncio.timeout(delay_s):
            await stopping.wait()
    except TimeoutError:
        return
