"""Feeds from the web, with the standard library: certificates are checked, and a password goes to one host only."""

from __future__ import annotations

import ssl
from base64 import b64encode
from http import HTTPStatus
from http.client import HTTPMessage
from typing import IO, TYPE_CHECKING, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.sources.logins import login_at
from vtex_tracking.feed.sources.urls import url_of
from vtex_tracking.version import __version__

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from vtex_tracking.feed.sources.urls import Url

_AS_WRITTEN: Final = "/%:@!$&'()*+,;=~-._?"  # a URL's own characters; anything else is percent-encoded


class WebFile:
    """The body of an answer, which is whole or an error."""

    def __init__(self, response: HTTPResponse, *, url: Url) -> None:
        self._response = response
        self._url = url
        self._bytes = 0
        length = response.headers.get("Content-Length", "")
        self.size_bytes = int(length) if length.isascii() and length.isdigit() else None

    def read(self, size: int) -> bytes:
        """The next bytes. Raises FeedError where fewer come than were promised."""
        data = self._response.read(size)
        self._bytes += len(data)
        if not data and self.size_bytes is not None and self._bytes < self.size_bytes:
            raise FeedError(
                f"{self._url.shown} broke off after {self._bytes} of {self.size_bytes} bytes; check the network, and run again"
            )
        return data

    def close(self) -> None:
        """Let the connection go."""
        self._response.close()


def open_web(url: Url, *, timeout_s: float) -> WebFile:
    """Ask for a feed. Raises FeedError for any answer but 200, and what urllib raises where there is none."""
    query = f"?{quote(url.query, safe=_AS_WRITTEN)}" if url.query else ""
    request = Request(  # noqa: S310 - https, or http on loopback
        url.origin + quote(url.path, safe=_AS_WRITTEN) + query, headers={"User-Agent": f"vtex-tracking/{__version__}"}
    )
    if login := login_at(url.host, user=url.user):
        secret = b64encode(f"{login.user}:{login.password}".encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {secret}")
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=ssl.create_default_context()), _Redirects())
    try:
        response: HTTPResponse = opener.open(request, timeout=timeout_s)
    except HTTPError as error:
        with error:
            raise _refusal(url, status=error.code) from None
    except URLError as error:
        raise _without_answer(url, error.reason) from None
    if response.status != HTTPStatus.OK:
        with response:
            raise _refusal(url, status=response.status)
    return WebFile(response, url=url)


class _Redirects(HTTPRedirectHandler):
    """A redirect is followed to https alone (from loopback also to loopback), and without any password."""

    def redirect_request(  # noqa: PLR0917 - urllib's own signature
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        try:
            target = url_of(newurl)
        except FeedError:
            target = None
        if target is None or target.scheme not in ("https", req.type):
            fp.close()
            raise FeedError(f"{req.host} redirects to what is not https; name the feed's own address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _refusal(url: Url, *, status: int) -> Exception:
    match status:
        case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
            return FileNotFoundError()
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return PermissionError()
        case _:
            known = status in HTTPStatus.__members__.values()
            phrase = f" {HTTPStatus(status).phrase}" if known else ""
            return FeedError(f"{url.shown} was not given: the server answered {status}{phrase}; run again later")


def _without_answer(url: Url, reason: str | BaseException) -> Exception:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return FeedError(
            f"{url.shown} is on a host whose certificate is not trusted ({reason.verify_message}); "
            "an authority of your own is named by SSL_CERT_FILE"
        )
    return reason if isinstance(reason, Exception) else OSError(reason)
