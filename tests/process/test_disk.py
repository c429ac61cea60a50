"""A disk that fills up, and a report folder that goes away: nothing is sent without an intent, and nothing is lost."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import failing_disk
import pytest
from confined_support import push_confined, run_confined
from ledger_support import ambiguities, left_in, told
from process_support import end, push, results, run, start_push, start_python, summary, write_feed

from vtex_tracking import past
from vtex_tracking.ledger.sqlite import schema
from vtex_tracking.sandbox import LoggedRequest, Sandbox

INVOICES: Final = 400
IN_DOUBT_MAX: Final = 20 + 50 + 50  # what is sent, claimed, and answered since the last commit, at 500/s


def feed_in(folder: Path) -> Path:
    return write_feed(folder / "feed.csv", invoices=INVOICES, events=2 * INVOICES, duplicates=0, defects=0)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def push_the_rest(sandbox: Sandbox, feed: Path, *, folder: Path) -> Sequence[LoggedRequest]:
    """With space again everything is sent, and the report and the ledger are right; gives what VTEX was asked for."""
    before = len(sandbox.requests)
    ended = await push(sandbox, feed, "--rate", "500/s", folder=folder)
    assert (0, "") == (ended.exit_code, ended.stderr.partition("error")[1])
    counts = summary(folder)["counts"]
    assert (INVOICES, INVOICES) == (counts["invoices"], counts["sent"] + counts["unchanged"])
    assert INVOICES == sum(len(packages) for packages in sandbox.orders.values())
    assert () == past.check_ledger(folder / "ledger.db")
    return sandbox.requests[before:]


@pytest.mark.parametrize("file_bytes_max", [0, 5_000, 150_000], ids=["report", "tables", "facts"])
async def test_a_disk_that_is_full_before_the_first_request_stops_the_run(tmp_path: Path, file_bytes_max: int) -> None:
    """No facts on disk, no request: exit 8, and with space again each invoice is sent once."""
    feed = feed_in(tmp_path)
    async with Sandbox() as sandbox:
        ended = await push_confined(f"files:{file_bytes_max}", sandbox, feed, folder=tmp_path)
        assert (8, 0) == (ended.exit_code, len(sandbox.requests)), ended.stderr
        assert "free" in ended.stderr
        assert INVOICES == len(await push_the_rest(sandbox, feed, folder=tmp_path))


async def test_a_disk_that_fills_up_while_sending_stops_it(tmp_path: Path) -> None:
    """No intent on disk, no request: exit 8; with space again only what was in flight is sent again, and that is on record."""
    feed = feed_in(tmp_path)
    ledger = tmp_path / "ledger.db"
    async with Sandbox() as sandbox:
        ended = await push_confined("files:500000", sandbox, feed, "--rate", "500/s", folder=tmp_path)
        first = told(sandbox.requests)
        assert (8, True) == (ended.exit_code, 0 < len(first) < INVOICES), ended.stderr
        left = {(key, left.fingerprint): left.state for key, left in left_in(ledger).items()}
        assert INVOICES == len(left)
        assert {"sent", "in_flight"} >= {left[what] for what in first}
        assert sum(state == "in_flight" for state in left.values()) <= IN_DOUBT_MAX

        second = told(await push_the_rest(sandbox, feed, folder=tmp_path))
        assert {what for what, state in left.items() if state != "sent"} == second.keys()
        assert first.keys() & second.keys() <= ambiguities(ledger)


@pytest.mark.parametrize("ending", ["-wal", ""], ids=["journal", "ledger"])
async def test_a_disk_that_stops_to_keep_what_is_written_is_not_asked_again(tmp_path: Path, ending: str) -> None:
    """A sync fails with EIO while sending: exit 8, it is the last thing done to the ledger, and no request was without intent."""
    feed = feed_in(tmp_path)
    ledger, orders, log = tmp_path / "ledger.db", tmp_path / "orders", tmp_path / "log"
    async with Sandbox() as sandbox:
        where = ("--account", "mystore", "--base-url", sandbox.url, "--ledger", ledger, "--report", tmp_path / "report")
        command = ("push", feed, *where, "--rate", "500/s")
        process = await start_python(
            Path(failing_disk.__file__), ledger, ending, orders, log, *command, folder=tmp_path
        )
        await sandbox.reached(5)
        orders.touch()
        ended = await end(process)
        assert (8, True) == (ended.exit_code, "mend the disk" in ended.stderr), ended.stderr
        assert f"sync ledger.db{ending}\n" == log.read_text(encoding="utf-8")
        first = told(sandbox.requests)
        left = {(key, left.fingerprint): left.state for key, left in left_in(ledger).items()}
        assert {"sent", "in_flight"} >= {left[what] for what in first}

        second = told(await push_the_rest(sandbox, feed, folder=tmp_path))
        assert {what for what, state in left.items() if state != "sent"} == second.keys()
        assert first.keys() & second.keys() <= ambiguities(ledger)


async def test_an_older_ledger_that_cannot_be_copied_is_left_as_it_is(tmp_path: Path) -> None:
    """No space for the copy, no migration: exit 8, no request, and half a copy does not take what space there is."""
    feed, ledger = feed_in(tmp_path), tmp_path / "ledger.db"
    with closing(sqlite3.connect(ledger)) as sql:
        sql.executescript(f"{schema.STEPS[0]} PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = 1")
        sql.execute("PRAGMA journal_mode = WAL")
    before = ledger.read_bytes()
    ended = await run_confined("files:40960", "plan", feed, "--account", "mystore", "--ledger", ledger, folder=tmp_path)
    assert (8, True) == (ended.exit_code, "free some space" in ended.stderr), ended.stderr
    assert before == ledger.read_bytes()
    assert {"feed.csv", "ledger.db", "ledger.db.lock"} == names_in(tmp_path)


async def test_a_report_folder_that_takes_no_file_is_found_before_the_first_request(tmp_path: Path) -> None:
    """Exit 8, and not a request: what was sent must be told."""
    feed = feed_in(tmp_path)
    report = tmp_path / "read-only"
    report.mkdir(mode=0o500)
    async with Sandbox() as sandbox:
        ended = await push_confined("modes", sandbox, feed, "--report", report, folder=tmp_path)
        assert (8, 0) == (ended.exit_code, len(sandbox.requests)), ended.stderr
        assert str(report) in ended.stderr


async def test_a_report_that_fails_in_the_end_is_written_again_from_the_ledger(tmp_path: Path) -> None:
    """The folder is gone when the report is due: exit 8, the ledger is whole, and `report` tells all of it."""
    feed = feed_in(tmp_path)
    async with Sandbox() as sandbox:
        process = await start_push(sandbox, feed, "--rate", "500/s", folder=tmp_path)
        await sandbox.reached(1)
        shutil.rmtree(tmp_path / "report")
        (tmp_path / "report").write_text("in the way", encoding="utf-8")
        ended = await end(process)
        assert (8, True) == (ended.exit_code, "vtex-tracking report" in ended.stderr), ended.stderr

        (tmp_path / "report").unlink()
        again = await run(
            "report", "--ledger", tmp_path / "ledger.db", "--report", tmp_path / "report", folder=tmp_path
        )
        assert 0 == again.exit_code, again.stderr
        assert (INVOICES, {"sent"}) == (len(results(tmp_path)), {result["outcome"] for result in results(tmp_path)})
        assert (INVOICES, 0) == (summary(tmp_path)["counts"]["sent"], summary(tmp_path)["exit_code"])
