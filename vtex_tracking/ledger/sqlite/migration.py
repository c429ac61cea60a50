"""A ledger of an older version becomes one of this version, whole or not at all, and a copy of the old one is kept."""

from __future__ import annotations

import filecmp
import os
import sqlite3
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

from vtex_tracking.errors import LedgerError
from vtex_tracking.ledger.sqlite import schema


def migrate(sql: sqlite3.Connection, *, path: Path | None) -> None:
    """Take the steps that this ledger lacks, all of them for a new one, in one transaction.

    Raises LedgerError when the copy cannot be made; nothing was changed then.
    """
    (version,) = sql.execute("PRAGMA user_version").fetchone()
    if version == schema.VERSION:
        return
    if version and path is not None:
        _keep_copy(sql, path=path, version=version)
    sql.executescript(
        f"BEGIN IMMEDIATE; {' '.join(schema.STEPS[version:])} PRAGMA application_id = {schema.APPLICATION_ID};"
        f"PRAGMA user_version = {schema.VERSION}; COMMIT;"
    )


def _keep_copy(sql: sqlite3.Connection, *, path: Path, version: int) -> None:
    """The copy is whole and on the disk when this returns; no older one of another content is touched."""
    part = Path(f"{path}.v{version}.bak.part")
    try:
        part.unlink(missing_ok=True)  # left by a process that was killed here
        _copy(sql, part=part)
        part.replace(_name_of_copy(part, path=path, version=version))
        _sync(path.parent)
    except OSError as error:
        raise LedgerError(
            f"{path}: is of an older version and cannot be copied before it is brought to this one ({error.strerror}); "
            "free some space beside it, or let this user write there: nothing was changed"
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)  # half a copy takes space and is good for nothing


def _copy(sql: sqlite3.Connection, *, part: Path) -> None:
    """Page by page, the journal's too, through SQLite: reading the file ourselves would give up SQLite's lock on it."""
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode = OFF")  # it is whole when it gets its name, and nothing before
        copy.execute("PRAGMA synchronous = OFF")
        sql.backup(copy)
    _sync(part)


def _name_of_copy(part: Path, *, path: Path, version: int) -> Path:
    """The first name that is free, or that stands for the same content already."""
    for number in count(1):
        name = Path(f"{path}.v{version}.bak" if number == 1 else f"{path}.v{version}.{number}.bak")
        if not name.exists() or filecmp.cmp(part, name, shallow=False):
            return name
    raise AssertionError("numbers do not end")


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
