"""A server that keeps no rule of HTTP unless its script says so."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self

from attrs import define, field, frozen


@frozen(kw_only=True)
class Put:
    """A request that waits for what the script does; `attempt` counts from 1 for each invoice, `number` over all."""

    invoice_number: str
    body_sha256: str
    at_s: float
    attempt: int
    number: int
    head: bytes
    writer: asyncio.StreamWriter = field(repr=False)

    @property
    def meets_the_fault(self) -> bool:
        """Whether it is of an invoice that has its fault at this attempt."""
        return self.invoice_number == "always" or (self.invoice_number == "once" and self.attempt == 1)

    async def answer(
        self, body: bytes = b'{"receipt":"f67d"}', *, status: str = "200 OK", headers: bytes | str = b""
    ) -> None:
        """Answer as HTTP wants it; as VTEX does when it took an update, unless told otherwise. A header line ends in CRLF."""
        lines = headers if isinstance(headers, bytes) else headers.encode()
        await self.send(f"HTTP/1.1 {status}\r\n".encode() + lines + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    def close(self) -> None:
        """End the stream."""
        self.writer.close()

    def reset(self) -> None:
        """Break the connection."""
        reset(self.writer)


Script = Callable[[Put], Awaitable[None]]


async def confirm(put: Put) -> None:
    """Answer as VTEX does when it took an update."""
    await put.answer()


def at_fault(script: Script) -> Script:
    """Play a script to those who are to meet the fault, and confirm all others."""

    async def play(put: Put) -> None:
        await (script(put) if put.meets_the_fault else put.answer())

    return play


@define(eq=False)
class Server:
    """Reads each request whole and lets a script answer it. Whoever comes when `connections_max` are open is reset.

    What a script claims with `assert` and is not so is raised at the end.
    """

    script: Script = confirm
    tls: ssl.SSLContext | None = field(default=None, kw_only=True)
    connections_max: int | None = field(default=None, kw_only=True)
    port: int = field(default=0, kw_only=True)
    requests: list[Put] = field(factory=list, init=False)
    connections: int = field(default=0, init=False)
    _broken_claims: list[AssertionError] = field(factory=list, init=False)
    _server: asyncio.Server | None = field(default=None, init=False)
    _tasks: set[asyncio.Task[None]] = field(factory=set, init=False)

    @property
    def url(self) -> str:
        """Its address without a path; a name where there is a certificate for it."""
        return f"http://127.0.0.1:{self.port}" if self.tls is None else f"https://localhost:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for error in self._broken_claims:
            raise error

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.connections_max is not None and len(self._tasks) >= self.connections_max:
            reset(writer)
            return
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                put = await self._read(reader, writer)
                self.requests.append(put)
                await self.script(put)
        except (asyncio.IncompleteReadError, OSError):
            pass  # the client left
        except AssertionError as error:
            self._broken_claims.append(error)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Put:
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]))
        number = head.split(b" ", 2)[1].split(b"/")[-2].decode()
        return Put(
            invoice_number=number,
            body_sha256=hashlib.sha256(body).hexdigest(),
            at_s=asyncio.get_running_loop().time(),
            attempt=1 + sum(earlier.invoice_number == number for earlier in self.requests),
            number=len(self.requests) + 1,
            head=head,
            writer=writer,
        )


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with RST instead of FIN."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
