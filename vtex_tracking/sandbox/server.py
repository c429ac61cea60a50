"""The sandbox's sockets: a request in, and the account's reply out, or whatever a fault makes of it."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web
from multidict import CIMultiDict

from vtex_tracking.errors import SettingsError
from vtex_tracking.sandbox.account import Account, Received, Reply
from vtex_tracking.sandbox.faults import Ending, FaultRule
from vtex_tracking.sandbox.orders import Orders, Package, read_known
from vtex_tracking.sandbox.request_log import LoggedRequest, RequestLog
from vtex_tracking.settings import Rate

SHUTDOWN_S: Final = 10.0  # most that the exit waits for a handler, all of which have been cancelled by then
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER, on with no time: the kernel sends a reset


class Sandbox:
    """A VTEX on loopback, from `async with` to its end.

    `credentials` are the key and token to expect; None takes any pair. `known` are the orders that exist, with their
    invoices (a mapping, or a file of JSON Lines); None lets every one exist. `limit` is the most starts in any window.
    Port 0 is a free one.

    Raises SettingsError for a host that is not loopback and known orders that cannot be read, and on entering for a port
    that is taken and a log that cannot be written.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        account: str = "sandbox",
        credentials: tuple[str, str] | None = None,
        known: Path | Mapping[str, Collection[str]] | None = None,
        is_appending: bool = False,
        limit: Rate | None = None,
        latency_s: float = 0.0,
        faults: Sequence[FaultRule] = (),
        request_log: Path | None = None,
    ) -> None:
        self._host = _loopback(host)
        self._port = port
        self._orders = Orders(_known_orders(known), is_appending=is_appending)
        self._log = RequestLog(request_log)
        self._account = Account(
            name=account,
            credentials=credentials,
            orders=self._orders,
            limit=limit,
            latency_s=latency_s,
            faults=faults,
            log=self._log,
        )
        self._came = asyncio.Event()
        self._connections: web.Server | None = None
        self._listener: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._log.open()
        self._connections = web.Server(self._handle, handler_cancellation=True, access_log=None)
        loop = asyncio.get_running_loop()
        try:
            self._listener = await loop.create_server(self._connections, self._host, self._port)
        except OSError as error:
            self._log.close()
            raise SettingsError(
                f"the sandbox cannot listen on {self._host}, port {self._port}: {error.strerror}; choose another port, or 0"
            ) from None
        self._port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Nobody is waited for: who is still being answered sees the connection end."""
        if self._listener is None or self._connections is None:
            return
        self._listener.close()
        transports = [connection.transport for connection in self._connections.connections]
        for transport in filter(None, transports):
            transport.abort()  # close() would wait for a client that does not read
        await self._connections.shutdown(SHUTDOWN_S)
        await self._listener.wait_closed()
        self._log.close()

    @property
    def url(self) -> str:
        """The base URL, such as http://127.0.0.1:8765; the port is known once the sandbox is entered."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def requests(self) -> list[LoggedRequest]:
        """The requests so far, in order; the newest million of them."""
        return self._log.requests

    async def reached(self, requests: int) -> None:
        """Return when so many requests have come in: the moment to pull a plug in a test."""
        while self._log.count < requests:
            self._came.clear()
            await self._came.wait()

    @property
    def orders(self) -> Mapping[str, Mapping[str, Package]]:
        """What invoices were told: order id → invoice number → package."""
        return self._orders.packages

    def state(self) -> dict[str, Any]:
        """The same as plain values for JSON, with the account's name."""
        return self._account.state()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            body = None
        received = Received(method=request.method, target=request.raw_path, headers=request.headers, body=body)
        reply = self._account.reply(received, at_s=asyncio.get_running_loop().time(), at=datetime.now(UTC))
        self._came.set()
        if reply.delay_s:
            await asyncio.sleep(reply.delay_s)
        return await _send(reply, request)


async def _send(reply: Reply, request: web.BaseRequest) -> web.StreamResponse:
    """Break the exchange as a fault asks; what is returned then is dropped, for the connection is closing."""
    answer = reply.answer
    headers = CIMultiDict((name, value) for name, several in answer.headers.items() for value in several)
    match reply.ending:
        case Ending.CUT_BODY:
            cut = web.StreamResponse(status=answer.status, headers=headers)
            cut.content_length = max(1, len(answer.body))
            await cut.prepare(request)
            await cut.write(answer.body[: len(answer.body) // 2])
            _close(request, is_reset=False)
            return cut
        case Ending.CLOSE | Ending.RESET:
            _close(request, is_reset=reply.ending is Ending.RESET)
        case Ending.SILENCE:
            await asyncio.get_running_loop().create_future()  # cancelled when the client leaves, or the sandbox ends
    return web.Response(status=answer.status, body=answer.body, headers=headers)


def _close(request: web.BaseRequest, *, is_reset: bool) -> None:
    if is_reset:
        request.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    request.protocol.force_close()


def _loopback(host: str) -> str:
    """No other machine can reach the sandbox: it takes any credentials, and shows what it was told."""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise SettingsError(
            f"the sandbox listens on loopback only, not on {host!r}; expected 127.0.0.1, ::1 or localhost"
        )
    return host


def _known_orders(known: Path | Mapping[str, Collection[str]] | None) -> Mapping[str, Collection[str]] | None:
    if not isinstance(known, Path):
        return known
    try:
        return read_known(known.read_text(encoding="utf-8"), name=str(known))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the file of known orders {known} cannot be read: {error}") from None
