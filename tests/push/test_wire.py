"""Addresses, requests and answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict
from yarl import URL

from vtex_tracking.errors import SettingsError
from vtex_tracking.model import InvoiceKey, Receipt, Update
from vtex_tracking.push.body import Content
from vtex_tracking.push.retry_after import RateLimit
from vtex_tracking.push.wire import Answer, Request, base_url_of, hidden, read_answer, request_of

BASE_URL = "https://mystore.vtexcommercestable.com.br"
NOW = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)
RECEIPT = (
    b'{"date":"2017-03-29T18:04:31.0521233+00:00","orderId":"00-v501","receipt":"f67d33a8029c42ce9a8f07fc17f54449"}'
)


def update(order_id: str, invoice_number: str = "643797") -> Update:
    """An update of one invoice."""
    key = InvoiceKey(order_id, invoice_number)
    return Update(key=key, body=b"{}", fingerprint="f", events=1, is_delivered=False, delivered_date=None)


def read(body: bytes = b"", *, status: int = 200, is_whole: bool = True, **headers: str) -> Answer:
    """Read an answer with the headers given as keywords."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_answer(status, headers=named, body=body, is_whole=is_whole, now=NOW)


def test_a_store_has_its_own_address() -> None:
    """The host comes from the account's name and nothing else."""
    assert BASE_URL == base_url_of("mystore")


@pytest.mark.parametrize("account", ["evil.com/", "a.b", "x@y", "http:", "Store", "", "lojá", "-a", "a" * 64, "a\n"])
def test_what_is_no_accounts_name_has_no_address(account: str) -> None:
    """Nothing that could name another host passes for a store."""
    with pytest.raises(SettingsError, match="not the name of a VTEX account"):
        base_url_of(account)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("https://proxy.example", "https://proxy.example"),
        ("https://Proxy.Example:8443/", "https://proxy.example:8443"),
        ("HTTP://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("http://127.9.9.9:1/", "http://127.9.9.9:1"),
        ("http://[::1]:8765", "http://[::1]:8765"),
        ("http://localhost:8765", "http://localhost:8765"),
    ],
)
def test_another_address_is_taken_as_its_origin(asked: str, expected: str) -> None:
    """Https anywhere, and plain http on loopback."""
    assert expected == base_url_of("mystore", base_url=asked)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("http://mystore.example", "loopback"),
        ("http://127.0.0.1.evil.example", "loopback"),
        ("http://10.0.0.1", "loopback"),
        ("http://localhost.:80", "names no host"),
        ("http://127.1", "loopback"),
        ("https://key:token@mystore.example", "a user or a password"),
        ("https://mystore.example/api", "a path"),
        ("https://mystore.example/?a=1", "a query"),
        ("https://mystore.example#a", "a fragment"),
        ("ftp://mystore.example", "begin with https"),
        ("mystore.example", "begin with https"),
        ("https://", "names no host"),
        ("https://my store", "a space"),
        ("https://mystore.example\n", "a space"),
        ("https://lojá.example", "not ASCII"),
        ("https://a%2fb", "names no host"),
        ("https://a\\@b", "Invalid URL"),
        ("https://mystore.example:99999", "Port"),
        ("", "a space"),
    ],
)
def test_an_address_that_could_leak_keys_is_refused(asked: str, why: str) -> None:
    """Plain http off loopback, and whatever is more than scheme, host and port, is a mistake."""
    with pytest.raises(SettingsError, match=why):
        base_url_of("mystore", base_url=asked)


def test_a_password_in_an_address_is_not_repeated() -> None:
    """The message of a refused address leaves out what stands before the @."""
    with pytest.raises(SettingsError) as caught:
        base_url_of("mystore", base_url="https://key:CANARY@mystore.example")
    assert "CANARY" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "order_id", ["1172452900788-01", "MLB-2000001234", "v501245lspt-01", "SLR-v52_1-01", "a..b", "7"]
)
def test_an_update_goes_to_its_own_invoice(order_id: str) -> None:
    """Ids stand in the address verbatim, zeros and all, and the body is the update's."""
    expected = Request(url=f"{BASE_URL}/api/oms/pvt/orders/{order_id}/invoice/000030711/tracking", body=b"{}")
    assert expected == request_of(update(order_id, "000030711"), base_url=BASE_URL)


