"""One PUT over real sockets: what goes out, and what comes of whatever comes back."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
from types import SimpleNamespace

import pytest

from vtex_tracking.model import Receipt
from vtex_tracking.push.body import Content
from vtex_tracking.push.wire import Answer, Failure, FailureKind, Request

RECEIPT = b'{"date":"2026-03-10T12:00:00.0000000+00:00","orderId":"00-v1-01","receipt":"f67d"}'
SENT = Receipt(receipt="f67d", date="2026-03-10T12:00:00.0000000+00:00", order_id="00-v1-01")


def answer_of(body: bytes = RECEIPT, *, status: str = "200 OK", headers: str = "") -> bytes:
    """An answer as bytes."""
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def confirm(writer: asyncio.StreamWriter, _number: int) -> None:
    """Answer as VTEX does when it took an update."""
    writer.write(answer_of())


async def be_silent(_writer: asyncio.StreamWriter, _number: int) -> None:
    """Never answer."""
    await asyncio.Event().wait()


async def turns_of_the_loop() -> None:
    """Let what is on its way over loopback arrive."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_request_is_one_put_with_the_two_keys(rig: SimpleNamespace) -> None:
    """Every header is there for a reason, the body goes out byte for byte, and the receipt comes back."""
    peer = await rig.serve(confirm)
    result = await (await rig.transport(peer.url)).put(rig.request(peer.url))
    assert Answer(status=200, receipt=SENT, content=Content.JSON) == result
    head, _, body = peer.requests[0].partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    headers = dict(field.split(": ", 1) for field in fields)
    assert "PUT /api/oms/pvt/orders/v1-01/invoice/7/tracking HTTP/1.1" == line
    assert headers.pop("User-Agent").startswith("vtex-tracking")
    assert headers == {
        "Host": peer.url.removeprefix("http://"),
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "X-VTEX-API-AppKey": "CANARY-KEY-4711",
        "X-VTEX-API-AppToken": "CANARY-TOKEN-4711",
        "Content-Length": "20",
    }
    assert b'{"isDelivered":true}' == body


async def test_a_connection_is_kept_and_a_cookie_is_not(rig: SimpleNamespace) -> None:
    """Requests share a connection; what a server wants remembered is forgotten."""

    async def with_cookies(writer: asyncio.StreamWriter, number: int) -> None:
        writer.write(answer_of(headers=f"Set-Cookie: a{number}=b; Path=/\r\nSet-Cookie: ;;=\r\n"))

    peer = await rig.serve(with_cookies)
    transport = await rig.transport(peer.url)
    for _ in range(3):
        await transport.put(rig.request(peer.url))
    assert 1 == peer.connections
    assert [] == [request for request in peer.requests if b"cookie" in request.lower()]


async def test_what_nobody_listens_to_was_not_sent(rig: SimpleNamespace) -> None:
    """A refused connection is proof that nothing arrived."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        result = await (await rig.transport(url)).put(rig.request(url))
    assert isinstance(result, Failure)
    assert (FailureKind.UNREACHABLE, False) == (result.kind, result.has_left)
    assert "Connection refused" in result.message


async def test_a_connection_that_does_not_come_about_was_not_sent(rig: SimpleNamespace) -> None:
    """A host that does not even accept is a time-out of its own, before a byte left."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for sock in (first, second):
            sock.setblocking(False)  # noqa: FBT003 - the socket's own signature
            sock.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        result = await (await rig.transport(url, connect_timeout_s=0.03)).put(rig.request(url))
    assert Failure(kind=FailureKind.TIMEOUT, has_left=False, message="no connection in time") == result


async def test_a_connection_reset_at_once_is_a_disconnection(rig: SimpleNamespace) -> None:
    """Nobody can tell whether the bytes were read before the reset."""
    peer = await rig.serve(None)
    result = await (await rig.transport(peer.url)).put(rig.request(peer.url))
    assert isinstance(result, Failure)
    assert (FailureKind.DISCONNECTED, True) == (result.kind, result.has_left)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 20",
        b"HTTP/1.1 200 OK\r\nContent-Len",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
@pytest.mark.parametrize("is_reset", [False, True])
async def test_an_end_without_an_answer_is_ambiguous(rig: SimpleNamespace, sent: bytes, *, is_reset: bool) -> None:
    """Bytes left and no answer came: closed or reset, after nothing or half a head. It is asked once."""

    async def leave(writer: asyncio.StreamWriter, _number: int) -> None:
        writer.write(sent)
        await writer.drain()
        if is_reset:
            rig.reset(writer)
        writer.close()

    peer = await rig.serve(leave)
    result = await (await rig.transport(peer.url)).put(rig.request(peer.url))
    assert isinstance(result, Failure)
    assert (FailureKind.DISCONNECTED, True) == (result.kind, result.has_left)
    assert 1 == len(peer.requests)


