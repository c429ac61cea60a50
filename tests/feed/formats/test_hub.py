"""The webhook of Intelipost, kept in a file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest
from feed_support import entries_of
from feed_writers import VolumeEvent, write_hub
from hypothesis import given, settings
from hypothesis import strategies as st

from vtex_tracking.feed.formats.hub import CODES, is_hub, read_hub
from vtex_tracking.model import Defect, TrackingEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from vtex_tracking.feed import FeedReader
    from vtex_tracking.feed.entries import Entry

HISTORY: Final[dict[str, object]] = {
    "shipment_order_volume_id": 230713,
    "shipment_order_volume_state": "DELIVERED",
    "shipment_order_volume_state_localized": "Entregue",
    "created": 1772731330000,
    "created_iso": "2026-03-05T15:00:00.614-03:00",
    "event_date_iso": "2026-03-05T14:22:00.000-03:00",
    "provider_message": "ENTREGA REALIZADA NORMALMENTE",
    "provider_state": "ENT",
    "shipment_volume_micro_state": {"code": "1", "name": "ENTREGUE"},
    "location": {"city": "Recife", "state_code": "PE", "zip_code": None},
}
VOLUME: Final[dict[str, object]] = {
    "history": HISTORY,
    "invoice": {"invoice_series": "1", "invoice_number": "000030761", "invoice_key": "9" * 44},
    "order_number": "SO-88101",
    "sales_order_number": "1172452900841-01",
    "tracking_code": "IP0030761-1BR",
    "volume_number": "1",
    "estimated_delivery_date": {"client": {"current_iso": "2026-03-06T00:00:00.000-03:00"}},
}


def _read(*objects: object) -> list[Entry]:
    return entries_of(read_hub, "\n".join(map(json.dumps, objects))).found


def _values(entry: Entry) -> dict[str, object]:
    return dict(zip(entry.shape.columns.names, entry.values, strict=True))


def test_an_event_has_all_its_values() -> None:
    """Where each comes from."""
    expected = {
        "order_id": "1172452900841-01",
        "invoice_number": "000030761",
        "invoice_series": "1",
        "invoice_key": "9" * 44,
        "tracking_number": "IP0030761-1BR",
        "volume": "1",
        "event_code": "DELIVERED",
        "date": "2026-03-05T14:22:00.000-03:00",
        "description": "ENTREGA REALIZADA NORMALMENTE",
        "city": "Recife",
        "state": "PE",
        "sales_order_number": "1172452900841-01",
        "shipment_order_number": "SO-88101",
        "provider_message": "ENTREGA REALIZADA NORMALMENTE",
        "provider_state": "ENT",
        "state_localized": "Entregue",
        "micro_state": "ENTREGUE",
    }
    assert [expected] == [_values(entry) for entry in _read(VOLUME)]


@pytest.mark.parametrize(
    ("changed", "name", "expected"),
    [
        ({"sales_order_number": None}, "order_id", "SO-88101"),
        ({"sales_order_number": ""}, "order_id", "SO-88101"),
        ({"invoice": None}, "invoice_number", None),
        ({"volume_number": 2}, "volume", "2"),
        ({"volume_number": None}, "volume", None),
        ({"history": {**HISTORY, "provider_message": None}}, "description", "Entregue"),
        ({"history": {**HISTORY, "event_date_iso": None}}, "date", "2026-03-05T15:00:00.614-03:00"),
        ({"history": {**HISTORY, "shipment_order_volume_state": 1}}, "event_code", ""),
        ({"history": {**HISTORY, "location": None}}, "city", None),
    ],
)
def test_what_is_missing_is_taken_from_the_next_best(changed: dict[str, object], name: str, expected: object) -> None:
    """The order of the shipment, the time of hearing of it, the state in words."""
    [entry] = _read(VOLUME | changed)
    assert expected == _values(entry)[name]


def test_a_store_may_keep_the_events_of_a_volume_in_a_list() -> None:
    """Each is an event of its own."""
    entries = _read(VOLUME | {"history": [HISTORY, 5, HISTORY]})
    assert ["", "not_an_object", ""] == [entry.problem.code if entry.problem else "" for entry in entries]


@pytest.mark.parametrize(
    ("history", "code"),
    [(None, "missing_field"), ([], "missing_field"), ("NEW", "bad_type"), ([HISTORY] * 1001, "too_many_events")],
)
def test_a_volume_without_events_is_a_defect(history: object, code: str) -> None:
    """Nothing can be said of it."""
    [entry] = _read(VOLUME | {"history": history})
    assert entry.problem is not None
    assert code == entry.problem.code


def test_a_line_that_is_no_volume_leaves_the_others_alone() -> None:
    """It is a defect of its own."""
    entries = _read(VOLUME, 7, VOLUME)
    assert ["", "not_an_object", ""] == [entry.problem.code if entry.problem else "" for entry in entries]


def test_only_one_state_is_a_delivery() -> None:
    """Each has words of its own for where the carrier has none."""
    assert ["DELIVERED"] == [code for code, meaning in CODES.items() if meaning.is_delivered]
    assert all(meaning.text for meaning in CODES.values())


def test_a_feed_becomes_events(feed: Callable[..., FeedReader]) -> None:
    """Of the volume that each is about."""
    silent = {"shipment_order_volume_state": "TO_BE_DELIVERED", "created_iso": "2026-03-05T08:00:00-03:00"}
    first, second = feed(f"{json.dumps(VOLUME)}\n{json.dumps(VOLUME | {'history': silent, 'volume_number': 2})}\n")
    assert isinstance(first, TrackingEvent)
    assert isinstance(second, TrackingEvent)
    assert ("1172452900841-01", "000030761", "1", True) == (
        first.order_id, first.invoice_number, first.volume, first.is_delivered,
    )  # fmt: skip
    assert ("Saiu para entrega", "2", False) == (second.description, second.volume, second.is_delivered)


def test_a_state_that_nobody_knows_needs_words(feed: Callable[..., FeedReader]) -> None:
    """With the carrier's own it is an event as any other."""
    unknown = {**HISTORY, "shipment_order_volume_state": "LOST"}
    silent = unknown | {"provider_message": None, "shipment_order_volume_state_localized": None}
    event, defect = feed("\n".join(json.dumps(VOLUME | {"history": one}) for one in (unknown, silent)))
    assert isinstance(event, TrackingEvent)
    assert not event.is_delivered
    assert isinstance(defect, Defect)
    assert "unknown_code" == defect.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps(VOLUME), True),
        (json.dumps([VOLUME], indent=2), True),
        ('{"order_id": "1", "state": "DELIVERED"}', False),
        ("shipment_order_volume_state;", False),
    ],
)
def test_a_feed_is_known_by_its_keys(text: str, *, expected: bool) -> None:
    """By the state of a volume, which no other feed has."""
    assert expected == is_hub(text.splitlines())


