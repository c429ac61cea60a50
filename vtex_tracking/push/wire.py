"""VTEX's dialect: an update as a request, and what came back as an answer or a failure."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from attrs import evolve, field, frozen
from attrs.converters import optional
from yarl import URL

from vtex_tracking.errors import SettingsError
from vtex_tracking.model import Receipt, is_id
from vtex_tracking.push.body import Body, Content, clean, read_body
from vtex_tracking.push.retry_after import RATE_HEADERS, RateLimit, read_rate_limit, retry_after_s
from vtex_tracking.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from vtex_tracking.model import Update

_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)
_ADDRESS: Final = re.compile(r"[\x21-\x7e]+", re.ASCII)
_REQUEST_ID_HEADERS: Final = ("x-request-id", "x-vtex-operation-id", "x-trace-id")
_READ_HEADERS: Final = frozenset(
    ("content-type", "content-encoding", "location", "retry-after", *_REQUEST_ID_HEADERS, *RATE_HEADERS)
)
_TEXT: Final = rb'"([!#-\[\]-~]{1,300})"'  # ASCII that JSON has as it is, and that needs no cleaning
_DOCUMENTED: Final = re.compile(rb'\{"date":%b,"orderId":%b,"receipt":%b\}' % (_TEXT, _TEXT, _TEXT))
_DOCUMENTED_BODY: Final = Body(content=Content.JSON)


@frozen(kw_only=True, slots=False)  # as in model/sending.py
class Request:
    """One PUT: where to, and the bytes that go there."""

    url: str
    body: bytes


@frozen(kw_only=True, slots=False)  # likewise
class Answer:
    """Status, headers and body that came back, as far as they say anything. All text is fit for a terminal.

    `is_whole` is False when the body ended early or was too long to be read to its end: then there is no receipt.
    """

    status: int
    receipt: Receipt | None = None
    content: Content = Content.EMPTY
    is_whole: bool = True
    message: str = ""
    request_id: str | None = None
    redirect_host: str | None = None
    retry_after_s: float | None = field(default=None, converter=optional(float))
    rate_limit: RateLimit | None = None


class FailureKind(StrEnum):
    """Why no answer came."""

    UNREACHABLE = "unreachable"
    NAME_NOT_RESOLVED = "name_not_resolved"  # there is no such name
    NAME_LOOKUP_FAILED = "name_lookup_failed"  # nobody could say whether there is
    TLS = "tls"  # the two sides speak no common TLS, or one of them none
    BAD_CERTIFICATE = "bad_certificate"
    TIMEOUT = "timeout"
    DISCONNECTED = "disconnected"
    BAD_ANSWER = "bad_answer"  # what came is no HTTP
    OTHER = "other"


@frozen(kw_only=True)
class Failure:
    """No answer came. Unless `has_left` is False, VTEX may have applied the update all the same."""

    kind: FailureKind
    has_left: bool
    message: str


def base_url_of(account: str, *, base_url: str | None = None) -> str:
    """Give the address of a store without a path: VTEX's own, or the one asked for; plain http only on loopback.

    Raises SettingsError for any other address.
    """
    if base_url is None:
        return f"https://{Settings(account=account).account}.vtexcommercestable.com.br"
    try:
        return str(_checked(base_url).origin())
    except ValueError as error:
        shown = clean(base_url.rpartition("@")[2])[:80]  # before an @ may stand a password
        raise SettingsError(f"--base-url {shown!r}: {error}; expected such as https://mystore.example") from None


def _checked(base_url: str) -> URL:
    if _ADDRESS.fullmatch(base_url) is None:
        raise ValueError("it holds a space or a character that is not ASCII")
    url = URL(base_url)
    host = url.host or ""
    if url.scheme not in ("https", "http"):
        raise ValueError("it does not begin with https://")
    if _HOST.fullmatch(host) is None and ":" not in host:
        raise ValueError("it names no host")
    if url.raw_user is not None or url.raw_password is not None:
        raise ValueError("a user or a password does not belong there")
    if url.raw_path not in ("", "/") or url.raw_query_string or url.raw_fragment:
        raise ValueError("a path, a query or a fragment does not belong there")
    if url.scheme == "http" and not _is_loopback(host):
        raise ValueError("keys travel over plain http only on loopback (localhost, 127.0.0.1, [::1]); use https")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def request_of(update: Update, *, base_url: str) -> Request:
    """Address an update to its own order and invoice and to nothing else, or raise ValueError."""
    order_id, invoice_number = update.key.order_id, update.key.invoice_number
    if not (is_id(order_id) and is_id(invoice_number)):
        raise ValueError(f"{order_id[:80]!r} or {invoice_number[:80]!r} is not an id that may stand in an address")
    if not _is_origin(base_url):
        raise ValueError(f"{base_url!r} is more than the address of a store")
    # Not a character of an id is one that `quote` would change.
    return Request(url=f"{base_url}/api/oms/pvt/orders/{order_id}/invoice/{invoice_number}/tracking", body=update.body)


@lru_cache(maxsize=1)  # a run has one
def _is_origin(base_url: str) -> bool:
    """Whether what is put behind it is a path, and cannot change the host."""
    return base_url == str(URL(base_url).origin())


def read_answer(status: int, *, headers: Mapping[str, str], body: bytes, is_whole: bool, now: datetime) -> Answer:
    """Read whatever came back as an answer; nothing that a server may send is an exception.

    `headers` may hold a name several times; `now` is UTC.
    """
    fields = _joined(headers)
    receipt = _documented(body) if is_whole and "content-encoding" not in fields else None
    read = _DOCUMENTED_BODY
    if receipt is None:
        read = read_body(body, content_type=fields.get("content-type", ""), encoding=fields.get("content-encoding", ""))
        receipt = _receipt_of(read) if is_whole else None
    return Answer(
        status=status,
        receipt=receipt,
        content=read.content,
        is_whole=is_whole,
        message="" if receipt is not None else read.message,
        request_id=_request_id_of(fields) or read.text("traceId"),
        redirect_host=_host_of(fields["location"]) if "location" in fields else None,
        retry_after_s=retry_after_s(fields.get("retry-after"), now=now),
        rate_limit=read_rate_limit(fields, now=now),
    )


def hidden(answer: Answer, *, hide: Callable[[str], str]) -> Answer:
    """Hold every text of the answer as `hide` leaves it."""
    receipt = answer.receipt
    of_receipt = () if receipt is None else (receipt.receipt, receipt.date, receipt.order_id)
    texts = " ".join(filter(None, (answer.message, answer.request_id, answer.redirect_host, *of_receipt)))
    if hide(texts) == texts:
        return answer

    def leave(text: str | None) -> str | None:
        return None if text is None else hide(text)

    if receipt is not None:
        receipt = Receipt(receipt=hide(receipt.receipt), date=leave(receipt.date), order_id=leave(receipt.order_id))
    return evolve(
        answer,
        receipt=receipt,
        message=hide(answer.message),
        request_id=leave(answer.request_id),
        redirect_host=leave(answer.redirect_host),
    )


def _joined(headers: Mapping[str, str]) -> dict[str, str]:
    """Give each header that is read once, in lower case; one that came several times is a list, as in RFC 9110 §5.3."""
    values: dict[str, str] = {}
    for spelled, value in headers.items():
        name = spelled.lower()
        if name in _READ_HEADERS:
            values[name] = f"{values[name]}, {value}" if name in values else value
    return values


def _request_id_of(fields: Mapping[str, str]) -> str:
    for name in _REQUEST_ID_HEADERS:
        if name in fields and (found := clean(fields[name])):
            return found
    return ""


def _documented(body: bytes) -> Receipt | None:
    """A receipt in the very form in which VTEX documents it, as nearly all are: told by its bytes at a tenth of the cost."""
    found = _DOCUMENTED.fullmatch(body)
    if found is None:
        return None
    date, order_id, receipt = found.groups()
    return Receipt(receipt=receipt.decode("ascii"), date=date.decode("ascii"), order_id=order_id.decode("ascii"))


def _receipt_of(body: Body) -> Receipt | None:
    receipt = body.text("receipt")
    return None if receipt is None else Receipt(receipt=receipt, date=body.text("date"), order_id=body.text("orderId"))


def _host_of(location: str) -> str | None:
    """Name the host that a redirect points at; None where it stays, or points nowhere."""
    try:
        return clean(URL(location).host or "") or None
    except ValueError:
        return None