async def test_a_kept_connection_that_breaks_is_not_used_to_send_again(rig: SimpleNamespace) -> None:
    """A PUT is sent once, though aiohttp would repeat it by itself: the server counts."""

    async def answer_once(writer: asyncio.StreamWriter, number: int) -> None:
        if number == 1:
            writer.write(answer_of())
        else:
            writer.close()

    peer = await rig.serve(answer_once)
    transport = await rig.transport(peer.url)
    assert isinstance(await transport.put(rig.request(peer.url)), Answer)
    result = await transport.put(rig.request(peer.url))
    assert isinstance(result, Failure)
    assert (FailureKind.DISCONNECTED, True) == (result.kind, result.has_left)
    assert 2 == len(peer.requests)


async def test_an_answer_older_than_its_request_is_not_believed(rig: SimpleNamespace) -> None:
    """A second answer to one request is not the receipt of the next, which is not even sent over that connection."""
    is_answered, has_spoken_twice = asyncio.Event(), asyncio.Event()

    async def answer_twice(writer: asyncio.StreamWriter, number: int) -> None:
        writer.write(answer_of())
        if number == 1:
            await is_answered.wait()
            writer.write(answer_of())
            has_spoken_twice.set()

    peer = await rig.serve(answer_twice)
    transport = await rig.transport(peer.url)
    assert isinstance(await transport.put(rig.request(peer.url)), Answer)
    is_answered.set()
    await has_spoken_twice.wait()
    await turns_of_the_loop()
    expected = Failure(kind=FailureKind.DISCONNECTED, has_left=False, message="an answer came before its request")
    assert expected == await transport.put(rig.request(peer.url))
    assert 1 == len(peer.requests)
    assert isinstance(await transport.put(rig.request(peer.url)), Answer)
    assert 2 == peer.connections


@pytest.mark.parametrize(
    "garbage",
    [
        b"220 smtp.example ESMTP\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02F\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 10_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX\x00: a\r\n\r\n",
    ],
    ids=lambda garbage: garbage[:20],
)
async def test_what_is_no_http_is_a_bad_answer(rig: SimpleNamespace, garbage: bytes) -> None:
    """Another protocol, a head without end, or bytes that no head may hold."""

    async def babble(writer: asyncio.StreamWriter, _number: int) -> None:
        writer.write(garbage)

    peer = await rig.serve(babble)
    result = await (await rig.transport(peer.url)).put(rig.request(peer.url))
    assert Failure(kind=FailureKind.BAD_ANSWER, has_left=True, message="what came back is no HTTP") == result


async def test_interim_answers_are_passed_over(rig: SimpleNamespace) -> None:
    """100 and 103 announce the answer; they are none."""

    async def hint_first(writer: asyncio.StreamWriter, _number: int) -> None:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer_of())

    peer = await rig.serve(hint_first)
    result = await (await rig.transport(peer.url)).put(rig.request(peer.url))
    assert isinstance(result, Answer)
    assert (200, SENT) == (result.status, result.receipt)


@pytest.mark.parametrize("status", [101, 204, 304])
async def test_an_answer_without_a_body_is_empty(rig: SimpleNamespace, status: int) -> None:
    """Switching protocols, no content, not modified: a status and nothing else."""

    async def say_little(writer: asyncio.StreamWriter, _number: int) -> None:
        writer.write(f"HTTP/1.1 {status} X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n".encode())

    peer = await rig.serve(say_little)
    result = await (await rig.transport(peer.url)).put(rig.request(peer.url))
    assert Answer(status=status) == result


@pytest.mark.parametrize(
    "head",
    ["Content-Length: 4096", "Transfer-Encoding: chunked"],
)
@pytest.mark.parametrize("is_reset", [False, True])
async def test_a_body_that_is_cut_is_not_whole(rig: SimpleNamespace, head: str, *, is_reset: bool) -> None:
    """The status is an answer; what looks like a receipt in half a body is none."""

    async def cut(writer: asyncio.StreamWriter, _number: int) -> None:
        chunk = RECEIPT if "Length" in head else b"%x\r\n%b\r\n" % (len(RECEIPT), RECEIPT)
        writer.write(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + chunk)
        await writer.drain()
        if is_reset:
            rig.reset(writer)
        writer.close()

    peer = await rig.serve(cut)
    result = await (await rig.transport(peer.url)).put(rig.request(peer.url))
    assert isinstance(result, Answer)
    assert (200, False, None) == (result.status, result.is_whole, result.receipt)


