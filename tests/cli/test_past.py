"""`report`, `runs` and `ledger`: questions to the ledger."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import frozen
from click.testing import Result

from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.history import begin_run
from vtex_tracking.model import Receipt
from vtex_tracking.pipeline import new_run_id, push_feed
from vtex_tracking.push.wire import Answer, Request
from vtex_tracking.settings import Rate, Settings

Invoke = Callable[..., Result]


@frozen
class Willing:
    """A wire on which every update is taken."""

    async def put(self, _request: Request) -> Answer:
        return Answer(status=200, receipt=Receipt(receipt="f67d33a8029c42ce9a8f07fc17f54449", date=None, order_id=None))


async def push(feed: str, *, ledger: Path) -> None:
    run_id = new_run_id()
    settings = Settings(
        account="mystore", rate=Rate(1000), ledger_path=ledger, report_dir=Path("vtex-tracking-reports", run_id)
    )
    async with push_feed([feed], settings=settings, transport=Willing(), run_id=run_id) as run:
        await run.finish()


@pytest.fixture
def pushed(write_feed: Callable[..., str], folder: Path) -> dict[str, str]:
    """An environment whose ledger remembers two runs: one of three invoices, and one that had nothing to send."""
    ledger = folder / "ledger.db"
    for _ in range(2):
        asyncio.run(push(write_feed(3, defects=1), ledger=ledger))
    return {"VTEX_ACCOUNT": "mystore", "VTEX_TRACKING_LEDGER": str(ledger)}


def test_runs_are_listed_the_newest_first(pushed: dict[str, str], invoke: Invoke) -> None:
    """A run is a line: its id, its exit code, its counts, its feeds."""
    heading, newest, oldest = invoke("runs", env=pushed).stdout.splitlines()
    assert ["run", "exit", "invoices", "sent", "unchanged", "rejected", "open", "feeds"] == heading.split()
    assert ["3", "3", "0", "3", "0", "0", "feed.csv"] == newest.split()[1:]
    assert ["3", "3", "3", "0", "0", "0", "feed.csv"] == oldest.split()[1:]


def test_runs_are_json_for_programs(pushed: dict[str, str], invoke: Invoke) -> None:
    """A run has every field that the library gives it."""
    newest, oldest = json.loads(invoke("runs", "--json", env=pushed).stdout)
    assert ("mystore", 3, 3) == (newest["account"], newest["counts"]["unchanged"], oldest["counts"]["sent"])
    assert oldest["started_at"] <= newest["started_at"]


def test_a_report_is_written_again(pushed: dict[str, str], invoke: Invoke, folder: Path) -> None:
    """The newest run's lies where it was, an older one's where it is asked for, and both equal the first."""
    newest, oldest = json.loads(invoke("runs", "--json", env=pushed).stdout)
    reports = folder / "vtex-tracking-reports"
    before = (reports / newest["run_id"] / "results.jsonl").read_bytes()
    (reports / newest["run_id"] / "results.jsonl").unlink()
    result = invoke("report", env=pushed)
    assert 0 == result.exit_code, result.output
    assert before == (reports / newest["run_id"] / "results.jsonl").read_bytes()
    assert 0 == invoke("report", oldest["run_id"], "--report", "again", env=pushed).exit_code
    assert (reports / oldest["run_id"] / "results.csv").read_bytes() == (folder / "again" / "results.csv").read_bytes()


def test_a_run_that_never_was_is_refused(pushed: dict[str, str], invoke: Invoke) -> None:
    """An id that the ledger does not know makes no report."""
    assert 0 != invoke("report", "20000101T000000Z-0000", env=pushed).exit_code


def test_a_whole_ledger_is_whole(pushed: dict[str, str], invoke: Invoke) -> None:
    """What a run leaves stands up to a check."""
    result = invoke("ledger", "check", env=pushed)
    assert (0, True) == (result.exit_code, result.stdout.endswith("ledger.db is whole\n"))


def test_a_ledger_that_contradicts_itself_is_exit_1(pushed: dict[str, str], invoke: Invoke, folder: Path) -> None:
    """Each contradiction is a line that names the invoice."""
    with LedgerFile(folder / "ledger.db") as ledger, ledger.transaction() as sql:
        sql.execute("UPDATE invoices SET receipt = NULL")
    result = invoke("ledger", "check", env=pushed)
    assert 1 == result.exit_code
    assert 3 == len(result.stderr.splitlines())
    assert "order v000001abcd-01, invoice 000000001: is sent without a receipt" in result.stderr
    assert "whole" not in result.stdout


def test_a_run_that_was_cut_short_is_listed_as_such(invoke: Invoke, folder: Path) -> None:
    """A run that never ended has no counts and no exit code."""
    with LedgerFile(folder / "ledger.db") as ledger:
        begin_run(ledger, run_id="run-1", account="mystore", version="1", settings={}, feeds=(), started_s=0.0)
    assert ["run-1", "cut", "short"] == invoke("runs", "--ledger", "ledger.db").stdout.splitlines()[1].split()


def test_a_ledger_without_a_run_has_no_report(invoke: Invoke, folder: Path) -> None:
    """Nothing was pushed, so there is nothing to write again."""
    with LedgerFile(folder / "ledger.db"):
        pass
    result = invoke("report", "--ledger", "ledger.db")
    assert (2, "error: ledger.db remembers no run yet\n") == (result.exit_code, result.stderr)


def test_a_damaged_ledger_is_exit_8(pushed: dict[str, str], invoke: Invoke, folder: Path) -> None:
    """A file that is no ledger is said to be none, and left as it is."""
    ledger = folder / "ledger.db"
    ledger.write_bytes(b"not a ledger" * 1000)
    assert 8 == invoke("ledger", "check", env=pushed).exit_code
    assert b"not a ledger" * 1000 == ledger.read_bytes()


def test_the_path_is_all_that_path_prints(invoke: Invoke, folder: Path) -> None:
    """A script can use it as it is, whether the file exists yet or not."""
    expected = str(folder / "state" / "vtex-tracking" / "mystore.db")
    assert f"{expected}\n" == invoke("ledger", "path", "--account", "mystore").stdout


def test_what_is_forgotten_is_sent_again(pushed: dict[str, str], invoke: Invoke) -> None:
    """Only the invoices that were named are forgotten."""
    forgotten = invoke("ledger", "forget", "--order", "v000002abcd-01", "--invoice", "000000002", "--yes", env=pushed)
    assert (0, "forgotten: 1 invoices\n") == (forgotten.exit_code, forgotten.stdout)
    assert 1 == json.loads(invoke("plan", "feed.csv", "--json", env=pushed).stdout)["requests"]
    assert "forgotten: 0 invoices\n" == invoke("ledger", "forget", "--older-than", "1d", "--yes", env=pushed).stdout


def test_nothing_is_forgotten_without_a_yes(pushed: dict[str, str], invoke: Invoke) -> None:
    """The question comes first, and no answer is a no."""
    refused = invoke("ledger", "forget", "--order", "v000002abcd-01", env=pushed, stdin="n\n")
    assert 1 == refused.exit_code
    assert 0 == json.loads(invoke("plan", "feed.csv", "--json", env=pushed).stdout)["requests"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["runs"], "which VTEX account?"),
        (["runs", "--account", "mystore"], "there is no ledger"),
        (["report", "--account", "mystore"], "there is no ledger"),
        (["ledger", "check", "--ledger", "none.db"], "there is no ledger"),
        (["ledger", "path", "--ledger", ":memory:"], "nothing is remembered in :memory:"),
        (["ledger", "forget", "--yes"], "which invoices?"),
        (["ledger", "forget", "--invoice", "1", "--older-than", "1d", "--yes"], "--invoice needs the --order"),
        (["ledger", "forget", "--older-than", "1", "--yes"], "is not a duration"),
    ],
)
def test_what_is_missing_is_asked_for(arguments: list[str], expected: str, invoke: Invoke) -> None:
    """A question to no ledger is a wrong setting, and makes none."""
    result = invoke(*arguments)
    assert 2 == result.exit_code
    assert expected in result.stderr
