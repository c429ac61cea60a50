"""The ledger's file: one holder, safely placed, of a known version, whole, and durable."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from ledger_runs import event, push, rows

from vtex_tracking.errors import LedgerBusyError, LedgerError, LedgerVersionError
from vtex_tracking.ledger.sqlite import schema
from vtex_tracking.ledger.sqlite.connection import BUSY_TIMEOUT_S, JOURNAL_BYTES_MAX, LedgerFile

HOLD: Final = """
import sys
from pathlib import Path
from vtex_tracking.ledger.sqlite.connection import LedgerFile
with LedgerFile(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# ---------------------------------------------------------------- one holder


def test_a_second_holder_is_told_who_the_first_is(path: Path) -> None:
    """The error names the pid and since when, and its exit code is 9."""
    with LedgerFile(path), pytest.raises(LedgerBusyError) as caught:
        LedgerFile(path)
    assert 9 == caught.value.exit_code
    assert f"pid {os.getpid()} on " in str(caught.value)
    assert re.search(r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", str(caught.value))


def test_a_holder_may_be_another_process_and_its_death_frees_the_ledger(path: Path) -> None:
    """A kill -9 leaves a lock file behind, but no lock."""
    with subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert "held\n" == holder.stdout.readline()
        with pytest.raises(LedgerBusyError, match=f"pid {holder.pid} on "):
            LedgerFile(path)
        holder.send_signal(signal.SIGKILL)
    with LedgerFile(path) as ledger:
        assert Path(f"{path}.lock").is_file()
        assert [] == rows(ledger, "SELECT * FROM runs")


def test_a_lock_file_without_a_holder_means_nothing(path: Path) -> None:
    """After a reboot it is still there; what stands in it is written anew."""
    lock = Path(f"{path}.lock")
    lock.write_text("pid 1 on another-host since 1999-01-01, and much more text than we would write\n" * 9)
    with LedgerFile(path):
        assert lock.read_text().startswith(f"pid {os.getpid()} on ")
        assert 1 == len(lock.read_text().splitlines())


def test_a_holder_that_says_nothing_is_unknown(path: Path) -> None:
    """The lock counts, not what stands in the file."""
    with LedgerFile(path):
        Path(f"{path}.lock").write_text("")
        with pytest.raises(LedgerBusyError, match=r"holds this ledger \(unknown\)"):
            LedgerFile(path)


def test_an_open_that_fails_leaves_no_lock(path: Path) -> None:
    """Who mends what was wrong can open the ledger at once."""
    path.write_bytes(b"no database at all, and long enough to be looked at" * 99)
    with pytest.raises(LedgerError):
        LedgerFile(path)
    path.unlink()
    LedgerFile(path).close()


def test_the_lock_is_not_inherited(path: Path) -> None:
    """A child of this process holds nothing."""
    with LedgerFile(path) as ledger:
        assert ledger._lock_fd is not None
        assert not os.get_inheritable(ledger._lock_fd)


def test_another_program_that_has_it_open_is_waited_for_and_then_named(path: Path) -> None:
    """The sqlite3 shell holds no flock; SQLite itself says busy. Exit code 9."""
    LedgerFile(path).close()
    shell = sqlite3.connect(path, isolation_level=None)
    try:
        shell.execute("SELECT count(*) FROM runs").fetchone()
        with pytest.raises(LedgerBusyError, match="another program has it open") as caught:
            LedgerFile(path, busy_timeout_s=0.01)
    finally:
        shell.close()
    assert 9 == caught.value.exit_code
    LedgerFile(path, busy_timeout_s=0.01).close()


def test_another_program_cannot_come_in_between(path: Path) -> None:
    """While we hold it, nobody reads and nobody writes."""
    with LedgerFile(path):
        shell = sqlite3.connect(path, timeout=0.01)
        try:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                shell.execute("SELECT count(*) FROM runs").fetchone()
        finally:
            shell.close()


def test_a_holder_is_waited_for_five_seconds(path: Path) -> None:
    """Long enough for who just looks, short enough for cron."""
    assert BUSY_TIMEOUT_S == 5.0
    with LedgerFile(path) as ledger:
        assert [(5000,)] == rows(ledger, "PRAGMA busy_timeout")


# ---------------------------------------------------------------- safely placed


def test_a_new_ledger_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Files 0600, the folder that is made for them 0700."""
    path = tmp_path / "state" / "ledger.db"
    with LedgerFile(path) as ledger:
        assert ledger.is_new
        push(ledger, event())
        assert {0o600} == {mode_of(file) for file in path.parent.iterdir()}
        assert {"ledger.db", "ledger.db.lock", "ledger.db-wal"} == {file.name for file in path.parent.iterdir()}
    assert 0o700 == mode_of(path.parent)
    with LedgerFile(path) as ledger:
        assert not ledger.is_new


def test_a_ledger_that_others_could_read_is_its_owners_alone_from_then_on(path: Path) -> None:
    """As one that was copied back from somewhere; the journal takes its mode."""
    LedgerFile(path).close()
    path.chmod(0o644)
    with LedgerFile(path) as ledger:
        push(ledger, event())
        assert [0o600, 0o600] == [mode_of(path), mode_of(Path(f"{path}-wal"))]


@pytest.mark.parametrize("name", ["ledger.db", "ledger.db.lock"])
def test_a_symlink_is_refused(path: Path, tmp_path: Path, name: str) -> None:
    """Nobody leads us to write somewhere else."""
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / name).symlink_to(elsewhere)
    with pytest.raises(LedgerError, match="name another with --ledger") as caught:
        LedgerFile(path)
    assert 8 == caught.value.exit_code
    assert not elsewhere.exists()


def test_a_folder_that_anyone_can_write_to_is_refused(path: Path, tmp_path: Path) -> None:
    """Somebody else could put another file in the ledger's place."""
    tmp_path.chmod(0o777)
    with pytest.raises(LedgerError, match="anyone can write to this folder"):
        LedgerFile(path)
    assert not path.exists()


def test_a_folder_is_no_ledger(path: Path) -> None:
    """Nor anything else that is no plain file."""
    path.mkdir()
    with pytest.raises(LedgerError, match="Is a directory"):
        LedgerFile(path)
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(LedgerError, match="is not a file of this user"):
        LedgerFile(path)


def test_a_place_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """The error says what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match=r"cannot be locked \(.+\); name another with --ledger"):
        LedgerFile(tmp_path / "file" / "ledger.db")


def test_a_ledger_without_a_path_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of them know nothing of each other, and nothing is left on the disk."""
    monkeypatch.chdir(tmp_path)
    with LedgerFile(None) as one, LedgerFile(None) as other:
        push(one, event())
        assert (1, 0) == (len(rows(one, "SELECT * FROM invoices")), len(rows(other, "SELECT * FROM invoices")))
        assert one.is_new
        assert one.path is None
    assert [] == list(tmp_path.iterdir())


# ---------------------------------------------------------------- ours, and of a version that we know


def test_a_ledger_says_whose_it_is(path: Path) -> None:
    """`file` and the next version can tell from its header."""
    with LedgerFile(path) as ledger:
        assert [(schema.APPLICATION_ID,)] == rows(ledger, "PRAGMA application_id")
        assert [(schema.VERSION,)] == rows(ledger, "PRAGMA user_version")


def test_a_ledger_of_a_newer_version_is_refused_and_not_changed(path: Path) -> None:
    """Not a byte of it; exit code 2."""
    LedgerFile(path).close()
    newer = sqlite3.connect(path)
    newer.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    newer.close()
    before = path.read_bytes()
    with pytest.raises(LedgerVersionError, match="newer version") as caught:
        LedgerFile(path)
    assert 2 == caught.value.exit_code
    assert before == path.read_bytes()


@pytest.mark.parametrize("statement", ["CREATE TABLE theirs (x)", "PRAGMA user_version = 1"])
def test_a_database_of_another_program_is_refused_and_not_changed(path: Path, statement: str) -> None:
    """A wrong --ledger does no harm."""
    theirs = sqlite3.connect(path)
    theirs.execute(statement)
    theirs.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="is a database of another program"):
        LedgerFile(path)
    assert before == path.read_bytes()


# ---------------------------------------------------------------- whole


def test_a_file_that_is_no_database_is_damaged_and_never_made_anew(path: Path) -> None:
    """Exit code 8, and every byte stays for who can mend it."""
    path.write_bytes(b"\x00garbage" * 1000)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=r"is damaged \(.+\); keep a copy") as caught:
        LedgerFile(path)
    assert 8 == caught.value.exit_code
    assert before == path.read_bytes()


