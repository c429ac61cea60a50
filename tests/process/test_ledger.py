"""A ledger in a bad place or state, and two runs on one ledger: refused, named, and nothing is sent or changed."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from confined_support import run_confined
from fifo_support import Fifo
from process_support import end, push, run, start_push, write_feed

from vtex_tracking import Credentials, LedgerError, Secret, Settings, push_feed
from vtex_tracking.ledger.sqlite import schema
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.sandbox import Sandbox

pytestmark = pytest.mark.unmeasured


def _newer(folder: Path) -> Path:
    ledger = folder / "ledger.db"
    with closing(sqlite3.connect(ledger)) as sql:
        sql.execute("PRAGMA journal_mode = WAL")
        sql.execute("CREATE TABLE of_tomorrow (what TEXT)")
        sql.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        sql.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    return ledger


def _of_another_program(folder: Path) -> Path:
    ledger = folder / "photos.db"
    with closing(sqlite3.connect(ledger)) as sql:
        sql.execute("CREATE TABLE photos (name TEXT)")
    return ledger


def _no_database(folder: Path) -> Path:
    ledger = folder / "ledger.db"
    ledger.write_text("Dear diary, " * 1000, encoding="utf-8")
    return ledger


def _whole(folder: Path) -> Path:
    with LedgerFile(folder / "ledger.db"):
        return folder / "ledger.db"


def _overwritten(folder: Path) -> Path:
    ledger = _whole(folder)
    with ledger.open("r+b") as file:
        file.seek(100)  # behind the header: every page from the schema on
        file.write(b"\xff" * (ledger.stat().st_size - 100))
    return ledger


def _cut_short(folder: Path) -> Path:
    ledger = _whole(folder)
    os.truncate(ledger, ledger.stat().st_size // 2)
    return ledger


def _symlink(folder: Path) -> Path:
    target = folder / "elsewhere"
    target.mkdir()
    (folder / "ledger.db").symlink_to(_whole(target))
    return folder / "ledger.db"


def _world_writable(folder: Path) -> Path:
    shared = folder / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    return shared / "ledger.db"


def _directory(folder: Path) -> Path:
    (folder / "ledger.db").mkdir()
    return folder / "ledger.db"


def _read_only_folder(folder: Path) -> Path:
    (folder / "archive").mkdir()
    ledger = _whole(folder / "archive")
    ledger.parent.chmod(0o500)
    return ledger


def _read_only_file(folder: Path) -> Path:
    ledger = _whole(folder)
    ledger.chmod(0o400)
    return ledger


def _in_a_file(folder: Path) -> Path:
    (folder / "notes.txt").write_text("no folder", encoding="utf-8")
    return folder / "notes.txt" / "ledger.db"


BAD: Final = {
    _newer: 2,
    _of_another_program: 8,
    _no_database: 8,
    _overwritten: 8,
    _cut_short: 8,
    _symlink: 8,
    _world_writable: 8,
    _directory: 2,
    _read_only_folder: 8,
    _read_only_file: 8,
    _in_a_file: 8,
}


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file of a folder but locks and reports, which say nothing of what was sent."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {path: path.read_bytes() for path in files if "report" not in path.parts}


@pytest.mark.parametrize(
    ("prepare", "exit_code"), [pytest.param(prepare, code, id=prepare.__name__[1:]) for prepare, code in BAD.items()]
)
async def test_a_bad_ledger_is_refused_and_left_as_it_is(
    tmp_path: Path, prepare: Callable[[Path], Path], exit_code: int
) -> None:
    """Pushing to it names it and what is wrong, sends nothing and changes nothing; neither is it silently made anew."""
    ledger = prepare(tmp_path)
    feed = write_feed(tmp_path / "feed.csv", invoices=3, events=3, duplicates=0, defects=0)
    before = contents(tmp_path)
    async with Sandbox() as sandbox:
        where = ("--account", "mystore", "--base-url", sandbox.url, "--ledger", ledger, "--report", tmp_path / "report")
        ended = await run_confined("modes", "push", feed, "--quiet", *where, folder=tmp_path)
        assert (exit_code, 0) == (ended.exit_code, len(sandbox.requests)), ended.stderr
    assert (True, False) == (str(ledger.parent) in ended.stderr, "bug" in ended.stderr), ended.stderr
    assert before == contents(tmp_path)


@pytest.mark.parametrize("command", [("plan",), ("runs",), ("report",), ("ledger", "check")], ids=" ".join)
async def test_every_command_says_that_a_ledger_is_damaged(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Exit 8 and the file's name, and not a byte of it changes."""
    ledger = _overwritten(tmp_path)
    feed = write_feed(tmp_path / "feed.csv", invoices=3, events=3, duplicates=0, defects=0)
    before = contents(tmp_path)
    feeds = (feed,) if command == ("plan",) else ()
    ended = await run(*command, *feeds, "--account", "mystore", "--ledger", ledger, folder=tmp_path)
    assert (8, True) == (ended.exit_code, str(ledger) in ended.stderr), ended.stderr
    assert before == contents(tmp_path)


