"""Holding everything while the keys are in doubt: one other update decides."""

from __future__ import annotations

import asyncio
from enum import Enum, auto

from vtex_tracking.model import Due


class Finding(Enum):
    """What the refusal of an update turned out to be."""

    KEYS_REFUSED = auto()
    UPDATE_REFUSED = auto()
    UNDECIDED = auto()  # the run stopped first


class Gate:
    """Every attempt passes here. A refused one closes the gate; a probe, started after that, opens it or ends the run.

    Only the probe can clear the keys: an answer to what was under way before may be older than their refusal. Any second
    refusal confirms it.
    """

    def __init__(self) -> None:
        self._suspect: Due | None = None
        self._probe: Due | None = None
        self._findings: dict[int, Finding] = {}  # by seq, until its update has taken it
        self._changed = asyncio.Event()

    def admits(self, due: Due) -> bool:
        """Whether this update may start: the gate is open, or it is the probe."""
        return self._suspect is None or self._probe is due

    async def enter(self, due: Due, *, stopping: asyncio.Event) -> None:
        """Return when this update may start, or the run is stopping. The first to come to a closed gate is the probe."""
        while not stopping.is_set() and not self.admits(due):
            if self._probe is None:
                self._probe = due
            else:
                await self._wait()

    def refused(self, due: Due) -> None:
        """An update was refused: the first is suspected, a second settles that it is the keys."""
        if self._suspect is None:
            self._suspect = due
            return
        self._findings[due.seq] = Finding.KEYS_REFUSED
        self.give_up()

    def answered(self, due: Due, *, has_spoken: bool) -> None:
        """An update was not refused; `has_spoken` when VTEX said something of the invoice itself."""
        if self._probe is due and has_spoken and self._suspect is not None:
            self._findings[self._suspect.seq] = Finding.UPDATE_REFUSED
            self._suspect = None
        self.left(due)

    def left(self, due: Due) -> None:
        """An update goes without a word about the keys; if it was the probe, another may try."""
        if self._probe is due:
            self._probe = None
            self.wake()

    async def finding(self, due: Due, *, stopping: asyncio.Event) -> Finding:
        """What the refusal of this update turned out to be."""
        while due.seq not in self._findings and not stopping.is_set():
            await self._wait()
        return self._findings.pop(due.seq, Finding.UNDECIDED)

    def give_up(self) -> None:
        """Nobody is left who could clear the suspect: the keys count as refused."""
        if self._suspect is not None:
            self._findings[self._suspect.seq] = Finding.KEYS_REFUSED
            self.wake()

    def wake(self) -> None:
        """Let everybody look again."""
        self._changed.set()

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()