def test_damage_that_is_met_while_reading_is_told(path: Path) -> None:
    """A page in the middle of the file is gone."""
    with LedgerFile(path) as ledger:
        push(ledger, *(event(f"{number}-01") for number in range(300)))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(LedgerError, match="is damaged"), LedgerFile(path) as ledger:
        rows(ledger, "SELECT * FROM invoices")


def test_text_that_is_not_utf8_is_told_as_the_files_fault(path: Path) -> None:
    """A flipped bit in a text is no bug of ours."""
    with LedgerFile(path) as ledger:
        ledger.sql.execute("CREATE TABLE damaged AS SELECT CAST(x'ff' AS TEXT) AS text")
        with pytest.raises(LedgerError, match="cannot be read or written"):
            rows(ledger, "SELECT text FROM damaged")


def abandoned(path: Path, *, beside: Path) -> Path:
    """A ledger as kill -9 leaves it: copied while it is open, with its journal."""
    with LedgerFile(path) as ledger:
        push(ledger, *(event(f"{number}-01") for number in range(50)))
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{beside}{suffix}")
    return beside


def test_what_was_committed_survives_an_unclean_end(path: Path, tmp_path: Path) -> None:
    """The journal left behind is folded in."""
    with LedgerFile(abandoned(path, beside=tmp_path / "abandoned.db")) as ledger:
        assert [(50,)] == rows(ledger, "SELECT count(*) FROM invoices WHERE state = 'sent'")


