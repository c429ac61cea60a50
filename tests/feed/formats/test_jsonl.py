"""JSON Lines, strictly: an event in every line, or an invoice in VTEX's own form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from memory import taken

from vtex_tracking.errors import FeedError
from vtex_tracking.model import Defect, PlainEvents, TrackingEvent
from vtex_tracking.settings import FeedMapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from vtex_tracking.feed import FeedReader

EVENT: Final = {"orderId": "1-01", "invoiceNumber": "0001", "date": "2026-03-05", "description": "Saiu"}
INVOICE: Final = {"orderId": "1-01", "invoiceNumber": "0001"}


def _lines(*objects: object) -> str:
    return "".join(json.dumps(found, ensure_ascii=False) + "\n" for found in objects)


def _entry(date: str, **fields: object) -> dict[str, object]:
    return {"city": "Curitiba", "state": "PR", "description": "Saiu", "date": date, **fields}


def _event(value: TrackingEvent | Defect) -> TrackingEvent:
    assert isinstance(value, TrackingEvent), value
    return value


def _defect(value: TrackingEvent | Defect) -> Defect:
    assert isinstance(value, Defect), value
    return value


@pytest.mark.parametrize(
    "keys",
    [
        ("order_id", "invoice_number", "date", "city", "state", "description", "is_delivered", "delivered_date"),
        ("orderId", "invoiceNumber", "date", "city", "state", "description", "isDelivered", "deliveredDate"),
        ("Pedido", "NF", "Data", "Cidade", "UF", "Ocorrência", "Entregue", "Data de Entrega"),
    ],
)
def test_an_object_is_an_event(feed: Callable[..., FeedReader], keys: tuple[str, ...]) -> None:
    """Keys are snake_case, camelCase, or a carrier's own."""
    values = ("1-01", "0001", "2026-03-05T14:30", "São Paulo", None, "Entregue", True, "2026-03-05")
    reader = feed(_lines(dict(zip(keys, values, strict=True))))
    event = _event(next(iter(reader)))
    assert ("1-01", "0001", "2026-03-05 14:30:00", "São Paulo", "", "Entregue", True, "2026-03-05 00:00") == (
        event.order_id,
        event.invoice_number,
        event.date,
        event.city,
        event.state,
        event.description,
        event.is_delivered,
        event.delivered_date,
    )
    assert ("jsonl", 1) == (reader.infos[0].format, reader.infos[0].records)


def test_keys_can_be_mapped_and_others_are_listed(feed: Callable[..., FeedReader]) -> None:
    """As the columns of CSV are; where one of two keys was chosen, that is a warning."""
    reader = feed(
        _lines({"ref": "1-01", **EVENT, "status": "x", "peso": 3}),
        mapping=FeedMapping(columns={"order_id": "ref"}),
    )
    assert ["1-01"] == [_event(value).order_id for value in reader]
    assert ("orderId", "status", "peso") == reader.infos[0].unused_columns
    assert 'column "status" is not used' in reader.infos[0].warnings[0]


def test_ids_may_be_whole_numbers(feed: Callable[..., FeedReader]) -> None:
    """They have all their digits."""
    [event] = feed(_lines({**EVENT, "invoiceNumber": 643797}))
    assert "643797" == _event(event).invoice_number


def test_objects_of_the_same_keys_come_in_one_block(feed: Callable[..., FeedReader]) -> None:
    """And of the keys that some have beside them, too; what the keys leave in doubt is a defect of each."""
    changes: list[dict[str, object]] = [{}, {"city": "Itu"}, {}]
    for objects in ([EVENT] * 3, [{**EVENT, **change} for change in changes]):
        [block] = feed(_lines(*objects)).blocks()
        assert isinstance(block, PlainEvents)
        assert ["1", "2", "3"] == [place.rpartition(":")[2] for place in block.places]
    doubtful = list(feed(_lines(*[{**EVENT, "pedido": "1"}] * 3)).blocks())
    assert ["ambiguous_field"] * 3 == [_defect(value).code for value in doubtful if not isinstance(value, PlainEvents)]


def test_an_invoice_has_its_events_in_a_list(feed: Callable[..., FeedReader]) -> None:
    """Each entry is a record; "delivered" goes with the newest, wherever it stands."""
    entries = [_entry("2026-03-05"), _entry("2026-03-07T10:00-03:00"), _entry("2026-03-07 12:00", description="antes")]
    reader = feed(_lines({**INVOICE, "isDelivered": True, "deliveredDate": "2026-03-08", "events": entries}))
    events = [_event(value) for value in reader]
    assert ["2026-03-05", "2026-03-07 10:00:00-03:00", "2026-03-07 12:00:00"] == [event.date for event in events]
    assert [(False, None), (True, "2026-03-08 00:00"), (False, None)] == [
        (event.is_delivered, event.delivered_date) for event in events
    ]
    assert {("1-01", "0001", "Curitiba", "PR")} == {
        (event.order_id, event.invoice_number, event.city, event.state) for event in events
    }
    assert 3 == reader.infos[0].records


