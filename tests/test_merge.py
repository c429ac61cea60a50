"""What is known of an invoice, and the one body that says it."""

from __future__ import annotations

import hashlib
import json

import pytest
from attrs import evolve

from vtex_tracking.merge import (
    NO_FACT,
    NO_VOLUME,
    Fact,
    Known,
    Volume,
    fact_of,
    gather,
    join,
    join_volumes,
    known_of,
    update_of,
    volume_of,
)
from vtex_tracking.model import Event, InvoiceKey, TrackingEvent, Update

KEY = InvoiceKey("1-01", "000030711")


def said(
    date: str, description: str, city: str, state: str, *, is_delivered: bool = False, delivered_date: str = ""
) -> Fact:
    return Fact(date, description, city, state, is_delivered, delivered_date)


def fact(day: int = 1, *, is_delivered: bool = False, delivered_date: str = "", description: str = "Coletado") -> Fact:
    date = f"2026-03-{day:02d}"
    return said(date, description, "Curitiba", "PR", is_delivered=is_delivered, delivered_date=delivered_date)


def volume(number: str = "1", *, day: int = 0, stated: str = "", volumes: int = 0, is_returned: bool = False) -> Volume:
    """A volume that is on its way; delivered by an event on a day of March, or on a date that is stated."""
    return Volume(number, stated, f"2026-03-{day:02d}" if day else "", volumes, is_returned)


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


def test_a_record_of_a_volume_says_nothing_of_the_whole_invoice_but_its_event() -> None:
    """What is delivered is the volume, at its stated date or else at that of the event."""
    record = TrackingEvent(
        order_id="1-01",
        invoice_number="1",
        date="2026-03-02",
        description="Entregue",
        city="Curitiba",
        is_delivered=True,
        delivered_date="2026-03-01 10:00",
        volume="1/2",
        volumes=2,
        is_returned=True,
    )
    assert said("2026-03-02", "Entregue", "Curitiba", "") == fact_of(record)
    assert Volume("1/2", "2026-03-01 10:00", "2026-03-02", 2, is_returned=True) == volume_of(record)
    on_its_way = evolve(record, is_delivered=False, delivered_date=None, volumes=None, is_returned=False)
    assert (fact_of(record), Volume("1/2")) == (fact_of(on_its_way), volume_of(on_its_way))
    without_event = evolve(record, date=None, description=None)
    assert (NO_FACT, "") == (fact_of(without_event), volume_of(without_event).implied_date)


def test_a_record_that_names_no_volume_speaks_of_the_whole_invoice() -> None:
    """How many volumes there are, and that something returns, it may say all the same."""
    record = TrackingEvent(
        order_id="1-01", invoice_number="1", date="2026-03-02", description="Entregue", is_delivered=True
    )
    assert (True, NO_VOLUME) == (fact_of(record).is_delivered, volume_of(record))
    assert Volume(volumes=3) == volume_of(evolve(record, volumes=3))
    assert Volume(is_returned=True) == volume_of(evolve(record, is_returned=True))
    assert fact_of(record) == fact_of(evolve(record, volumes=3, is_returned=True))


@pytest.mark.parametrize(
    ("volumes", "expected"),
    [
        ([], None),
        ([volume()], None),
        ([volume(day=2)], "2026-03-02 00:00"),
        ([volume("1", day=2), volume("2")], None),
        ([volume("1", day=2), volume("2", day=4), volume("3", day=3)], "2026-03-04 00:00"),
        ([volume("1", day=2), volume("2", day=4, stated="2026-03-03 10:00")], "2026-03-03 10:00"),
        ([volume("1", day=2, volumes=2)], None),
        ([volume("1", day=2, volumes=2), volume("2", day=3)], "2026-03-03 00:00"),
        ([volume("1", day=2), volume("", volumes=2)], None),
        ([volume("1", day=2), volume("2", day=3), volume("", volumes=2)], "2026-03-03 00:00"),
        ([volume("1", day=2, volumes=3), volume("2", day=3, volumes=2)], None),
        ([volume("1", day=2, volumes=1), volume("2", day=3), volume("3")], None),
        ([volume("", volumes=1)], None),
        ([volume("", is_returned=True)], None),
    ],
)
def test_an_invoice_is_delivered_when_all_of_its_volumes_are(volumes: list[Volume], expected: str | None) -> None:
    """Every one that was heard of, and as many as the most that was said; its date is then that of the last."""
    known = gather([fact(1)], volumes=volumes)
    assert (expected is not None, expected) == (known.is_delivered, known.delivered_date)


def test_what_is_said_of_the_whole_invoice_decides_at_once() -> None:
    """Whatever its volumes are said to be, and with its own date."""
    known = gather([fact(2, is_delivered=True)], volumes=[volume("1"), volume("2", day=9)])
    assert (True, "2026-03-02 00:00") == (known.is_delivered, known.delivered_date)


def test_what_was_accepted_as_delivered_stays_so() -> None:
    """One more volume is heard of: the date is that of the last one delivered."""
    volumes = [volume("1", day=2), volume("2"), volume("3", day=1)]
    known = gather([fact(1)], volumes=volumes, was_delivered=True)
    assert (True, "2026-03-02 00:00") == (known.is_delivered, known.delivered_date)
    assert not gather([fact(1)], volumes=volumes).is_delivered


def test_volumes_are_joined_field_by_field() -> None:
    """The earliest stated date, the newest implied one, the largest number of volumes; a return is not taken back."""
    left = Known(volumes=frozenset([Volume("1", "", "2026-03-02", 2), Volume("2")]))
    right = Known(volumes=frozenset([Volume("1", "2026-03-01 10:00", "2026-03-03", 1, is_returned=True)]))
    expected = {Volume("1", "2026-03-01 10:00", "2026-03-03", 2, is_returned=True), Volume("2")}
    assert expected == join(left, right).volumes == join(right, left).volumes
    assert left.volumes == join(Known(), left).volumes == join(left, Known()).volumes
    assert left.volumes == join_volumes([NO_VOLUME, *left.volumes], left.volumes)


def test_the_same_event_of_two_volumes_is_one() -> None:
    """The body has no place for volumes; a return of one is known of the invoice."""
    records = [
        TrackingEvent(order_id="1-01", invoice_number="1", date="2026-03-02", description="Saiu", volume=number)
        for number in ("1", "2")
    ]
    known = gather(map(fact_of, records), volumes=map(volume_of, records))
    assert (1, 2, False) == (len(known.events), len(known.volumes), known.is_returned)
    assert gather([], volumes=[volume("1"), volume("2", is_returned=True)]).is_returned


def test_a_delivery_without_a_date_of_its_own_states_none() -> None:
    """Neither of the invoice nor of a volume: the date is the event's, and only implied."""
    record = TrackingEvent(
        order_id="1", invoice_number="2", date="2026-03-02", description="Entregue", is_delivered=True
    )
    assert "" == fact_of(record).delivered_date
    assert "" == volume_of(evolve(record, volume="1")).stated_date