def test_a_ledger_that_was_not_closed_is_looked_through_before_it_is_trusted(path: Path, tmp_path: Path) -> None:
    """An index that disagrees with its table is found at once, not invoice by invoice."""
    beside = tmp_path / "abandoned.db"
    LedgerFile(path).close()
    with LedgerFile(path) as ledger:
        push(ledger, event())
        ledger.sql.execute("PRAGMA writable_schema = ON")
        ((table,),) = rows(ledger, "SELECT rootpage FROM sqlite_schema WHERE name = 'invoices'")
        ledger.sql.execute("UPDATE sqlite_schema SET rootpage = ? WHERE name = 'invoices_unsettled'", (table,))
        shutil.copy(path, beside)
        shutil.copy(f"{path}-wal", f"{beside}-wal")
    with pytest.raises(LedgerError, match="is damaged"):
        LedgerFile(beside)
    with LedgerFile(path) as closed:
        assert 1 == len(rows(closed, "SELECT * FROM runs"))


def test_a_ledger_that_was_closed_has_no_journal(path: Path) -> None:
    """One whole file is left, which can be copied as it is."""
    with LedgerFile(path) as ledger:
        push(ledger, event())
    assert {"ledger.db", "ledger.db.lock"} == {file.name for file in path.parent.iterdir()}


# ---------------------------------------------------------------- durable