def test_a_delivered_invoice_may_leave_the_date_to_its_newest_event(feed: Callable[..., FeedReader]) -> None:
    """Which must not be still to come."""
    good, *_ = feed(_lines({**INVOICE, "isDelivered": True, "events": [_entry("2026-03-05")]}))
    assert (True, None) == (_event(good).is_delivered, _event(good).delivered_date)
    good, bad = feed(_lines({**INVOICE, "isDelivered": True, "events": [_entry("2026-03-05"), _entry("2026-12-24")]}))
    assert not _event(good).is_delivered
    assert ("events[1].date", "date_range") == (_defect(bad).column, _defect(bad).code)


@pytest.mark.parametrize(("date", "expected"), [(None, False), ("2026-03-08", True)])
def test_without_all_events_no_one_knows_which_is_the_newest(
    feed: Callable[..., FeedReader], *, date: str | None, expected: bool
) -> None:
    """So a delivery without a date of its own waits until the line is mended."""
    entries = [_entry("2026-03-05"), _entry("amanhã")]
    good, bad = feed(_lines({**INVOICE, "isDelivered": True, "deliveredDate": date, "events": entries}))
    assert expected is _event(good).is_delivered
    assert ("events[1].date", "bad_date") == (_defect(bad).column, _defect(bad).code)


def test_a_delivery_whose_events_are_all_defects_waits(feed: Callable[..., FeedReader]) -> None:
    """Each entry is counted once."""
    invoice = {**INVOICE, "isDelivered": True, "deliveredDate": "2026-03-08", "events": [5, _entry("x")]}
    first, second = map(_defect, feed(_lines(invoice)))
    assert [("events[0]", "not_an_object"), ("events[1].date", "bad_date")] == [
        (first.column, first.code),
        (second.column, second.code),
    ]


@pytest.mark.parametrize("events", [[], None])
def test_an_invoice_without_events_may_be_delivered(feed: Callable[..., FeedReader], events: object) -> None:
    """It is one record, and without a delivery it says nothing."""
    good, bad = feed(
        _lines({**INVOICE, "deliveredDate": "2026-03-08", "events": events}, {**INVOICE, "events": events})
    )
    assert "2026-03-08 00:00" == _event(good).delivered_date
    assert "missing_field" == _defect(bad).code


def test_an_entry_may_say_delivered_itself(feed: Callable[..., FeedReader]) -> None:
    """And has the ids of its invoice, whatever else it says."""
    [event] = map(_event, feed(_lines({**INVOICE, "events": [_entry("2026-03-05", isDelivered=True, orderId="2-02")]})))
    assert (True, "1-01") == (event.is_delivered, event.order_id)


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"orderId": "a/b"}, "orderId", "bad_id"),
        ({"orderId": 1.5}, "orderId", "float_id"),
        ({"orderId": None}, "orderId", "missing_field"),
        ({"isDelivered": "talvez"}, "isDelivered", "bad_bool"),
        ({"isDelivered": False, "deliveredDate": "2026-03-05"}, "isDelivered", "delivered_contradiction"),
        ({"events": {"date": "2026-03-05"}}, "events", "bad_type"),
        ({"events": "x"}, "events", "bad_type"),
        ({"order_id": "1-01"}, "", "ambiguous_field"),
    ],
)
def test_a_defect_of_the_invoice_is_one(
    feed: Callable[..., FeedReader], change: dict[str, Any], column: str, code: str
) -> None:
    """However many events it has."""
    invoice = {**INVOICE, "events": [_entry("2026-03-05"), _entry("2026-03-06")], **change}
    [defect] = map(_defect, feed(_lines(invoice)))
    assert (column, code) == (defect.column, defect.code)


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ('{"orderId": "1-01"', "", "bad_json"),
        ('{"orderId": "1-01"} {}', "", "bad_json"),
        ('{"orderId": "a\tb"}', "", "bad_json"),
        ("nonsense", "", "bad_json"),
        ("5", "", "not_an_object"),
        ("[1]", "", "not_an_object"),
        ('{"orderId": NaN}', "", "bad_number"),
        ('{"orderId": -Infinity}', "", "bad_number"),
        ('{"orderId": ' + "1" * 5000 + "}", "", "bad_number"),
        ('{"orderId": ' + "1" * 100 + "}", "orderId", "bad_id"),
        ('{"orderId": 1e400, "invoiceNumber": "1"}', "orderId", "float_id"),
        ('{"orderId": 1172452900788.0}', "orderId", "float_id"),
        ('{"orderId": true}', "orderId", "bad_id"),
        ('{"orderId": "1", "orderId": "2"}', "", "duplicate_key"),
        ('{"x": {"a": 1, "b": 2, "a": 3}}', "", "duplicate_key"),
        ('{"orderId": "1", "pedido": "2"}', "", "ambiguous_field"),
        ('{"x": ' + "[" * 200_000 + "]" * 200_000 + "}", "", "too_deep"),
        ('{"x": "\\ud800"}', "", "bad_unicode"),
        ('{"\\uDFFForderId": "1"}', "", "bad_unicode"),
        ('{"orderId": "1", "invoiceNumber": "1", "date": 1772409600, "description": "x"}', "date", "bad_date"),
        ('{"orderId": "1", "invoiceNumber": "1", "date": "2026-03-05", "description": 5}', "description", "bad_type"),
        (
            '{"orderId": "1", "invoiceNumber": "1", "date": "2026-03-05", "description": "a\\u0000"}',
            "description",
            "control_char",
        ),
        ('{"orderId": "1\0"}', "", "control_char"),
        ("{}", "order_id", "missing_field"),
        ('{"orderId": "1", "invoiceNumber": "1"}', "", "missing_field"),
        ('{"orderId": "' + "x" * 2_000_000 + '"}', "", "line_too_long"),
    ],
)
def test_a_bad_line_is_a_defect_and_reading_goes_on(
    feed: Callable[..., FeedReader], line: str, column: str, code: str
) -> None:
    """It keeps the start of its line, and the next line is read."""
    good, bad, last = feed(f"{_lines(EVENT)}{line}\n{_lines(EVENT)}")
    defect = _defect(bad)
    assert (column, code) == (defect.column, defect.code)
    assert line[: 64 << 10] == defect.text
    assert defect.problem.isprintable()
    assert ["Saiu", "Saiu"] == [_event(good).description, _event(last).description]


