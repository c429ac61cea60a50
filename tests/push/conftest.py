"""What the tests of the wire share: a server that a script drives, and a transport to it."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Self

import pytest
from attrs import define, field

from vtex_tracking.credentials import Credentials, Secret
from vtex_tracking.push.transport import HttpTransport
from vtex_tracking.push.wire import Request
from vtex_tracking.settings import Settings

if TYPE_CHECKING:
    import ssl

CERTIFICATES = Path(__file__).with_name("certificates")

Script = Callable[[asyncio.StreamWriter, int], Awaitable[None]]


@define(eq=False)
class Peer:
    """A server of a few lines: it reads requests whole and lets a script answer, told how many came so far.

    Without a script it resets every connection as it is made.
    """

    script: Script | None
    tls: ssl.SSLContext | None = None
    requests: list[bytes] = field(factory=list)
    connections: int = 0
    has_lost: asyncio.Event = field(factory=asyncio.Event)  # the client went away
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(factory=set)

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Its address without a path."""
        return f"http://127.0.0.1:{self.port}" if self.tls is None else f"https://localhost:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            if self.script is None:
                reset(writer)
            while self.script is not None and not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                await self.script(writer, len(self.requests))
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            self.has_lost.set()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def reset(writer: asyncio.StreamWriter) -> None:
    """Close the connection with RST instead of FIN."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.fixture
async def rig() -> AsyncIterator[SimpleNamespace]:
    """Hand in tools: `serve` a script, `transport` to an address, a `request` to it, `reset`; all closed at the end."""
    async with AsyncExitStack() as stack:

        async def serve(script: Script | None, *, tls: ssl.SSLContext | None = None) -> Peer:
            return await stack.enter_async_context(Peer(script, tls=tls))

        async def transport(base_url: str, **options: object) -> HttpTransport:
            settings = Settings(account="mystore", **options)  # type: ignore[arg-type] # each test names its own
            return await stack.enter_async_context(
                HttpTransport(credentials=credentials, settings=settings, base_url=base_url)
            )

        def request(base_url: str, body: bytes = b'{"isDelivered":true}') -> Request:
            return Request(url=f"{base_url}/api/oms/pvt/orders/v1-01/invoice/7/tracking", body=body)

        credentials = Credentials(app_key=Secret("CANARY-KEY-4711"), app_token=Secret("CANARY-TOKEN-4711"))
        yield SimpleNamespace(serve=serve, transport=transport, request=request, reset=reset, certificates=CERTIFICATES)
