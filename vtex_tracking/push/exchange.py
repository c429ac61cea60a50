"""One PUT in aiohttp's terms: a head that is made once for all of them, and bytes that go out once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn

import aiohttp
from aiohttp.helpers import TimerNoop

from vtex_tracking.errors import SettingsError
from vtex_tracking.push.failures import failure_of

if TYPE_CHECKING:
    from ssl import SSLContext

    from aiohttp.connector import Connection
    from yarl import URL

    from vtex_tracking.push.deadlines import Deadline

_NO_TIMER: Final = TimerNoop()


class LostError(Exception):
    """A connection that broke, in a shape that aiohttp does not take for a reason to send again."""


class Exchange:
    """The data of one request: what goes out, until when the answer must begin, and whether a byte of it has left."""

    __slots__ = ("_answer_within_s", "_deadline", "body", "has_left", "head")

    def __init__(self, *, head: bytes, body: bytes, deadline: Deadline, answer_within_s: float) -> None:
        self.head = head
        self.body = body
        self.has_left = False
        self._deadline = deadline
        self._answer_within_s = answer_within_s

    def leave(self, transport: asyncio.WriteTransport, *, target: str) -> None:
        """Hand all bytes over as one: so the moment is known before which nothing of the request can have arrived."""
        self.has_left = True
        length = len(self.body)
        transport.write(
            b"PUT %b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b" % (target.encode(), self.head, length, self.body)
        )
        self._deadline.come_nearer(self._answer_within_s)

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("what goes out once is not copied")  # who records calls, as mocks do, keeps the thing itself


def head_of(headers: Mapping[str, str]) -> bytes:
    """The lines of a head that all requests have in common. Raises SettingsError for a key that would be lines of its own."""
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise SettingsError(f"what should stand in {name} holds a character that no key of VTEX has; copy it again")
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii")


class PutRequest(aiohttp.ClientRequest):
    """A request as the session, the connector and its errors ask for it, and nothing that only others need.

    aiohttp's own takes a third of the time that a request takes: it makes the head anew for each one, and before Python 3.12
    a task to write the body.
    """

    def __init__(
        self,
        method: str,
        url: URL,
        *,
        data: Exchange,
        headers: Mapping[str, str],
        loop: asyncio.AbstractEventLoop,
        session: aiohttp.ClientSession,
        ssl: SSLContext | bool,
        **_unused: Any,  # cookies, proxies and all else that a session asks for and this project has not
    ) -> None:
        # Not aiohttp's own: it would do what this class is there to leave out.
        self.method = method
        self.url = self.original_url = url
        self.headers = headers  # type: ignore[assignment] # only shown, in errors
        self.loop = loop
        self._session = session
        self._ssl = ssl
        self._exchange = data
        self.proxy = self.proxy_auth = self.proxy_headers = self.server_hostname = None

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Hand the request to the socket."""
        transport = None if conn.protocol is None else conn.protocol.transport
        if transport is None or transport.is_closing():
            raise LostError("the connection was closed before the request")
        self._exchange.leave(transport, target=self.url.raw_path_qs)
        return PutResponse(self)


class PutResponse(aiohttp.ClientResponse):
    """An answer to a request that goes out once, and to no other."""

    def __init__(self, request: PutRequest) -> None:
        self.method = request.method
        self._real_url = self._url = request.url
        self._request = request
        self._session = request.session
        self._loop = request.loop
        self._timer = _NO_TIMER
        self._cache: dict[str, Any] = {}

    @property
    def request_info(self) -> aiohttp.RequestInfo:
        """What errors tell of the request; made only when one asks."""
        return self._request.request_info

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Wait for the head. Raises LostError where aiohttp would send the request again."""
        if _is_older(connection):
            raise LostError("an answer came before its request")
        try:
            return await super().start(connection)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            raise LostError(failure_of(error, has_left=True).message) from None


def _is_older(connection: Connection) -> bool:
    """Whether an answer is there that came before the request.

    A server may send a second answer on a connection that is kept alive; aiohttp would take it for the next request's. Since
    the request was handed to the socket the loop has not read: what is here already is older.
    """
    return connection.protocol is not None and len(connection.protocol) > 0
