"""One PUT on the wire, at most once."""

from __future__ import annotations

import asyncio
import re
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol, Self

import aiohttp
from yarl import URL

from vtex_tracking.errors import SettingsError
from vtex_tracking.push.connections import Answered, Connections, LostError, head_of, receive, send
from vtex_tracking.push.deadlines import Deadlines
from vtex_tracking.push.failures import ERRORS, failure_of, os_words
from vtex_tracking.push.wire import Answer, Failure, FailureKind, Request, hidden, read_answer
from vtex_tracking.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from vtex_tracking.credentials import Credentials
    from vtex_tracking.settings import Settings


_ADDRESS: Final = re.compile(r"[!-~]+", re.ASCII)


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
        self._connections: Connections | None = None
        self._head = b""

    async def __aenter__(self) -> Self:
        self._head = head_of(
            {
                "Host": str(self._origin.host_port_subcomponent),
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Content-Type": "application/json",
                "User-Agent": f"vtex-tracking/{__version__}",
                "X-VTEX-API-AppKey": self._credentials.app_key.reveal(),
                "X-VTEX-API-AppToken": self._credentials.app_token.reveal(),
            }
        )
        self._deadlines = Deadlines()
        self._connections = Connections(
            self._origin,
            tls=_tls_context(self._settings.ca_file) if self._origin.scheme == "https" else True,
            limit=self._settings.concurrency,
            connect_timeout_s=self._settings.connect_timeout_s,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._connections is not None:
            await self._connections.close()
            self._connections = None
            self._deadlines.close()

    async def put(self, request: Request) -> Answer | Failure:
        """Send the request and give the answer, or why there is none; nothing is ever sent twice or followed.

        Raises ValueError for an address of another host, or one that is no address, before anything is sent.
        """
        if self._connections is None or not request.url.startswith(self._prefix):
            raise ValueError(f"this transport is closed, or not for {URL(request.url).origin()}")
        if _ADDRESS.fullmatch(request.url) is None:  # it would be more lines than one
            raise ValueError("the address holds a space, or what is no printable ASCII")
        path, body = request.url[len(self._prefix) :].encode("ascii"), request.body
        sent = b"PUT /%b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b" % (path, self._head, len(body), body)
        until_s = self._deadlines.now_s() + self._settings.timeout_s
        has_left, connection = False, None
        try:
            with self._deadlines.until(until_s) as deadline:
                connection = await self._connections.take()
                has_left = send(connection, sent)
                deadline.come_nearer(self._settings.read_timeout_s)
                answered = await receive(connection)
            body, is_whole = await self._read(answered.content, until_s=until_s)
            if is_whole:
                connection.release()
            return self._answer(answered, body=body, is_whole=is_whole)
        except LostError as lost:
            return Failure(kind=FailureKind.DISCONNECTED, has_left=False, message=str(lost))
        except ERRORS as error:
            return failure_of(error, has_left=has_left)
        finally:
            if connection is not None:
                connection.close()  # nothing is left to close where it was released

    async def _read(self, content: aiohttp.StreamReader, *, until_s: float) -> tuple[bytes, bool]:
        """Read a body up to a limit; False beside it when that was not all of it."""
        bytes_max, silence_s = self._settings.answer_bytes_max, self._settings.read_timeout_s
        body = b""
        try:
            body = content.read_nowait()  # most bodies come with their head
            if not content.at_eof():
                async with asyncio.timeout_at(until_s):
                    while len(body) <= bytes_max and not content.at_eof():
                        async with asyncio.timeout(silence_s):
                            body += await content.readany()
        except ERRORS:
            return body, False
        return body[:bytes_max], len(body) <= bytes_max

    def _answer(self, answered: Answered, *, body: bytes, is_whole: bool) -> Answer:
        """What the answer says, without the keys: who answers knows them, and may show them in a page, a header or an escape."""
        now, headers = self._now(), answered.headers
        answer = read_answer(answered.status, headers=headers, body=body, is_whole=is_whole, now=now)
        if answer.receipt is None:  # what it says instead may be cut in the middle of a key, so that goes first
            body = self._hide(body.decode("latin-1")).encode("latin-1")
            answer = read_answer(answered.status, headers=headers, body=body, is_whole=is_whole, now=now)
        return hidden(answer, hide=self._hide)

    def _hide(self, text: str) -> str:
        """Take the keys out."""
        return self._credentials.app_token.blot_out(self._credentials.app_key.blot_out(text))


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Trust what the system trusts, and one more file if asked; check names and dates, always."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"{ca_file}: no certificates could be read from it ({os_words(error)}); expected PEM"
            ) from None
    return context
