"""Why no answer came: every exception of a request, told in words of our own."""

from __future__ import annotations

import os
import socket
from typing import Final

import aiohttp
from aiohttp.http import HttpProcessingError

from vtex_tracking.push.wire import Failure, FailureKind

# Whatever a request may raise; aiohttp's parser in Python, unlike the one in C, lets errors of its own through.
ERRORS: Final = (aiohttp.ClientError, HttpProcessingError, OSError)

# OpenSSL's verify codes for a certificate whose time has not come, or is over.
_CLOCK_CODES: Final = frozenset({9, 10})


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
            return FailureKind.UNREACHABLE, os_words(error)
        case aiohttp.ConnectionTimeoutError():
            return FailureKind.TIMEOUT, "no connection in time"
        case TimeoutError():
            return FailureKind.TIMEOUT, "no answer in time"
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return FailureKind.BAD_ANSWER, "what came back is no HTTP"
        case aiohttp.ServerDisconnectedError():
            return FailureKind.DISCONNECTED, "the server closed the connection without an answer"
        case OSError():
            return FailureKind.DISCONNECTED, os_words(error)
        case _:
            return FailureKind.OTHER, type(error).__name__


def os_words(error: OSError) -> str:
    """What the system says of an error."""
    return os.strerror(error.errno) if error.errno else type(error).__name__
