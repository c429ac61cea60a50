"""Plain records, column by column, are the events that they stand for."""

from __future__ import annotations

from typing import Any, Final

import pytest
from attrs.exceptions import FrozenInstanceError

from vtex_tracking.model import PlainEvents, TrackingEvent

IDS: Final[dict[str, Any]] = {"order_id": "1-01", "invoice_number": "0001"}
EVENTS: Final = [
    TrackingEvent(**IDS, date="2026-03-05", description="Saiu", city="Itu", state="SP", place="feed:2"),
    TrackingEvent(**IDS, date="2026-03-06 10:00:07", description="Entregue", is_delivered=True, place="feed:3"),
    TrackingEvent(**IDS, city="Itu", is_delivered=True, delivered_date="2026-03-06 10:00", place="feed:5"),
]
BLOCK: Final = PlainEvents(
    order_ids=["1-01"] * 3,
    invoice_numbers=["0001"] * 3,
    dates=["2026-03-05", "2026-03-06 10:00:07", ""],
    descriptions=["Saiu", "Entregue", ""],
    cities=["Itu", "", "Itu"],
    states=["SP", "", ""],
    deliveries={2: "2026-03-06 10:00", 1: ""},
    places=["feed:2", "feed:3", "feed:5"],
)


def test_a_block_is_the_events_that_it_stands_for() -> None:
    """An event, one that says delivered, and a delivery without an event."""
    events = list(BLOCK.events())
    assert events == EVENTS
    with pytest.raises(FrozenInstanceError):
        events[0].city = "Salto"  # type: ignore[misc]


def test_columns_of_other_lengths_are_a_mistake() -> None:
    """No record is made up, and none is left out."""
    with pytest.raises(ValueError, match="shorter"):
        list(BLOCK._replace(places=["feed:2"]).events())
