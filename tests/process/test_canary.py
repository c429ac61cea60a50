"""Keys with a known pattern, everything that talks switched on: they are on the wire and nowhere else."""

from __future__ import annotations

import asyncio
import base64
import json
import signal
from asyncio.subprocess import Process
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

import confined
import loud
import pytest
from process_support import Ended, end, start_python, write_feed

from vtex_tracking.sandbox import Ending, FaultRule, Sandbox

pytestmark = pytest.mark.unmeasured

KEY: Final = "vtexappkey-canary-K7QX"
TOKEN: Final = "C4NARY+token/of&the=mine~0123456789"
LOUD: Final = ("-X", "dev", Path(loud.__file__))
INVOICES: Final = 12
AT_FIRST: Final = 4  # requests in flight when a run begins


def forms(secret: str) -> Iterator[bytes]:
    """How a secret may show: as it is, or as something that writes bytes would write it."""
    text = secret.encode()
    yield text
    yield text.hex().encode()
    yield quote(secret, safe="").encode()
    for begin in range(3):  # base64 depends on where in a text the secret stands: its middle is what all have
        yield base64.b64encode(bytes(begin) + text)[4:-4]


FORMS: Final = frozenset(form for secret in (KEY, TOKEN) for form in forms(secret))


async def start_loud(*arguments: str | Path, folder: Path, **variables: str) -> Process:
    """Start the command with every log and check that Python and asyncio have."""
    keys = {"VTEX_APP_KEY": KEY, "VTEX_APP_TOKEN": TOKEN}
    talk = {"PYTHONASYNCIODEBUG": "1", "VTEX_TRACKING_LOG_LEVEL": "debug"}
    return await start_python(*LOUD, *arguments, folder=folder, **(keys | talk | variables))


async def start_loud_push(sandbox: Sandbox, folder: Path, *options: str) -> Process:
    feed = write_feed(folder / "feed.csv", invoices=INVOICES, events=INVOICES, duplicates=0, defects=2)
    where = ("--account", "mystore", "--base-url", sandbox.url, "--ledger", folder / "ledger.db")
    pace = ("--rate", "500/s", "--backoff-max", "10ms", "--throttle-pause", "10ms")
    return await start_loud("push", feed, *where, "--report", folder / "report", *pace, *options, folder=folder)


def command_line_of(process: Process) -> bytes:
    """What every user of the machine can see of a process; Linux."""
    return Path(f"/proc/{process.pid}/cmdline").read_bytes()


def core_bytes_max_of(process: Process) -> str:
    """How much of its memory a crash of the process would write to the disk; Linux."""
    limits = Path(f"/proc/{process.pid}/limits").read_text(encoding="ascii").splitlines()
    return next(line.split()[4] for line in limits if line.startswith("Max core file size"))


