"""What is known of an invoice, and the one body that says it."""

from __future__ import annotations

import hashlib
import json

from vtex_tracking.merge import Fact, Known, fact_of, gather, known_of, update_of
from vtex_tracking.model import Event, InvoiceKey, TrackingEvent, Update

KEY = InvoiceKey("1-01", "000030711")


def said(
    date: str, description: str, city: str, state: str, *, is_delivered: bool = False, delivered_date: str = ""
) -> Fact:
    return Fact(date, description, city, state, is_delivered, delivered_date)


def fact(day: int = 1, *, is_delivered: bool = False, delivered_date: str = "", description: str = "Coletado") -> Fact:
    date = f"2026-03-{day:02d}"
    return said(date, description, "Curitiba", "PR", is_delivered=is_delivered, delivered_date=delivered_date)


def body_of(*facts: Fact) -> bytes:
    return update_of(KEY, gather(facts)).body


def test_the_body_is_vtex_three_fields_and_nothing_else() -> None:
    """UTF-8 without spaces, accents as they are, events by date, description, city and state."""
    facts = (
        said("2026-03-02", "Saiu", "B", "SP"),
        said("2026-03-02", "Saiu", "A", "SP"),
        said("2026-03-02", "Chegou", "São Paulo", "SP"),
        said("2026-03-01", "Z", "Z", "Z"),
    )
    expected = (
        '{"isDelivered":false,"deliveredDate":null,"events":['
        '{"city":"Z","state":"Z","description":"Z","date":"2026-03-01"},'
        '{"city":"São Paulo","state":"SP","description":"Chegou","date":"2026-03-02"},'
        '{"city":"A","state":"SP","description":"Saiu","date":"2026-03-02"},'
        '{"city":"B","state":"SP","description":"Saiu","date":"2026-03-02"}]}'
    )
    assert expected.encode() == body_of(*facts)


def test_an_update_says_of_itself_what_its_body_says() -> None:
    """Key, number of events, delivered and its date are at hand without reading the body again."""
    known = gather([fact(1), fact(2, is_delivered=True)])
    body = update_of(KEY, known).body
    expected = Update(
        key=KEY,
        body=body,
        fingerprint=hashlib.sha256(body).hexdigest(),
        events=2,
        is_delivered=True,
        delivered_date="2026-03-02 00:00",
    )
    assert expected == update_of(KEY, known)


def test_delivered_is_a_latch() -> None:
    """What says "not delivered" later changes nothing but the events."""
    delivered = gather([fact(2, is_delivered=True)])
    later = gather([fact(2, is_delivered=True), fact(3)])
    assert (True, "2026-03-02 00:00") == (later.is_delivered, later.delivered_date)
    assert delivered.delivered_date == later.delivered_date


def test_a_date_that_is_stated_wins_over_one_that_an_event_implies() -> None:
    """The earliest stated date counts; without one, the newest event that says delivered."""
    implied = [fact(2, is_delivered=True), fact(4, is_delivered=True), fact(9)]
    assert "2026-03-04 00:00" == gather(implied).delivered_date
    stated = [fact(5, is_delivered=True, delivered_date=f"2026-03-{day:02d} 10:00") for day in (7, 6, 8)]
    assert "2026-03-06 10:00" == gather([*implied, *stated]).delivered_date
    assert "2026-03-06 10:00" == gather([*stated, *implied]).delivered_date


def test_what_is_not_delivered_has_no_date() -> None:
    """No date is made up."""
    assert gather([fact()]).delivered_date is None
    assert Known() == gather([])
    assert b'{"isDelivered":false,"deliveredDate":null,"events":[]}' == update_of(KEY, Known()).body


def test_a_delivery_without_an_event_adds_none() -> None:
    """A backfill of delivered orders sends an empty list of events."""
    only = fact_of(
        TrackingEvent(
            order_id="1-01", invoice_number="1", is_delivered=True, delivered_date="2026-03-02T10:00", city="Curitiba"
        )
    )
    assert said("", "", "Curitiba", "", is_delivered=True, delivered_date="2026-03-02 10:00") == only
    document = json.loads(body_of(only))
    assert {"isDelivered": True, "deliveredDate": "2026-03-02 10:00", "events": []} == document


def test_the_same_event_said_twice_is_one() -> None:
    """Date, city, state and description make an event; what a record says besides does not."""
    known = gather([fact(1), fact(1, is_delivered=True), fact(1, is_delivered=True, delivered_date="2026-03-01 09:00")])
    assert frozenset([Event(date="2026-03-01", description="Coletado", city="Curitiba", state="PR")]) == known.events
    assert 2 == len(gather([fact(1), fact(1, description="Saiu")]).events)


def test_confirmed_events_stay_out_of_the_body_but_not_of_the_fingerprint() -> None:
    """The fingerprint stands for all that is known, whatever went out."""
    old, new = known_of(fact(1)), gather([fact(1), fact(2)])
    whole, fresh = update_of(KEY, new), update_of(KEY, new, confirmed=old.events)
    assert body_of(fact(2)) == fresh.body
    assert (1, 2) == (fresh.events, whole.events)
    assert whole.fingerprint == fresh.fingerprint
    assert hashlib.sha256(whole.body).hexdigest() == fresh.fingerprint


def test_ids_are_no_part_of_a_body() -> None:
    """The address says whose it is, so the same facts have the same bytes anywhere."""
    known = gather([fact()])
    assert update_of(KEY, known).body == update_of(InvoiceKey("2-01", "2"), known).body
