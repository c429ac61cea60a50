"""What a record must be before it becomes a fact."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.model import (
    Defect,
    Event,
    InvoiceKey,
    TrackingEvent,
    clean_text,
    delivered_date,
    event_date,
    is_id,
    is_unicode,
)

EVENT: dict[str, Any] = {"order_id": "1-01", "invoice_number": "1", "date": "2026-03-01", "description": "Coletado"}
DELIVERY: dict[str, Any] = {"order_id": "1-01", "invoice_number": "1", "is_delivered": True}


@pytest.mark.parametrize(
    "text",
    [
        "1172452900788-01",
        "MLB-2000001234",
        "v501245lspt-01",
        "SLR-v527103anml-01",
        "a..b",
        "000030711",
        "a_b",
        "0",
        "x" * 64,
    ],
)
def test_an_id_is_taken_as_it_is(text: str) -> None:
    """Letters, digits and three marks, up to 64 of them, and leading zeros count."""
    assert is_id(text)
    assert InvoiceKey(text, text) == TrackingEvent(**EVENT | {"order_id": text, "invoice_number": text}).key


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "..", "../..", "a/b", "%2F", "a?x=1", "a#f", "a b", "a ", " a", "-a", "a-", ".a", "a.", "x" * 65),
        *("1,17245E+12", "a\n", "a\x00", "ação", "\uff11\uff12", "//evil", "http://evil/"),
    ],
)
@pytest.mark.parametrize("name", ["order_id", "invoice_number"])
def test_an_id_that_could_reach_another_address_is_refused(text: str, name: str) -> None:
    """What is not known to be safe in a path never becomes an event, whoever made it."""
    assert not is_id(text)
    with pytest.raises(ValueError, match=name):
        TrackingEvent(**EVENT | {name: text})


@given(st.text(max_size=70))
def test_an_id_is_safe_in_a_path(text: str) -> None:
    """Whatever passes needs no quoting and is no relative path."""
    if is_id(text):
        assert text.isascii()
        assert text.strip("./") == text
        assert not set(text) & set("/?#% \\:@")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-01", "2026-03-01"),
        ("20260301", "2026-03-01"),
        ("2026-W09-7", "2026-03-01"),
        ("2026W097", "2026-03-01"),
        ("2026-03-01T10:00", "2026-03-01 10:00:00"),
        ("2026-03-01 10:00:05", "2026-03-01 10:00:05"),
        ("20260301T100005", "2026-03-01 10:00:05"),
        ("2026-03-01T10:00:05Z", "2026-03-01 10:00:05+00:00"),
        ("2026-03-01T10:00:05-03:00", "2026-03-01 10:00:05-03:00"),
        ("2017-03-29T18:04:31.0521233+00:00", "2017-03-29 18:04:31.052123+00:00"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1), "2026-03-01 00:00:00"),  # noqa: DTZ001 - a feed's time has no zone
        (datetime(2026, 3, 1, 10, tzinfo=UTC), "2026-03-01 10:00:00+00:00"),
    ],
)
def test_an_events_date_keeps_what_the_carrier_wrote(moment: str | date | datetime, expected: str) -> None:
    """A day stays a day, a time keeps its seconds, an offset is neither made up nor lost."""
    assert expected == event_date(moment)
    assert expected == TrackingEvent(**EVENT | {"date": moment}).date


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-01", "2026-03-01 00:00"),
        ("20260301", "2026-03-01 00:00"),
        ("2026-03-01T10:59:59", "2026-03-01 10:59"),
        ("2026-03-01T10:00:05-03:00", "2026-03-01 10:00-03:00"),
        (date(2026, 3, 1), "2026-03-01 00:00"),
        (datetime(2026, 3, 1, 10, 5, tzinfo=timezone(timedelta(hours=-3))), "2026-03-01 10:05-03:00"),
    ],
)
def test_a_delivered_date_has_minutes(moment: str | date | datetime, expected: str) -> None:
    """VTEX documents `yyyy-mm-dd hh:mm`."""
    assert expected == delivered_date(moment)
    assert expected == TrackingEvent(**DELIVERY | {"delivered_date": moment}).delivered_date


@pytest.mark.parametrize(
    "moment", ["", "01/03/2026", "2026-02-30", "2026-03-01 25:00", "yesterday", "2026", "1772323200"]
)
def test_what_is_no_date_is_refused(moment: str) -> None:
    """No guess is made at a date."""
    with pytest.raises(ValueError, match=r".+"):
        TrackingEvent(**EVENT | {"date": moment})
    with pytest.raises(ValueError, match=r".+"):
        TrackingEvent(**DELIVERY | {"delivered_date": moment})


@given(st.dates() | st.datetimes(timezones=st.none() | st.just(UTC)))
def test_a_written_date_reads_as_itself(moment: date | datetime) -> None:
    """Writing a date again changes nothing, so overlapping feeds agree."""
    assert event_date(moment) == event_date(event_date(moment))
    assert delivered_date(moment) == delivered_date(delivered_date(moment))


def test_texts_are_cleaned() -> None:
    """NFC, no spaces at the ends, no control characters; line breaks, tabs and emoji stay."""
    event = TrackingEvent(
        **EVENT | {"description": " Sa\u0303o\x00 <b>\t\r\n🚚\x1b ", "city": " Sa\u0303o Paulo ", "state": "SP\x7f"}
    )
    assert ("São <b>\t\r\n🚚", "São Paulo", "SP") == (event.description, event.city, event.state)
    assert "é" == clean_text("e\x01\u0301")


@given(st.text())
def test_a_clean_text_stays_as_it_is(text: str) -> None:
    """Cleaning twice is cleaning once: the same text has one form."""
    cleaned = clean_text(text)
    assert cleaned == clean_text(cleaned)
    assert unicodedata.is_normalized("NFC", cleaned)
    assert cleaned == cleaned.strip()


@given(st.text(st.characters(), max_size=50) | st.just("\ud800") | st.just("ok\udfff"))
def test_unicode_is_what_utf8_can_hold(text: str) -> None:
    """Half of a surrogate pair is no character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        assert not is_unicode(text)
    else:
        assert is_unicode(text)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"description": "x" * 5001}, "description has 5001 characters; at most 5000"),
        ({"city": "x" * 301}, "city has 301 characters; at most 300"),
        ({"state": "x" * 301}, "state has 301 characters; at most 300"),
        ({"description": "\ud800"}, "description holds half of a surrogate pair"),
        ({"city": "\ud800"}, "city holds half of a surrogate pair"),
        ({"place": "S\udce3o.csv:2"}, "place holds half of a surrogate pair"),
        ({"description": None}, "needs both a date and a description"),
        ({"description": " "}, "needs both a date and a description"),
        ({"date": None}, "needs both a date and a description"),
        ({"date": None, "description": None}, "must say that the invoice is delivered"),
        ({"date": None, "description": None, "is_delivered": True}, "needs a delivered date"),
        ({"delivered_date": "2026-03-01"}, "a delivered date on an invoice that is not delivered"),
        ({"is_delivered": "false"}, "is_delivered 'false' is neither True nor False"),
        ({"is_delivered": 1}, "is_delivered '1' is neither"),
        ({"is_returned": "sim"}, "is_returned 'sim' is neither True nor False"),
        ({"volume": "x" * 65}, "is not at most 64 printable characters"),
        ({"volume": "x" * 20_000}, "is not at most 64 printable characters"),
        ({"volume": "1\x00"}, r"volume '1\\x00' is not at most 64 printable characters"),
        ({"volume": "1\t2"}, "printable characters"),
        ({"volume": "\ud800"}, "printable characters"),
        ({"volumes": 0}, "volumes '0' is not a whole number from 1 to 10000"),
        ({"volumes": 10_001}, "volumes '10001' is not a whole number"),
        ({"volumes": True}, "volumes 'True' is not a whole number"),
        ({"volumes": "2"}, "volumes '2' is not a whole number"),
        ({"volumes": 2.0}, "volumes '2.0' is not a whole number"),
    ],
)
def test_a_record_that_must_not_be_sent_is_refused(change: dict[str, Any], problem: str) -> None:
    """The error says which field, and what is wrong with it."""
    with pytest.raises(ValueError, match=problem):
        TrackingEvent(**EVENT | change)


