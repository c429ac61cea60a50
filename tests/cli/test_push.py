"""`vtex-tracking push`, from its arguments to its exit code, against the sandbox."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Invoke = Callable[..., Result]
Start = Callable[..., subprocess.Popen[str]]
Sandbox = Callable[..., Any]
Write = Callable[..., str]


def tokens(running: Any) -> dict[str, str]:
    return {**running.env, "VTEX_APP_KEY": "canary-key-6d0b", "VTEX_APP_TOKEN": "canary-token-91fe"}


def wait_for_requests(running: Any, count: int) -> None:
    """Ask the sandbox until it has seen so many; each question is a request of its own, so nothing sleeps."""
    for _ in range(20_000):
        if len(running.requests()) >= count:
            return
    raise AssertionError(f"the sandbox never saw {count} requests")


def test_the_sandbox_of_its_own_needs_nothing(invoke: Invoke, write_feed: Write, folder: Path) -> None:
    """`push --sandbox` works without account and keys, touches no ledger of the user's, and says where its own are."""
    result = invoke("push", "--sandbox", "--account", "mystore", write_feed(3, defects=1))
    assert 3 == result.exit_code, result.output
    kept = re.search(r"its ledger and report stay in (\S+)", result.stdout)
    assert kept is not None
    outcomes = [json.loads(line) for line in (Path(kept[1]) / "report" / "results.jsonl").read_text().splitlines()]
    assert [("sandbox", "sent")] * 3 == [(one["account"], one["outcome"]) for one in outcomes]
    assert (Path(kept[1]) / "ledger.db").exists()
    assert [folder / "feed.csv"] == list(folder.iterdir())


def test_a_push_sends_once_and_remembers(sandbox: Sandbox, invoke: Invoke, write_feed: Write, folder: Path) -> None:
    """The same command again sends nothing; each run has a report of its own."""
    running = sandbox()
    first = invoke("push", write_feed(3), env=running.env)
    again = invoke("push", "feed.csv", env=running.env)
    assert (0, 0) == (first.exit_code, again.exit_code), first.output + again.output
    assert 3 == len(running.requests())
    assert 2 == len(list((folder / "vtex-tracking-reports").iterdir()))
    assert (folder / "state" / "vtex-tracking" / "sandbox.db").exists()


def test_without_feed_or_resume_there_is_nothing_to_do(invoke: Invoke) -> None:
    """A forgotten feed is a usage error, not a run over nothing."""
    result = invoke("push", "--account", "mystore")
    assert 2 == result.exit_code
    assert "which feed?" in result.stderr


def test_resume_needs_no_feed(sandbox: Sandbox, invoke: Invoke, write_feed: Write) -> None:
    """What --limit left open is what --resume sends."""
    running = sandbox()
    first = invoke("push", write_feed(3), "--limit", "2", env=running.env)
    rest = invoke("push", "--resume", env=running.env)
    assert (6, 0) == (first.exit_code, rest.exit_code), first.output + rest.output
    assert 3 == len({one["invoice_number"] for one in running.requests()})
    assert 3 == len(running.requests())


def test_missing_credentials_are_said_before_a_feed_is_opened(invoke: Invoke) -> None:
    """The newcomer's first error names both variables."""
    result = invoke("push", "none.csv", "--account", "mystore")
    assert 2 == result.exit_code
    assert "- VTEX_APP_KEY is not set" in result.stderr
    assert "- VTEX_APP_TOKEN is not set" in result.stderr


@pytest.mark.parametrize(
    "url", ["http://example.com", "https://user@example.com", "https://example.com/path", "ftp://x"]
)
def test_a_host_that_must_not_be_told_secrets_is_refused(url: str, invoke: Invoke, write_feed: Write) -> None:
    """Plain http off loopback and odd addresses are settings to mend."""
    environment = {"VTEX_APP_KEY": "canary-key", "VTEX_APP_TOKEN": "canary-token"}
    assert 2 == invoke("push", write_feed(), "--account", "a", "--base-url", url, env=environment).exit_code


def test_a_feed_that_is_not_there_is_exit_5(invoke: Invoke) -> None:
    """A feed that cannot be read is told apart from a wrong option."""
    result = invoke("push", "--sandbox", "none.csv")
    assert 5 == result.exit_code
    assert "error: none.csv" in result.stderr