def showing(folder: Path, *ended: Ended, also: Sequence[bytes] = ()) -> list[str]:
    """Where a key shows: on a stream, in a file that was left, or wherever else."""
    seen = {f"stream {number}": one.stdout.encode() + one.stderr.encode() for number, one in enumerate(ended)}
    seen |= {f"other place {number}": place for number, place in enumerate(also)}
    seen |= {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return [place for place, text in seen.items() if any(form in text for form in FORMS)]


FAULTS: Final = {
    "success": (),
    "unauthorized": (FaultRule(status=401),),
    "forbidden page": (FaultRule(status=403, is_html=True, body="<h1>who are you?</h1>"),),
    "reset": (FaultRule(attempts=(1,), ending=Ending.RESET),),
    "cut": (FaultRule(attempts=(1,), ending=Ending.CUT_BODY),),
    "login page": (FaultRule(is_html=True, body="<h1>log in</h1>"),),
    "garbage": (FaultRule(status=500, body="\x00\x1b[31m\u2028{"),),
    "throttle": (FaultRule(attempts=(1,), status=429),),
    "echo in a body": (FaultRule(status=400, body=f'{{"message": "{KEY}:{TOKEN}"}}'),),
    "echo in a header": (FaultRule(headers={"X-Request-Id": TOKEN}),),
    "echo in an escape": (FaultRule(status=401, body=json.dumps({"message": TOKEN}).replace("/", "\\/")),),
    "echo in a receipt": (FaultRule(status=200, body=f'{{"receipt": "{TOKEN}", "date": "{KEY}", "orderId": "1"}}'),),
}


@pytest.mark.parametrize("faults", [pytest.param(rules, id=name) for name, rules in FAULTS.items()])
async def test_whatever_vtex_answers_the_keys_are_only_on_the_wire(
    tmp_path: Path, faults: tuple[FaultRule, ...]
) -> None:
    """Neither stream, report, ledger, lock nor command line shows them, while the sandbox was given exactly these."""
    async with Sandbox(credentials=(KEY, TOKEN), faults=faults) as sandbox:
        process = await start_loud_push(sandbox, tmp_path, "--outage-limit", "500ms")
        await sandbox.reached(1)
        command_line = command_line_of(process)
        ended = await end(process)
        assert ended.exit_code in {3, 4, 6, 7}, ended.stderr
        if not faults:
            assert {200} == {request.status for request in sandbox.requests}
    assert b"--ledger" in command_line
    assert "debug" in ended.stderr
    assert (tmp_path / "report" / "summary.json").exists()
    assert [] == showing(tmp_path, ended, also=[command_line])


async def test_a_redirect_takes_no_byte_to_another_host(tmp_path: Path) -> None:
    """Exit 2, nobody is called there, and what is said names the host and no key."""
    calls: list[str] = []

    def called(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append("called")
        writer.close()

    async with await asyncio.start_server(called, "127.0.0.1", 0) as elsewhere:
        port = elsewhere.sockets[0].getsockname()[1]
        moved = FaultRule(status=307, headers={"Location": f"http://localhost:{port}/?was={TOKEN}"})
        async with Sandbox(faults=[moved]) as sandbox:
            ended = await end(await start_loud_push(sandbox, tmp_path))
    assert (2, []) == (ended.exit_code, calls), ended.stderr
    assert [] == showing(tmp_path, ended)


async def test_neither_a_kill_nor_two_signals_leave_a_key_behind(tmp_path: Path) -> None:
    """A ledger with its journal, a task that was cut off in a request, and asyncio's words about it: none has them."""
    async with Sandbox(faults=[FaultRule(ending=Ending.SILENCE)]) as sandbox:
        killed = await start_loud_push(sandbox, tmp_path)
        await sandbox.reached(AT_FIRST)
        killed.kill()
        first = await end(killed)
        assert (tmp_path / "ledger.db-wal").stat().st_size > 0
        assert [] == showing(tmp_path, first)

        stopped = await start_loud_push(sandbox, tmp_path, "--drain-timeout", "100ms")
        await sandbox.reached(2 * AT_FIRST)
        stopped.send_signal(signal.SIGINT)
        second = await end(stopped)
        assert 130 == second.exit_code, second.stderr
    assert [] == showing(tmp_path, second)


async def test_no_other_command_shows_a_key(tmp_path: Path) -> None:
    """Plan, runs, report and ledger need none, and show none that stands in the environment."""
    async with Sandbox() as sandbox:
        pushed = await end(await start_loud_push(sandbox, tmp_path))
    ledger = ("--account", "mystore", "--ledger", tmp_path / "ledger.db")
    ended = [pushed]
    for command in (("plan", tmp_path / "feed.csv"), ("runs",), ("report",), ("ledger", "check"), ("ledger", "path")):
        one = await end(await start_loud(*command, *ledger, folder=tmp_path))
        assert one.exit_code in {0, 3}, one.stderr
        ended.append(one)
    assert [] == showing(tmp_path, *ended)


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"VTEX_APP_TOKEN": f"{TOKEN}\n{TOKEN}"}, id="two lines"),
        pytest.param({"VTEX_APP_TOKEN": f"{TOKEN} {KEY}"}, id="a space"),
        pytest.param({"VTEX_APP_TOKEN_FILE": TOKEN}, id="the token in place of its file"),
        pytest.param({"VTEX_APP_TOKEN_FILE": "token.txt", "VTEX_APP_TOKEN": ""}, id="a file that all can read"),
    ],
)
async def test_keys_that_are_refused_are_not_quoted(tmp_path: Path, variables: dict[str, str]) -> None:
    """Exit 2, before any request, with a message that says which variable and not what is in it."""
    (tmp_path / "token.txt").write_text(TOKEN, encoding="ascii")
    (tmp_path / "token.txt").chmod(0o644)
    feed = write_feed(tmp_path / "feed.csv", invoices=3, events=3, duplicates=0, defects=0)
    async with Sandbox() as sandbox:
        where = ("--account", "mystore", "--base-url", sandbox.url, "--ledger", tmp_path / "ledger.db")
        process = await start_loud("push", feed, *where, folder=tmp_path, **variables)
        ended = await end(process)
        assert (2, 0) == (ended.exit_code, len(sandbox.requests)), ended.stderr
    assert "VTEX_APP_TOKEN" in ended.stderr
    (tmp_path / "token.txt").unlink()
    assert [] == showing(tmp_path, ended)


async def test_a_crash_would_write_no_memory_to_the_disk(tmp_path: Path) -> None:
    """While keys are in it the process has a limit of 0 for cores, also where the user's is another."""
    feed = write_feed(tmp_path / "feed.csv", invoices=INVOICES, events=INVOICES, duplicates=0, defects=0)
    async with Sandbox() as sandbox:
        where = (
            "--account",
            "mystore",
            "--base-url",
            sandbox.url,
            "--ledger",
            ":memory:",
            "--report",
            tmp_path / "report",
        )
        process = await start_python(Path(confined.__file__), "cores", "push", feed, *where, folder=tmp_path)
        await sandbox.reached(1)
        core_bytes_max = core_bytes_max_of(process)
        await end(process)
    assert "0" == core_bytes_max