async def test_in_memory_nothing_is_remembered(tmp_path: Path) -> None:
    """`:memory:` leaves no file beside the report, so a second push sends everything once more."""
    feed = write_feed(tmp_path / "feed.csv", invoices=3, events=3, duplicates=0, defects=0)
    async with Sandbox() as sandbox:
        for requests in (3, 6):
            ended = await push(sandbox, feed, "--ledger", ":memory:", "--rate", "500/s", folder=tmp_path)
            assert (0, requests) == (ended.exit_code, len(sandbox.requests)), ended.stderr
    assert {feed} == contents(tmp_path).keys()


async def test_of_runs_that_start_together_one_holds_the_ledger(tmp_path: Path) -> None:
    """The others exit with 9, name the holder, and send nothing; each invoice is sent once."""
    feed = Fifo(tmp_path / "feed.csv")  # so that the holder waits for its feed until the others have ended
    text = write_feed(tmp_path / "whole.csv", invoices=40, events=40, duplicates=0, defects=0).read_text()
    async with Sandbox() as sandbox:
        options = ("--quiet", "--rate", "400/s")
        processes = [await start_push(sandbox, feed.path, *options, folder=tmp_path) for _ in range(4)]
        ending = asyncio.as_completed(map(end, processes))
        others = [await next(ending) for _ in range(3)]
        feed.offer(text)
        assert 0 == (await next(ending)).exit_code
        [holder] = [process.pid for process in processes if process.returncode == 0]
        for other in others:
            assert (9, True) == (other.exit_code, f"pid {holder} " in other.stderr), other.stderr
        assert 40 == len({request.path for request in sandbox.requests}) == len(sandbox.requests)


async def test_a_killed_holder_leaves_no_lock_behind(tmp_path: Path) -> None:
    """The lock is not the file's existence: the next run starts."""
    feed = write_feed(tmp_path / "feed.csv", invoices=40, events=40, duplicates=0, defects=0)
    async with Sandbox() as sandbox:
        process = await start_push(sandbox, feed, "--rate", "20/s", folder=tmp_path)
        await sandbox.reached(1)
        process.kill()
        assert -signal.SIGKILL == (await end(process)).exit_code
        assert (tmp_path / "ledger.db.lock").exists()
        assert 0 == (await push(sandbox, feed, "--rate", "500/s", folder=tmp_path)).exit_code


async def test_a_refused_place_gets_no_lock_file(tmp_path: Path) -> None:
    """A world-writable folder is refused before anything is put into it."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    feed = write_feed(tmp_path / "feed.csv", invoices=3, events=3, duplicates=0, defects=0)
    async with Sandbox() as sandbox:
        ended = await push(sandbox, feed, "--ledger", str(shared / "ledger.db"), folder=tmp_path)
    assert (8, []) == (ended.exit_code, list(shared.iterdir()))


def _held(ledger: Path) -> list[str]:
    """What this process has open of a ledger."""
    return [path for path in map(os.path.realpath, Path("/proc/self/fd").iterdir()) if path.startswith(str(ledger))]


async def test_a_run_that_failed_lets_go_of_its_ledger(tmp_path: Path) -> None:
    """In the library: after a LedgerError the file is closed, so that the same process can look at it."""
    feed = write_feed(tmp_path / "feed.csv", invoices=100, events=300, duplicates=0, defects=0)
    ledger = tmp_path / "ledger.db"
    keys = Credentials(app_key=Secret("some-key"), app_token=Secret("some-token"))
    async with Sandbox() as sandbox:
        assert 0 == (await push(sandbox, feed, "--rate", "500/s", folder=tmp_path)).exit_code
        with ledger.open("r+b") as file:
            file.seek(12 * 4096)
            file.write(b"\xff" * 4096)
        settings = Settings(account="mystore", base_url=sandbox.url, ledger_path=ledger)
        with pytest.raises(LedgerError):
            async with push_feed([feed], settings=settings, credentials=keys) as run:
                await run.finish()
    assert [] == _held(ledger)
