"""Opening the ledger's file: one holder at a time, safely placed, of a version that we know, and whole."""

from __future__ import annotations

import ctypes
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from vtex_tracking.errors import LedgerBusyError, LedgerError, LedgerVersionError
from vtex_tracking.ledger.place import journal_of, lock, place_safely, size_bytes
from vtex_tracking.ledger.sqlite import schema
from vtex_tracking.ledger.sqlite.migration import migrate

BUSY_TIMEOUT_S: Final = 5.0
JOURNAL_BYTES_MAX: Final = 16 << 20  # of the journal's file, once what was larger is folded in
_UNFOLDED_CHANGES_MAX: Final = 1000  # rows changed until the journal is folded in: a few MB of it
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_NOT_SYNCED: Final = (sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC)


class LedgerFile:
    """An open ledger; `path` None is a private one that is gone when it is closed.

    One connection in one thread, WAL, `synchronous=FULL`, and exclusive: an `flock` keeps other runs away, SQLite's own
    exclusive mode any other program, after `busy_timeout_s` of patience with it. After a sync that failed nobody knows
    what is on the disk, and a second one may say that all is well: https://lwn.net/Articles/752063. So it is lost then:
    every further use fails, and nothing touches its files any more.
    """

    def __init__(self, path: Path | None, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        self.name = str(path) if path is not None else "the ledger of this run"
        self.go_on: Callable[[], None] = lambda: None  # asked by who works long without SQLite's taking part
        self._is_lost = False
        self._lock_fd = None if path is None else lock(path)
        self.is_new = path is None or not path.exists()
        try:
            with self._speaking():
                self.sql = self._connect()
        except BaseException:
            self._unlock()
            raise
        self._folded_changes = self.sql.total_changes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave one whole file behind, its journal folded in."""
        try:
            if not self._is_lost:
                with self._speaking():
                    self._fold("TRUNCATE")
        finally:
            self._let_go(self.sql)
            self._unlock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what is done inside is durable at its end, or none of it. Raises LedgerError when it cannot be."""
        with self._speaking():
            self.sql.execute("BEGIN IMMEDIATE")
            try:
                yield self.sql
                self.sql.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self.sql.execute("ROLLBACK")
                raise
            if self.sql.total_changes - self._folded_changes >= _UNFOLDED_CHANGES_MAX:
                self._fold("PASSIVE")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Questions only. Raises LedgerError when the file cannot answer."""
        with self._speaking():
            yield self.sql

    def _connect(self) -> sqlite3.Connection:
        had_journal = False
        if self.path is not None:
            had_journal = size_bytes(journal_of(self.path)) > 0
            place_safely(self.path)
        sql = sqlite3.connect(str(self.path or ""), timeout=self._busy_timeout_s, isolation_level=None)
        try:
            with self._speaking():
                sql.execute("PRAGMA locking_mode = EXCLUSIVE")
                self._check_version(sql)
                sql.execute("PRAGMA journal_mode = WAL")
                sql.execute("PRAGMA synchronous = FULL")
                sql.execute("PRAGMA wal_autocheckpoint = 0")  # it would say nothing of a disk that fails; `_fold` does
                sql.execute(f"PRAGMA journal_size_limit = {JOURNAL_BYTES_MAX}")
                sql.execute("PRAGMA temp_store = FILE")
                if had_journal:
                    _check_quickly(sql)
                migrate(sql, path=self.path)
                # Not before: in a step, a new table may take the place of one that others refer to.
                sql.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            self._let_go(sql)
            raise
        return sql

    def _fold(self, how: str) -> None:
        """What is in the journal goes into the file itself, and the journal begins anew."""
        self.sql.execute(f"PRAGMA wal_checkpoint({how})")
        self._folded_changes = self.sql.total_changes

    def _check_version(self, sql: sqlite3.Connection) -> None:
        """Nothing is written to a file that is not ours, or that a newer version wrote."""
        (version,) = sql.execute("PRAGMA user_version").fetchone()
        (application,) = sql.execute("PRAGMA application_id").fetchone()
        (tables,) = sql.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if application != schema.APPLICATION_ID and (version or tables):
            raise LedgerError(f"{self.name}: is a database of another program; name another file with --ledger")
        if version > schema.VERSION:
            raise LedgerVersionError(
                f"{self.name}: was written by a newer version of vtex-tracking (format {version}, this one knows "
                f"{schema.VERSION}); install the newer version, nothing was changed"
            )

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """SQLite's errors become ours: what, where, and what to do."""
        if self._is_lost:
            raise LedgerError(f"{self.name}: is not used any more since its disk failed; mend the disk, then run again")
        try:
            yield
        except sqlite3.OperationalError as error:
            code = getattr(error, "sqlite_errorcode", 0)  # text that is not UTF-8 is an error of Python's own: no code
            if code & 0xFF in _BUSY:
                raise LedgerBusyError(
                    f"{self.name}: another program has it open (the sqlite3 shell?); close it and run again"
                ) from error
            self._is_lost = code in _NOT_SYNCED
            raise LedgerError(
                f"{self.name}: cannot be read or written ({error}); free some space or mend the disk, then run again: "
                "nothing that was reported is lost"
            ) from error
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise  # a bug of ours, not the file's
        except sqlite3.DatabaseError as error:
            raise LedgerError(
                f"{self.name}: is damaged ({error}); keep a copy, then restore a backup or move it away. "
                "A new ledger sends everything once more"
            ) from error

    def _let_go(self, sql: sqlite3.Connection) -> None:
        """Close the connection; of a lost ledger without folding its journal in, which would sync again."""
        if not self._is_lost:
            sql.close()
        elif sys.version_info >= (3, 12):
            sql.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003 - Python's own signature
            sql.close()
        else:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(sql))  # never closed: there is no other way before 3.12

    def _unlock(self) -> None:
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None


def _check_quickly(sql: sqlite3.Connection) -> None:
    """A ledger that its last holder did not close is looked through before it is trusted."""
    (answer,) = sql.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise sqlite3.DatabaseError(answer)
