"""TLS over real sockets: whom a request is sent to, and what ends a run before a byte left."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from types import SimpleNamespace

import pytest

from vtex_tracking.errors import SettingsError
from vtex_tracking.push.wire import Answer, Failure, FailureKind


async def confirm(writer: asyncio.StreamWriter, _number: int) -> None:
    """Answer as VTEX does when it took an update."""
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{"receipt":"f67d"}')


def tls_of(certificates: Path, name: str) -> ssl.SSLContext:
    """A server's side with one of the certificates that only these tests know."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / f"{name}.pem", certificates / "key.pem")
    return context


async def test_a_ca_file_adds_to_what_is_trusted(rig: SimpleNamespace) -> None:
    """A certificate of one's own authority is accepted when that authority is named."""
    peer = await rig.serve(confirm, tls=tls_of(rig.certificates, "loopback"))
    transport = await rig.transport(peer.url, ca_file=rig.certificates / "loopback.pem")
    result = await transport.put(rig.request(peer.url))
    assert isinstance(result, Answer)
    assert result.receipt is not None


@pytest.mark.parametrize(
    ("name", "is_trusted", "why"),
    [
        ("loopback", False, "self-signed certificate"),
        ("expired", True, "has expired; is this machine's clock right?"),
        ("not_yet_valid", True, "not yet valid; is this machine's clock right?"),
        ("elsewhere", True, "Hostname mismatch"),
    ],
)
async def test_a_bad_certificate_gets_no_request(
    rig: SimpleNamespace, name: str, why: str, *, is_trusted: bool
) -> None:
    """Unknown, out of its time, or another host's: nothing is sent, and the message says which."""
    peer = await rig.serve(confirm, tls=tls_of(rig.certificates, name))
    ca_file = rig.certificates / f"{name}.pem" if is_trusted else None
    result = await (await rig.transport(peer.url, ca_file=ca_file)).put(rig.request(peer.url))
    assert isinstance(result, Failure)
    assert (FailureKind.BAD_CERTIFICATE, False) == (result.kind, result.has_left)
    assert f"localhost:{peer.port}: its certificate was not accepted: " in result.message
    assert why in result.message
    assert [] == peer.requests


@pytest.mark.parametrize(
    ("greeting", "why"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "WRONG_VERSION_NUMBER"),  # https to a plain port
        (b"\x15\x03\x01\x00\x02\x02\x46", "PROTOCOL_VERSION"),  # the alert of a server that knows TLS 1.0 only
        (b"\x15\x03\x03\x00\x02\x02\x28", "HANDSHAKE_FAILURE"),
    ],
)
async def test_where_no_tls_can_be_agreed_on_nothing_is_sent(rig: SimpleNamespace, greeting: bytes, why: str) -> None:
    """A port that speaks none, or one too old, is told from one that is out of order."""

    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        result = await (await rig.transport(url)).put(rig.request(url))
    assert isinstance(result, Failure)
    assert (FailureKind.TLS, False) == (result.kind, result.has_left)
    assert why in result.message


async def test_nothing_below_tls_1_2_is_spoken(rig: SimpleNamespace) -> None:
    """The oldest version that is offered is 1.2, whatever the system would allow."""
    hello = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello.set_result(await reader.read(4096))
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await (await rig.transport(url)).put(rig.request(url))
    versions = (await hello).partition(b"\x00\x2b\x00")[2]  # the extension that lists them
    assert versions[: 1 + versions[0]][2:] == b"\x03\x04\x03\x03"


async def test_a_handshake_that_hangs_is_a_time_out(rig: SimpleNamespace) -> None:
    """A port that accepts and says nothing was sent nothing."""

    async def be_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(be_silent, "127.0.0.1", 0) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        result = await (await rig.transport(url, connect_timeout_s=0.03)).put(rig.request(url))
    assert Failure(kind=FailureKind.TIMEOUT, has_left=False, message="no connection in time") == result


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), ("no certificate", "PEM")])
async def test_a_ca_file_that_cannot_be_read_is_a_mistake(
    rig: SimpleNamespace, tmp_path: Path, content: str | None, why: str
) -> None:
    """The run does not begin with less trust than was asked for."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content, encoding="ascii")
    with pytest.raises(SettingsError, match=why):
        await rig.transport("https://localhost:9", ca_file=path)
