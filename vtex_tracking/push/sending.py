"""What is on its way in a push, and how much of it."""

from __future__ import annotations

import asyncio
from typing import Final, Self

from attrs import define, field

from vtex_tracking.model import Due, Settlement
from vtex_tracking.push.verdict import History, Verdict

_NEW: Final = History()
_DOUBTED: Final = History(is_ambiguous=True)


@define
class Traffic:
    """What is going on right now."""

    requests: int = 0
    retries: int = 0
    in_flight: int = 0
    waiting: int = 0
    settled: int = 0


@define(eq=False)
class Pile:
    """Updates that are put there one by one, and taken all at once; `held` are those that nobody is done with yet."""

    _sendings: list[Sending] = field(factory=list, init=False)
    _is_there: asyncio.Event = field(factory=asyncio.Event, init=False)
    _has_room: asyncio.Event = field(factory=asyncio.Event, init=False)
    held: int = field(default=0, init=False)

    def put(self, sending: Sending) -> None:
        """Put one more there."""
        self._sendings.append(sending)
        self.held += 1
        self._is_there.set()

    def done(self, count: int) -> None:
        """So many that were taken are done with."""
        self.held -= count
        self._has_room.set()

    async def room(self, held_max: int) -> None:
        """Wait until fewer are held."""
        while self.held >= held_max:
            self._has_room.clear()
            await self._has_room.wait()

    def take(self) -> list[Sending]:
        """Take what is there, if anything is."""
        sendings, self._sendings = self._sendings, []
        self._is_there.clear()
        return sendings

    async def taken(self) -> list[Sending]:
        """Wait until something is there, and take it."""
        await self._is_there.wait()
        return self.take()


@define(eq=False)
class Sending:
    """One update on its way: what is due, and what has been tried in this run."""

    due: Due
    history: History
    settlement: Settlement | None = None  # of the last attempt
    verdict: Verdict | None = None  # likewise

    @classmethod
    def of(cls, due: Due) -> Self:
        """Begin with what the ledger remembers of it."""
        return cls(due, _DOUBTED if due.is_ambiguous else _NEW)
