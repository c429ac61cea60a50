"""What a request asks for, from its method and its target.

The target is decoded once and only then cut at its slashes, because VTEX takes an encoded slash for a slash.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs, unquote

from attrs import frozen

_SAFE_ID: Final = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


@frozen
class PutTracking:
    """Say how an invoice's parcel travels."""

    order_id: str
    invoice_number: str


@frozen
class GetOrder:
    """Read an order back."""

    order_id: str


@frozen
class ShowState:
    """See what the sandbox holds; no call of VTEX."""


@frozen
class ShowRequests:
    """See the requests after one number; no call of VTEX."""

    after: int


@frozen
class WrongMethod:
    """The address is right, the method is not."""

    allowed: str


@frozen
class BadId:
    """An id with a character that VTEX answers with a 500, for good."""


@frozen
class NoCall:
    """An address that nothing answers at."""


VtexCall = PutTracking | GetOrder | WrongMethod | BadId | NoCall
Call = VtexCall | ShowState | ShowRequests


def read_call(method: str, target: str) -> Call:
    """An address is what its decoded segments say; an empty, `.` or `..` segment leads nowhere."""
    path, _, query = target.partition("?")
    segments = unquote(path).split("/")
    if not {"", ".", ".."}.isdisjoint(segments[1:]):
        return NoCall()
    match segments:
        case ["", "api", "oms", "pvt", "orders", order_id, "invoice", invoice_number, "tracking"]:
            return _called(
                PutTracking(order_id, invoice_number), method, expected="PUT", ids=(order_id, invoice_number)
            )
        case ["", "api", "oms", "pvt", "orders", order_id]:
            return _called(GetOrder(order_id), method, expected="GET", ids=(order_id,))
        case ["", "_sandbox", "state"]:
            return _called(ShowState(), method, expected="GET")
        case ["", "_sandbox", "requests"]:
            return _called(ShowRequests(_after(query)), method, expected="GET")
        case _:
            return NoCall()


def _called(call: Call, method: str, *, expected: str, ids: tuple[str, ...] = ()) -> Call:
    if method != expected:
        return WrongMethod(expected)
    return call if all(_SAFE_ID.fullmatch(text) for text in ids) else BadId()


def _after(query: str) -> int:
    """A page without a readable `after` is the first one."""
    after = parse_qs(query).get("after", ["0"])[-1]
    return int(after) if _NUMBER.fullmatch(after) else 0
