"""Events of values that were checked already: how a feed of millions does without checking each of them twice."""

from __future__ import annotations

from attrs import fields_dict

from vtex_tracking.model.tracking import TrackingEvent

# What fills each slot of an event, as the class's own __init__ does it; one after another, for this is done for every record.
(
    _put_order_id,
    _put_invoice_number,
    _put_date,
    _put_description,
    _put_city,
    _put_state,
    _put_is_delivered,
    _put_delivered_date,
    _put_place,
    _put_volume,
    _put_volumes,
    _put_is_returned,
) = (getattr(TrackingEvent, name).__set__ for name in fields_dict(TrackingEvent))


def checked_event(
    order_id: str,
    *,
    invoice_number: str,
    date: str | None,
    description: str | None,
    city: str,
    state: str,
    is_delivered: bool,
    delivered_date: str | None,
    place: str,
) -> TrackingEvent:
    """The event that `TrackingEvent` makes of values that it would keep as they are, without looking at them again.

    For a feed's short way alone: whatever is wrong with the values stays wrong.
    """
    event = object.__new__(TrackingEvent)
    _put_order_id(event, order_id)
    _put_invoice_number(event, invoice_number)
    _put_date(event, date)
    _put_description(event, description)
    _put_city(event, city)
    _put_state(event, state)
    _put_is_delivered(event, is_delivered)
    _put_delivered_date(event, delivered_date)
    _put_place(event, place)
    _put_volume(event, "")
    _put_volumes(event, None)
    _put_is_returned(event, False)  # noqa: FBT003 - a slot has no name for its value
    return event
