"""The sandbox on real sockets."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from vtex_tracking.errors import SettingsError
from vtex_tracking.sandbox import CourierEvent, Ending, FaultRule, Sandbox
from vtex_tracking.settings import Rate

TRACKING = "/api/oms/pvt/orders/o-1/invoice/0007/tracking"
KEYS = {"X-VTEX-API-AppKey": "canary-key", "X-VTEX-API-AppToken": "canary-token"}
BODY = {
    "isDelivered": True,
    "deliveredDate": "2026-03-14 10:00",
    "events": [{"city": "Curitiba", "state": "PR", "description": "Entregue", "date": "2026-03-14 09:59:58"}],
}


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers=KEYS) as session:
        yield session


async def put(client: aiohttp.ClientSession, sandbox: Sandbox, *, path: str = TRACKING) -> Any:
    async with client.put(sandbox.url + path, json=BODY) as response:
        return response.status, await response.json()


async def get(client: aiohttp.ClientSession, sandbox: Sandbox, path: str) -> Any:
    async with client.get(sandbox.url + path) as response:
        assert response.status == 200
        return await response.json()


async def exchange(sandbox: Sandbox, *, path: str = TRACKING) -> bytes:
    """Everything that comes back for one PUT until the server ends the stream."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
    try:
        writer.write(raw_put(path))
        return await reader.read()
    finally:
        writer.close()


