"""One PUT on the wire, at most once; the only file that imports aiohttp's client."""

from __future__ import annotations

import os
import socket
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol, Self

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import HttpProcessingError
from yarl import URL

from vtex_tracking.errors import SettingsError
from vtex_tracking.push.wire import Answer, Failure, FailureKind, Request, hidden, read_answer
from vtex_tracking.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from aiohttp.connector import Connection

    from vtex_tracking.credentials import Credentials
    from vtex_tracking.settings import Settings

DNS_CACHE_S: Final = 60  # a store's address may change while a run lasts

# Whatever a request may raise; aiohttp's parser in Python, unlike the one in C, lets errors of its own through.
_ERRORS: Final = (aiohttp.ClientError, HttpProcessingError, OSError)

# OpenSSL's verify codes for a certificate whose time has not come, or is over.
_CLOCK_CODES: Final = frozenset({9, 10})


class Transport(Protocol):
    """One request, sent once; what came back, as a value. Only being cancelled is an exception."""

    async def put(self, request: Request) -> Answer | Failure:
        """Send the request and give the answer, or why there is none."""
        ...


class HttpTransport:
    """Requests go to one address over checked TLS, with the two keys, once each, and nowhere else.

    An async context manager; it keeps at most `settings.concurrency` connections.
    """

    def __init__(
        self,
        *,
        credentials: Credentials,
        settings: Settings,
        base_url: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._credentials = credentials
        self._settings = settings
        self._origin = URL(base_url).origin()
        self._prefix = f"{self._origin}/"
        self._now = now
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        tls = _tls_context(self._settings.ca_file) if self._origin.scheme == "https" else True
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._settings.concurrency, ttl_dns_cache=DNS_CACHE_S, ssl=tls),
            timeout=aiohttp.ClientTimeout(
                total=self._settings.timeout_s,
                connect=self._settings.connect_timeout_s,  # the name's look-up and the handshake included
                sock_read=self._settings.read_timeout_s,
            ),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Content-Type": "application/json",
                "User-Agent": f"vtex-tracking/{__version__}",
                "X-VTEX-API-AppKey": self._credentials.app_key.reveal(),
                "X-VTEX-API-AppToken": self._credentials.app_token.reveal(),
            },
            response_class=_OwnResponse,
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(_send_once,),
            trust_env=False,
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def put(self, request: Request) -> Answer | Failure:
        """Send the request and give the answer, or why there is none; nothing is ever sent twice or followed.

        Raises ValueError for an address of another host, before anything is sent.
        """
        if self._session is None or not request.url.startswith(self._prefix):
            raise ValueError(f"this transport is closed, or not for {URL(request.url).origin()}")
        body = _Body(request.body)
        try:
            response = await self._session.put(URL(request.url, encoded=True), data=body, allow_redirects=False)
        except _LostError as lost:
            return Failure(kind=FailureKind.DISCONNECTED, has_left=body.has_left, message=str(lost))
        except _ERRORS as error:
            return failure_of(error, has_left=body.has_left)
        try:
            answered, is_whole = await _read(response.content, bytes_max=self._settings.answer_bytes_max)
        finally:
            response.close()  # nothing to close where the body was read to its end
        now, headers = self._now(), response.headers
        answer = read_answer(response.status, headers=headers, body=answered, is_whole=is_whole, now=now)
        if answer.receipt is None:  # what it says instead may be cut in the middle of a key, so that goes first
            answered = self._hide(answered.decode("latin-1")).encode("latin-1")
            answer = read_answer(response.status, headers=headers, body=answered, is_whole=is_whole, now=now)
        return hidden(answer, hide=self._hide)

    def _hide(self, text: str) -> str:
        """Take the keys out: who answers knows them, and may show them in a page, a header or an escape."""
        return self._credentials.app_token.blot_out(self._credentials.app_key.blot_out(text))


class _Body(aiohttp.BytesPayload):
    """The bytes of one request, and whether any byte of the request has left: aiohttp hands head and body over as one."""

    has_left = False

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        self.has_left = True
        await super().write_with_length(writer, content_length)


class _LostError(Exception):
    """A connection that broke, in a shape that aiohttp does not take for a reason to send again."""


async def _send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """A request goes out once: left alone, aiohttp repeats a PUT whose kept-alive connection broke."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise  # no connection was made; this one it does not repeat
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        raise _LostError(failure_of(error, has_left=True).message) from None


class _OwnResponse(aiohttp.ClientResponse):
    """An answer that was there before its request belongs to no request of ours, whatever it says.

    A server may send a second answer on a connection that is kept alive; aiohttp would take it for the next request's.
    """

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        # Since the request was handed to the socket the loop has not read: what is here now is older.
        if connection.protocol is not None and len(connection.protocol):
            raise aiohttp.ServerDisconnectedError("an answer came before its request")
        return await super().start(connection)


async def _read(content: aiohttp.StreamReader, *, bytes_max: int) -> tuple[bytes, bool]:
    """Read a body up to a limit; False beside it when that was not all of it."""
    body = bytearray()
    try:
        body += content.read_nowait()  # most bodies come with their head
        if content.at_eof():
            return bytes(body[:bytes_max]), len(body) <= bytes_max
        async for chunk in content.iter_any():
            body += chunk
            if len(body) > bytes_max:
                return bytes(body[:bytes_max]), False
    except _ERRORS:
        return bytes(body), False
    return bytes(body), True


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Trust what the system trusts, and one more file if asked; check names and dates, always."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"{ca_file}: no certificates could be read from it ({_os_words(error)}); expected PEM"
            ) from None
    return context


def failure_of(error: Exception, *, has_left: bool) -> Failure:
    """Every exception of a request is one kind of failure, told in words of our own: its own text may hold the keys."""
    kind, message = _told(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        message = f"{error.host}:{error.port}: {message}"
    return Failure(kind=kind, has_left=has_left, message=message)


def _told(error: Exception) -> tuple[FailureKind, str]:  # noqa: C901, PLR0911 - a table, one return a row
    match error:
        case aiohttp.ClientConnectorCertificateError(certificate_error=cause):
            why = getattr(cause, "verify_message", type(cause).__name__)
            hint = "; is this machine's clock right?" if getattr(cause, "verify_code", 0) in _CLOCK_CODES else ""
            return FailureKind.BAD_CERTIFICATE, f"its certificate was not accepted: {why}{hint}"
        case aiohttp.ClientConnectorDNSError(errno=socket.EAI_AGAIN):
            return FailureKind.NAME_LOOKUP_FAILED, "nobody could be asked for this name; is there a network?"
        case aiohttp.ClientConnectorDNSError():
            return FailureKind.NAME_NOT_RESOLVED, "there is no such name; check --account and --base-url"
        case aiohttp.ClientConnectorSSLError(os_error=cause):
            why = getattr(cause, "reason", type(cause).__name__)
            return FailureKind.TLS, f"no TLS could be agreed on ({why}); is this the port of an https server?"
        case aiohttp.ClientConnectorError():
            return FailureKind.UNREACHABLE, _os_words(error)
        case aiohttp.ConnectionTimeoutError():
            return FailureKind.TIMEOUT, "no connection in time"
        case TimeoutError():
            return FailureKind.TIMEOUT, "no answer in time"
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return FailureKind.BAD_ANSWER, "what came back is no HTTP"
        case aiohttp.ServerDisconnectedError():
            return FailureKind.DISCONNECTED, "the server closed the connection without an answer"
        case OSError():
            return FailureKind.DISCONNECTED, _os_words(error)
        case _:
            return FailureKind.OTHER, type(error).__name__


def _os_words(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else type(error).__name__
