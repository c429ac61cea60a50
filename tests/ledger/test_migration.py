"""A ledger of an older version is brought to this one: whole or not at all, nothing of it lost, and the old one kept."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Final

import killed_opening
import pytest
from ledger_runs import defect, event, open_run, push, rows

from vtex_tracking.errors import LedgerError
from vtex_tracking.ledger.sqlite import care, schema
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.dispatch import doubt_in_flight

FIRST_STEP: Final = "7e27a97335f5bb771c2638133bc2c640c515c69062d0a0690292caa5e1f48851"

Rows = dict[str, list[tuple[object, ...]]]


def rows_in(path: Path) -> Rows:
    """Everything in the tables of a ledger, as another program reads it."""
    with closing(sqlite3.connect(path)) as sql:
        tables = sql.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
        return {table: sql.execute(f"SELECT * FROM {table}").fetchall() for (table,) in tables}  # noqa: S608


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as sql:
        return int(sql.execute("PRAGMA user_version").fetchone()[0])


def copies_of(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir() if ".bak" in file.name)


@pytest.fixture
def old(path: Path) -> Rows:
    """A ledger of version 1 with something of everything in it; these are its rows."""
    newer = path.with_name("newer.db")
    with LedgerFile(newer) as ledger:
        push(ledger, *(event(f"{number}-01") for number in range(20)), defect())
        open_run(ledger, event("left-01"))
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path, isolation_level=None)) as sql:
        sql.execute("PRAGMA journal_mode = WAL")
        sql.executescript(schema.STEPS[0])
        sql.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        sql.execute("PRAGMA user_version = 1")
        sql.execute("ATTACH ? AS newer", (str(newer),))
        for (table,) in sql.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'").fetchall():
            sql.execute(f"INSERT INTO {table} SELECT * FROM newer.{table}")  # noqa: S608
    newer.unlink()
    return rows_in(path)


# ---------------------------------------------------------------- brought to this version


def test_an_older_ledger_keeps_every_row_and_a_copy_of_it_stays_beside_it(path: Path, old: Rows) -> None:
    """It is of this version then, and whole; the copy is of the old one, for its owner alone."""
    with LedgerFile(path) as ledger:
        assert not ledger.is_new
        assert [] == list(care.problems(ledger))
    now = rows_in(path)
    assert schema.VERSION == version_of(path)
    assert (old, {"warnings"}) == ({table: now[table] for table in old}, {"warnings"} & now.keys() - old.keys())
    copy = Path(f"{path}.v1.bak")
    assert [copy.name] == copies_of(path)
    assert (1, old) == (version_of(copy), rows_in(copy))
    assert 0o600 == stat.S_IMODE(copy.stat().st_mode)


@pytest.mark.usefixtures("old")
def test_an_older_ledger_goes_on_as_a_new_one_would(path: Path) -> None:
    """What its last run left goes first, and what is news of a known invoice is sent."""
    with LedgerFile(path) as ledger:
        run = push(ledger, event("1-01", day=2))
        sent = [(outcome.order_id, outcome.outcome.value) for outcome in run.history.outcomes()]
        assert [("left-01", "sent"), ("1-01", "sent")] == sent


@pytest.mark.usefixtures("old")
def test_the_copy_can_take_the_ledgers_place(path: Path) -> None:
    """Who goes back to the old ledger has it, and can be brought to this version from there again."""
    LedgerFile(path).close()
    Path(f"{path}.v1.bak").replace(path)
    with LedgerFile(path) as ledger:
        doubt_in_flight(ledger, now_s=0)
        assert [] == list(care.problems(ledger))


@pytest.mark.usefixtures("old")
def test_what_is_only_in_the_journal_is_in_the_copy_as_well(path: Path, tmp_path: Path) -> None:
    """An old ledger that nobody closed."""
    abandoned = tmp_path / "abandoned.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as sql:
        sql.execute("INSERT INTO accounts VALUES ('mystore', 7.5)")
        for suffix in ("", "-wal"):
            Path(f"{abandoned}{suffix}").write_bytes(Path(f"{path}{suffix}").read_bytes())
    LedgerFile(abandoned).close()
    for kept in (abandoned, Path(f"{abandoned}.v1.bak")):
        assert [("mystore", 7.5)] == rows_in(kept)["accounts"]


@pytest.mark.usefixtures("old")
def test_a_new_ledger_takes_every_step(path: Path) -> None:
    """It does not differ from one that came by the old versions, and there is nothing to copy."""
    LedgerFile(path).close()
    new = path.with_name("new.db")
    for _ in range(2):
        LedgerFile(new).close()
    tables = []
    for ledger in (path, new):
        with closing(sqlite3.connect(ledger)) as sql:
            tables.append(sql.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall())
    assert tables[0] == tables[1]
    assert [f"{path.name}.v1.bak"] == copies_of(path)


def test_a_private_ledger_takes_every_step_as_well() -> None:
    """Without a file."""
    with LedgerFile(None) as ledger:
        assert [(schema.VERSION,)] == rows(ledger, "PRAGMA user_version")


def test_a_step_that_was_released_stays_as_it_was() -> None:
    """Ledgers were made with it; what is to change goes into a new step."""
    assert FIRST_STEP == hashlib.sha256(schema.STEPS[0].encode()).hexdigest()


# ---------------------------------------------------------------- the copy


def test_an_older_copy_of_another_content_is_never_overwritten(path: Path, old: Rows) -> None:
    """The new one gets a name of its own."""
    names = [f"{path.name}.v1.bak", f"{path.name}.v1.2.bak"]
    for name in names:
        path.with_name(name).write_text(name)
    LedgerFile(path).close()
    assert names == [path.with_name(name).read_text() for name in names]
    assert sorted([*names, f"{path.name}.v1.3.bak"]) == copies_of(path)
    assert old == rows_in(path.with_name(f"{path.name}.v1.3.bak"))


@pytest.mark.usefixtures("old")
def test_a_copy_that_is_there_already_is_not_made_twice(path: Path) -> None:
    """As when a process was killed between the copy and the migration."""
    before = path.read_bytes()
    for _ in range(2):
        path.write_bytes(before)
        LedgerFile(path).close()
    assert [f"{path.name}.v1.bak"] == copies_of(path)


@pytest.mark.usefixtures("old")
def test_what_a_killed_process_left_of_a_copy_is_taken_away(path: Path, tmp_path: Path) -> None:
    """Also where somebody put a link in its place: it is not followed."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs")
    Path(f"{path}.v1.bak.part").symlink_to(elsewhere)
    LedgerFile(path).close()
    assert ("theirs", [f"{path.name}.v1.bak"]) == (elsewhere.read_text(), copies_of(path))


