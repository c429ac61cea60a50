"""`vtex-tracking sandbox`: what it prints is all that is needed to use it, and it ends when told to."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Sandbox = Callable[..., Any]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_until_it_is_told_to_stop(number: signal.Signals, sandbox: Sandbox) -> None:
    """Being stopped is its ordinary end: exit 0, and no trace of a fault."""
    running = sandbox()
    running.process.send_signal(number)
    out, errors = running.process.communicate()
    assert (0, "") == (running.process.returncode, errors)
    assert "The sandbox took 0 requests." in out


def test_the_lines_that_it_prints_are_all_that_a_push_needs(
    sandbox: Sandbox, invoke: Callable[..., Result], write_feed: Callable[..., str], folder: Path
) -> None:
    """Who copies the two lines can push."""
    running = sandbox("--log", "requests.jsonl", "--limit", "100/s", "--latency", "1ms")
    result = invoke("push", write_feed(), "--quiet", env=running.env)
    assert 0 == result.exit_code, result.output
    logged = [json.loads(line) for line in (folder / "requests.jsonl").read_text().splitlines()]
    assert [200, 200, 200] == [one["status"] for one in logged]


def test_faults_and_known_orders_come_from_files(
    sandbox: Sandbox, invoke: Callable[..., Result], write_feed: Callable[..., str], folder: Path
) -> None:
    """What VTEX would do can be tried, for each order."""
    (folder / "faults.toml").write_text('[[fault]]\norders = ["v000002*"]\nstatus = 422\n')
    (folder / "known.jsonl").write_text('{"order_id": "v000001abcd-01", "invoices": ["000000001"]}\n')
    running = sandbox("--faults", "faults.toml", "--known", "known.jsonl")
    result = invoke("push", write_feed(), "--quiet", "--report", "report", env=running.env)
    assert 3 == result.exit_code, result.output
    outcomes = [json.loads(line) for line in (folder / "report" / "results.jsonl").read_text().splitlines()]
    assert [200, 422, 404] == [one["http_status"] for one in outcomes]


def test_a_wrong_list_of_faults_is_refused(invoke: Callable[..., Result], folder: Path) -> None:
    """A rule that says nothing known is exit 2, before anything listens."""
    (folder / "faults.toml").write_text("[[fault]]\nexplode = true\n")
    result = invoke("sandbox", "--faults", "faults.toml")
    assert 2 == result.exit_code
    assert "faults.toml" in result.stderr
