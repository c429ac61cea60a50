"""Nobody there: connections that do not come about, and names that lead nowhere."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from fault_server import Put, Server
from fault_support import INVOICES, PATIENCE_S, end, push, start, told, until

from vtex_tracking.model import Effect, Reason
from vtex_tracking.sandbox import Sandbox


@contextmanager
def unused_port() -> Iterator[int]:
    """A port of loopback that nobody listens on, and nobody else gets meanwhile."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield unused.getsockname()[1]


@contextmanager
def full_port() -> Iterator[int]:
    """A port whose queue of connections is full: who asks for one hears nothing."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for sock in (first, second):
            sock.setblocking(False)  # noqa: FBT003 - the socket's own signature
            sock.connect_ex(full.getsockname())
        yield full.getsockname()[1]


@pytest.mark.parametrize(
    ("port_of", "reason"), [(unused_port, Reason.UNREACHABLE), (full_port, Reason.TIMEOUT)], ids=["refused", "unheard"]
)
async def test_what_did_not_connect_was_not_sent(port_of: Any, reason: Reason, tmp_path: Path) -> None:
    """Refused, or not even heard: proven not applied, failed for now, and sent by the next run."""
    with port_of() as port:
        pushed = await push(f"http://127.0.0.1:{port}", folder=tmp_path, connect_timeout_s=0.05)
    assert (4, {"failed": 3}) == (pushed.summary.exit_code, pushed.counts())
    assert {reason} == {outcome.reason for outcome in pushed.outcomes.values()}
    assert dict.fromkeys(INVOICES, (Effect.NOT_APPLIED,) * 5) == pushed.effects
    async with Sandbox() as well:
        again = await push(well.url, folder=tmp_path)
    assert (0, dict.fromkeys(INVOICES, 1)) == (again.summary.exit_code, told(well))


async def test_a_store_that_comes_up_late_is_sent_to(tmp_path: Path) -> None:
    """A few refused connections at the start cost a few attempts, and nothing else."""
    with unused_port() as port:
        pass
    async with asyncio.timeout(PATIENCE_S), start(f"http://127.0.0.1:{port}", folder=tmp_path, attempts=10_000) as run:
        await until(lambda: run.progress.requests > len(INVOICES))
        async with Server(port=port) as server:
            pushed = await end(run, folder=tmp_path)
    assert (0, {"sent": 3}) == (pushed.summary.exit_code, pushed.counts())
    assert dict.fromkeys(INVOICES, 1) == told(server)
    assert {Effect.NOT_APPLIED, Effect.CONFIRMED} == {
        effect for several in pushed.effects.values() for effect in several
    }


async def test_a_server_with_few_connections_breaks_no_update(tmp_path: Path) -> None:
    """Where only some connections are let in, the others are tried again, and all are sent in the end."""
    invoices = [f"n{number:02d}" for number in range(30)]
    async with Server(connections_max=5) as server:
        pushed = await push(server.url, folder=tmp_path, invoices=invoices, concurrency=20, attempts=20)
    assert (0, {"sent": 30}) == (pushed.summary.exit_code, pushed.counts())
    assert dict.fromkeys(invoices, 1) == told(server)


# ---------------------------------------------------------------- names

STORE: Final = "mystore.vtexcommercestable.com.br"  # no test really asks for it


class Names:
    """A resolver that knows one name, and says what it is told to; about any other it asks as ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self._name = name
        self._ask = socket.getaddrinfo
        self._says: socket.gaierror | list[Any] = []
        monkeypatch.setattr(socket, "getaddrinfo", self._answer)

    def lead_to(self, *addresses: tuple[str, int]) -> None:
        """The name is at these addresses, and at these ports."""
        self._says = [
            info
            for address in addresses
            for info in self._ask(*address, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        ]

    def lead_nowhere(self, error: socket.gaierror) -> None:
        """The name cannot be told."""
        self._says = error

    def _answer(self, host: Any, *arguments: Any, **options: Any) -> Any:
        if host != self._name:
            return self._ask(host, *arguments, **options)
        if isinstance(self._says, socket.gaierror):
            raise self._says
        return self._says


@pytest.mark.parametrize(
    ("error", "exit_code", "word"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), 2, "there is no such name"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), 6, "is there a network?"),
    ],
    ids=["no_such_name", "nobody_to_ask"],
)
async def test_a_name_that_leads_nowhere_ends_the_run_after_one_more_try(
    error: socket.gaierror, exit_code: int, word: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two tries for an update and no storm: a wrong name is a setting, a resolver that is away is for later."""
    invoices = [f"n{number:02d}" for number in range(300)]
    Names(monkeypatch, STORE).lead_nowhere(error)
    pushed = await push(None, folder=tmp_path, invoices=invoices)
    assert (exit_code, Reason.NAME_NOT_RESOLVED) == (pushed.summary.exit_code, pushed.summary.stop_reason)
    assert {"pending": 300} == pushed.counts()
    assert word in pushed.said()
    assert {(Effect.NOT_APPLIED,), (Effect.NOT_APPLIED,) * 2} >= set(pushed.effects.values())
    assert pushed.summary.requests < len(invoices)


async def test_an_address_that_does_not_answer_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A name with a broken IPv6 address and a good IPv4 one is reached at the first attempt."""
    async with Server() as server:
        Names(monkeypatch, "localhost").lead_to(("::1", server.port), ("127.0.0.1", server.port))
        pushed = await push(f"http://localhost:{server.port}", folder=tmp_path)
    assert (0, dict.fromkeys(INVOICES, (Effect.CONFIRMED,))) == (pushed.summary.exit_code, pushed.effects)


async def test_a_store_that_moves_is_found_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A name is asked for again after a minute: from then on requests go to its new address."""
    ahead_s = 0.0
    monkeypatch.setattr(aiohttp.connector, "monotonic", lambda: time.monotonic() + ahead_s)

    async def move(put: Put) -> None:
        nonlocal ahead_s
        names.lead_to(("127.0.0.1", new.port))
        ahead_s += 40.0
        await put.answer(headers="Connection: close\r\n")
        put.close()

    async with Server(move) as old, Server() as new:
        names = Names(monkeypatch, "localhost")
        names.lead_to(("127.0.0.1", old.port))
        pushed = await push(f"http://localhost:{old.port}", folder=tmp_path, concurrency=1)
    assert (0, {"sent": 3}) == (pushed.summary.exit_code, pushed.counts())
    assert ({"always": 1, "once": 1}, {"never": 1}) == (told(old), told(new))