TEXTS: Final = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@settings(max_examples=30, deadline=None)
@given(
    events=st.lists(
        st.builds(
            VolumeEvent,
            order_id=st.from_regex(r"[0-9]{13}-01", fullmatch=True),
            invoice_number=st.from_regex(r"[0-9]{1,9}", fullmatch=True),
            volume=st.integers(1, 99),
            code=st.sampled_from([*CODES, "LOST"]),
            moment=st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0)),
            description=TEXTS,
            city=TEXTS,
            state=st.sampled_from(["SP", "PE"]),
        ),
        min_size=1,
        max_size=4,
    ),
    is_list=st.booleans(),
)
def test_facts_written_are_read_back(*, events: list[VolumeEvent], is_list: bool) -> None:
    """As lines or as a list."""
    objects = [write_hub(event) for event in events]
    text = json.dumps(objects) if is_list else "\n".join(map(json.dumps, objects))
    names = ("order_id", "invoice_number", "volume", "event_code", "description", "city", "state")
    told = [_values(entry) for entry in entries_of(read_hub, text).found]
    assert [
        (one.order_id, one.invoice_number, str(one.volume), one.code, one.description, one.city, one.state)
        for one in events
    ] == [tuple(values[name] for name in names) for values in told]
    assert [one.moment for one in events] == [datetime.fromisoformat(str(values["date"])) for values in told]
