from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vtex_tracking.errors import SettingsError
from vtex_tracking.sandbox import CourierEvent, Package, read_known
from vtex_tracking.sandbox.orders import Orders
from vtex_tracking.sandbox.tracking import Tracking

AT = datetime(2026, 3, 15, 12, tzinfo=UTC)
LEFT = CourierEvent(date="2026-03-14 09:00:00", city="Curitiba", state="PR", description="Saiu")
CAME = CourierEvent(date="2026-03-15", city="", state="", description="Entregue")
ON_ITS_WAY = Tracking(is_delivered=False, delivered_date=None, events=(LEFT,))
DELIVERED = Tracking(is_delivered=True, delivered_date="2026-03-15 10:00", events=(CAME,))


def told(*updates: Tracking, is_appending: bool = False) -> Package:
    orders = Orders(None, is_appending=is_appending)
    for tracking in updates:
        orders.apply(tracking, order_id="o", invoice_number="1", at=AT)
    return orders.packages["o"]["1"]


def package(tracking: Tracking) -> Package:
    return Package(
        is_delivered=tracking.is_delivered,
        delivered_date=tracking.delivered_date,
        events=tracking.events,
        updated_at=datetime.min.replace(tzinfo=UTC),
    )


def test_an_update_replaces_what_was_told_before() -> None:
    """Only the last update counts, even where it says less, so that a step back is seen."""
    assert package(ON_ITS_WAY) == told(DELIVERED, ON_ITS_WAY)


def test_an_update_is_appended_when_asked() -> None:
    """Appending keeps every event that was sent, and delivered stays delivered."""
    expected = Tracking(is_delivered=True, delivered_date="2026-03-15 10:00", events=(CAME, LEFT, LEFT))
    assert package(expected) == told(DELIVERED, ON_ITS_WAY, ON_ITS_WAY, is_appending=True)


def test_every_order_exists_where_none_is_known() -> None:
    """Without a list of what exists, any order can be read, and is empty."""
    orders = Orders(None, is_appending=False)
    assert orders.has_order("x")
    assert orders.has_invoice("x", "1")
    assert {"packages": []} == orders.order("x")["packageAttachment"]


def test_only_known_orders_and_invoices_exist() -> None:
    """With a list of what exists, nothing else does; what exists is shown though it was told nothing."""
    orders = Orders({"o": ["1", "2"]}, is_appending=False)
    assert [True, False] == [orders.has_order("o"), orders.has_order("x")]
    assert [True, False, False] == [
        orders.has_invoice("o", "2"),
        orders.has_invoice("o", "3"),
        orders.has_invoice("x", "1"),
    ]
    assert [("1", None), ("2", None)] == [
        (item["invoiceNumber"], item["courierStatus"]) for item in orders.order("o")["packageAttachment"]["packages"]
    ]


def test_an_order_is_shown_as_vtex_shows_it() -> None:
    """What an invoice was told stands in its package, times with an offset, as VTEX gives them."""
    orders = Orders({"o": ["1"]}, is_appending=True)
    orders.apply(ON_ITS_WAY, order_id="o", invoice_number="1", at=AT)
    orders.apply(DELIVERED, order_id="o", invoice_number="1", at=AT)
    (shown,) = orders.order("o")["packageAttachment"]["packages"]
    status = {
        "status": "delivered",
        "finished": True,
        "deliveredDate": "2026-03-15T10:00:00+00:00",
        "data": [
            {
                "lastChange": "2026-03-14T09:00:00+00:00",
                "city": "Curitiba",
                "state": "PR",
                "description": "Saiu",
                "createDate": "2026-03-15T12:00:00+00:00",
            },
            {
                "lastChange": "2026-03-15T00:00:00+00:00",
                "city": "",
                "state": "",
                "description": "Entregue",
                "createDate": "2026-03-15T12:00:00+00:00",
            },
        ],
    }
    assert status == shown["courierStatus"]
    assert ["1", "Output"] == [shown["invoiceNumber"], shown["type"]]


def test_an_offset_is_kept() -> None:
    """A time that came with an offset is shown with it."""
    orders = Orders(None, is_appending=False)
    tracking = Tracking(is_delivered=True, delivered_date="2026-03-15 10:00-03:00", events=())
    orders.apply(tracking, order_id="o", invoice_number="1", at=AT)
    (shown,) = orders.order("o")["packageAttachment"]["packages"]
    assert shown["courierStatus"]["deliveredDate"] == "2026-03-15T10:00:00-03:00"


def test_a_file_of_known_orders_has_one_a_line() -> None:
    """Lines of the same order add up, and blank lines are nothing."""
    text = '{"order_id": "o", "invoices": ["1"]}\n\n{"order_id": "p", "invoices": []}\n{"order_id": "o", "invoices": ["2"]}\n'
    assert {"o": {"1", "2"}, "p": set()} == read_known(text, name="known.jsonl")


def test_every_bad_line_of_known_orders_is_named() -> None:
    """A line that is no order is told by its number, and all of them at once."""
    lines = [
        '{"order_id": "o", "invoices": ["1"]}',
        "x",
        '{"order_id": 1, "invoices": []}',
        '{"order_id": "o", "invoices": [1]}',
    ]
    with pytest.raises(SettingsError) as caught:
        read_known("\n".join(lines), name="known.jsonl")
    assert ["known.jsonl:2", "known.jsonl:3", "known.jsonl:4"] == [
        line.partition(": ")[0] for line in str(caught.value).splitlines()
    ]
