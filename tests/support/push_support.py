"""A push that can be looked into: updates out of nothing, a ledger in memory, a VTEX that follows a script."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from attrs import define, evolve, field, frozen
from virtual_time import now_s

from vtex_tracking.errors import LedgerError
from vtex_tracking.model import Attempted, Due, InvoiceKey, OutcomeKind, Receipt, Settlement, Update
from vtex_tracking.push.body import Content
from vtex_tracking.push.pusher import Pusher
from vtex_tracking.push.wire import Answer, Failure, FailureKind, Request
from vtex_tracking.settings import Rate, Settings

WALL_S = 1_700_000_000.0  # the time of day when the loop's clock shows 0
COMMIT_S = 0.005

SENT = Answer(status=200, content=Content.JSON, receipt=Receipt(receipt="f67d", date="2026-03-10T12:00:00Z"))
TIMED_OUT = Failure(kind=FailureKind.TIMEOUT, has_left=True, message="no answer in time")
REFUSED_CONNECTION = Failure(kind=FailureKind.UNREACHABLE, has_left=False, message="Connection refused")


def answer(status: int, *, retry_after_s: float | None = None) -> Answer:
    """An answer that says nothing but its status."""
    return Answer(status=status, retry_after_s=None if retry_after_s is None else float(retry_after_s))


def wall_s() -> float:
    """Give a time of day that goes with the loop's clock."""
    return WALL_S + now_s()


def due(seq: int, *, order_id: str = "", not_before_s: float = 0.0, is_ambiguous: bool = False) -> Due:
    """An update; of an order of its own unless one is named."""
    update = Update(
        key=InvoiceKey(order_id or f"o{seq}", f"n{seq}"),
        body=b'{"isDelivered":true,"events":%d}' % seq,
        fingerprint=f"f{seq}",
        events=1,
        is_delivered=True,
        delivered_date=None,
    )
    return Due(seq=seq, invoice_id=seq, update=update, is_ambiguous=is_ambiguous, not_before_s=not_before_s)


def dues(count: int) -> list[Due]:
    """So many updates, each of its own order."""
    return [due(seq) for seq in range(1, count + 1)]


@frozen(kw_only=True)
class Put:
    """One request as VTEX saw it; `attempt` counts from 1 for each invoice, `number` over all."""

    order_id: str
    invoice_number: str
    body: bytes
    attempt: int
    number: int
    at_s: float


Script = Callable[[Put], Answer | Failure]


def confirm(_put: Put) -> Answer:
    """Answer as VTEX does when it took an update."""
    return SENT


@define(eq=False)
class Wire:
    """A VTEX that follows a script, `latency_s` after each request; what is wrong in itself fails here and now."""

    script: Script = confirm
    latency_s: Callable[[Put], float] | float = 0.1
    calls: list[tuple[str, str]] = field(factory=list)
    puts: list[Put] = field(factory=list)
    in_flight: set[Put] = field(factory=set)
    in_flight_max: int = 0
    cut: int = 0  # how many were cancelled on their way
    _attempts: Counter[str] = field(factory=Counter, init=False)  # of each invoice

    @property
    def starts_s(self) -> list[float]:
        """When each request came."""
        return [put.at_s for put in self.puts]

    def starts_s_of(self, order_id: str) -> list[float]:
        """When each request of this order came."""
        return [put.at_s for put in self.puts if put.order_id == order_id]

    async def put(self, request: Request) -> Answer | Failure:
        """Answer by the script."""
        _, _api, _oms, _pvt, _orders, order_id, _invoice, number, _tracking = urlsplit(request.url).path.split("/")
        self._attempts[number] += 1
        put = Put(
            order_id=order_id,
            invoice_number=number,
            body=request.body,
            attempt=self._attempts[number],
            number=len(self.puts) + 1,
            at_s=now_s(),
        )
        assert order_id not in {other.order_id for other in self.in_flight}, "two requests at once for one order"
        self.puts.append(put)
        self.calls.append(("put", number))
        self.in_flight.add(put)
        self.in_flight_max = max(self.in_flight_max, len(self.in_flight))
        try:
            await asyncio.sleep(self.latency_s if isinstance(self.latency_s, int | float) else self.latency_s(put))
            return self.script(put)
        except asyncio.CancelledError:
            self.cut += 1
            raise
        finally:
            self.in_flight.remove(put)


