from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.sandbox.calls import (
    BadId,
    Call,
    GetOrder,
    NoCall,
    PutTracking,
    ShowRequests,
    ShowState,
    WrongMethod,
    read_call,
)


@pytest.mark.parametrize(
    ("method", "target", "call"),
    [
        ("PUT", "/api/oms/pvt/orders/o-1/invoice/0007/tracking", PutTracking("o-1", "0007")),
        ("PUT", "/api/oms/pvt/orders/o%2D1/invoice/7/tracking?a=b", PutTracking("o-1", "7")),
        ("GET", "/api/oms/pvt/orders/00-v5195004lux-01", GetOrder("00-v5195004lux-01")),
        ("GET", "/_sandbox/state", ShowState()),
        ("GET", "/_sandbox/requests", ShowRequests(0)),
        ("GET", "/_sandbox/requests?after=12", ShowRequests(12)),
        ("GET", "/_sandbox/requests?after=-1", ShowRequests(0)),
        ("GET", "/_sandbox/requests?after=%D9%A3", ShowRequests(0)),
    ],
)
def test_an_address_is_read_as_its_call(method: str, target: str, call: Call) -> None:
    """Each address that is known becomes the call it stands for, with its ids as they were meant."""
    assert call == read_call(method, target)


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("POST", "/api/oms/pvt/orders/o/invoice/1/tracking", "PUT"),
        ("GET", "/api/oms/pvt/orders/o/invoice/1/tracking", "PUT"),
        ("PUT", "/api/oms/pvt/orders/o", "GET"),
        ("PUT", "/_sandbox/state", "GET"),
        ("DELETE", "/_sandbox/requests", "GET"),
    ],
)
def test_another_method_is_told_the_right_one(method: str, target: str, allowed: str) -> None:
    """A known address with another method names the method that it takes."""
    assert WrongMethod(allowed) == read_call(method, target)


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "*",
        "",
        "http://127.0.0.1/api/oms/pvt/orders/o",
        "/api/oms/pvt/orders",
        "/api/oms/pvt/orders/",
        "/api/oms/pvt/orders//invoice/1/tracking",
        "/api/oms/pvt/orders/o/invoice/1/tracking/",
        "/api/oms/pvt/orders/o/invoice/../tracking",
        "/api/oms/pvt/orders/%2E%2E/invoice/1/tracking",
        "/api/oms/pvt/orders/o/invoice/a%2Fb/tracking",
        "/api/oms/pvt/orders/a%2fb",
        "/API/oms/pvt/orders/o",
        "/_sandbox",
    ],
)
def test_no_other_address_answers(target: str) -> None:
    """An address with a segment more, less, empty or made of dots is nothing, and an encoded slash is a slash."""
    assert NoCall() == read_call("PUT", target)


@pytest.mark.parametrize("invoice_number", ["a b", "ção", "1;2", "a%2Fb", "1\n"])
def test_a_character_that_vtex_chokes_on_is_a_bad_id(invoice_number: str) -> None:
    """An id is decoded once; a space, or anything but letters, digits and three marks, is a bad one."""
    target = f"/api/oms/pvt/orders/o/invoice/{quote(invoice_number, safe='')}/tracking"
    assert BadId() == read_call("PUT", target)


@given(method=st.sampled_from(["GET", "PUT"]), target=st.text(max_size=80))
def test_every_target_is_some_call(method: str, target: str) -> None:
    """No target, whatever its characters, is an exception."""
    assert isinstance(read_call(method, f"/api/oms/pvt/orders/{target}"), Call)
