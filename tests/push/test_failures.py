"""Every exception of a request, as a kind of failure in words of our own."""

from __future__ import annotations

import errno
import socket
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey, RequestInfo
from aiohttp.http import HttpProcessingError
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from vtex_tracking.push.failures import failure_of
from vtex_tracking.push.wire import FailureKind

KEY = ConnectionKey("store.example", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None)
HEADERS = CIMultiDictProxy(CIMultiDict({"X-VTEX-API-AppToken": "CANARY"}))
INFO = RequestInfo(URL("https://store.example/"), "PUT", HEADERS, URL("https://store.example/"))
NO_NAME = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
NO_SERVER = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

ROWS: list[tuple[Exception, FailureKind, str]] = [
    (aiohttp.ClientConnectorDNSError(KEY, NO_NAME), FailureKind.NAME_NOT_RESOLVED, "store.example:443: there is no"),
    (aiohttp.ClientConnectorDNSError(KEY, NO_SERVER), FailureKind.NAME_LOOKUP_FAILED, "network?"),
    (aiohttp.ClientConnectorDNSError(KEY, OSError(None, "x")), FailureKind.NAME_NOT_RESOLVED, "no such name"),
    (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "x")), FailureKind.TLS, "no TLS could be agreed on"),
    (
        aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError(1, "x")),
        FailureKind.BAD_CERTIFICATE,
        "certificate",
    ),
    (
        aiohttp.ClientConnectorError(KEY, ConnectionRefusedError(errno.ECONNREFUSED, "x")),
        FailureKind.UNREACHABLE,
        "store.example:443: Connection refused",
    ),
    (aiohttp.ClientConnectorError(KEY, ConnectionResetError()), FailureKind.UNREACHABLE, "ClientConnectorError"),
    (aiohttp.ConnectionTimeoutError("x"), FailureKind.TIMEOUT, "no connection in time"),
    (aiohttp.SocketTimeoutError("x"), FailureKind.TIMEOUT, "no answer in time"),
    (aiohttp.ServerTimeoutError("x"), FailureKind.TIMEOUT, "no answer in time"),
    (TimeoutError(), FailureKind.TIMEOUT, "no answer in time"),
    (aiohttp.ClientResponseError(INFO, (), status=400, headers=HEADERS), FailureKind.BAD_ANSWER, "no HTTP"),
    (HttpProcessingError(message="CANARY"), FailureKind.BAD_ANSWER, "no HTTP"),
    (aiohttp.ServerDisconnectedError("CANARY"), FailureKind.DISCONNECTED, "closed the connection"),
    (aiohttp.ClientOSError(errno.EPIPE, "CANARY"), FailureKind.DISCONNECTED, "Broken pipe"),
    (aiohttp.ClientConnectionResetError("CANARY"), FailureKind.DISCONNECTED, "ClientConnectionResetError"),
    (OSError(errno.ENETUNREACH, "CANARY"), FailureKind.DISCONNECTED, "Network is unreachable"),
    (aiohttp.ClientPayloadError("CANARY"), FailureKind.OTHER, "ClientPayloadError"),
    (aiohttp.InvalidURL("CANARY"), FailureKind.OTHER, "InvalidURL"),
]


@pytest.mark.parametrize(("error", "kind", "words"), ROWS, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("has_left", [False, True])
def test_every_exception_is_one_kind_of_failure(
    error: Exception, kind: FailureKind, words: str, *, has_left: bool
) -> None:
    """The words are ours, for the exception's own may hold the keys; whether a byte left is known from elsewhere."""
    failure = failure_of(error, has_left=has_left)
    assert (kind, has_left) == (failure.kind, failure.has_left)
    assert words in failure.message
    assert "CANARY" not in repr(failure)


def _all_subclasses(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*(_all_subclasses(child) for child in kind.__subclasses__()))


@pytest.mark.parametrize("kind", sorted(_all_subclasses(aiohttp.ClientError), key=repr), ids=lambda kind: kind.__name__)
def test_no_exception_of_aiohttp_is_without_a_kind(kind: type[Exception]) -> None:
    """Also those that nobody has met, and those of a newer version."""
    error = kind.__new__(kind)
    if isinstance(error, aiohttp.ClientConnectorError):
        error._conn_key, error._os_error = KEY, OSError()
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        error._certificate_error = ValueError()
    assert failure_of(error, has_left=True).kind in FailureKind
