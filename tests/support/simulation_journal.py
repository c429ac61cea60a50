"""What happened in a simulation, in order: what its oracles judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from attrs import define, field, frozen
from ledger_support import Heard
from simulation_feed import Key, Said
from simulation_story import Night, Story

from vtex_tracking.model import OutcomeKind, Reason, Summary
from vtex_tracking.push.wire import Answer, Failure
from vtex_tracking.sandbox import LoggedRequest


@frozen
class Began:
    """A run began."""


@frozen
class Asked:
    """A request is about to start."""

    at_s: float
    key: Key
    sha256: str


@frozen
class Answered:
    """What the client made of a request's end."""

    key: Key
    sha256: str
    result: Answer | Failure


@frozen
class Left:
    """The client gave a request up, cut off from outside."""

    key: Key


@frozen
class Decided:
    """VTEX decided on a request, whether anybody still waits for it or not."""

    request: LoggedRequest
    receipt: str | None


@frozen
class Told:
    """The run told its caller of an outcome."""

    key: Key
    outcome: OutcomeKind
    reason: Reason


@frozen
class Died:
    """The run was killed, or the power went; `was_sending`: by then it had said that it sends."""

    was_sending: bool


@frozen
class Ended:
    """The run came to its end, and its report is written."""

    summary: Summary
    rows: Mapping[str, int]  # of the report, by outcome
    ledger_problems: tuple[str, ...]


@frozen
class Failed:
    """The run ended with an exception."""

    error: Exception


@frozen
class Remembered:
    """What the ledger holds when a run is over, and what the run was the first to be told, or nobody accepted before."""

    heard: frozenset[Heard]
    news: frozenset[Heard]


Entry = Began | Asked | Answered | Left | Decided | Told | Died | Ended | Failed | Remembered


@define
class Journal:
    """Everything that the oracles may ask for."""

    story: Story
    entries: list[Entry] = field(factory=list)
    said: dict[str, Said] = field(factory=dict)  # what the bodies with these hashes say
    expected: dict[Key, Said] = field(factory=dict)  # what VTEX should hold in the end
    held: Mapping[Key, Said] = field(factory=dict)  # and what it holds
    ledger: Path = Path()
    folder: Path = Path()
    log_text: str = ""

    def runs(self) -> Iterator[tuple[Night, Sequence[Entry]]]:
        """Each run, and what happened from its beginning to that of the next."""
        starts = [place for place, entry in enumerate(self.entries) if isinstance(entry, Began)]
        for night, start, end in zip(self.story.nights, starts, (*starts[1:], None), strict=True):
            yield night, self.entries[start:end]
