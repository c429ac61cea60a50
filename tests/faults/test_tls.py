"""Whom the keys are shown to: real TLS, with an authority that only these tests know."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen
from fault_server import Put, Server
from fault_support import push, stop_and_go_on, told

from vtex_tracking.model import OutcomeKind, Reason

AUTHORITY: Final = Path(__file__).with_name("certificates") / "authority.pem"
STORE: Final = Path(__file__).with_name("certificates") / "store.pem"  # signed by that authority
OWN: Final = Path(__file__).parents[1] / "push" / "certificates"  # each signed by itself, and the key of all


def tls_of(certificate: Path) -> ssl.SSLContext:
    """A server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, OWN / "key.pem")
    return context


async def test_an_authority_of_ones_own_is_trusted_when_it_is_named(tmp_path: Path) -> None:
    """The certificate that it signed is good, and everything is sent."""
    async with Server(tls=tls_of(STORE)) as server:
        pushed = await push(server.url, folder=tmp_path, ca_file=AUTHORITY)
    assert (0, {"sent": 3}) == (pushed.summary.exit_code, pushed.counts())
    assert 3 == len(server.requests)


@frozen(kw_only=True)
class Impostor:
    """Somebody who is not the store, as far as can be proven, and what is told of it."""

    name: str
    certificate: Path
    ca_file: Path | None
    why: str


IMPOSTORS: Final = (
    Impostor(name="unknown_authority", certificate=STORE, ca_file=None, why="unable to get local issuer certificate"),
    Impostor(name="another_authority", certificate=STORE, ca_file=OWN / "loopback.pem", why="local issuer"),
    Impostor(name="self_signed", certificate=OWN / "loopback.pem", ca_file=None, why="self-signed certificate"),
    Impostor(name="expired", certificate=OWN / "expired.pem", ca_file=OWN / "expired.pem", why="has expired"),
    Impostor(
        name="clock_is_wrong",
        certificate=OWN / "not_yet_valid.pem",
        ca_file=OWN / "not_yet_valid.pem",
        why="is this machine's clock right?",
    ),
    Impostor(
        name="another_host", certificate=OWN / "elsewhere.pem", ca_file=OWN / "elsewhere.pem", why="Hostname mismatch"
    ),
)


@pytest.mark.parametrize("impostor", IMPOSTORS, ids=lambda impostor: impostor.name)
async def test_a_bad_certificate_ends_the_run_before_a_byte_of_it_left(impostor: Impostor, tmp_path: Path) -> None:
    """No request, no retry, no key shown: exit 2, and the reason in words."""
    store = Server(tls=tls_of(impostor.certificate))
    pushed = await stop_and_go_on(
        store, folder=tmp_path, exit_code=2, reason=Reason.TLS, requests_max=0, ca_file=impostor.ca_file
    )
    assert impostor.why in pushed.said()
    assert {"pending": 12} == pushed.counts()
    assert store.connections <= 4  # one for each update in flight, and none again


async def test_a_certificate_that_goes_bad_on_the_way_ends_the_run(tmp_path: Path) -> None:
    """Somebody else answers from the same address in the middle of a run: what was sent is sent, no more is."""
    tls = tls_of(STORE)

    async def change_hands(put: Put) -> None:
        tls.load_cert_chain(OWN / "expired.pem", OWN / "key.pem")
        await put.answer(headers="Connection: close\r\n")
        put.close()

    async with Server(change_hands, tls=tls) as server:
        pushed = await push(server.url, folder=tmp_path, ca_file=AUTHORITY, concurrency=1)
    assert (2, Reason.TLS) == (pushed.summary.exit_code, pushed.summary.stop_reason)
    assert ({"sent": 1, "pending": 2}, {"always": 1}) == (pushed.counts(), told(server))
    assert OutcomeKind.SENT is pushed.outcomes["always"].outcome


@pytest.mark.parametrize(
    ("greeting", "why"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "is this the port of an https server?"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "PROTOCOL_VERSION"),  # the alert of a server that knows TLS 1.0 only
    ],
    ids=["plain_port", "tls_1_0_only"],
)
async def test_where_no_tls_can_be_agreed_on_the_run_ends(greeting: bytes, why: str, tmp_path: Path) -> None:
    """An https address whose port speaks none, or one too old, is a mistake in the settings."""
    connections = 0

    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.write(greeting)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        pushed = await push(url, folder=tmp_path)
    assert (2, Reason.TLS) == (pushed.summary.exit_code, pushed.summary.stop_reason)
    assert {"pending": 3} == pushed.counts()
    assert why in pushed.said()
    assert connections <= 3
