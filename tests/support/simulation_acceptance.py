"""What must hold of the feeds that a run accepts, and of those that it does not: an oracle, as the others are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from ledger_support import Heard
from simulation_feed import Key
from simulation_journal import Asked, Died, Ended, Entry, Failed, Journal, Remembered, Told
from simulation_story import Finish

_REFUSAL: Final = "nothing of them was accepted, nothing was sent"


def problems_of_acceptance(journal: Journal) -> Iterator[str]:
    """Of a feed all is accepted or nothing, as the run says; what was accepted stays, and nothing else is there."""
    known: frozenset[Heard] = frozenset()
    for night, entries in journal.runs():
        says_accepted = _says_accepted(entries)
        if says_accepted is False:
            if night.finish not in (Finish.STOPPED, Finish.ABORTED):
                yield "a run that nobody stopped has accepted nothing"
            yield from _loud(entries, known={key for key, *_ in known})
        (remembered,) = (entry for entry in entries if isinstance(entry, Remembered))
        yield from _wrong_with(remembered, known=known, says_accepted=says_accepted)
        known |= remembered.heard & remembered.news


def _wrong_with(remembered: Remembered, *, known: frozenset[Heard], says_accepted: bool | None) -> Iterator[str]:
    heard, news = remembered.heard, remembered.news
    yield from (f"{event}: was accepted, and is lost" for event in sorted(known - heard))
    yield from (f"{event}: was accepted, and nobody said it" for event in sorted(heard - known - news))
    accepted = heard & news
    if accepted and accepted != news:
        yield f"of {len(news)} new events {len(accepted)} were accepted, neither all nor none"
    if says_accepted is True and accepted != news:
        yield f"a run says that it accepted {len(news)} new events, and accepted {len(accepted)}"
    if says_accepted is False and accepted:
        yield f"a run says that it accepted nothing, and accepted {len(accepted)} new events"


def _says_accepted(entries: Sequence[Entry]) -> bool | None:
    """Whether a run says that its feed was accepted; None for one that died before it came to say so."""
    for entry in entries:
        match entry:
            case Ended(summary):
                return not any(_REFUSAL in notice.message for notice in summary.notices)
            case Failed():
                return False
            case Died(was_sending):
                return was_sending or None
            case _:
                pass
    return None


def _loud(entries: Sequence[Entry], *, known: Collection[Key]) -> Iterator[str]:
    """A run that accepted nothing asks for nothing, and tells only of invoices that earlier runs accepted."""
    for entry in entries:
        match entry:
            case Asked(_, key):
                yield f"{key}: asked for by a run that has accepted nothing"
            case Told(key) if key not in known:
                yield f"{key}: told of, and it was not accepted"
            case _:
                pass
