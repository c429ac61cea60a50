"""aiohttp's connections to one place, and one request over one of them.

A pool, TLS and a parser are all that is taken of aiohttp here. Its session would send a PUT again when a kept connection breaks,
follow redirects and keep cookies, all of which would have to be forbidden; and it takes as long as all the rest together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import aiohttp
from yarl import URL

from vtex_tracking.errors import SettingsError

if TYPE_CHECKING:
    from ssl import SSLContext

    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection

DNS_CACHE_S: Final = 60  # a store's address may change while a run lasts
_SWITCHING: Final = 101
_FINAL_MIN: Final = 200  # below are answers that announce the answer, but for that one


class LostError(Exception):
    """The connection is of no use for this request."""


class Answered(NamedTuple):
    """The head of an answer, and the connection over which its body comes; `close` or `release` that."""

    status: int
    headers: Mapping[str, str]
    content: aiohttp.StreamReader
    connection: Connection


class _Origin(aiohttp.ClientRequest):
    """What the pool asks of a request is only where it goes, and that is the same for all of them."""

    @cached_property
    def connection_key(self) -> ConnectionKey:  # there it is worked out each time
        return super().connection_key


class Connections:
    """At most `limit` connections at a time to one origin, kept alive between requests."""

    def __init__(self, origin: URL, *, tls: SSLContext | bool, limit: int, connect_timeout_s: float) -> None:
        self._connector = aiohttp.TCPConnector(limit=limit, ttl_dns_cache=DNS_CACHE_S, ssl=tls)
        self._origin = _Origin("PUT", origin, loop=asyncio.get_running_loop(), ssl=tls)
        self._timeout = aiohttp.ClientTimeout(
            connect=connect_timeout_s
        )  # the name's look-up and the handshake included

    async def close(self) -> None:
        """Keep none of them."""
        await self._connector.close()

    async def take(self) -> Connection:
        """Give one that is free, or a new one. Raises aiohttp's errors where none can be had."""
        try:
            return await self._connector.connect(self._origin, [], self._timeout)
        except TimeoutError:
            raise aiohttp.ConnectionTimeoutError from None


def send(connection: Connection, request: bytes) -> bool:
    """Hand a whole request to the socket, and say True: from now on it may have arrived.

    Raises LostError, with nothing sent, where the connection is of no use any more.
    """
    protocol = connection.protocol
    transport = None if protocol is None else protocol.transport
    if protocol is None or transport is None or transport.is_closing():
        raise LostError("the connection was closed before the request")
    if _is_older(protocol):
        raise LostError("an answer came before its request")
    protocol.set_response_params(read_until_eof=True, auto_decompress=False)
    transport.write(request)
    return True


def _is_older(protocol: ResponseHandler) -> bool:
    """Whether an answer is there before the request. Whatever it says, it would be taken for the answer to this one."""
    return len(protocol) > 0


async def receive(connection: Connection) -> Answered:
    """Wait for the head of the answer. Raises aiohttp's errors, and OSError."""
    protocol = connection.protocol
    assert protocol is not None  # noqa: S101 - a request was sent over it
    while True:
        head, content = await protocol.read()
        if head.code >= _FINAL_MIN or head.code == _SWITCHING:
            return Answered(head.code, head.headers, content, connection)


def head_of(headers: Mapping[str, str]) -> bytes:
    """The lines of a head that all requests have in common. Raises SettingsError for a key that would be lines of its own."""
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise SettingsError(f"what should stand in {name} holds a character that no key of VTEX has; copy it again")
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii")
