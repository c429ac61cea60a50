"""A network in memory: connections are pairs of queues with latency, and break in every way that a real one does.

No socket is in it, so time may jump while bytes are under way.
"""

from __future__ import annotations

import asyncio
import errno
import os
import random
import socket
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from simulation_roads import Road, Roads, Sign

_STRAY_BODY: Final = b'{"date":"2026-11-01T08:00:00.0000000+00:00","orderId":"0","receipt":"stray"}'
_STRAY: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_STRAY_BODY) + _STRAY_BODY
)
_FIRST_BYTES_MAX: Final = 600  # a connection that breaks does so within so many bytes


class _Socket:
    """What aiohttp and the sandbox ask of a socket: to reset the connection when it closes."""

    family: Final = -1

    def __init__(self) -> None:
        self.is_resetting = False

    def setsockopt(self, _level: int, option: int, _value: object) -> None:
        self.is_resetting |= option == socket.SO_LINGER


class _End(asyncio.Transport):
    """One end of a connection."""

    def __init__(self, protocol: asyncio.Protocol, *, out: Road) -> None:
        self._socket = _Socket()
        super().__init__({"socket": self._socket, "peername": ("127.0.0.1", 9), "sslcontext": None})
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._out = out
        self._is_closing = False
        self._is_paused = False
        self._held: deque[bytes | Sign] = deque()

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if not self._is_closing and len(data):
            self._out.send(bytes(data))

    def close(self) -> None:
        self._leave(Sign.RESET if self._socket.is_resetting else Sign.END, error=None)

    def abort(self) -> None:
        self._leave(Sign.RESET, error=None)

    def snap(self) -> None:
        """The network breaks the connection under both ends."""
        self._leave(Sign.RESET, error=ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)))

    def _leave(self, sign: Sign | None, *, error: OSError | None) -> None:
        if self._is_closing:
            return
        self._is_closing = True
        self._held.clear()
        if sign is not None:
            self._out.send(sign)
        self._loop.call_soon(self._protocol.connection_lost, error)

    def arrive(self, item: bytes | Sign) -> None:
        if self._is_closing:
            if isinstance(item, bytes):
                self._out.send(Sign.RESET)  # as TCP answers to who writes into a closed connection
            return
        if self._is_paused:
            self._held.append(item)
            return
        match item:
            case bytes():
                if item:
                    self._protocol.data_received(item)
            case Sign.END:
                if not self._protocol.eof_received():
                    self.close()
            case Sign.RESET:
                self._leave(None, error=ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)))

    def pause_reading(self) -> None:
        self._is_paused = True

    def resume_reading(self) -> None:
        self._is_paused = False
        while self._held and not self._is_paused and not self._is_closing:
            self.arrive(self._held.popleft())

    def is_reading(self) -> bool:
        return not self._is_paused

    def is_closing(self) -> bool:
        return self._is_closing

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing waits here to be written."""

    def can_write_eof(self) -> bool:
        return False

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        self._protocol = protocol


class Network:
    """Between one client and one server, which listens with `serve`."""

    def __init__(self, *, chance: random.Random) -> None:
        self._chance = chance
        self._serve: Callable[[], asyncio.Protocol] | None = None
        self._clients: list[_End] = []
        self._is_cut = False
        self.roads = Roads()

    def listen(self, serve: Callable[[], asyncio.Protocol]) -> None:
        """Let this server answer whoever connects."""
        self._serve = serve

    async def dial(self) -> None:
        """Return when somebody has taken the call. Raises ConnectionRefusedError as a real network does."""
        await asyncio.sleep(self._delay_s())
        if not self._is_cut and self._chance.random() < self.roads.unanswered:
            await asyncio.get_running_loop().create_future()
        if self._is_cut or self._chance.random() < self.roads.refused:
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))

    def connect(self, client: Callable[[], asyncio.Protocol]) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """Join a client that has dialled with the server."""
        assert self._serve is not None
        roads, draw = self.roads, self._chance.random
        is_swallowing = draw() < roads.swallowing
        there = self._road(is_broken=draw() < roads.broken_there, is_swallowing=is_swallowing)
        back = self._road(
            is_broken=draw() < roads.broken_back,
            is_swallowing=is_swallowing,
            behind=_STRAY if draw() < roads.echoing else b"",
        )
        near, far = client(), self._serve()
        near_end, far_end = _End(near, out=there), _End(far, out=back)
        back.opposite = there
        there.arrive, back.arrive = far_end.arrive, near_end.arrive

        def snap() -> None:
            near_end.snap()
            far_end.snap()

        there.snap = back.snap = snap
        near.connection_made(near_end)
        far.connection_made(far_end)
        self._clients = [end for end in self._clients if not end.is_closing()] + [near_end]
        if self._is_cut:
            near_end.abort()
        return near_end, near

    def cut_off(self) -> None:
        """The client is dead: not a byte leaves it any more. What left before still arrives."""
        self._is_cut = True
        for end in self._clients:
            end.abort()

    def restore(self) -> None:
        """Another client may connect."""
        self._is_cut = False
        self._clients.clear()

    def _road(self, *, is_broken: bool, is_swallowing: bool, behind: bytes = b"") -> Road:
        goes_on = self._chance.randint(1, _FIRST_BYTES_MAX) if is_broken else None
        return Road(delay_s=self._delay_s, goes_on=goes_on, is_swallowing=is_swallowing, behind=behind)

    def _delay_s(self) -> float:
        return self.roads.latency_s * (0.5 + self._chance.random())