def test_every_commit_is_on_the_disk(path: Path) -> None:
    """WAL, synchronous=FULL, exclusive, foreign keys held, temporary tables in files."""
    with LedgerFile(path) as ledger:
        asked = {name: rows(ledger, f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous", "locking_mode")}
        assert {"journal_mode": "wal", "synchronous": 2, "locking_mode": "exclusive"} == asked
        assert [(1,)] == rows(ledger, "PRAGMA foreign_keys")
        assert [(1,)] == rows(ledger, "PRAGMA temp_store")
        assert not Path(f"{path}-shm").exists()


def begin_and_fail(ledger: LedgerFile) -> None:
    with ledger.transaction() as sql:
        sql.execute("INSERT INTO ambiguities SELECT invoice_id, 'f', 0 FROM invoices")
        raise KeyError


def test_a_transaction_is_all_or_nothing(ledger: LedgerFile) -> None:
    """Whatever is raised inside goes on, and nothing of what was done stays."""
    push(ledger, event())
    with pytest.raises(KeyError):
        begin_and_fail(ledger)
    assert [] == rows(ledger, "SELECT * FROM ambiguities")
    assert not ledger.sql.in_transaction


def test_a_full_disk_is_an_error_of_the_ledger_and_nothing_is_half_written(path: Path) -> None:
    """Exit code 8; what was committed before stays, and with space again the ledger goes on."""
    with LedgerFile(path) as ledger:
        push(ledger, event())
        (pages,) = rows(ledger, "PRAGMA page_count")[0]
        ledger.sql.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LedgerError, match="free some space") as caught:
            push(ledger, *(event(f"{number}-02", text="x" * 4000) for number in range(20)))
        assert 8 == caught.value.exit_code
        assert [(1,)] == rows(ledger, "SELECT count(*) FROM invoices")
        assert not ledger.sql.in_transaction
        ledger.sql.execute("PRAGMA max_page_count = 1000000")
        push(ledger, event("2-01"))
        assert [(2,)] == rows(ledger, "SELECT count(*) FROM invoices WHERE state = 'sent'")


def journal_bytes(ledger: LedgerFile) -> int:
    return Path(f"{ledger.path}-wal").stat().st_size


def commit(ledger: LedgerFile, *, rows: int, text: str) -> None:
    with ledger.transaction() as sql:
        sql.executemany("INSERT INTO accounts VALUES (?, 1)", ((f"{text}{number}",) for number in range(rows)))


def test_the_journal_does_not_grow_with_what_is_committed(path: Path) -> None:
    """However many small commits there are, it is folded in after a few hundred rows."""
    with LedgerFile(path) as ledger:
        ledger.sql.execute("PRAGMA synchronous = OFF")
        largest = 0
        for number in range(1500):
            commit(ledger, rows=3, text=f"{number}-")
            largest = max(largest, journal_bytes(ledger))
        assert 0 < largest < JOURNAL_BYTES_MAX


def test_a_journal_that_one_transaction_made_large_is_cut_again(path: Path) -> None:
    """A transaction is as large as it is; what comes behind it does not leave its file so."""
    with LedgerFile(path) as ledger:
        ledger.sql.execute("PRAGMA synchronous = OFF")
        assert [(JOURNAL_BYTES_MAX,)] == rows(ledger, "PRAGMA journal_size_limit")
        ledger.sql.execute("PRAGMA journal_size_limit = 100000")  # so that a test need not write as much
        commit(ledger, rows=20_000, text="x" * 50)
        assert journal_bytes(ledger) > 2_000_000
        commit(ledger, rows=1, text="y")
        assert journal_bytes(ledger) <= 100_000
        assert [(0,)] == rows(ledger, "PRAGMA wal_autocheckpoint")


def test_a_bug_of_ours_is_not_told_as_a_broken_disk(ledger: LedgerFile) -> None:
    """A broken constraint stays what it is."""
    with pytest.raises(sqlite3.IntegrityError), ledger.transaction() as sql:
        sql.execute("INSERT INTO volumes VALUES (99, '', '', '', 0, 0)")
