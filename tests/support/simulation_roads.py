"""One direction of a connection in memory: late, in order, and sometimes not to its end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum, auto

from attrs import frozen


@frozen(kw_only=True)
class Roads:
    """How good the network is for a while; shares are of connections."""

    latency_s: float = 0.005
    refused: float = 0.0
    unanswered: float = 0.0  # nobody says a word to who wants to connect
    broken_there: float = 0.0  # reset while a request goes out
    broken_back: float = 0.0  # ended while an answer comes in
    swallowing: float = 0.0  # everything is taken, nothing arrives
    echoing: float = 0.0  # behind an answer comes another one that nobody asked for


class Sign(Enum):
    """What ends a direction."""

    END = auto()
    RESET = auto()


class Road:
    """One direction of a connection: what goes in comes out later, in order."""

    def __init__(
        self, *, delay_s: Callable[[], float], goes_on: int | None, is_swallowing: bool, behind: bytes = b""
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._delay_s = delay_s
        self._left = goes_on  # bytes until it breaks; None: it does not
        self._is_swallowing = is_swallowing
        self._behind = behind  # comes after everything that is sent, if nothing went the other way meanwhile
        self.sent = 0
        self.opposite = self
        self._under_way: deque[bytes | Sign] = deque()
        self._last_s = 0.0
        self.arrive: Callable[[bytes | Sign], None] = lambda _item: None
        self.snap: Callable[[], None] = lambda: None

    def send(self, item: bytes | Sign) -> None:
        if self._is_swallowing:
            return
        self.sent += 1
        if isinstance(item, bytes) and self._left is not None:
            item, self._left = item[: self._left], self._left - len(item)
            self._pass_on(item)
            if self._left <= 0:
                self._is_swallowing = True
                self._loop.call_at(self._last_s + self._delay_s(), self._snap)
            return
        self._pass_on(item)
        if self._behind and isinstance(item, bytes):
            self._loop.call_at(self._last_s + self._delay_s(), self._follow, self.sent, self.opposite.sent)

    def _follow(self, sent: int, asked: int) -> None:
        if (sent, asked) == (self.sent, self.opposite.sent):
            self.arrive(self._behind)

    def _snap(self) -> None:
        self.snap()

    def _pass_on(self, item: bytes | Sign) -> None:
        self._last_s = max(self._last_s, self._loop.time() + self._delay_s())
        self._under_way.append(item)
        self._loop.call_at(self._last_s, lambda: self.arrive(self._under_way.popleft()))