def raw_put(path: str = TRACKING) -> bytes:
    body = json.dumps(BODY).encode()
    head = [f"PUT {path} HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in KEYS.items()]
    return "\r\n".join([*head, "", ""]).encode() + body


async def until_logged(sandbox: Sandbox, count: int) -> None:
    async with asyncio.timeout(5):
        while len(sandbox.requests) < count:  # noqa: ASYNC110 - it is seen from outside, as by a user's test
            await asyncio.sleep(0)


async def test_what_is_put_can_be_read_back(client: aiohttp.ClientSession) -> None:
    """An update is answered with a receipt, held, and shown in the order."""
    async with Sandbox() as sandbox:
        status, answer = await put(client, sandbox)
        order = await get(client, sandbox, "/api/oms/pvt/orders/o-1")
    assert (200, "o-1") == (status, answer["orderId"])
    assert re.fullmatch(r"[0-9a-f]{32}", answer["receipt"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00", answer["date"])
    package = sandbox.orders["o-1"]["0007"]
    event = CourierEvent(date="2026-03-14 09:59:58", city="Curitiba", state="PR", description="Entregue")
    assert (True, "2026-03-14 10:00", (event,)) == (package.is_delivered, package.delivered_date, package.events)
    assert order["packageAttachment"]["packages"][0]["courierStatus"]["finished"] is True


async def test_who_waits_for_a_number_of_requests_is_woken(client: aiohttp.ClientSession) -> None:
    """`reached` returns with the request that makes the number full, and at once from then on."""
    async with Sandbox() as sandbox:
        waiting = asyncio.create_task(sandbox.reached(2))
        await put(client, sandbox)
        assert not waiting.done()
        await put(client, sandbox)
        await waiting
        await sandbox.reached(2)


async def test_state_and_requests_are_shown_to_other_processes(client: aiohttp.ClientSession) -> None:
    """The two pages of the sandbox's own hold what the object says."""
    async with Sandbox(account="mystore") as sandbox:
        await put(client, sandbox)
        await put(client, sandbox)
        assert sandbox.state() == await get(client, sandbox, "/_sandbox/state")
        async with client.get(f"{sandbox.url}/_sandbox/requests?after=1") as response:
            lines = (await response.text()).splitlines()
    assert [sandbox.requests[1].plain()] == [json.loads(line) for line in lines]


async def test_the_log_holds_every_request_and_no_credentials(
    client: aiohttp.ClientSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The file has each request as the list has it, and no key or token stands there, in the state, or in the logging."""
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "requests.jsonl"
    async with Sandbox(request_log=path, faults=(FaultRule(attempts=(2,), status=500),)) as sandbox:
        for _ in range(3):
            await put(client, sandbox)
        logged = path.read_text(encoding="utf-8")
    assert [request.plain() for request in sandbox.requests] == [json.loads(line) for line in logged.splitlines()]
    assert [(1, 200), (2, 500), (3, 200)] == [(request.number, request.status) for request in sandbox.requests]
    assert not [record for record in caplog.records if record.name == "aiohttp.access"]
    assert "canary" not in logged + json.dumps(sandbox.state()) + caplog.text + repr(sandbox.requests)


async def test_over_the_limit_is_429(client: aiohttp.ClientSession) -> None:
    """A third request within a window of two is told to wait, in a whole number of seconds."""
    async with Sandbox(limit=Rate(2, window_s=3600.0)) as sandbox:
        statuses = [(await put(client, sandbox))[0] for _ in range(2)]
        async with client.put(sandbox.url + TRACKING, json=BODY) as response:
            statuses.append(response.status)
            retry_after = response.headers["Retry-After"]
    assert [200, 200, 429] == statuses
    assert 3590 <= int(retry_after) <= 3600


async def test_a_wrong_pair_is_401(client: aiohttp.ClientSession) -> None:
    """The pair that is expected is let in, another is not."""
    async with Sandbox(credentials=("canary-key", "other")) as sandbox:
        assert (await put(client, sandbox))[0] == 401
    async with Sandbox(credentials=("canary-key", "canary-token")) as sandbox:
        assert (await put(client, sandbox))[0] == 200


async def test_known_orders_come_from_a_file(client: aiohttp.ClientSession, tmp_path: Path) -> None:
    """Only what the file names exists."""
    path = tmp_path / "orders.jsonl"
    path.write_text('{"order_id": "o-1", "invoices": ["0007"]}\n', encoding="utf-8")
    async with Sandbox(known=path) as sandbox:
        assert (await put(client, sandbox))[0] == 200
        assert (await put(client, sandbox, path=TRACKING.replace("0007", "7")))[0] == 404


async def test_appending_keeps_what_was_told_before(client: aiohttp.ClientSession) -> None:
    """With `is_appending` the events of two updates stand one after the other."""
    async with Sandbox(is_appending=True) as sandbox:
        await put(client, sandbox)
        await put(client, sandbox)
    assert len(sandbox.orders["o-1"]["0007"].events) == 2


async def test_a_body_over_a_mebibyte_is_413(client: aiohttp.ClientSession) -> None:
    """What is not read whole is refused, and logged."""
    async with (
        Sandbox() as sandbox,
        client.put(sandbox.url + TRACKING, data=io.BytesIO(bytes((1 << 20) + 1))) as response,
    ):
        assert response.status == 413
        assert [413] == [request.status for request in sandbox.requests]


async def test_the_address_is_decoded_once() -> None:
    """What aiohttp's client would tidy up comes in as it is: an encoded slash leads nowhere."""
    async with Sandbox() as sandbox:
        for path, status in [
            (TRACKING.replace("0007", "a%2Fb"), b"404"),
            (TRACKING.replace("0007", "a%20b"), b"500"),
            (TRACKING.replace("0007", "%2E%2E"), b"404"),
            (TRACKING.replace("0007", "%30007"), b"200"),
        ]:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
            writer.write(raw_put(path))
            assert (await reader.readline()).split()[1] == status
            writer.close()


async def test_a_status_with_headers_of_its_own(client: aiohttp.ClientSession) -> None:
    """A rule's headers are sent as often as they have values."""
    rule = FaultRule(status=429, headers={"Retry-After": ("7", "9")})
    async with Sandbox(faults=(rule,)) as sandbox, client.put(sandbox.url + TRACKING, json=BODY) as response:
        assert (429, ["7", "9"]) == (response.status, response.headers.getall("Retry-After"))


async def test_a_page_instead_of_json(client: aiohttp.ClientSession) -> None:
    """A login page comes with 200, and nothing was applied."""
    rule = FaultRule(is_html=True)
    async with Sandbox(faults=(rule,)) as sandbox, client.put(sandbox.url + TRACKING, json=BODY) as response:
        assert (200, "text/html") == (response.status, response.content_type)
    assert {} == sandbox.orders


async def test_close_ends_the_stream_without_a_byte() -> None:
    """The client sees the end of the stream, and no answer stands in the log."""
    async with Sandbox(faults=(FaultRule(ending=Ending.CLOSE),)) as sandbox:
        assert await exchange(sandbox) == b""
    assert [(None, False)] == [(request.status, request.is_applied) for request in sandbox.requests]


@pytest.mark.parametrize("is_applied", [True, False])
async def test_reset_breaks_the_connection(*, is_applied: bool) -> None:
    """The client sees a reset, before or after the update took effect."""
    rule = FaultRule(ending=Ending.RESET, is_applied=is_applied)
    async with Sandbox(faults=(rule,)) as sandbox:
        with pytest.raises(ConnectionResetError):
            await exchange(sandbox)
    assert [(None, is_applied)] == [(request.status, request.is_applied) for request in sandbox.requests]
    assert is_applied == bool(sandbox.orders)


async def test_a_body_is_cut_in_half() -> None:
    """More bytes are announced than come, though the update took effect."""
    async with Sandbox(faults=(FaultRule(ending=Ending.CUT_BODY),)) as sandbox:
        head, _, body = (await exchange(sandbox)).partition(b"\r\n\r\n")
    announced = re.search(rb"(?i)content-length: (\d+)", head)
    assert announced is not None
    assert len(body) == int(announced[1]) // 2
    assert [(200, True)] == [(request.status, request.is_applied) for request in sandbox.requests]


async def test_silence_lasts_until_the_client_leaves() -> None:
    """No byte comes; the client goes, and the sandbox goes on."""
    async with Sandbox(faults=(FaultRule(attempts=(1,), ending=Ending.SILENCE),)) as sandbox:
        before = len(asyncio.all_tasks())
        _, writer = await asyncio.open_connection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
        writer.write(raw_put())
        await until_logged(sandbox, 1)
        writer.close()
        async with asyncio.timeout(5):
            while len(asyncio.all_tasks()) > before:  # noqa: ASYNC110 - the handler's task is gone when nobody waits for it
                await asyncio.sleep(0)
        async with aiohttp.ClientSession(headers=KEYS) as client:
            assert (await put(client, sandbox))[0] == 200


@pytest.mark.parametrize(
    "sandbox",
    [
        Sandbox(latency_s=3600.0),
        Sandbox(faults=(FaultRule(delay_s=3600.0),)),
        Sandbox(faults=(FaultRule(ending=Ending.SILENCE),)),
        Sandbox(faults=(FaultRule(ending=Ending.CLOSE, delay_s=3600.0),)),
    ],
)
async def test_the_exit_waits_for_nobody(sandbox: Sandbox) -> None:
    """A request that is being answered, or never will be, sees the connection end when the sandbox does."""
    async with asyncio.timeout(5):
        async with sandbox:
            waiting = asyncio.create_task(exchange(sandbox))
            await until_logged(sandbox, 1)
            assert not waiting.done()
        assert await waiting == b""


async def test_the_exit_waits_for_no_reader() -> None:
    """A client that does not read its answer cannot hold the sandbox."""
    async with asyncio.timeout(5):
        async with Sandbox(faults=(FaultRule(body="x" * (16 << 20)),)) as sandbox:
            _, writer = await asyncio.open_connection("127.0.0.1", int(sandbox.url.rpartition(":")[2]), limit=1)
            writer.write(raw_put())
            await until_logged(sandbox, 1)
        writer.close()


async def test_a_late_update_took_effect_when_it_came(client: aiohttp.ClientSession) -> None:
    """A delay holds back the answer and not the update, as with a server that a client gives up on."""
    async with Sandbox(faults=(FaultRule(delay_s=0.001),)) as sandbox:
        assert (await put(client, sandbox))[0] == 200
    async with Sandbox(latency_s=3600.0) as sandbox:
        waiting = asyncio.create_task(exchange(sandbox))
        await until_logged(sandbox, 1)
        assert ["o-1"] == list(sandbox.orders)
    await waiting


async def test_a_client_that_left_is_no_concern() -> None:
    """A delayed fault finds nobody to break with, and the sandbox goes on."""
    rule = FaultRule(attempts=(1,), ending=Ending.RESET, delay_s=0.001)
    async with Sandbox(faults=(rule,)) as sandbox:
        _, writer = await asyncio.open_connection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
        writer.write(raw_put())
        writer.transport.abort()
        async with aiohttp.ClientSession(headers=KEYS) as client:
            assert (await put(client, sandbox, path=TRACKING.replace("0007", "8")))[0] == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.com", ""])  # noqa: S104 - refused, as they should be
def test_only_loopback_is_listened_on(host: str) -> None:
    """A host that other machines could reach is refused."""
    with pytest.raises(SettingsError, match="listens on loopback only"):
        Sandbox(host=host)


async def test_an_address_of_ipv6_stands_in_brackets() -> None:
    """The URL is one, also of ::1."""
    assert Sandbox(host="::1", port=8765).url == "http://[::1]:8765"


async def test_a_port_that_is_taken_is_a_wrong_setting(tmp_path: Path) -> None:
    """The port and the way out are named, and the log is closed again."""
    async with Sandbox() as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        with pytest.raises(
            SettingsError, match=rf"^the sandbox cannot listen on 127.0.0.1, port {port}: .*; choose another"
        ):
            async with Sandbox(port=port, request_log=tmp_path / "log"):
                pass


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_known_orders_that_cannot_be_read_are_a_wrong_setting(content: bytes | None, tmp_path: Path) -> None:
    """A missing file, and one that is no text, are named."""
    path = tmp_path / "orders.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"^the file of known orders .*/orders\.jsonl cannot be read: "):
        Sandbox(known=path)


async def test_a_sandbox_that_was_never_entered_has_nothing_to_end() -> None:
    """Leaving without entering does nothing."""
    await Sandbox().__aexit__(None, None, None)
