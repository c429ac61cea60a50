"""Gathering what is known of an invoice, and saying all of it in one body.

Merging is a join: a union of events, an OR of delivered, the earliest delivered date that was stated. It is commutative,
associative and idempotent, so the order of a feed, its duplicates and overlaps with other feeds cannot matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import reduce

from attrs import frozen

from vtex_tracking.model import Event, InvoiceKey, TrackingEvent, Update, delivered_date


@frozen
class Fact:
    """What one record says of its invoice; empty text where it says nothing."""

    date: str
    description: str
    city: str
    state: str
    is_delivered: bool
    delivered_date: str


@frozen(kw_only=True)
class Known:
    """All that is known of one invoice.

    `stated_date` is the earliest delivered date that a record states; `implied_date` the date of the newest event that
    says "delivered". Dates are compared as text, which is their order wherever their offsets agree.
    """

    events: frozenset[Event] = frozenset()
    is_delivered: bool = False
    stated_date: str = ""
    implied_date: str = ""

    @property
    def delivered_date(self) -> str | None:
        """What is stated wins over what is implied; None while the invoice is not delivered."""
        if self.stated_date:
            return self.stated_date
        return delivered_date(self.implied_date) if self.implied_date else None


def fact_of(event: TrackingEvent) -> Fact:
    """What a record says, without whose and where."""
    return Fact(
        event.date or "",
        event.description or "",
        event.city,
        event.state,
        event.is_delivered,
        event.delivered_date or "",
    )


def known_of(fact: Fact) -> Known:
    """What is known when this fact is all there is."""
    event = Event(date=fact.date, description=fact.description, city=fact.city, state=fact.state)
    return Known(
        events=frozenset((event,) if fact.date else ()),
        is_delivered=fact.is_delivered,
        stated_date=fact.delivered_date,
        implied_date=fact.date if fact.is_delivered else "",
    )


def join(left: Known, right: Known) -> Known:
    """Everything that either side knows. `delivered` is a latch: nothing sets it back."""
    return Known(
        events=left.events | right.events,
        is_delivered=left.is_delivered or right.is_delivered,
        stated_date=_first(left.stated_date, right.stated_date),
        implied_date=max(left.implied_date, right.implied_date),
    )


def gather(facts: Iterable[Fact]) -> Known:
    """The join of all that these facts say."""
    return reduce(join, map(known_of, facts), Known())


def update_of(key: InvoiceKey, known: Known, *, confirmed: frozenset[Event] = frozenset()) -> Update:
    """The update that says all that is known; events in `confirmed` are VTEX's already and left out of the body.

    The fingerprint covers everything known, so it does not depend on what was left out.
    """
    whole = _body(known, known.events)
    fresh = known.events - confirmed
    return Update(
        key=key,
        body=_body(known, fresh) if confirmed else whole,
        fingerprint=hashlib.sha256(whole).hexdigest(),
        events=len(fresh),
        is_delivered=known.is_delivered,
        delivered_date=known.delivered_date,
    )


def _body(known: Known, events: Iterable[Event]) -> bytes:
    """VTEX's three fields as UTF-8 without spaces, events sorted: one form for equal knowledge."""
    document = {
        "isDelivered": known.is_delivered,
        "deliveredDate": known.delivered_date,
        "events": [
            {"city": event.city, "state": event.state, "description": event.description, "date": event.date}
            for event in sorted(events)
        ],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _first(left: str, right: str) -> str:
    """The earlier of two dates, where an empty one is none."""
    return min(left, right) if left and right else left or right