def test_texts_may_be_as_long_as_vtex_takes_them() -> None:
    """A limit is what is still allowed."""
    event = TrackingEvent(**EVENT | {"description": "x" * 5000, "city": "y" * 300, "state": "z" * 300})
    assert (5000, 300, 300) == (len(event.description or ""), len(event.city), len(event.state))


def test_delivered_may_be_said_with_an_event_alone() -> None:
    """The event's date is then the delivered date, which merging finds out."""
    event = TrackingEvent(**EVENT | {"is_delivered": True})
    assert (True, None) == (event.is_delivered, event.delivered_date)


def test_a_volume_is_named_as_the_carrier_names_it() -> None:
    """Without the spaces around it, its accents in one form; "1" and "001" stay two."""
    volumes = [TrackingEvent(**EVENT | {"volume": text}).volume for text in (" 001 ", "1/3", "Sa\u0303o", "x" * 64)]
    assert ["001", "1/3", "São", "x" * 64] == volumes
    plain = TrackingEvent(**EVENT)
    assert ("", None, False) == (plain.volume, plain.volumes, plain.is_returned)
    most = TrackingEvent(**EVENT | {"volumes": 10_000, "is_returned": True})
    assert (10_000, True) == (most.volumes, most.is_returned)


def test_events_sort_as_the_body_does() -> None:
    """Date, description, city, state."""
    events = [
        Event(date="2026-03-01", description="A", city="A", state="B"),
        Event(date="2026-03-01", description="A", city="B", state="A"),
        Event(date="2026-03-01", description="B"),
        Event(date="2026-03-02", description="A"),
    ]
    assert events == sorted(frozenset(events))


def test_nouns_are_frozen() -> None:
    """What was checked once stays so."""
    event = TrackingEvent(**EVENT)
    with pytest.raises(FrozenInstanceError):
        event.order_id = "../.."  # type: ignore[misc] # what is tried


def test_a_defect_says_what_and_where() -> None:
    """Place, column, problem: the line that a person reads."""
    problem = '"31/02/2026" is not a date'
    expected = 'feed.csv:17: column "Data": "31/02/2026" is not a date'
    assert expected == str(Defect(place="feed.csv:17", column="Data", code="bad_date", problem=problem))
    assert f"feed.jsonl:3: {problem}" == str(Defect(place="feed.jsonl:3", code="bad_date", problem=problem))