@pytest.mark.usefixtures("old")
def test_a_copy_that_cannot_be_made_stops_everything(path: Path) -> None:
    """Exit code 8, and not a byte of the ledger is changed."""
    before = path.read_bytes()
    in_the_way = Path(f"{path}.v1.bak.part")
    in_the_way.mkdir()
    with pytest.raises(LedgerError, match="cannot be copied before it is brought to this one") as caught:
        LedgerFile(path)
    assert (8, before) == (caught.value.exit_code, path.read_bytes())
    in_the_way.rmdir()
    LedgerFile(path).close()


# ---------------------------------------------------------------- killed


def test_a_kill_at_any_step_leaves_the_old_ledger_or_the_new_one(path: Path, tmp_path: Path, old: Rows) -> None:
    """Before each step that SQLite takes on the disk; a row is never lost, and the next process ends with one copy."""
    folder = tmp_path / "killed"
    folder.mkdir()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, killed_opening.__file__, str(path), str(folder)]
    subprocess.run(command, check=True, env=environment)  # noqa: S603 - ourselves
    places = sorted((place / path.name for place in folder.iterdir()), key=lambda ledger: int(ledger.parent.name))
    versions = []
    for ledger in places:
        if ledger.parent.name in {"1", str(len(places) // 2), str(len(places) - 1)}:
            LedgerFile(ledger).close()
            assert [f"{path.name}.v1.bak"] == copies_of(ledger)
        now = rows_in(ledger)
        assert old == {table: now[table] for table in old}
        versions.append(version_of(ledger))
        assert (versions[-1] > 1) == ("warnings" in now)
    assert {1, schema.VERSION} == set(versions)
    assert len(places) > 20
