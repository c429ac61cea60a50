"""Opening the ledger's file: one holder at a time, safely placed, of a version that we know, and whole."""

from __future__ import annotations

import fcntl
import os
import socket
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from vtex_tracking.errors import LedgerBusyError, LedgerError, LedgerVersionError
from vtex_tracking.ledger.sqlite import schema

BUSY_TIMEOUT_S: Final = 5.0
_HOLDER_BYTES_MAX: Final = 300
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class LedgerFile:
    """An open ledger; `path` None is a private one that is gone when it is closed.

    One connection in one thread, WAL, `synchronous=FULL`, and exclusive: an `flock` keeps other runs away, SQLite's own
    exclusive mode any other program, after `busy_timeout_s` of patience with it.
    """

    def __init__(self, path: Path | None, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        self.name = str(path) if path is not None else "the ledger of this run"
        self._lock_fd = None if path is None else _lock(path)
        self.is_new = path is None or not path.exists()
        try:
            with self._speaking():
                self.sql = self._connect()
        except BaseException:
            self._unlock()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave one whole file behind, its journal folded in."""
        try:
            with self._speaking():
                self.sql.close()
        finally:
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

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Questions only. Raises LedgerError when the file cannot answer."""
        with self._speaking():
            yield self.sql

    def _connect(self) -> sqlite3.Connection:
        had_journal = self.path is not None and _size_bytes(Path(f"{self.path}-wal")) > 0
        if self.path is not None:
            _place_safely(self.path)
        sql = sqlite3.connect(str(self.path or ""), timeout=self._busy_timeout_s, isolation_level=None)
        try:
            sql.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._check_version(sql)
            sql.execute("PRAGMA journal_mode = WAL")
            sql.execute("PRAGMA synchronous = FULL")
            sql.execute("PRAGMA foreign_keys = ON")
            sql.execute("PRAGMA temp_store = FILE")
            if sql.execute("PRAGMA user_version").fetchone() == (0,):
                sql.executescript(
                    f"BEGIN IMMEDIATE; {schema.TABLES} PRAGMA application_id = {schema.APPLICATION_ID};"
                    f"PRAGMA user_version = {schema.VERSION}; COMMIT;"
                )
            if had_journal:
                _check_quickly(sql)
        except BaseException:
            sql.close()
            raise
        return sql

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
        try:
            yield
        except sqlite3.OperationalError as error:
            code = getattr(error, "sqlite_errorcode", 0)  # text that is not UTF-8 is an error of Python's own: no code
            if code & 0xFF in _BUSY:
                raise LedgerBusyError(
                    f"{self.name}: another program has it open (the sqlite3 shell?); close it and run again"
                ) from error
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

    def _unlock(self) -> None:
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None


def _check_quickly(sql: sqlite3.Connection) -> None:
    """A ledger that its last holder did not close is looked through before it is trusted."""
    (answer,) = sql.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise sqlite3.DatabaseError(answer)


def _place_safely(path: Path) -> None:
    """A ledger is a plain file of ours, mode 0600."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LedgerError(
            f"{path}: cannot be opened as a ledger ({error.strerror}); name another with --ledger"
        ) from error
    try:
        found = os.fstat(fd)
    finally:
        os.close(fd)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        raise LedgerError(f"{path}: is not a file of this user; name another with --ledger")


def _lock(path: Path) -> int:
    """Hold `PATH.lock` until the descriptor closes; whose it is stands in it. The file's mere existence means nothing."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.parent.stat().st_mode & stat.S_IWOTH:  # where anyone could put another file in its place
            raise LedgerError(f"{path.parent}: anyone can write to this folder; keep the ledger in one of your own")
        fd = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LedgerError(f"{path}: cannot be locked ({error.strerror}); name another with --ledger") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(fd, _HOLDER_BYTES_MAX, 0).decode(errors="replace").strip() or "unknown"
        os.close(fd)
        raise LedgerBusyError(f"{path}: another run holds this ledger ({holder}); wait for its end") from None
    os.ftruncate(fd, 0)
    os.pwrite(
        fd, f"pid {os.getpid()} on {socket.gethostname()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n".encode(), 0
    )
    return fd


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
