"""Servers that give away what they were told, and a loop that talks about everything: no key comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import pytest
from fault_server import Put, Server
from fault_support import CANARY, CREDENTIALS, push, side_by_side, told

pytestmark = pytest.mark.unmeasured

TOKEN: Final = CREDENTIALS.app_token.reveal().encode()


STATUSES: Final = ("200 OK", "302 Go", "400 Bad", "403 Forbidden", "404 Not Found", "500 Debug", "502 Bad")
PAGES: Final = {
    "application/json": b'{"message":"%b","receipt":"%b"}' % (TOKEN, TOKEN),
    "text/html": b"<html><title>%b</title>%b" % (TOKEN, TOKEN),
    "text/plain": TOKEN,
}
HEADERS: Final = (
    b"Retry-After: %b\r\n",
    b"X: \x00%b\r\n",
    b"Content-Type: %b\r\n",
    b"Content-Length: %b\r\n",
    b"Transfer-Encoding: %b\r\n",
    b"Set-Cookie: %b\r\n",
    b"Ratelimit-Remaining: %b\r\n",
)


async def answer_everybody(body: bytes, *, status: str, headers: bytes, folder: Path) -> None:
    """Answer every request so, to a run that must neither keep nor say what is in it."""

    async def answer(put: Put) -> None:
        assert TOKEN in put.head
        await put.answer(body, status=status, headers=headers)

    async with Server(answer) as server:
        pushed = await push(server.url, folder=folder)
    assert "always" in told(server)
    assert CANARY.casefold() not in repr(pushed).casefold()


@pytest.mark.parametrize("status", STATUSES)
async def test_a_page_that_shows_what_it_was_sent_is_blotted_out(status: str, tmp_path: Path) -> None:
    """A page for debugging may hold every header of the request: no key of it is kept or said, however it is answered."""
    asyncio.get_running_loop().set_debug(True)
    await side_by_side(
        {
            kind: answer_everybody(
                page,
                status=status,
                headers=f"Content-Type: {kind}\r\n".encode(),
                folder=tmp_path / kind.partition("/")[2],
            )
            for kind, page in PAGES.items()
        }
    )


@pytest.mark.parametrize("status", STATUSES)
async def test_a_header_that_holds_a_key_is_not_told(status: str, tmp_path: Path) -> None:
    """Where a header means something, what it holds is read; where it is nonsense, nobody repeats it."""
    asyncio.get_running_loop().set_debug(True)
    await side_by_side(
        {
            repr(header): answer_everybody(
                b'{"receipt":"f67d"}', status=status, headers=header % TOKEN, folder=tmp_path / str(number)
            )
            for number, header in enumerate(HEADERS)
        }
    )


@pytest.mark.parametrize(
    "header",
    [b"x-request-id: %b\r\n", b"x-trace-id: %b\r\n", b"Location: https://%b.example/\r\n", b"Content-Encoding: %b\r\n"],
)
@pytest.mark.parametrize("status", ["200 OK", "302 Go", "400 Bad", "403 No", "500 Debug"])
async def test_a_header_that_holds_a_key_is_not_kept(header: bytes, status: str, tmp_path: Path) -> None:
    """Neither as the id for a support ticket nor as the host of a redirect."""

    async def show(put: Put) -> None:
        await put.answer(status=status, headers=header % TOKEN)

    async with Server(show) as server:
        pushed = await push(server.url, folder=tmp_path, invoices=["always"])
    assert CANARY.casefold() not in repr(pushed).casefold()


@pytest.mark.parametrize("name", ["receipt", "date", "traceId", "message"])
@pytest.mark.parametrize("status", ["200 OK", "403 No"])
async def test_a_key_in_the_escapes_of_json_is_blotted_out_as_well(name: str, status: str, tmp_path: Path) -> None:
    r"""A key spelt \u0043ANARY is the same key once it is read."""

    async def show(put: Put) -> None:
        escaped = b"".join(b"\\u%04x" % byte for byte in TOKEN)
        await put.answer(
            b'{"receipt":"f67d","%b":"%b"}' % (name.encode(), escaped)
            if name != "receipt"
            else b'{"receipt":"%b"}' % escaped,
            status=status,
        )

    async with Server(show) as server:
        pushed = await push(server.url, folder=tmp_path, invoices=["always"])
    assert CANARY.casefold() not in repr(pushed).casefold()
