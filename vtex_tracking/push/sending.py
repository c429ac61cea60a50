"""What is on its way in a push, and how much of it."""

from __future__ import annotations

from typing import Self

from attrs import define

from vtex_tracking.model import Due, Settlement
from vtex_tracking.push.verdict import History, Verdict


@define
class Traffic:
    """What is going on right now."""

    requests: int = 0
    retries: int = 0
    in_flight: int = 0
    waiting: int = 0
    settled: int = 0


@define(eq=False)
class Sending:
    """One update on its way: what is due, and what has been tried in this run."""

    due: Due
    history: History
    settlement: Settlement | None = None  # of the last attempt
    verdict: Verdict | None = None  # likewise
    has_turn: bool = False  # of its order

    @classmethod
    def of(cls, due: Due) -> Self:
        """Begin with what the ledger remembers of it."""
        return cls(due, History(is_ambiguous=due.is_ambiguous))