async def test_a_body_that_breaks_the_rules_of_chunks_is_not_whole(rig: SimpleNamespace) -> None:
    """What came before the bad chunk is all there is, and proves nothing; aiohttp may wait for the total before it says so."""

    async def miscount(writer: asyncio.StreamWriter, _number: int) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(RECEIPT), RECEIPT))
        await writer.drain()
        await turns_of_the_loop()
        writer.write(b"zz\r\n")

    peer = await rig.serve(miscount)
    result = await (await rig.transport(peer.url, timeout_s=0.05)).put(rig.request(peer.url))
    assert isinstance(result, Answer)
    assert (200, False, None) == (result.status, result.is_whole, result.receipt)


@pytest.mark.parametrize("head", ["Content-Length: 9999999999", "Transfer-Encoding: chunked", "Connection: close"])
async def test_a_body_without_end_is_left_at_its_limit(rig: SimpleNamespace, head: str) -> None:
    """At most `answer_bytes_max` is read, then the connection is closed, not drained."""
    written = 0

    async def flood(writer: asyncio.StreamWriter, _number: int) -> None:
        nonlocal written
        writer.write(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode())
        while True:
            chunk = b"x" * 65536
            writer.write(b"10000\r\n%b\r\n" % chunk if "chunked" in head else chunk)
            await writer.drain()
            written += len(chunk)

    peer = await rig.serve(flood)
    transport = await rig.transport(peer.url, answer_bytes_max=1000)
    result = await transport.put(rig.request(peer.url))
    assert Answer(status=200, content=Content.OTHER, is_whole=False, message="x" * 300) == result
    await peer.has_lost.wait()
    assert written < 64 << 20


async def test_a_body_of_exactly_the_limit_is_whole(rig: SimpleNamespace) -> None:
    """The limit itself is allowed; one byte more is not."""
    peer = await rig.serve(confirm)
    for spare, is_whole in ((0, True), (-1, False)):
        transport = await rig.transport(peer.url, answer_bytes_max=len(RECEIPT) + spare)
        result = await transport.put(rig.request(peer.url))
        assert isinstance(result, Answer)
        assert is_whole == result.is_whole


async def test_a_compressed_body_is_not_inflated(rig: SimpleNamespace) -> None:
    """A bomb stays packed, and says nothing."""
    bomb = gzip.compress(b"0" * (8 << 20))

    async def throw(writer: asyncio.StreamWriter, _number: int) -> None:
        writer.write(answer_of(bomb, headers="Content-Encoding: gzip\r\nContent-Type: application/json\r\n"))

    peer = await rig.serve(throw)
    result = await (await rig.transport(peer.url)).put(rig.request(peer.url))
    assert isinstance(result, Answer)
    assert (Content.OTHER, True, None) == (result.content, result.is_whole, result.receipt)


@pytest.mark.parametrize("limit", ["read_timeout_s", "timeout_s"])
async def test_silence_ends_in_a_time_out(rig: SimpleNamespace, limit: str) -> None:
    """No answer in time: the bytes had left."""
    peer = await rig.serve(be_silent)
    transport = await rig.transport(peer.url, **{limit: 0.03})
    async with asyncio.timeout(10):  # far below the other limits
        result = await transport.put(rig.request(peer.url))
    assert Failure(kind=FailureKind.TIMEOUT, has_left=True, message="no answer in time") == result


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
async def test_a_trickle_does_not_outlast_the_total(rig: SimpleNamespace, head: bytes) -> None:
    """A byte now and then keeps the read alive, not the request: no answer, or one that is not whole."""

    async def trickle(writer: asyncio.StreamWriter, _number: int) -> None:
        writer.write(head or b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.005)  # the server's slowness; the time-out under test ends it

    peer = await rig.serve(trickle)
    transport = await rig.transport(peer.url, timeout_s=0.05, read_timeout_s=10.0)
    result = await transport.put(rig.request(peer.url))
    if head:
        assert isinstance(result, Answer)
        assert (200, False) == (result.status, result.is_whole)
    else:
        assert Failure(kind=FailureKind.TIMEOUT, has_left=True, message="no answer in time") == result
    await peer.has_lost.wait()


