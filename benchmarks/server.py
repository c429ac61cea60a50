"""A VTEX that costs next to nothing: `python server.py [--port N] [--latency-ms N] [--limit-per-s N]`.

It answers every PUT with a receipt, after the latency, and over the limit with a 429 and `Retry-After: 1`. Its first line
of output names its ports, as JSON; whoever connects to the second is told what came since the last time, as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from array import array
from collections import deque
from typing import Final, cast

from arrivals import Seen, seen
from attrs import asdict, define, field
from cores import pin_server

from vtex_tracking.cli.loop import run

_RECEIPT: Final = (
    b'{"date":"2026-03-10T12:00:00.000Z","orderId":"1000000000000-01","receipt":"f67d33a8029c42ce9a8f07fc17f54449"}'
)
_HEADERS: Final = b"Content-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
TAKEN: Final = b"HTTP/1.1 200 OK\r\n" + _HEADERS % len(_RECEIPT) + _RECEIPT
REFUSED: Final = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n" + _HEADERS % 2 + b"{}"


@define
class Desk:
    """Decides on each request, and keeps when it came: a limit holds in every window of a second, not in each second."""

    limit_per_s: int | None = None
    _arrivals_s: array[float] = field(init=False, factory=lambda: array("d"))
    _taken_s: deque[float] = field(init=False)
    _refused: int = field(init=False, default=0)
    _cpu_before_s: float = field(init=False, default=0.0)

    def __attrs_post_init__(self) -> None:
        self._taken_s = deque(maxlen=self.limit_per_s)

    def answer(self, now_s: float) -> bytes:
        """A receipt, or a 429."""
        if not self._arrivals_s:
            self._cpu_before_s = time.process_time()
        self._arrivals_s.append(now_s)
        if self.limit_per_s is None:
            return TAKEN
        if len(self._taken_s) == self.limit_per_s and now_s - self._taken_s[0] < 1.0:
            self._refused += 1
            return REFUSED
        self._taken_s.append(now_s)
        return TAKEN

    def tell(self) -> Seen:
        """What came, which is forgotten then, by the limit as well."""
        told = seen(self._arrivals_s, refused=self._refused, cpu_s=time.process_time() - self._cpu_before_s)
        self._arrivals_s, self._refused = array("d"), 0
        self._taken_s.clear()
        return told


class Connection(asyncio.Protocol):
    """HTTP/1.1 as far as a PUT with a Content-Length needs it."""

    def __init__(self, desk: Desk, *, latency_s: float) -> None:
        self._desk = desk
        self._latency_s = latency_s
        self._loop = asyncio.get_running_loop()
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The other side is there."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is one only in what it does

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._received += data
        while (end := _end_of_request(self._received)) is not None:
            self._received = self._received[end:]
            answer = self._desk.answer(time.perf_counter())
            if self._latency_s:
                self._loop.call_later(self._latency_s, self._send, answer)
            else:
                self._transport.write(answer)

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


def _end_of_request(received: bytes) -> int | None:
    """Where the first request ends; None as long as it is not whole."""
    head, blank, _ = received.partition(b"\r\n\r\n")
    if not blank:
        return None
    _, _, length = head.lower().partition(b"content-length:")
    end = len(head) + len(blank) + int(length.partition(b"\r\n")[0] or 0)
    return end if end <= len(received) else None


async def serve(port: int, *, latency_s: float, limit_per_s: int | None) -> None:
    """Answer until the process is ended."""
    desk = Desk(limit_per_s)

    async def tell(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(json.dumps(asdict(desk.tell())).encode())
        writer.close()

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(desk, latency_s=latency_s), "127.0.0.1", port, backlog=1024)
    telling = await asyncio.start_server(tell, "127.0.0.1", 0)
    ports = [each.sockets[0].getsockname()[1] for each in (server, telling)]
    print(json.dumps({"port": ports[0], "telling_port": ports[1]}), flush=True)
    await server.serve_forever()


def main() -> None:
    """Read what is asked for, and serve it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--limit-per-s", type=int, default=None)
    asked = parser.parse_args()
    pin_server()
    run(serve(asked.port, latency_s=asked.latency_ms / 1000, limit_per_s=asked.limit_per_s))


if __name__ == "__main__":
    main()
