"""One request of one update, and the verdict on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from vtex_tracking.push.account import Account
from vtex_tracking.push.book import Book
from vtex_tracking.push.clock import running_clock
from vtex_tracking.push.sending import Sending, Traffic
from vtex_tracking.push.settling import settlement_of
from vtex_tracking.push.verdict import Sent
from vtex_tracking.push.wire import Answer, Failure, request_of

if TYPE_CHECKING:
    from vtex_tracking.push.transport import Transport


class Attempts:
    """Makes attempts whose intents are durable. `wall_s` is the time of day, `chance` a number in [0, 1) at each call."""

    def __init__(
        self,
        book: Book,
        *,
        account: Account,
        transport: Transport,
        base_url: str,
        wall_s: Callable[[], float],
        chance: Callable[[], float],
        traffic: Traffic,
    ) -> None:
        self._book = book
        self._account = account
        self._transport = transport
        self._base_url = base_url
        self._wall_s = wall_s
        self._chance = chance
        self._traffic = traffic
        self._now_s = running_clock()
        self.on_wire: set[asyncio.Task[None]] = set()

    async def make(self, sending: Sending) -> bool:
        """One attempt, with its verdict; False when the run stopped first, and the intent is withdrawn."""
        due = sending.due
        attempt = self._account.start_now(due) or await self._account.start(due)
        if attempt is None:
            await self._book.withdraw(due)
            return False
        started_s = self._wall_s()
        result, latency_ms = await self._send(sending)
        verdict = self._account.judge(result, history=sending.history, chance=self._chance())
        if not isinstance(verdict, Sent):
            sending.history = sending.history.after(result)
        sending.settlement = settlement_of(verdict, result=result, started_s=started_s, latency_ms=latency_ms)
        sending.verdict = verdict
        self._account.ended(due, attempt=attempt, result=result, verdict=verdict)
        return True

    async def _send(self, sending: Sending) -> tuple[Answer | Failure, int]:
        traffic, task = self._traffic, asyncio.current_task()
        assert task is not None  # noqa: S101 - what awaits is in a task
        traffic.requests += 1
        traffic.retries += sending.settlement is not None
        traffic.in_flight += 1
        self.on_wire.add(task)
        started_s = self._now_s()
        try:
            result = await self._transport.put(request_of(sending.due.update, base_url=self._base_url))
        finally:
            self.on_wire.discard(task)
            traffic.in_flight -= 1
        return result, round((self._now_s() - started_s) * 1000)