HOSTILE = [
    "",
    ".",
    "..",
    "../..",
    "a/b",
    "%2F",
    "%252F",
    "a?x=1",
    "a#f",
    "a b",
    "a ",
    "http://evil/",
    "//evil",
    "a\\b",
    "a;b",
    "a@b",
]
HOSTILE += ["a\n", "é", "\ud800", "a" * 65, "-", "a.", ".a", "\u0661"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_an_id_that_could_reach_elsewhere_has_no_request(hostile: str) -> None:
    """Whatever is no id is refused again at the wire, in either place."""
    for wrong in (update(hostile), update("v501-01", hostile)):
        with pytest.raises(ValueError, match="not an id"):
            request_of(wrong, base_url=BASE_URL)


@pytest.mark.parametrize("base_url", [f"{BASE_URL}/other", f"{BASE_URL}?x=", f"{BASE_URL}#x"])
def test_a_base_that_is_more_than_an_origin_has_no_request(base_url: str) -> None:
    """What the path is put behind is an origin, and nothing else."""
    with pytest.raises(ValueError, match="more than the address"):
        request_of(update("v501-01"), base_url=base_url)


def test_a_receipt_is_read_with_its_date_and_order() -> None:
    """The order may come back with a seller's prefix: it is kept, and compared with nothing."""
    expected = Receipt(
        receipt="f67d33a8029c42ce9a8f07fc17f54449", date="2017-03-29T18:04:31.0521233+00:00", order_id="00-v501"
    )
    assert expected == read(RECEIPT).receipt
    assert expected == read(RECEIPT, content_type="text/html").receipt


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b'{"receipt":""}', b'{"receipt":null}', b'{"receipt":1}', b"<html>", RECEIPT[:-1]],
)
def test_without_a_receipt_there_is_none(body: bytes) -> None:
    """Only a JSON object with a text under `receipt` proves anything."""
    assert read(body).receipt is None


def test_a_body_that_ended_early_holds_no_receipt() -> None:
    """What was cut may look whole."""
    answer = read(RECEIPT, is_whole=False)
    assert answer.receipt is None
    assert not answer.is_whole
    assert Content.JSON == answer.content


def test_a_compressed_body_holds_no_receipt() -> None:
    """A label of compression on plain JSON is a contradiction, not a receipt."""
    assert read(RECEIPT, content_encoding="gzip").receipt is None


def test_the_id_for_a_support_ticket_is_found_where_it_is() -> None:
    """Three headers in their order, then the body's traceId; cleaned."""
    body = b'{"traceId":"from-body"}'
    assert "1" == read(body, X_Request_Id=" 1\x1b", X_Vtex_Operation_Id="2", X_Trace_Id="3").request_id
    assert "2" == read(body, x_request_id=" ", x_vtex_operation_id="2", x_trace_id="3").request_id
    assert "3" == read(body, x_trace_id="3").request_id
    assert "from-body" == read(body).request_id
    assert read(b"").request_id is None


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://evil.example/login?a=1", "evil.example"),
        ("//evil.example", "evil.example"),
        ("/login", None),
        ("file:///etc/passwd", None),
        ("http://[", None),
        ("", None),
        ("https://x:99999999/", None),
    ],
)
def test_a_redirect_is_told_by_its_host(location: str, expected: str | None) -> None:
    """The host it points at is named; what points nowhere names none."""
    assert expected == read(status=302, location=location).redirect_host


def test_no_text_of_an_answer_is_kept_as_it_should_be_hidden() -> None:
    """Message, id, host and receipt are held without the secret; an answer without it is held as it is."""

    def hide(text: str) -> str:
        return text.replace("secret", "***")

    said = Answer(
        status=200,
        receipt=Receipt(receipt="secret", date=None, order_id="a secret"),
        message="the secret",
        request_id="secret-1",
        redirect_host="secret.example",
    )
    expected = Answer(
        status=200,
        receipt=Receipt(receipt="***", date=None, order_id="a ***"),
        message="the ***",
        request_id="***-1",
        redirect_host="***.example",
    )
    assert expected == hidden(said, hide=hide)
    assert Answer(status=400, message="***") == hidden(Answer(status=400, message="secret"), hide=hide)
    assert expected is hidden(expected, hide=hide)


def test_waits_and_limits_are_read() -> None:
    """Retry-After and the rate headers come as seconds and numbers; a header that came twice is a list, thus garbage."""
    answer = read(status=429, Retry_After="7", RateLimit_Remaining="0")
    assert (7.0, RateLimit(remaining=0, reset_s=None)) == (answer.retry_after_s, answer.rate_limit)
    twice = CIMultiDict([("Retry-After", "5"), ("retry-after", "7")])
    assert read_answer(429, headers=twice, body=b"", is_whole=True, now=NOW).retry_after_s is None


def test_an_address_as_it_goes_out_is_the_address_that_was_built() -> None:
    """Reading the address again gives the same one, byte for byte."""
    request = request_of(update("a..b_c-1"), base_url=BASE_URL)
    assert request.url == str(URL(request.url, encoded=True)) == str(URL(request.url))