def test_no_secret_is_anywhere_but_on_the_wire(sandbox: Sandbox, start: Start, write_feed: Write, folder: Path) -> None:
    """Neither what is printed nor any file that is left holds the key or the token, even at debug."""
    running = sandbox("--log", "requests.jsonl")
    process = start("push", write_feed(), "--log-level", "debug", env=tokens(running))
    printed = "".join(process.communicate())
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert 0 == process.returncode, printed
    assert len(files) > len(["feed.csv", "requests.jsonl", "ledger", "results.jsonl"])
    assert [] == [path for path in files if b"canary" in path.read_bytes()]
    assert "canary" not in printed


def test_every_line_on_stderr_is_json_where_that_was_asked_for(
    sandbox: Sandbox, start: Start, write_feed: Write
) -> None:
    """A program can read stderr line by line, the last error included."""
    running = sandbox()
    process = start("push", write_feed(), "none.csv", "--log-format", "json", env=running.env)
    _, errors = process.communicate()
    assert 5 == process.returncode
    assert "none.csv" in [json.loads(line) for line in errors.splitlines()][-1]["message"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_drains_and_the_next_run_goes_on(
    number: signal.Signals, sandbox: Sandbox, start: Start, write_feed: Write, folder: Path
) -> None:
    """Stopped in the middle, everything is accounted for, and in the end every invoice was sent exactly once."""
    running = sandbox("--latency", "20ms")
    process = start("push", write_feed(40), "--rate", "10/s", "--report", "first", env=running.env)
    wait_for_requests(running, 3)
    process.send_signal(number)
    _, errors = process.communicate()
    assert (130 if number == signal.SIGINT else 143) == process.returncode, errors
    counts = json.loads((folder / "first" / "summary.json").read_text())["counts"]
    assert counts["sent"] + counts["pending"] == counts["invoices"] == 40
    assert 0 < counts["pending"]
    rest = start("push", "feed.csv", "--rate", "1000/s", env=running.env)
    _, errors = rest.communicate()
    assert 0 == rest.returncode, errors
    assert sorted(f"{number:09}" for number in range(1, 41)) == sorted(
        one["invoice_number"] for one in running.requests()
    )


def test_a_second_signal_stops_at_once(sandbox: Sandbox, start: Start, write_feed: Write, folder: Path) -> None:
    """What was in flight is unknown then, and the report is written all the same."""
    (folder / "faults.toml").write_text("[[fault]]\nsilence = true\n")
    running = sandbox("--faults", "faults.toml")
    process = start("push", write_feed(3), "--report", "report", env=running.env)
    wait_for_requests(running, 1)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert "a second Ctrl-C stops at once" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert 130 == process.returncode
    assert 0 < json.loads((folder / "report" / "summary.json").read_text())["counts"]["unknown"]


def test_a_closed_stdout_does_not_change_the_exit_code(sandbox: Sandbox, start: Start, write_feed: Write) -> None:
    """`push | head -0` ends as `push` does."""
    process = start("push", write_feed(3, defects=1), "--quiet", env=sandbox().env)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, errors = process.communicate()
    assert (3, "") == (process.returncode, errors)


def test_a_terminal_shows_a_bar(sandbox: Sandbox, write_feed: Write, folder: Path) -> None:
    """On a terminal there is a bar with the facts, and it is gone at the end."""
    environment = {**os.environ, **sandbox().env, "TERM": "xterm", "COLUMNS": "100"}
    arguments = [sys.executable, "-m", "vtex_tracking", "push", write_feed(60), "--rate", "100/s"]
    ours, theirs = pty.openpty()
    with subprocess.Popen(arguments, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=theirs) as process:  # noqa: S603 - our own command
        os.close(theirs)
        parts = []
        with os.fdopen(ours, "rb", buffering=0) as terminal, suppress(OSError):
            while part := terminal.read(65536):
                parts.append(part)
    screen = b"".join(parts).decode()
    assert 0 == process.returncode, screen
    assert "sending" in screen
    assert "in flight" in screen
    assert "━" in screen
    assert screen.endswith("\x1b[2K")
