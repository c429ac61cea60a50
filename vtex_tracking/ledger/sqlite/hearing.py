"""Records as they are staged, and what all of one invoice's say when they are heard together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Final

from attrs import define, field

from vtex_tracking.facts import FactTexts
from vtex_tracking.ledger.sqlite.knowledge import columns_of_volume, volume_from
from vtex_tracking.ledger.sqlite.staging import PART
from vtex_tracking.merge import NO_VOLUME, Volume, fact_of, join_volume, volume_of
from vtex_tracking.model import PlainEvents, TrackingEvent
from vtex_tracking.settings import Settings

# order, invoice, date, fact, volume, place in the feeds, place: equal records stand side by side, an invoice's by their dates
_PARTS_BEFORE_PLACE: Final = 6
_FACTS_PER_EVENT_MAX: Final = 4  # an event may come undelivered, delivered, and with a date that was corrected


@define
class Heard:
    """What the feeds say of one invoice; little more of it is held than may be sent, however many records there are.

    Its facts come in the order in which they are kept, each once.
    """

    order_id: str
    invoice_number: str
    seq: int  # of its first record in the feeds
    first_place: str
    events: int = 0
    duplicates: int = 0
    facts: list[str] = field(factory=list)
    volumes: dict[str, Volume] = field(factory=dict)


@define
class _Hearing:
    """The invoice whose records are being heard; None before the first one. `last_fact` and `last_volume` are its last record's."""

    settings: Settings
    heard: Heard | None = None
    last_fact: str = ""
    last_volume: str = ""

    def hear(self, records: Iterable[str]) -> Iterator[Heard]:
        """Those invoices that have no more records."""
        heard, last_fact, last_volume = self.heard, self.last_fact, self.last_volume
        facts_max = facts_max_of(self.settings)
        for record in records:
            order_id, number, _, fact, volume, seq, place = record.split(PART, _PARTS_BEFORE_PLACE)
            if heard is None or number != heard.invoice_number or order_id != heard.order_id:
                if heard is not None:
                    yield heard
                self.heard = heard = Heard(order_id, number, int(seq), place)
                last_fact = ""
            else:
                if int(seq) < heard.seq:
                    heard.seq, heard.first_place = int(seq), place
                if fact == last_fact and volume == last_volume:
                    heard.duplicates += 1
                    continue
            heard.events += 1
            if fact != last_fact and len(heard.facts) <= facts_max:
                heard.facts.append(fact)
            last_fact, last_volume = fact, volume
            if volume:
                _add_volume(heard.volumes, volume_from(json.loads(volume)), numbers_max=self.settings.volumes_max)
        self.last_fact, self.last_volume = last_fact, last_volume


class Writing:
    """Makes records of what feeds say; each knows its place in them."""

    def __init__(self) -> None:
        self._texts = FactTexts()
        self._seq = 1

    def record(self, event: TrackingEvent) -> str:
        """One record; most say nothing of a volume."""
        fact, volume = fact_of(event), volume_of(event)
        said = "" if volume is NO_VOLUME else json.dumps(columns_of_volume(volume))
        seq, self._seq = self._seq, self._seq + 1
        parts = (event.order_id, event.invoice_number, fact.date, self._texts.of(fact), said, str(seq), event.place)
        return PART.join(parts)

    def records(self, events: PlainEvents) -> list[str]:
        """Many at once."""
        first, self._seq = self._seq, self._seq + len(events.places)
        facts = self._texts.of_many(events)
        return [
            f"{order_id}{PART}{number}{PART}{date}{PART}{fact}{PART}{PART}{seq}{PART}{place}"
            for order_id, number, date, fact, seq, place in zip(
                events.order_ids, events.invoice_numbers, events.dates, facts, count(first), events.places, strict=False
            )
        ]


def heard_in(blocks: Iterable[Sequence[str]], *, settings: Settings) -> Iterator[Heard]:
    """Each invoice of records that are in order. Equal ones stand next to each other, so one pass tells facts from duplicates."""
    hearing = _Hearing(settings)
    for block in blocks:
        yield from hearing.hear(block)
    if hearing.heard is not None:
        yield hearing.heard


def facts_max_of(settings: Settings) -> int:
    """How many facts of one invoice may be kept."""
    return _FACTS_PER_EVENT_MAX * settings.events_max


def _add_volume(volumes: dict[str, Volume], volume: Volume, *, numbers_max: int) -> None:
    known = volumes.get(volume.number)
    if known is not None:
        volumes[volume.number] = join_volume(known, volume)
    elif len(volumes) <= numbers_max + 1:  # one of them without a number
        volumes[volume.number] = volume