def test_a_line_has_room_for_a_thousand_events(feed: Callable[..., FeedReader]) -> None:
    """More are one defect, for each of them might be one that keeps the line."""
    few, many = (feed(_lines({**INVOICE, "events": [0] * count})) for count in (1000, 1001))
    assert ["not_an_object"] * 1000 == [_defect(value).code for value in few]
    assert [("events", "too_many_events")] == [(_defect(value).column, _defect(value).code) for value in many]


def test_the_defects_of_one_line_share_its_text(feed: Callable[..., FeedReader]) -> None:
    """A thousand copies of a long line would be more than a run may take."""
    first, second = map(_defect, feed(_lines({**INVOICE, "events": [0, 0], "x": "x" * 100_000})))
    assert first.text is second.text


def test_a_surrogate_pair_is_a_character(feed: Callable[..., FeedReader]) -> None:
    """JSON may write an emoji so."""
    [event] = map(_event, feed(json.dumps({**EVENT, "description": "📦 São"})))
    assert "📦 São" == event.description


def test_a_feed_that_is_still_being_written_ends_in_a_defect(feed: Callable[..., FeedReader]) -> None:
    """What came before it is read; a whole last line needs no end."""
    good, bad = feed(_lines(EVENT) + json.dumps(EVENT)[:30])
    assert ("Saiu", "truncated") == (_event(good).description, _defect(bad).code)
    assert ["Saiu", "Saiu"] == [_event(value).description for value in feed(_lines(EVENT) + json.dumps(EVENT))]


def test_blank_lines_are_counted(feed: Callable[..., FeedReader]) -> None:
    """They are no records."""
    reader = feed("\n  \n" + _lines(EVENT) + "\n\t\n" + _lines(EVENT))
    assert ["3", "6"] == [value.place.rpartition(":")[2] for value in reader]
    assert 4 == reader.infos[0].blank_lines


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("[" + json.dumps(EVENT) + "]", [1]),
        ("\n [\n" + json.dumps(EVENT) + ",\n" + json.dumps(EVENT) + "\n]", [1, 2]),
        (json.dumps(EVENT, indent=2), [1]),
        (json.dumps(EVENT, indent=2) + "\n" + json.dumps(EVENT, indent=2), [1, 2]),
        ("[[]]", [1]),
    ],
)
@pytest.mark.parametrize("form", ["auto", "jsonl"])
def test_json_that_is_one_document_is_read_too(
    feed: Callable[..., FeedReader], text: str, numbers: list[int], form: str
) -> None:
    """And its places are the numbers of its objects."""
    values = list(feed(text, format=form))
    assert numbers == [int(value.place.rpartition(":")[2]) for value in values]
    assert ("[[]]" == text) == any(isinstance(value, Defect) for value in values)


def test_a_date_that_only_month_first_can_read_stops_the_feed(feed: Callable[..., FeedReader]) -> None:
    """Here as in CSV, and in a list of events too."""
    for line in ({**EVENT, "date": "03/13/2026"}, {**INVOICE, "events": [_entry("03/13/2026")]}):
        with pytest.raises(FeedError, match="month first"):
            list(feed(_lines(line)))


def test_few_objects_of_a_document_are_in_memory_together(feed: Callable[..., FeedReader]) -> None:
    """Each may be large, in what nobody reads of it."""
    one = {"order_id": "1-01", "invoice_number": "7", "date": "2026-03-05", "description": "Saiu", "x": [1000] * 3000}
    text = json.dumps([one] * 300)
    count, peak_bytes = taken(feed(text))
    assert 300 == count
    assert peak_bytes < 5 * len(text)