@define(eq=False)
class MemoryBook:
    """A ledger without a file, as slow as a commit.

    `broken` names the call that fails from its n-th time on, `slow_s` says how long which calls take.
    """

    dues: list[Due]
    calls: list[tuple[str, str]] = field(factory=list)
    settlements: dict[int, list[Settlement]] = field(factory=dict)
    broken: str = ""
    broken_from: int = 1
    slow_s: dict[str, float] = field(factory=dict)
    handed_out: int = 0

    async def due(self, *, after_seq: int | None, limit: int) -> tuple[Due, ...]:
        """The next ones."""
        await self._write("due", "")
        page = tuple(due for due in self.dues if after_seq is None or due.seq > after_seq)[:limit]
        self.handed_out += len(page)
        return page

    async def intend(self, dues: Sequence[Due]) -> None:
        """Note it."""
        await self._write("intend", *(due.update.key.invoice_number for due in dues))

    async def withdraw(self, due: Due) -> None:
        """Note it."""
        await self._write("withdraw", due.update.key.invoice_number)

    async def settle(self, attempts: Sequence[Attempted]) -> None:
        """Note it."""
        await self._write("settle", *(attempt.due.update.key.invoice_number for attempt in attempts))
        for attempt in attempts:
            self.settlements.setdefault(attempt.due.seq, []).append(attempt.settlement)

    def count(self, name: str) -> int:
        """How often this was called."""
        return sum(call == name for call, _ in self.calls)

    async def _write(self, name: str, *numbers: str) -> None:
        await asyncio.sleep(self.slow_s.get(name, COMMIT_S))
        self.calls += [(name, number) for number in numbers]
        if name == self.broken and self.count(name) >= self.broken_from:
            raise LedgerError("ledger.db: disk is full")


class Rig:
    """A pusher between a book in memory and a scripted wire."""

    def __init__(
        self,
        dues: Sequence[Due],
        *,
        script: Script = confirm,
        latency_s: Callable[[Put], float] | float = 0.1,
        chance: float = 0.5,
        on_settled: Callable[[Due], Awaitable[None]] | None = None,
        found_rate_per_s: float | None = None,
        **options: Any,
    ) -> None:
        calls: list[tuple[str, str]] = []
        self.settings = evolve(Settings(account="mystore", rate=Rate(1000), concurrency=4), **options)
        self.book = MemoryBook(list(dues), calls)
        self.wire = Wire(script, latency_s, calls)
        self.told: list[int] = []
        self.most_waiting = 0
        self.pusher = Pusher(
            self.book,
            transport=self.wire,
            settings=self.settings,
            base_url="https://mystore.vtexcommercestable.com.br",
            wall_s=wall_s,
            chance=lambda: chance,
            on_settled=on_settled or self._tell,
            found_rate_per_s=found_rate_per_s,
        )

    async def run(self) -> None:
        """Push to the end."""
        await self.pusher.run()

    async def _tell(self, due: Due) -> None:
        self.told.append(due.seq)

    @property
    def calls(self) -> list[tuple[str, str]]:
        """What was asked of the book and the wire, in order."""
        return self.book.calls

    def outcomes(self) -> dict[int, OutcomeKind | None]:
        """How each update that was tried ended in this run; None for what the next run takes up."""
        return {seq: settlements[-1].outcome for seq, settlements in self.book.settlements.items()}

    def counts(self) -> Counter[OutcomeKind | None]:
        """How many updates ended how."""
        return Counter(self.outcomes().values())


def busiest_window(starts_s: Sequence[float], *, window_s: float) -> int:
    """The most starts in any half-open window."""
    return max(
        sum(begin <= start and start - begin < window_s for start in starts_s[index:])
        for index, begin in enumerate(starts_s)
    )
