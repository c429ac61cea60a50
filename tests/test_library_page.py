"""Every example on the library's page runs as it stands."""

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aioresponses import aioresponses

from vtex_tracking import Answer, FailureKind, Request

ROOT = Path(__file__).parent.parent
EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "library.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_runs(number: int, tmp_path: Path) -> None:
    """What the page shows works for who pastes it into a file of their own."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    code = EXAMPLES[number]
    arguments = [sys.executable, "-W", "error", "example.py"]
    name = "example.py"
    if "def test_" in code:
        name = "test_example.py"
        arguments = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto"]
        arguments += ["-o", "asyncio_default_fixture_loop_scope=function", name]
    (tmp_path / name).write_text(code, encoding="utf-8")
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own page
    assert (0, "") == (done.returncode, done.stderr), done.stdout


def test_the_page_has_examples() -> None:
    """A page whose examples are not found would test nothing."""
    assert len(EXAMPLES) == 9


class MockedResponse(aiohttp.ClientResponse):
    """What aioresponses 0.7.9 needs on aiohttp 3.14, which wants the writer's stream as well."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, stream_writer=SimpleNamespace(output_size=0), **options)  # type: ignore[arg-type] # passed through


def transport_of_the_page(session: aiohttp.ClientSession) -> Any:
    """The transport over a session that the page shows."""
    (code,) = [example for example in EXAMPLES if "class SessionTransport" in example]
    names: dict[str, Any] = {}
    exec(code.partition("async def main")[0], names)  # noqa: S102 - our own page
    return names["SessionTransport"](session)


async def test_a_mocked_session_sees_one_put_that_follows_nothing() -> None:
    """Who mocks aiohttp with aioresponses sees what is sent, and says what comes back."""
    request = Request(url="https://mystore.example/api/oms/pvt/orders/v1-01/invoice/7/tracking", body=b"{}")
    async with aiohttp.ClientSession() as session:
        transport = transport_of_the_page(session)
        with aioresponses() as mocked:
            mocked.put(request.url, body=b'{"receipt":"f67d"}', response_class=MockedResponse)
            mocked.put(request.url, exception=aiohttp.ServerDisconnectedError())
            taken, lost = await transport.put(request), await transport.put(request)
            (calls,) = mocked.requests.values()
    assert isinstance(taken, Answer)
    assert taken.receipt is not None
    assert (FailureKind.DISCONNECTED, True) == (lost.kind, lost.has_left)
    assert [(b"{}", False)] * 2 == [(call.kwargs["data"], call.kwargs["allow_redirects"]) for call in calls]
