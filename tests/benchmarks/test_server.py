"""The server that is measured against."""

from __future__ import annotations

import asyncio

import server
from job import BODY
from server import REFUSED, TAKEN, Desk
from serving import serving


def test_a_limit_holds_in_every_window() -> None:
    """What was refused takes no place in it, and what was taken a second ago neither."""
    desk = Desk(2)
    answers = [desk.answer(moment_s) for moment_s in (0.0, 0.9, 0.95, 1.0, 1.5, 1.95)]
    assert [TAKEN, TAKEN, REFUSED, TAKEN, REFUSED, TAKEN] == answers
    assert 2 == desk.tell().refused


def test_what_was_told_is_forgotten() -> None:
    """The next one who pushes finds neither the counts nor the limit of the last one."""
    desk = Desk(1)
    assert [TAKEN, REFUSED] == [desk.answer(0.0), desk.answer(0.1)]
    assert 2 == desk.tell().requests
    assert TAKEN == desk.answer(0.2)
    told = desk.tell()
    assert (1, 0) == (told.requests, told.refused)


class _Wire(asyncio.Transport):
    """What was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))


async def test_requests_are_answered_one_by_one() -> None:
    """Two at once get two answers, and one in pieces gets its own when its last byte is there."""
    wire, connection = _Wire(), server.Connection(Desk(), latency_s=0.0)
    connection.connection_made(wire)
    request = b"PUT / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc"
    connection.data_received(request + request)
    assert [TAKEN, TAKEN] == wire.written
    for byte in request[:-1]:
        connection.data_received(bytes([byte]))
    assert 2 == len(wire.written)
    connection.data_received(request[-1:])
    assert 3 == len(wire.written)


def test_the_server_tells_what_came() -> None:
    """In a process of its own, on ports that are free."""
    with serving(latency_ms=1, limit_per_s=5) as running:
        assert 0 == running.seen().requests
        assert "python benchmarks/server.py --port=PORT --latency-ms=1 --limit-per-s=5" == running.command
    assert BODY
