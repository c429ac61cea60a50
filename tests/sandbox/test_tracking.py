from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.sandbox import CourierEvent
from vtex_tracking.sandbox.tracking import BadBody, Tracking, read_tracking

EVENT = {"city": "", "state": "", "description": "Saiu", "date": "2026-03-14"}
VALID = {"isDelivered": False, "deliveredDate": None, "events": [EVENT]}


def fields(body: bytes) -> list[str]:
    """The fields that a body is refused for."""
    match read_tracking(body):
        case BadBody(problems):
            return [problem.field for problem in problems]
        case _:
            return []


def test_a_valid_body_is_read_as_it_was_sent() -> None:
    """Every value of a valid body is kept as it is, and fields that nobody asked for are ignored."""
    body = {
        "isDelivered": True,
        "deliveredDate": "2026-03-14 10:00",
        "events": [
            {"city": "São Paulo", "state": "SP", "description": "Entregue", "date": "2026-03-14 09:59:58", "x": 1}
        ],
        "note": None,
    }
    expected = Tracking(
        is_delivered=True,
        delivered_date="2026-03-14 10:00",
        events=(CourierEvent(date="2026-03-14 09:59:58", city="São Paulo", state="SP", description="Entregue"),),
    )
    assert expected == read_tracking(json.dumps(body).encode())


@pytest.mark.parametrize(
    "date",
    [
        "2026-03-14",
        "2026-03-14 09:59",
        "2026-03-14T09:59:58",
        "2026-03-14 09:59:58.1234567",
        "2026-03-14 09:59:58-03:00",
        "2026-03-14T09:59:58Z",
    ],
)
def test_an_event_has_an_iso_date(date: str) -> None:
    """An event's date is ISO 8601: a day, or a moment to minutes or finer, with or without an offset."""
    assert [] == fields(json.dumps(VALID | {"events": [EVENT | {"date": date}]}).encode())


@pytest.mark.parametrize(
    "date",
    ["", "14/03/2026", "2026-02-30", "2026-3-14", "20260314", "2026-03-14 25:00", "2026-03-14 9:00", "٢٠٢٦-03-14"],
)
def test_any_other_event_date_is_refused(date: str) -> None:
    """A date in another form, or not in the calendar, breaks the schema."""
    assert ["events[0].date"] == fields(json.dumps(VALID | {"events": [EVENT | {"date": date}]}).encode())


@pytest.mark.parametrize(
    "date", ["2026-03-14", "2026-03-14 10:00:00", "2026-03-14T10:00", "14/03/2026 10:00", "2026-02-30 10:00", "", 5]
)
def test_any_other_delivered_date_is_refused(date: object) -> None:
    """A delivered date has the documented form and is in the calendar, or it is null."""
    assert ["deliveredDate"] == fields(json.dumps(VALID | {"isDelivered": True, "deliveredDate": date}).encode())


@pytest.mark.parametrize("date", ["2026-03-14 10:00", "2026-03-14 10:00-03:00"])
def test_a_delivered_date_may_have_an_offset(date: str) -> None:
    """The documented form is taken, with an offset too."""
    assert [] == fields(json.dumps(VALID | {"isDelivered": True, "deliveredDate": date}).encode())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ["isDelivered", "deliveredDate", "events"]),
        (VALID | {"isDelivered": "false"}, ["isDelivered"]),
        (VALID | {"isDelivered": 0}, ["isDelivered"]),
        (VALID | {"isDelivered": True}, ["deliveredDate"]),
        ({"isDelivered": False, "events": []}, ["deliveredDate"]),
        (VALID | {"events": None}, ["events"]),
        (VALID | {"events": {}}, ["events"]),
        (VALID | {"events": [EVENT, "x"]}, ["events[1]"]),
        (VALID | {"events": [{}]}, [f"events[0].{name}" for name in ("city", "state", "description", "date")]),
        (VALID | {"events": [EVENT | {"city": None}]}, ["events[0].city"]),
        (VALID | {"events": [EVENT | {"description": "x" * 5001}]}, ["events[0].description"]),
        ([], ["$"]),
        (None, ["$"]),
    ],
)
def test_everything_that_breaks_the_schema_is_named(body: object, expected: list[str]) -> None:
    """Each field that is missing or of another kind is named, all at once."""
    assert expected == fields(json.dumps(body).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"isDelivered": NaN}', b"[" * 200_000, b"1" * 5000, b"<html>"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    """Bytes that are no JSON, not even Python's wider kind of it, are one problem and no exception."""
    assert ["$"] == fields(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["isDelivered", "deliveredDate", "events", "date"]), inner)
        ),
    )
)
def test_every_document_is_read_or_refused(document: Any) -> None:
    """No JSON document is an exception."""
    assert isinstance(read_tracking(json.dumps(document).encode()), Tracking | BadBody)
