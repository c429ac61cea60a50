"""Gathering what is known of an invoice, and saying all of it in one body.

Merging is a join: a union of events, an OR of delivered, the earliest delivered date that was stated; for the invoice as a
whole, and for each of its volumes. It is commutative, associative and idempotent, so the order of a feed, its duplicates and
overlaps with other feeds cannot matter.

What cannot be a join is the end of an invoice in volumes: "all of them are delivered" may be true until one more is heard of.
So what was once accepted as delivered is remembered, and handed in as `was_delivered`: it stays so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

from attrs import frozen

from vtex_tracking.model import Event, InvoiceKey, TrackingEvent, Update, delivered_date

_quoted: Final = json.JSONEncoder(ensure_ascii=False).encode
_EVENT_SIZE: Final = 4  # the first fields of a fact are those of its event


class Fact(NamedTuple):
    """What one record says of its invoice as a whole; empty text where it says nothing.

    There are as many as records: a tuple is made, hashed and compared at a fraction of another object's cost.
    """

    date: str = ""
    description: str = ""
    city: str = ""
    state: str = ""
    is_delivered: bool = False
    delivered_date: str = ""


@frozen
class Volume:
    """What is known of one volume of an invoice; `number` is empty where no volume was named.

    Its delivered dates are as those of `Known`. `volumes` is how many volumes the invoice was said to have, 0 for never.
    """

    number: str = ""
    stated_date: str = ""
    implied_date: str = ""
    volumes: int = 0
    is_returned: bool = False

    @property
    def is_delivered(self) -> bool:
        """There is no delivery without a date."""
        return bool(self.stated_date or self.implied_date)

    @property
    def delivered_date(self) -> str:
        """What is stated wins over what is implied; empty while the volume is not delivered."""
        return delivery_date(self.stated_date, self.implied_date)


NO_FACT: Final = Fact()
NO_VOLUME: Final = Volume()


@frozen(kw_only=True)
class Known:
    """All that is known of one invoice.

    `says_delivered`: a record said so of the whole invoice, or it was accepted as delivered before. `stated_date` is the
    earliest delivered date that such a record states; `implied_date` the date of the newest event that says "delivered".
    Dates are compared as text, which is their order wherever their offsets agree. `volumes` holds each number once.
    """

    events: frozenset[Event] = frozenset()
    says_delivered: bool = False
    stated_date: str = ""
    implied_date: str = ""
    volumes: frozenset[Volume] = frozenset()

    @property
    def is_delivered(self) -> bool:
        """An invoice is delivered when a record says so of the whole of it, or of every volume that there is."""
        return self.says_delivered or (bool(self.volumes) and _are_delivered(self.volumes))

    @property
    def delivered_date(self) -> str | None:
        """What is said of the whole invoice wins over its last delivered volume; None while it is not delivered."""
        if not self.is_delivered:
            return None
        whole = delivery_date(self.stated_date, self.implied_date)
        return whole or max((volume.delivered_date for volume in self.volumes), default="") or None

    @property
    def is_returned(self) -> bool:
        """Whether any record says that something of the invoice goes back to the sender."""
        return any(volume.is_returned for volume in self.volumes)


def fact_of(event: TrackingEvent) -> Fact:
    """What a record says of the invoice as a whole: of a volume's record, the event alone."""
    says_delivered = event.is_delivered and not event.volume
    if event.date is None and not says_delivered:
        return NO_FACT
    return Fact(
        event.date or "",
        event.description or "",
        event.city,
        event.state,
        says_delivered,
        (event.delivered_date or "") if says_delivered else "",
    )


def volume_of(event: TrackingEvent) -> Volume:
    """What a record says of a volume, of how many there are, and of a return."""
    if not (event.volume or event.volumes or event.is_returned):
        return NO_VOLUME
    says_delivered = event.is_delivered and event.volume != ""
    return Volume(
        event.volume,
        (event.delivered_date or "") if says_delivered else "",
        (event.date or "") if says_delivered else "",
        event.volumes or 0,
        event.is_returned,
    )


def known_of(fact: Fact) -> Known:
    """What is known when this fact is all there is."""
    return Known(
        events=frozenset((_event_of(fact),) if fact.date else ()),
        says_delivered=fact.is_delivered,
        stated_date=fact.delivered_date,
        implied_date=fact.date if fact.is_delivered else "",
    )


