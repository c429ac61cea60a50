"""Records that most feeds are made of, column by column: how a feed of millions does without an object for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vtex_tracking.model.checked import checked_event

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vtex_tracking.model.tracking import TrackingEvent


class PlainEvents(NamedTuple):
    """Records of a feed that are nothing but events and deliveries in values that are sent as they are, column by column.

    All columns have the same length. Whoever makes one has checked its values, as a `TrackingEvent` would.
    """

    order_ids: Sequence[str]
    invoice_numbers: Sequence[str]
    dates: Sequence[str]  # as TrackingEvent.date; "" for a record without an event
    descriptions: Sequence[str]  # "" likewise
    cities: Sequence[str]
    states: Sequence[str]
    deliveries: Mapping[int, str]  # of each record that says "delivered": its delivered date, "" where it states none
    places: Sequence[str]  # such as feed.csv:17

    def events(self) -> Iterator[TrackingEvent]:
        """The records one by one."""
        delivered_date_of = self.deliveries.get
        for index, (order_id, number, date, description, city, state, place) in enumerate(
            zip(
                self.order_ids,
                self.invoice_numbers,
                self.dates,
                self.descriptions,
                self.cities,
                self.states,
                self.places,
                strict=True,
            )
        ):
            delivered_date = delivered_date_of(index)
            yield checked_event(
                order_id,
                invoice_number=number,
                date=date or None,
                description=description or None,
                city=city,
                state=state,
                is_delivered=delivered_date is not None,
                delivered_date=delivered_date or None,
                place=place,
            )