async def test_a_body_that_never_ends_is_not_whole(rig: SimpleNamespace) -> None:
    """A chunked answer without its last chunk ends with the read's time-out."""

    async def hang(writer: asyncio.StreamWriter, _number: int) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(RECEIPT), RECEIPT))
        await writer.drain()
        await asyncio.Event().wait()

    peer = await rig.serve(hang)
    transport = await rig.transport(peer.url, read_timeout_s=0.03)
    async with asyncio.timeout(10):  # far below the total
        result = await transport.put(rig.request(peer.url))
    assert isinstance(result, Answer)
    assert (200, False, None) == (result.status, result.is_whole, result.receipt)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(rig: SimpleNamespace, status: int) -> None:
    """The target hears nothing at all, least of all the keys; the answer names it."""
    target = await rig.serve(confirm)

    async def send_away(writer: asyncio.StreamWriter, _number: int) -> None:
        writer.write(answer_of(b"", status=f"{status} Go", headers=f"Location: http://localhost:{target.port}/x\r\n"))

    peer = await rig.serve(send_away)
    result = await (await rig.transport(peer.url)).put(rig.request(peer.url))
    assert Answer(status=status, redirect_host="localhost") == result
    assert (1, 0) == (len(peer.requests), target.connections)


async def test_the_environment_names_no_proxy_and_no_password(
    rig: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """Neither a proxy variable nor a ~/.netrc changes where a request goes or what it carries."""
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w", encoding="ascii") as file:  # noqa: ASYNC230, PTH123 - one line, before anything runs
        file.write("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", netrc)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    peer = await rig.serve(confirm)
    assert isinstance(await (await rig.transport(peer.url)).put(rig.request(peer.url)), Answer)
    assert b"authorization" not in peer.requests[0].lower()


async def test_keys_go_to_one_origin_only(rig: SimpleNamespace) -> None:
    """A request for another scheme, host or port is refused before anything leaves; so is one after closing."""
    peer = await rig.serve(confirm)
    transport = await rig.transport(peer.url)
    for elsewhere in (
        peer.url.replace("http", "https"),
        f"http://localhost:{peer.port}",
        f"http://127.0.0.1:{peer.port - 1}",
    ):
        with pytest.raises(ValueError, match="not for"):
            await transport.put(rig.request(elsewhere))
    await transport.__aexit__(None, None, None)
    with pytest.raises(ValueError, match="closed"):
        await transport.put(rig.request(peer.url))
    assert 0 == peer.connections


@pytest.mark.parametrize("wrong", ["/a b", "/a HTTP/1.1\r\nX-Other: 1\r\n", "/é", "/\x7f"])
async def test_an_address_is_one_word_of_one_line(rig: SimpleNamespace, wrong: str) -> None:
    """Nothing in it can become a header, or another request."""
    peer = await rig.serve(confirm)
    transport = await rig.transport(peer.url)
    with pytest.raises(ValueError, match="the address holds"):
        await transport.put(Request(url=f"{peer.url}{wrong}", body=b"{}"))
    assert 0 == peer.connections


@pytest.mark.parametrize("half", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"])
async def test_being_cancelled_is_no_failure_and_leaves_no_connection(rig: SimpleNamespace, half: bytes) -> None:
    """Who cancels gets CancelledError, and half an answer is not left behind for the next request."""
    is_asked = asyncio.Event()

    async def answer_half(writer: asyncio.StreamWriter, _number: int) -> None:
        writer.write(half)
        is_asked.set()

    peer = await rig.serve(answer_half)
    transport = await rig.transport(peer.url)
    task = asyncio.ensure_future(transport.put(rig.request(peer.url)))
    await is_asked.wait()
    await turns_of_the_loop()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await peer.has_lost.wait()


async def test_the_keys_are_on_the_wire_and_nowhere_else(
    rig: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in a log at DEBUG, a repr, a failure or an answer: not even when the server echoes its request."""

    async def misbehave(writer: asyncio.StreamWriter, number: int) -> None:
        if number == 1:
            writer.write(answer_of(peer.requests[0], status="500 Debug", headers="Content-Type: text/plain\r\n"))
        elif number == 2:
            writer.write(b"HTTP/1.1 200 OK\r\nX: " + peer.requests[1] + b"\r\n\r\n")
        else:
            writer.close()

    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    peer = await rig.serve(misbehave)
    transport = await rig.transport(peer.url)
    results = [await transport.put(rig.request(peer.url)) for _ in range(3)]
    assert all(b"CANARY-TOKEN" in request for request in peer.requests)
    shown = [repr(results), repr(transport), caplog.text, *(str(record.__dict__) for record in caplog.records)]
    assert [] == [text for text in shown if "CANARY" in text]
    assert isinstance(results[0], Answer)
    assert "***" in results[0].message
