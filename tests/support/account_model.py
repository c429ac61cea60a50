"""An account at a VTEX of which nothing is known, as a model: events on a heap, virtual time, and the real pure parts.

There is always one more update to send. A server says when a request arrives what will be answered, and after how long.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable, Sequence

from attrs import define, field, frozen

from vtex_tracking.push.adapting import AdaptiveRate, Start
from vtex_tracking.push.circuit import Circuit
from vtex_tracking.push.concurrency import Concurrency, Flight
from vtex_tracking.push.pacing import Pace
from vtex_tracking.settings import Rate


@frozen(kw_only=True)
class Reply:
    """What a request gets; a failure is a 5xx or a time-out, and a pause is what the 429 asks for."""

    latency_s: float
    pause_s: float | None = None
    has_failed: bool = False


@define
class Limit:
    """A server that lets so many in during any second, from certain moments on, and asks others to pause."""

    per_s: Sequence[tuple[float, float]]  # from when on, how many
    pause_s: float
    latency_s: float = 0.1
    _starts: deque[float] = field(factory=deque)

    def __call__(self, now_s: float, chance: float) -> Reply:
        limit = [per_s for since_s, per_s in self.per_s if since_s <= now_s][-1]
        arrival_s = now_s + 0.02 * chance  # the way there, never twice as long
        while self._starts and self._starts[0] <= arrival_s - 1:
            self._starts.popleft()
        latency_s = self.latency_s * (1 + chance)
        if len(self._starts) >= limit:
            return Reply(latency_s=latency_s, pause_s=self.pause_s * (1 + 0.1 * chance))
        self._starts.append(arrival_s)
        return Reply(latency_s=latency_s)


@frozen(kw_only=True)
class Done:
    """A request that ended: when it started, what it got, and how fast the account was allowed to go then."""

    start_s: float
    per_s: float
    places: int
    reply: Reply

    @property
    def was_sent(self) -> bool:
        """It got through."""
        return self.reply.pause_s is None and not self.reply.has_failed


@define(eq=False)
class _Ending:
    at_s: float
    seq: int
    done: Done
    start: Start
    flight: Flight

    def __lt__(self, other: _Ending) -> bool:
        """Asked millions of times: what attrs would write takes ten times as long."""
        return self.at_s < other.at_s or (self.at_s == other.at_s and self.seq < other.seq)


class AccountModel:
    """Sends for ever, as fast as its parts let it."""

    def __init__(
        self,
        server: Callable[[float, float], Reply],
        *,
        asked: Rate,
        concurrency: int = 1000,
        found_per_s: float | None = None,
        seed: int = 0,
    ) -> None:
        self._server = server
        self._chance = random.Random(seed).random  # noqa: S311 - a model, no secret
        self._pace = Pace(asked)
        self.rate = AdaptiveRate(asked, found_per_s=found_per_s)
        self.concurrency = Concurrency(limit_max=concurrency, start=min(concurrency, 4))
        self.circuit = Circuit(outage_limit_s=1800.0)
        self.done: list[Done] = []
        self._seqs = itertools.count(1)
        self._seq = next(self._seqs)
        self._endings: list[_Ending] = []
        self._now_s = 0.0
        self._has_waited = False

    def run(self, until_s: float) -> list[Done]:
        """Go on until that moment; gives everything that has ended since the begin, in the order of its end."""
        while True:
            next_s = self._start()
            if self._endings and self._endings[0].at_s <= next_s:
                self._end(heapq.heappop(self._endings))
            else:
                self._now_s = next_s
            if self._now_s >= until_s:
                return self.done

    def _start(self) -> float:
        """Start what may start now; then give the moment at which to look again, at the latest."""
        while len(self._endings) < self.concurrency.limit:
            wait_s = self.circuit.take(self._seq, now_s=self._now_s)
            if wait_s == 0:
                self._pace.change(self.rate.per_s * self.circuit.share)
                wait_s = self._pace.take(self._now_s)
                self._has_waited = self._has_waited or wait_s > 0
            if wait_s > 0:
                return self._now_s + wait_s
            self._send()
        return float("inf")

    def _send(self) -> None:
        reply = self._server(self._now_s, self._chance())
        start = self.rate.started(self._now_s, has_waited=self._has_waited)
        flight = self.concurrency.started(is_short=not self._has_waited)
        done = Done(start_s=self._now_s, per_s=self.rate.per_s, places=self.concurrency.limit, reply=reply)
        heapq.heappush(self._endings, _Ending(self._now_s + reply.latency_s, self._seq, done, start, flight))
        self._seq, self._has_waited = next(self._seqs), False

    def _end(self, ending: _Ending) -> None:
        self._now_s = ending.at_s
        done, reply = ending.done, ending.done.reply
        self.concurrency.ended(ending.flight, latency_s=reply.latency_s, has_failed=reply.has_failed)
        if reply.pause_s is None:
            self.circuit.ended(ending.seq, has_failed=reply.has_failed, started_s=done.start_s, now_s=self._now_s)
        else:
            self._pace.pause(self._now_s + reply.pause_s)
            self.rate.refused(ending.start, pause_s=reply.pause_s)
            self.circuit.throttled(ending.seq, now_s=self._now_s)
        self.done.append(done)