def _event_of(fact: Fact) -> Event:
    return Event._make(fact[:_EVENT_SIZE])


def join(left: Known, right: Known) -> Known:
    """Everything that either side knows. What is said of the whole invoice is a latch: nothing sets it back."""
    return Known(
        events=left.events | right.events,
        says_delivered=left.says_delivered or right.says_delivered,
        stated_date=_first(left.stated_date, right.stated_date),
        implied_date=max(left.implied_date, right.implied_date),
        volumes=join_volumes(left.volumes, right.volumes) if right.volumes else left.volumes,
    )


def join_volumes(left: Iterable[Volume], right: Iterable[Volume]) -> frozenset[Volume]:
    """Each volume that either side knows once, with everything that is said of it."""
    joined: dict[str, Volume] = {}
    for volume in chain(left, right):
        joined[volume.number] = join_volume(joined.get(volume.number, volume), volume)
    return frozenset(joined.values()) - {NO_VOLUME}


def join_volume(left: Volume, right: Volume) -> Volume:
    """Everything that either side says of the same volume."""
    return Volume(
        left.number,
        _first(left.stated_date, right.stated_date),
        max(left.implied_date, right.implied_date),
        max(left.volumes, right.volumes),
        left.is_returned or right.is_returned,
    )


def gather(facts: Iterable[Fact], *, volumes: Iterable[Volume] = (), was_delivered: bool = False) -> Known:
    """The join of all that these say; `was_delivered` when the invoice was accepted as delivered before."""
    said = tuple(facts)
    stated = [fact.delivered_date for fact in said if fact.delivered_date]
    implied = [fact.date for fact in said if fact.is_delivered]
    return Known(
        events=frozenset([_event_of(fact) for fact in said if fact.date]),
        says_delivered=was_delivered or bool(implied),
        stated_date=min(stated) if stated else "",
        implied_date=max(implied) if implied else "",
        volumes=frozenset(volumes),
    )


def update_of(key: InvoiceKey, known: Known, *, confirmed: frozenset[Event] = frozenset()) -> Update:
    """The update that says all that is known; events in `confirmed` are VTEX's already and left out of the body.

    The fingerprint covers everything known, so it does not depend on what was left out.
    """
    is_delivered, date = known.is_delivered, known.delivered_date
    body = whole = _body(known.events, is_delivered=is_delivered, date=date)
    fresh = known.events
    if confirmed:
        fresh = known.events - confirmed
        body = _body(fresh, is_delivered=is_delivered, date=date)
    return Update(
        key=key,
        body=body,
        fingerprint=hashlib.sha256(whole).hexdigest(),
        events=len(fresh),
        is_delivered=is_delivered,
        delivered_date=date,
    )


def _body(events: Iterable[Event], *, is_delivered: bool, date: str | None) -> bytes:
    """VTEX's three fields as UTF-8 without spaces, events sorted: one form for equal knowledge."""
    claim = "true" if is_delivered else "false"
    moment = "null" if date is None else _quoted(date)
    said = ",".join([_said(event) for event in sorted(events)])
    return f'{{"isDelivered":{claim},"deliveredDate":{moment},"events":[{said}]}}'.encode()


def _said(event: Event) -> str:
    """One event as JSON; by hand, for a JSON encoder takes thrice as long to come to it."""
    date, description, city, state = map(_quoted, event)
    return f'{{"city":{city},"state":{state},"description":{description},"date":{date}}}'


def _are_delivered(volumes: frozenset[Volume]) -> bool:
    """Every volume that was heard of, and as many as there should be."""
    named = [volume for volume in volumes if volume.number]
    if not named or not all(volume.is_delivered for volume in named):
        return False
    return len(named) >= max(volume.volumes for volume in volumes)


@lru_cache(64)  # one invoice is asked several times
def delivery_date(stated: str, implied: str) -> str:
    """What is stated wins over what is implied, which is the date of an event; empty where neither is known."""
    return stated or (delivered_date(implied) if implied else "")


def _first(left: str, right: str) -> str:
    """The earlier of two dates, where an empty one is none."""
    return min(left, right) if left and right else left or right
